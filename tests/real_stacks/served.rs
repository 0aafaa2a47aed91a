//! A chain that a server presents: a Redis server where it loads it, and `openssl s_server` where it does not.

use std::path::Path;

use crate::{
    reissue::Files,
    support::{
        openssl::OpenSsl,
        pki::Certificate,
        server::{Server, Settings},
    },
};

/// Gone when this is.
pub enum Served {
    Redis(Box<Server>),
    OpenSsl(OpenSsl),
}

impl Served {
    /// Redis needs some CA for its own connections; given the real one it would send along what the chain lacks.
    pub fn start(files: &Files, other_ca: &Path) -> Self {
        let own = Certificate { cert: files.chain.clone(), key: files.key.clone(), ca: other_ca.to_owned() };
        match Server::try_start(&Settings::default().tls(&own)) {
            Ok(server) => Served::Redis(Box::new(server)),
            Err(_) => Served::OpenSsl(OpenSsl::start(&own, &anything_goes(files))),
        }
    }

    pub fn port(&self) -> u16 {
        match self {
            Served::Redis(server) => server.address.port(),
            Served::OpenSsl(server) => server.address.port(),
        }
    }

    pub fn is_redis(&self) -> bool {
        matches!(self, Served::Redis(_))
    }
}

/// Of the file with the whole chain `s_server` takes the first certificate.
fn anything_goes(files: &Files) -> String {
    let rest = files.rest.as_ref().map_or_else(String::new, |rest| format!("-cert_chain {}", rest.display()));
    format!("-cipher ALL:@SECLEVEL=0 -no-CAfile -no-CApath -no-CAstore {rest}")
}
