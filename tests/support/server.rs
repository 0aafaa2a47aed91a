//! One real `redis-server` process, gone when its `Server` is, even if the test process is killed.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{free_port, pki::Certificate, run, wait_until};

/// How long a process may take to come up on a busy machine.
const START: Duration = Duration::from_secs(20);

/// Ports that are tried before a start is given up.
const PORTS: usize = 5;

/// Runs the server until this shell's stdin closes: it does so on drop, and also when the test process is killed.
const KEEPER: &str = r#""$@" & trap 'kill -9 $!; wait' EXIT; read -r _"#;

/// How a server shall run.
#[derive(Clone, Debug)]
pub struct Settings {
    ip: IpAddr,
    port: Option<u16>,
    tls: Option<Certificate>,
    password: Option<String>,
    config: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { ip: Ipv4Addr::LOCALHOST.into(), port: None, tls: None, password: None, config: Vec::new() }
    }
}

impl Settings {
    /// Listens, and speaks to other nodes, from this address.
    pub fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = ip;
        self
    }

    /// Listens on this port in place of any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// TLS only, to clients, replicas and the cluster bus; asks clients for no certificate.
    pub fn tls(mut self, certificate: &Certificate) -> Self {
        self.tls = Some(certificate.clone());
        self
    }

    /// A client without a certificate of the same authority is refused.
    pub fn client_certificates(self) -> Self {
        self.config("tls-auth-clients", "yes")
    }

    /// `requirepass`, and `masterauth` for replication.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self.config("requirepass", password).config("masterauth", password)
    }

    /// A line of redis.conf; the last one of a name wins, also over what this type sets (`port` beside TLS, say).
    pub fn config(mut self, name: &str, value: &str) -> Self {
        self.config.push((name.into(), value.into()));
        self
    }

    /// The same, where the caller's own lines shall win over it.
    pub fn preset(mut self, name: &str, value: &str) -> Self {
        self.config.insert(0, (name.into(), value.into()));
        self
    }

    /// The same, where the bus port was any free one.
    fn on_another_bus_port(mut self) -> Self {
        // Two stand there where a case wants a port of its own, which wins and stays.
        if let Some((_, port)) = self.config.iter_mut().find(|(name, _)| name == "cluster-port") {
            *port = free_port().to_string();
        }
        self
    }

    fn arguments(&self, port: u16, dir: &str) -> Vec<String> {
        let (ip, port) = (self.ip.to_string(), port.to_string());
        let mut lines =
            vec![("bind", ip.as_str()), ("dir", dir), ("save", ""), ("unixsocket", "admin.sock"), ("logfile", "log")];
        // A replica is in at once, and has an offset to tell of within a second (5 and 10 s by default).
        lines.extend([("repl-diskless-sync-delay", "0"), ("repl-ping-replica-period", "1")]);
        match &self.tls {
            None => lines.push(("port", &port)),
            Some(tls) => {
                lines.extend([("port", "0"), ("tls-port", &port), ("tls-cluster", "yes"), ("tls-replication", "yes")]);
                lines.push(("tls-auth-clients", "no"));
                let files = [("tls-cert-file", &tls.cert), ("tls-key-file", &tls.key), ("tls-ca-cert-file", &tls.ca)];
                lines.extend(files.map(|(name, file)| (name, file.to_str().unwrap())));
            }
        }
        lines.extend(self.config.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // A directive of two words is two arguments; other values may hold spaces.
        let words = |name, value: &str| match name {
            "rename-command" | "bind" | "bind-source-addr" => value.split(' ').map(str::to_owned).collect(),
            _ => vec![value.to_owned()],
        };
        lines.into_iter().flat_map(|(name, value)| [vec![format!("--{name}")], words(name, value)].concat()).collect()
    }
}

/// A running server.
pub struct Server {
    /// Where it listens, for TLS if it has a certificate and for plaintext otherwise.
    pub address: SocketAddr,
    settings: Settings,
    dir: TempDir,
    keeper: Child,
}

impl Server {
    /// Starts one and waits until it answers. A port that was free may be somebody else's by then: further ones are tried.
    pub fn start(settings: &Settings) -> Self {
        let mut settings = settings.clone();
        for _ in 0..PORTS {
            let dir = TempDir::new().unwrap();
            let address = SocketAddr::new(settings.ip, settings.port.unwrap_or_else(free_port));
            let arguments = settings.arguments(address.port(), dir.path().to_str().unwrap());
            let keeper = keeper(&dir, arguments);
            let server = Server { address, settings: settings.clone(), dir, keeper };
            if server.comes_up() {
                return server;
            }
            settings = settings.on_another_bus_port();
        }
        panic!("redis-server finds no free port in {PORTS} attempts: {settings:?}");
    }

    /// False where somebody else listens on one of its ports.
    fn comes_up(&self) -> bool {
        let mut taken = false;
        wait_until("redis-server starts", START, || {
            taken = self.log().contains("Failed listening on port");
            if taken { Ok(()) } else { self.answers() }
        });
        !taken
    }

