//! Three kinds of machine, each a network namespace: one with all nodes (where the test itself runs), servers that reach
//! the nodes, and clients that reach a server, or the nodes, and nothing else.
//!
//! The test runs itself again under `unshare -rnm`, which needs no root where the kernel lets users make namespaces.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
};

use tempfile::TempDir;

use super::support::{need, output, run, skip, target_dir, text};

/// Set in the process that runs inside: the folder with the files of the world.
const INSIDE: &str = "REDIS_DOCTOR_TUNNELS_WORLD";

/// How many nodes there is room for in each network.
pub const NODES: u8 = 6;
/// Where a server is reached by its clients.
pub const SERVER: &str = "10.76.0.1";
/// The same machine, by IPv6.
pub const SERVER_V6: &str = "fd00:76::1";
/// Who runs tunnels, where it need not be root.
pub const USER: &str = "redis-tunnel";

/// A network for each cluster, of which node n has the address that ends in 1n.
const PREPARE: &str = r#"set -e
ip link set lo up
for n in 1 2 3 4 5 6; do
    ip address add 10.77.0.1$n/32 dev lo
    ip address add 10.77.1.1$n/32 dev lo
    ip address add 10.77.2.1$n/32 dev lo
    ip address add fd00:77::1$n/128 dev lo || echo "there is no IPv6 here" >&2
done
for file in hosts nsswitch.conf resolv.conf passwd; do
    [ ! -e /etc/$file ] || mount --bind "$1/$file" /etc/$file
done
shift
exec "$@"
"#;

const LOOPBACK: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// What lasts as long as its stdin, and takes all that runs in its network along.
const KEEPER: &str = r#"set -e
mount --bind "$1" /etc/hosts
ip link set lo up
echo up
read -r _ || true
own=$(readlink /proc/self/ns/net)
for process in /proc/[0-9]*; do
    [ "$process" != "/proc/$$" ] || continue
    [ "$(readlink "$process/ns/net")" != "$own" ] || kill -9 "${process#/proc/}"
done 2>/dev/null
"#;

/// Runs the rest of this test inside; false in the process outside, where it has run, or cannot.
///
/// # Panics
/// When it failed inside.
pub fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !(need("unshare") && need("nsenter") && need("ip") && may_unshare()) {
        return false;
    }
    let files = TempDir::new().unwrap();
    let at = |name: &str| files.path().join(name);
    let home = at("home");
    fs::create_dir_all(home.join(".ssh")).unwrap();
    let names = (1..=NODES).map(|n| format!("10.77.1.1{n} n{n}.lab.test\n10.77.2.1{n} m{n}.lab.test\n"));
    fs::write(at("hosts"), LOOPBACK.to_owned() + &names.collect::<String>()).unwrap();
    fs::write(at("nsswitch.conf"), "hosts: files\npasswd: files\n").unwrap();
    fs::write(at("resolv.conf"), "").unwrap();
    let home = home.display();
    fs::write(at("passwd"), format!("root:x:0:0::{home}:/bin/sh\n{USER}:x:1000:1000::{home}:/bin/sh\n")).unwrap();
    let mut again = Command::new("unshare");
    again.args(["-rnm", "sh", "-c", PREPARE, "sh"]).arg(files.path()).arg(std::env::current_exe().unwrap());
    again.args([test, "--exact", "--nocapture"]).env(INSIDE, files.path()).env("PATH", path());
    let status = again.status().unwrap();
    assert!(status.success(), "{test} did not pass: see above");
    false
}

/// Files of this world: the home of all its users is `home`.
pub fn files() -> PathBuf {
    std::env::var_os(INSIDE).expect("it is set inside").into()
}

/// Where `tests/tunnels/setup` puts what Debian does not have.
pub fn installed() -> PathBuf {
    std::env::var_os("REDIS_DOCTOR_TUNNELS").map_or_else(|| target_dir().join("tunnels"), PathBuf::from)
}

/// Daemons are in sbin, which is not on everybody's path.
fn path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}:/usr/sbin:/sbin:/usr/local/sbin", installed().join("bin").display())
}

fn may_unshare() -> bool {
    // Some systems give a namespace without the rights that belong to it.
    let tried = output(Command::new("unshare").args(["-rnm", "ip", "link", "set", "lo", "up"]));
    tried.status.success() || skip(&format!("namespaces ({})", text(&tried.stderr).trim()))
}

/// What a machine is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaches<'a> {
    /// The nodes.
    Nodes,
    /// This server, and no node.
    Server(&'a Machine),
}

/// A network of its own, with a hosts file; all that runs there ends with it.
#[derive(Debug)]
pub struct Machine {
    keeper: Child,
    hosts: PathBuf,
    _files: TempDir,
}

impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        self.keeper.id() == other.keeper.id()
    }
}

