//! A chain that a server presents: a Redis server where it loads it, and `openssl s_server` where it does not.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    reissue::Files,
    support::{
        free_port,
        pki::Certificate,
        server::{Server, Settings},
        wait_until,
    },
};

/// How long a process may take to come up on a busy machine.
const START: Duration = Duration::from_secs(20);
/// Until its stdin is closed, be it because the test was killed.
const KEEPER: &str = r#""$@" & trap 'kill -9 $!; wait' EXIT; read -r _"#;

/// Gone when this is.
pub enum Served {
    Redis(Box<Server>),
    OpenSsl { port: u16, keeper: Child },
}

impl Served {
    /// Redis needs some CA for its own connections; given the real one it would send along what the chain lacks.
    pub fn start(files: &Files, other_ca: &Path) -> Self {
        let own = Certificate { cert: files.chain.clone(), key: files.key.clone(), ca: other_ca.to_owned() };
        match Server::try_start(&Settings::default().tls(&own)) {
            Ok(server) => Served::Redis(Box::new(server)),
            Err(_) => Served::with_openssl(files),
        }
    }

    fn with_openssl(files: &Files) -> Self {
        let port = free_port();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh", "openssl", "s_server", "-quiet", "-rev", "-cipher", "ALL:@SECLEVEL=0"]);
        command.args(["-no-CAfile", "-no-CApath", "-no-CAstore", "-accept", &format!("127.0.0.1:{port}")]);
        command.arg("-cert").arg(&files.leaf).arg("-key").arg(&files.key).arg("-cert_chain").arg(&files.chain);
        let keeper = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let served = Served::OpenSsl { port, keeper };
        wait_until("openssl s_server starts", START, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(|error| error.to_string())
        });
        served
    }

    pub fn port(&self) -> u16 {
        match self {
            Served::Redis(server) => server.address.port(),
            Served::OpenSsl { port, .. } => *port,
        }
    }

    pub fn is_redis(&self) -> bool {
        matches!(self, Served::Redis(_))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Served::OpenSsl { keeper, .. } = self {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
        }
    }
}
