//! Real tunnels and proxies as they are met in the field: one process each, gone when its value is.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{free_port, path, pki::Certificate, text, wait_until};

/// Runs the program until this shell's stdin closes, also where the test process is killed.
const KEEPER: &str = r#""$@" & trap 'kill -9 $!; wait' EXIT; read -r _"#;

/// Where Debian and its kin keep the module.
const STREAM: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// A running tunnel or proxy.
pub struct Tunnel {
    /// Where it listens.
    pub address: SocketAddr,
    keeper: Child,
    _dir: TempDir,
}

/// What a TLS proxy does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Adds {
    /// TLS comes in, plaintext goes out.
    Nothing,
    /// Plaintext comes in, TLS goes out.
    Tls,
}

impl Tunnel {
    /// The side of spiped that decrypts, before a server.
    pub fn spiped_server(target: SocketAddr, key: &[u8]) -> Self {
        Tunnel::spiped(&["-d"], target, key)
    }

    /// The side of spiped that encrypts, before the other one.
    pub fn spiped_client(target: SocketAddr, key: &[u8]) -> Self {
        Tunnel::spiped(&["-e"], target, key)
    }

    /// The same, for one connection at a time.
    pub fn spiped_client_of_one(target: SocketAddr, key: &[u8]) -> Self {
        Tunnel::spiped(&["-e", "-n", "1"], target, key)
    }

    fn spiped(side: &[&str], target: SocketAddr, key: &[u8]) -> Self {
        Tunnel::start("spiped", |here, dir| {
            fs::write(dir.join("key"), key).unwrap();
            let [here, target] = [here, target].map(|at| format!("[{}]:{}", at.ip(), at.port()));
            let words = ["-F", "-g", "-s", &here, "-t", &target, "-k", "key"];
            words.iter().chain(side).map(|word| (*word).to_owned()).collect()
        })
    }

    /// stunnel before a server, with this certificate; or, with its CA, before a client.
    pub fn stunnel(adds: Adds, target: SocketAddr, certificate: &Certificate) -> Self {
        Tunnel::start("stunnel4", |here, dir| {
            let tls = match adds {
                Adds::Nothing => {
                    format!("cert = {}\nkey = {}\n", certificate.cert.display(), certificate.key.display())
                }
                Adds::Tls => format!(
                    "client = yes\nverifyChain = yes\ncheckIP = {}\nCAfile = {}\n",
                    target.ip(),
                    certificate.ca.display()
                ),
            };
            let file = format!("foreground = yes\npid =\n[node]\naccept = {here}\nconnect = {target}\n{tls}");
            fs::write(dir.join("stunnel.conf"), file).unwrap();
            vec!["stunnel.conf".to_owned()]
        })
    }

    /// hitch: TLS in, plaintext out.
    pub fn hitch(target: SocketAddr, certificate: &Certificate) -> Self {
        Tunnel::start("hitch", |here, dir| {
            pem(dir, certificate);
            let [here, target] = [here, target].map(|at| format!("[{}]:{}", at.ip(), at.port()));
            // Root has to name somebody else to run as; others must not.
            let root = fs::metadata("/proc/self").unwrap().uid() == 0;
            let user = if root { "user = \"nobody\"\n" } else { "" };
            let file = format!(
                "{user}frontend = \"{here}\"\nbackend = \"{target}\"\npem-file = \"{}\"\ndaemon = off\nworkers = 1\n",
                dir.join("both.pem").display()
            );
            fs::write(dir.join("hitch.conf"), file).unwrap();
            vec!["--config=hitch.conf".to_owned()]
        })
    }

    /// haproxy: TLS in, plaintext out.
    pub fn haproxy(target: SocketAddr, certificate: &Certificate) -> Self {
        Tunnel::start("haproxy", |here, dir| {
            pem(dir, certificate);
            let file = format!(
                "defaults\n  mode tcp\n  retries 0\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
                 listen node\n  bind {here} ssl crt {}\n  server node {target}\n",
                dir.join("both.pem").display()
            );
            fs::write(dir.join("haproxy.cfg"), file).unwrap();
            ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()
        })
    }

    /// haproxy with these lines in its `listen` section; what comes after its `bind ADDRESS` in `bind`.
    pub fn haproxy_with(bind: &str, lines: &str, certificate: &Certificate) -> Self {
        Tunnel::start("haproxy", |here, dir| {
            pem(dir, certificate);
            let bind = bind.replace("PEM", dir.join("both.pem").to_str().unwrap());
            let file = format!(
                "defaults\n  mode tcp\n  retries 0\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
                 listen node\n  bind {here} {bind}\n{lines}\n"
            );
            fs::write(dir.join("haproxy.cfg"), file).unwrap();
            ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()
        })
    }

    /// A web server; over TLS where there is a certificate.
    pub fn nginx(certificate: Option<&Certificate>) -> Self {
        Tunnel::start("nginx", |here, dir| {
            let tls = certificate.map_or(String::new(), |c| {
                format!("ssl_certificate {}; ssl_certificate_key {};", c.cert.display(), c.key.display())
            });
            let ssl = if certificate.is_some() { " ssl" } else { "" };
            let places =
                ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path .;"));
            let file = format!(
                "daemon off; pid pid; error_log stderr; events {{}}\nhttp {{ access_log off; {}\n\
                 server {{ listen {here}{ssl}; {tls} location / {{ return 200 hello; }} }} }}\n",
                places.concat()
            );
            fs::write(dir.join("nginx.conf"), file).unwrap();
            vec!["-p".to_owned(), dir.to_str().unwrap().to_owned(), "-c".to_owned(), "nginx.conf".to_owned()]
        })
    }

