//! A network of a test's own: its addresses, its names, nothing else to be reached.
//!
//! The test runs itself again under `unshare -rnm`, which needs no root where the kernel lets users make namespaces.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use super::{need, output, skip, text};

/// Set in the process that runs inside.
const INSIDE: &str = "REDIS_DOCTOR_INSIDE";

/// What a test finds inside.
pub struct Network {
    /// Lines of a shell that set addresses and routes; loopback is up already.
    pub prepare: &'static str,
    /// /etc/hosts, beside `localhost`.
    pub hosts: &'static str,
    /// /etc/resolv.conf; where it is empty, names are those of /etc/hosts alone.
    pub resolv_conf: &'static str,
}

/// Files of /etc that would tell of the machine's own network are replaced.
const ENTER: &str = r#"set -e
ip link set lo up
eval "$2"
for file in hosts nsswitch.conf resolv.conf; do
    [ ! -e /etc/$file ] || mount --bind "$1/$file" /etc/$file
done
shift 2
exec "$@"
"#;

const LOCALHOST: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// Runs the rest of this test inside; false in the process outside, where it has run, or cannot.
///
/// # Panics
/// When it failed inside.
pub fn is_inside(test: &str, network: &Network) -> bool {
    if is_entered() {
        return true;
    }
    if !(need("unshare") && need("ip") && may_unshare()) {
        return false;
    }
    let files = TempDir::new().unwrap();
    let hosts = format!("{LOCALHOST}{}", network.hosts);
    let order = if network.resolv_conf.is_empty() { "hosts: files\n" } else { "hosts: files dns\n" };
    let contents = [("hosts", hosts.as_str()), ("nsswitch.conf", order), ("resolv.conf", network.resolv_conf)];
    for (name, content) in contents {
        fs::write(files.path().join(name), content).unwrap();
    }
    let status = again(test, network, files.path()).status().unwrap();
    assert!(status.success(), "{test} did not pass: see above");
    false
}

/// True in the process inside.
pub fn is_entered() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn may_unshare() -> bool {
    // Some systems give a namespace without the rights that belong to it.
    let tried = output(Command::new("unshare").args(["-rnm", "ip", "link", "set", "lo", "up"]));
    tried.status.success() || skip(&format!("namespaces ({})", text(&tried.stderr).trim()))
}

fn again(test: &str, network: &Network, files: &Path) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["-rnm", "sh", "-c", ENTER, "sh"])
        .arg(files)
        .arg(network.prepare)
        .arg(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    command
}
