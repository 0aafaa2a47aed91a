//! `openssl s_server`: a TLS server in whatever way one asks for. It answers each line with the line reversed, one
//! connection after the other.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{free_port, pki::Certificate, wait_until};

/// A running one; it goes with the value.
pub struct OpenSsl {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
}

impl OpenSsl {
    /// Starts it with this certificate and these further words, split at spaces.
    pub fn start(certificate: &Certificate, words: &str) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut command = Command::new("openssl");
        command.args(["s_server", "-quiet", "-rev", "-accept", &address.to_string()]);
        command.arg("-cert").arg(&certificate.cert).arg("-key").arg(&certificate.key).args(words.split_whitespace());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = OpenSsl { address, process: command.spawn().unwrap() };
        let open = || TcpStream::connect(address).map(|_| ()).map_err(|error| error.to_string());
        wait_until(&format!("s_server {words} listens"), Duration::from_secs(10), open);
        server
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
