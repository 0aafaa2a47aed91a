//! A network of the matrix's own: its addresses, its names, nothing else to be reached.
//!
//! The test runs itself again under `unshare -rnm`, which needs no root where the kernel lets users make namespaces.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use super::support::{need, output, skip, text};

/// Set in the process that runs inside.
const INSIDE: &str = "REDIS_DOCTOR_MATRIX";

/// Addresses of node n, from 1. 10.99.0.1n can be reached only by who has bound a source address before, as the nodes have:
/// it stands for the addresses of containers and private networks.
const PREPARE: &str = r#"set -e
ip link set lo up
for n in 1 2 3; do
    ip address add 10.77.0.1$n/32 dev lo
    ip address add 10.99.0.1$n/32 dev lo
    ip address add fd00:77::1$n/128 dev lo || echo "there is no IPv6 here" >&2
done
ip rule add pref 2 lookup local
ip rule del pref 0
ip rule add pref 1 from 0.0.0.0/32 to 10.99.0.0/24 unreachable
for file in hosts nsswitch.conf resolv.conf; do
    [ ! -e /etc/$file ] || mount --bind "$1/$file" /etc/$file
done
shift
exec "$@"
"#;

const HOSTS: &str = "
127.0.0.1 localhost
::1 localhost
10.77.0.11 seed.lab.test n1.lab.test
10.77.0.12 seed2.lab.test n2.lab.test
10.77.0.13 n3.lab.test
fd00:77::11 seed6.lab.test
fd00:77::12 seed7.lab.test
";

/// Node n's address, from 0.
pub fn v4(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 77, 0, 11 + n).into()
}

/// Node n's other address, from 0.
pub fn v6(n: u8) -> IpAddr {
    Ipv6Addr::new(0xfd00, 0x77, 0, 0, 0, 0, 0, 0x11 + u16::from(n)).into()
}

/// Node n's address that no client reaches, from 0.
pub fn unreachable(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 99, 0, 11 + n).into()
}

/// Runs the rest of this test inside; false in the process outside, where it has run, or cannot.
///
/// # Panics
/// When it failed inside.
pub fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !(need("unshare") && need("ip") && may_unshare()) {
        return false;
    }
    let files = TempDir::new().unwrap();
    for (name, content) in [("hosts", HOSTS), ("nsswitch.conf", "hosts: files\n"), ("resolv.conf", "")] {
        fs::write(files.path().join(name), content).unwrap();
    }
    let status = again(test, files.path()).status().unwrap();
    assert!(status.success(), "the matrix did not pass: see above");
    false
}

fn may_unshare() -> bool {
    // Some systems give a namespace without the rights that belong to it.
    let tried = output(Command::new("unshare").args(["-rnm", "ip", "link", "set", "lo", "up"]));
    tried.status.success() || skip(&format!("namespaces ({})", text(&tried.stderr).trim()))
}

fn again(test: &str, files: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-rnm", "sh", "-c", PREPARE, "sh"]).arg(files).arg(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    command
}