impl Eq for Machine {}

impl Machine {
    /// A machine that reaches this and nothing else. Who reaches the nodes knows their names, too.
    pub fn new(reaches: Reaches<'_>) -> Self {
        let files = TempDir::new().unwrap();
        let hosts = files.path().join("hosts");
        let known = match reaches {
            Reaches::Nodes => fs::read_to_string("/etc/hosts").unwrap(),
            Reaches::Server(_) => LOOPBACK.to_owned(),
        };
        fs::write(&hosts, known).unwrap();
        let mut keeper = Command::new("unshare");
        keeper.args(["-nm", "sh", "-c", KEEPER, "sh"]).arg(&hosts).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = keeper.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().expect("it is piped")).read_line(&mut said).unwrap();
        assert_eq!(said, "up\n", "a machine does not come up");
        let machine = Machine { keeper, hosts, _files: files };
        match reaches {
            Reaches::Nodes => machine.reach_nodes(),
            Reaches::Server(server) => machine.reach(server),
        }
        machine
    }

    /// The machine with the nodes has one cable for each.
    fn reach_nodes(&self) {
        static CABLES: AtomicU8 = AtomicU8::new(1);
        let n = CABLES.fetch_add(1, Ordering::Relaxed);
        let (here, pid) = (format!("nodes{n}"), self.keeper.id().to_string());
        ip(None, &format!("link add {here} type veth peer name nodes netns {pid}"));
        let ends = [(None, here.as_str(), 1), (Some(self), "nodes", 2)];
        for (at, device, end) in ends {
            ip(at, &format!("address add 10.78.{n}.{end}/24 dev {device}"));
            ip(at, &format!("-6 address add fd00:78:{n}::{end}/64 dev {device} nodad"));
            ip(at, &format!("link set {device} up"));
        }
        ip(Some(self), &format!("route add 10.77.0.0/16 via 10.78.{n}.1"));
        ip(Some(self), &format!("-6 route add fd00:77::/64 via fd00:78:{n}::1"));
    }

    fn reach(&self, server: &Machine) {
        let pid = self.keeper.id().to_string();
        ip(Some(server), &format!("link add clients type veth peer name server netns {pid}"));
        for (at, device, end) in [(server, "clients", 1), (self, "server", 2)] {
            ip(Some(at), &format!("address add 10.76.0.{end}/24 dev {device}"));
            ip(Some(at), &format!("-6 address add fd00:76::{end}/64 dev {device} nodad"));
            ip(Some(at), &format!("link set {device} up"));
        }
    }

    /// What is put before a command to run it here.
    pub fn words(&self) -> Vec<String> {
        ["nsenter", "-n", "-m", "-t", &self.keeper.id().to_string(), "--"].map(str::to_owned).to_vec()
    }

    /// A command here, as root of this world.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program);
        command
    }

    /// A command here, as [`USER`].
    pub fn as_user(&self, program: impl AsRef<OsStr>) -> Command {
        self.as_user_in(Path::new("/"), program)
    }

    /// The same, in a folder.
    pub fn as_user_in(&self, folder: &Path, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command("unshare");
        command.args(["-U", "--map-user=1000", "--map-group=1000", "--", "env", "-C"]).arg(folder).arg(program);
        command
    }

    /// The same program with the same arguments and environment, here.
    pub fn here(&self, command: &Command) -> Command {
        let mut moved = self.command(command.get_program());
        moved.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => moved.env(name, value),
                None => moved.env_remove(name),
            };
        }
        moved
    }

    /// More lines for its hosts file.
    pub fn add_hosts(&self, lines: &str) {
        let known = fs::read_to_string(&self.hosts).unwrap();
        fs::write(&self.hosts, known + lines).unwrap();
    }

    /// Addresses and ports that are listened on here, as `ss` shows them.
    pub fn listening(&self) -> String {
        let shown = run(self.command("ss").args(["-Hltn"]));
        let addresses = shown.lines().filter_map(|line| line.split_whitespace().nth(3));
        addresses.flat_map(|at| [at, "\n"]).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn ip(at: Option<&Machine>, words: &str) {
    let mut command = at.map_or_else(|| Command::new("ip"), |machine| machine.command("ip"));
    run(command.args(words.split(' ')));
}

/// Processes that run in a folder or below it.
pub fn running_in(folder: &Path) -> Vec<String> {
    let process = |entry: fs::DirEntry| {
        let at = fs::read_link(entry.path().join("cwd")).ok().filter(|at| at.starts_with(folder))?;
        let words = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default().replace('\0', " ");
        Some(format!("{} {words}in {}", entry.file_name().display(), at.display()))
    };
    fs::read_dir("/proc").unwrap().filter_map(Result::ok).filter_map(process).collect()
}
