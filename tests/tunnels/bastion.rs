//! A real sshd on a server, which forwards for whoever has the key in this world's home.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Once,
    time::Duration,
};

use super::{
    support::{run, wait_until},
    world::{Machine, SERVER, USER, files},
};

/// Where it listens.
const PORT: u16 = 2222;

/// Runs until it is dropped.
pub struct Bastion {
    sshd: Child,
    log: PathBuf,
}

impl Bastion {
    /// What `--via` is given.
    pub fn via() -> String {
        format!("{USER}@{SERVER}:{PORT}")
    }

    /// On this machine.
    pub fn start(machine: &Machine) -> Self {
        let folder = files().join("home/.ssh");
        prepare(&folder);
        let config = format!(
            "Port {PORT}\nHostKey {at}/hostkey\nAuthorizedKeysFile {at}/id_ed25519.pub\nStrictModes no\nUsePAM no\nPidFile none\n\
             AllowTcpForwarding local\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitTTY no\nMaxStartups 100\n",
            at = folder.display()
        );
        let file = tempfile::Builder::new().suffix("sshd_config").tempfile().unwrap();
        fs::write(file.path(), config).unwrap();
        let file = file.into_temp_path().keep().unwrap();
        let log = files().join(format!("sshd-{}.log", file.file_name().unwrap().display()));
        let mut sshd = machine.as_user("/usr/sbin/sshd");
        sshd.args(["-D", "-e", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        let sshd = sshd.spawn().unwrap();
        wait_until("sshd listens", Duration::from_secs(10), || {
            let shown = machine.listening();
            if shown.contains(&format!(":{PORT}\n")) { Ok(()) } else { Err(shown) }
        });
        Bastion { sshd, log }
    }

    /// What it has to say.
    pub fn told(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Bastion {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// The keys of the host and of its user, once.
fn prepare(folder: &Path) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for name in ["hostkey", "id_ed25519"] {
            run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.join(name)));
        }
        let host = fs::read_to_string(folder.join("hostkey.pub")).unwrap();
        fs::write(folder.join("known_hosts"), format!("[{SERVER}]:{PORT} {host}")).unwrap();
    });
}