    /// An SSH server with a key of its own, which lets nobody in.
    pub fn sshd() -> Self {
        Tunnel::start("/usr/sbin/sshd", |here, dir| {
            super::run(
                Command::new("ssh-keygen").current_dir(dir).args(["-q", "-t", "ed25519", "-N", "", "-f", "key"]),
            );
            let file = format!(
                "ListenAddress {here}\nHostKey {}\nPidFile none\nUsePAM no\nPasswordAuthentication no\n",
                dir.join("key").display()
            );
            fs::write(dir.join("sshd_config"), file).unwrap();
            let config = dir.join("sshd_config");
            ["-D", "-e", "-f", config.to_str().unwrap()].map(str::to_owned).to_vec()
        })
    }

    /// nginx that passes connections on by the server name in their ClientHello, as they are; without such a name, or with
    /// another one, it closes.
    pub fn nginx_by_name(ip: IpAddr, routes: &[(&str, SocketAddr)]) -> Self {
        Tunnel::start_on(ip, "nginx", |here, dir| {
            let routes = routes.iter().map(|(name, target)| format!("{name} {target}; ")).collect::<Vec<_>>().concat();
            let file = format!(
                "load_module {STREAM};\ndaemon off; master_process off; pid pid; error_log stderr; events {{}}\n\
                 stream {{ map $ssl_preread_server_name $there {{ {routes} }}\n\
                 server {{ listen {here}; ssl_preread on; proxy_pass $there; }} }}\n"
            );
            fs::write(dir.join("nginx.conf"), file).unwrap();
            vec!["-p".to_owned(), dir.to_str().unwrap().to_owned(), "-c".to_owned(), "nginx.conf".to_owned()]
        })
    }

    /// haproxy that does the same, without a backend for all others: those are reset.
    pub fn haproxy_by_name(ip: IpAddr, routes: &[(&str, SocketAddr)]) -> Self {
        Tunnel::start_on(ip, "haproxy", |here, dir| {
            let chosen = routes.iter().enumerate();
            let chosen = chosen.map(|(n, (name, _))| format!("  use_backend node{n} if {{ req.ssl_sni -i {name} }}\n"));
            let backends = routes.iter().enumerate();
            let backends = backends.map(|(n, (_, target))| format!("backend node{n}\n  server node {target}\n"));
            let file = format!(
                "defaults\n  mode tcp\n  retries 0\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
                 frontend front\n  bind {here}\n  tcp-request inspect-delay 5s\n\
                 \x20 tcp-request content accept if {{ req.ssl_hello_type 1 }}\n{}{}",
                chosen.collect::<Vec<_>>().concat(),
                backends.collect::<Vec<_>>().concat()
            );
            fs::write(dir.join("haproxy.cfg"), file).unwrap();
            ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()
        })
    }

    /// twemproxy before one server: it hangs up on every command that it does not know.
    pub fn twemproxy(ip: IpAddr, server: SocketAddr) -> Self {
        Tunnel::start_on(ip, "nutcracker", |here, dir| {
            let pool = format!(
                "pool:\n  listen: {here}\n  hash: fnv1a_64\n  distribution: ketama\n  redis: true\n  servers:\n   - {server}:1\n"
            );
            fs::write(dir.join("pool.yml"), pool).unwrap();
            let statistics = free_port().to_string();
            let words = ["-c", "pool.yml", "-o", "proxy.log", "-p", "pid", "-a", "127.0.0.1", "-s", &statistics];
            words.map(str::to_owned).to_vec()
        })
    }

    /// haproxy before a server that is down: no backend is left.
    pub fn haproxy_before_nobody(ip: IpAddr) -> Self {
        Tunnel::start_on(ip, "haproxy", |here, dir| {
            let file = format!(
                "defaults\n  mode tcp\n  retries 0\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n\
                 listen node\n  bind {here}\n  server node 127.0.0.1:1 check inter 200ms fall 1\n"
            );
            fs::write(dir.join("haproxy.cfg"), file).unwrap();
            ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()
        })
    }

    /// haproxy that ends TLS for the names in its certificate, says `unrecognized_name` to all others, and speaks TLS to the
    /// server.
    pub fn haproxy_strict(ip: IpAddr, target: SocketAddr, certificate: &Certificate) -> Self {
        Tunnel::start_on(ip, "haproxy", |here, dir| {
            pem(dir, certificate);
            let file = format!(
                "defaults\n  mode tcp\n  retries 0\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
                 listen node\n  bind {here} ssl crt {} strict-sni\n  server node {target} ssl verify none\n",
                dir.join("both.pem").display()
            );
            fs::write(dir.join("haproxy.cfg"), file).unwrap();
            ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()
        })
    }

    fn start(program: &str, arguments: impl FnOnce(SocketAddr, &Path) -> Vec<String>) -> Self {
        Tunnel::start_on(Ipv4Addr::LOCALHOST.into(), program, arguments)
    }

    fn start_on(ip: IpAddr, program: &str, arguments: impl FnOnce(SocketAddr, &Path) -> Vec<String>) -> Self {
        let dir = TempDir::new().unwrap();
        let address = SocketAddr::new(ip, free_port());
        let arguments = arguments(address, dir.path());
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh", program]).args(arguments).current_dir(&dir).env("PATH", path());
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let keeper = command.spawn().unwrap();
        wait_until(program, Duration::from_secs(20), || {
            TcpStream::connect(address)
                .map(drop)
                .map_err(|error| format!("{error}: {}", text(&fs::read(dir.path().join("log")).unwrap_or_default())))
        });
        Tunnel { address, keeper, _dir: dir }
    }
}

fn pem(dir: &Path, certificate: &Certificate) {
    let both = [&certificate.cert, &certificate.key].map(|file| fs::read_to_string(file).unwrap()).concat();
    fs::write(dir.join("both.pem"), both).unwrap();
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