    /// Starts one, unless OpenSSL does not load its certificate: then its log.
    pub fn try_start(settings: &Settings) -> Result<Self, String> {
        let dir = TempDir::new().unwrap();
        let address = SocketAddr::new(settings.ip, free_port());
        let arguments = settings.arguments(address.port(), dir.path().to_str().unwrap());
        let keeper = keeper(&dir, arguments);
        let server = Server { address, settings: settings.clone(), dir, keeper };
        let mut refused = None;
        wait_until("redis-server starts or refuses", START, || {
            refused = Some(server.log()).filter(|log| log.contains("Failed to configure TLS"));
            if refused.is_some() { Ok(()) } else { server.answers() }
        });
        refused.map_or(Ok(server), Err)
    }

    fn run(settings: Settings, address: SocketAddr, dir: TempDir, arguments: Vec<String>) -> Self {
        let keeper = keeper(&dir, arguments);
        let server = Server { address, settings, dir, keeper };
        server.wait();
        server
    }

    fn wait(&self) {
        wait_until("redis-server starts", START, || self.answers());
    }

    fn answers(&self) -> Result<(), String> {
        UnixStream::connect(self.socket()).map(drop).map_err(|error| format!("{error}; its log:\n{}", self.log()))
    }

    /// A Sentinel with these lines in its file: `monitor mymaster 127.0.0.1 6379 2`, `auth-pass …`, `announce-ip …`.
    pub fn sentinel(settings: &Settings, lines: &[String]) -> Self {
        let dir = TempDir::new().unwrap();
        let address = SocketAddr::new(settings.ip, free_port());
        let lines: Vec<String> = lines.iter().map(|line| format!("sentinel {line}\n")).collect();
        fs::write(dir.path().join("sentinel.conf"), lines.concat()).unwrap();
        let file = ["sentinel.conf".to_owned(), "--sentinel".to_owned()];
        let own = settings.arguments(address.port(), dir.path().to_str().unwrap());
        Server::run(settings.clone(), address, dir, [&file[..], &own].concat())
    }

    /// Has it load another certificate while it runs (7.0 and later).
    pub fn load(&self, Certificate { cert, key, .. }: &Certificate) {
        let [cert, key] = [cert, key].map(|file| file.to_str().unwrap());
        self.command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
    }

    /// Ends a Sentinel, which has no CONFIG to load a certificate with, and starts it again with another one.
    pub fn restart_sentinel(&mut self, certificate: &Certificate) {
        self.kill();
        let _ = fs::remove_file(self.socket());
        self.settings.tls = Some(certificate.clone());
        let own = self.settings.arguments(self.address.port(), self.dir.path().to_str().unwrap());
        self.keeper = keeper(&self.dir, [vec!["sentinel.conf".to_owned(), "--sentinel".to_owned()], own].concat());
        self.wait();
    }

    /// Ends the process, lets `edit` change its nodes.conf, and starts it again at the same address.
    pub fn restart_with(&mut self, edit: impl FnOnce(&str) -> String) {
        self.kill();
        let file = self.dir.path().join("nodes.conf");
        fs::write(&file, edit(&fs::read_to_string(&file).unwrap())).unwrap();
        let _ = fs::remove_file(self.socket());
        let arguments = self.settings.arguments(self.address.port(), self.dir.path().to_str().unwrap());
        self.keeper = keeper(&self.dir, arguments);
        self.wait();
    }

    /// Starts a process that was ended again, over what it left, and waits until it lets somebody in; it may not be ready.
    pub fn start_anew(&mut self) {
        let _ = fs::remove_file(self.socket());
        let arguments = self.settings.arguments(self.address.port(), self.dir.path().to_str().unwrap());
        self.keeper = keeper(&self.dir, arguments);
        self.wait();
    }

    /// Ends the process, and starts it again with another certificate.
    pub fn start_again_with(&mut self, certificate: &Certificate) {
        self.settings.tls = Some(certificate.clone());
        self.restart_with(str::to_owned);
    }

    /// Ends the process, and starts it again on another port: the same node, moved.
    pub fn move_away(&mut self) {
        self.address.set_port(free_port());
        self.restart_with(str::to_owned);
    }

    /// Another server at this address, with a copy of this one's nodes.conf and with its settings.
    pub fn twin(&self, ip: IpAddr) -> Server {
        let dir = TempDir::new().unwrap();
        fs::copy(self.dir.path().join("nodes.conf"), dir.path().join("nodes.conf")).unwrap();
        let old = self.settings.ip.to_string();
        let mut settings = self.settings.clone();
        settings.ip = ip;
        for (_, value) in settings.config.iter_mut().filter(|(_, value)| *value == old) {
            *value = ip.to_string();
        }
        let address = SocketAddr::new(ip, self.address.port());
        let arguments = settings.arguments(address.port(), dir.path().to_str().unwrap());
        Server::run(settings, address, dir, arguments)
    }

    /// Ends the process, and starts it again at another address with its old nodes.conf: the same node, moved.
    pub fn move_to(&mut self, ip: IpAddr) {
        let old = self.settings.ip.to_string();
        self.settings.ip = ip;
        for (_, value) in self.settings.config.iter_mut().filter(|(_, value)| *value == old) {
            *value = ip.to_string();
        }
        self.address.set_ip(ip);
        self.restart_with(str::to_owned);
    }

    /// One command over the server's own Unix socket, past ports, TLS and routes; an error reply fails the test.
    pub fn command(&self, words: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.arg("-e").arg("-s").arg(self.socket()).args(words);
        if let Some(password) = &self.settings.password {
            cli.env("REDISCLI_AUTH", password);
        }
        run(&mut cli)
    }

    /// The same with this password, which was set since it runs.
    pub fn command_as(&self, password: &str, words: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.arg("-s").arg(self.socket()).args(words).env("REDISCLI_AUTH", password);
        run(&mut cli)
    }

    /// `requirepass`, where it was set at the start.
    pub fn password(&self) -> Option<&str> {
        self.settings.password.as_deref()
    }

    /// CLUSTER MYID.
    pub fn node_id(&self) -> String {
        self.command(&["CLUSTER", "MYID"]).trim().to_owned()
    }

    /// The cluster bus port.
    pub fn bus_port(&self) -> u16 {
        let reply = self.command(&["CONFIG", "GET", "cluster-port"]);
        reply.lines().last().and_then(|port| port.parse().ok()).expect("cluster-port is a number (Redis 7.0 and later)")
    }

    /// The value of one directive.
    pub fn setting(&self, name: &str) -> String {
        self.command(&["CONFIG", "GET", name]).lines().last().unwrap_or_default().to_owned()
    }

    /// Makes it a replica of another, in which the first copy of the data is done.
    pub fn replicate(&self, primary: &Server) {
        self.replicate_from(primary.address);
    }

    /// The same, by an address that leads to the primary.
    pub fn replicate_from(&self, primary: SocketAddr) {
        let (ip, port) = (primary.ip().to_string(), primary.port().to_string());
        self.command(&["REPLICAOF", &ip, &port]);
        wait_until("the replica is in", START, || self.replication_is_up());
    }

    /// Makes it a replica of what is there, whether or not that lets it copy.
    pub fn copies_from(&self, primary: SocketAddr) {
        self.command(&["REPLICAOF", &primary.ip().to_string(), &primary.port().to_string()]);
    }

    /// Waits until this replica has a link to its primary.
    pub fn has_its_primary(&self) {
        wait_until("the replica is in", START, || self.replication_is_up());
    }

    /// Waits until this replica has noticed that its primary is gone.
    pub fn loses_its_primary(&self) {
        wait_until("the replica has lost its primary", START, || {
            let info = self.command(&["INFO", "replication"]);
            if info.contains("master_link_status:down") { Ok(()) } else { Err(info) }
        });
    }

    /// Takes a snapshot, which shall go well, or fail.
    pub fn saves(&self, well: bool) {
        let wanted = if well { "rdb_last_bgsave_status:ok" } else { "rdb_last_bgsave_status:err" };
        self.command(&["BGSAVE"]);
        wait_until(wanted, START, || {
            let info = self.command(&["INFO", "persistence"]);
            if info.contains(wanted) { Ok(()) } else { Err(info) }
        });
    }

    /// The run id, by which servers outside clusters go.
    pub fn run_id(&self) -> String {
        let info = self.command(&["INFO", "server"]);
        info.lines().find_map(|line| line.strip_prefix("run_id:")).expect("INFO has a run_id").trim().to_owned()
    }

    /// Waits until this primary lists a replica at this address, online.
    pub fn knows_replica(&self, replica: SocketAddr) {
        self.lists_at(&replica.ip().to_string(), replica.port());
    }

    /// The same of a replica that announces `name:port`.
    pub fn lists(&self, replica: &str) {
        let (name, port) = replica.rsplit_once(':').expect("a name and a port");
        self.lists_at(name, port.parse().expect("a port"));
    }

    fn lists_at(&self, host: &str, port: u16) {
        let listed = format!("ip={host},port={port},state=online");
        wait_until("the primary lists the replica there", START, || {
            let info = self.command(&["INFO", "replication"]);
            if info.contains(&listed) { Ok(()) } else { Err(info) }
        });
    }

    /// Ok on a replica whose link to its primary stands.
    pub fn replication_is_up(&self) -> Result<(), String> {
        let info = self.command(&["INFO", "replication"]);
        if info.contains("master_link_status:up") { Ok(()) } else { Err(info) }
    }

    /// Kills it now: its port refuses from here on.
    pub fn kill(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("admin.sock")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn keeper(dir: &TempDir, arguments: Vec<String>) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "sh", "redis-server"]).args(arguments).current_dir(dir);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A primary and its replica.
pub fn primary_and_replica(settings: &Settings) -> (Server, Server) {
    let (primary, replica) = (Server::start(settings), Server::start(settings));
    replica.replicate(&primary);
    (primary, replica)
}
