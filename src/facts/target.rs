//! What the user asked for. Secrets live here and nowhere else: nothing in this file can be serialised.

use std::{fmt, net::IpAddr, path::PathBuf};

use super::{Detours, Endpoint, Host, Oddity};

/// A text that never shows: its `Debug` is `***`, and it does not implement `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What AUTH is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// ACL user (6.0+); `None` for the password-only form.
    pub username: Option<String>,
    /// Password.
    pub password: Secret,
    /// What the password has that passwords seldom have.
    pub oddity: Option<Oddity>,
}

/// How the endpoint is to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `rediss://`, `valkeys://` or `--tls`.
    Tls,
    /// `redis://` or `valkey://`.
    Plaintext,
    /// No scheme: the wire decides.
    Either,
}

/// The anchors that chains are judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `system trust store`, or the file or directory given; for the report.
    pub label: String,
    /// DER certificates.
    pub anchors: Vec<Vec<u8>>,
}

/// The client's own certificate and key, DER.
#[derive(Clone)]
pub struct ClientIdentity {
    /// Leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The key as PEM text: PKCS#8, PKCS#1 or SEC1.
    pub key_pem: Secret,
    /// The file that the chain came from, for the report.
    pub cert_file: PathBuf,
    /// The file that the key came from.
    pub file: PathBuf,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientIdentity({})", self.file.display())
    }
}

/// Dial somewhere else than the name says, as curl does; the name that is verified stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Override {
    /// `--resolve HOST:PORT:ADDR[,ADDR]`: these addresses instead of asking the resolver. `None` is `*`.
    Resolve {
        /// Host to match; `None` matches every host.
        host: Option<Host>,
        /// Port to match; `None` (only from the lab) matches every port.
        port: Option<u16>,
        /// What it resolves to.
        addresses: Vec<IpAddr>,
    },
    /// `--connect-to HOST1:PORT1:HOST2:PORT2`: empty parts match everything, or keep what was there.
    ConnectTo {
        /// Host to match.
        from_host: Option<Host>,
        /// Port to match.
        from_port: Option<u16>,
        /// Host to dial.
        to_host: Option<Host>,
        /// Port to dial.
        to_port: Option<u16>,
    },
}

/// An endpoint beside the seed: where somebody's configuration sends clients. Who answers there is asked, nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Also {
    /// Where to dial.
    pub endpoint: Endpoint,
    /// The name that is verified there, where it is not the host.
    pub server_name: Option<Host>,
}

/// Everything the probe needs to know of what the user wants.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where to begin.
    pub endpoint: Endpoint,
    /// How to speak.
    pub scheme: Scheme,
    /// The Sentinels that were named, `endpoint` among them; empty where nobody said that it is one.
    pub sentinels: Vec<Endpoint>,
    /// For AUTH.
    pub credentials: Option<Credentials>,
    /// For AUTH at Sentinels, where they have others than the servers that they watch.
    pub sentinel_credentials: Option<Credentials>,
    /// The user's own line is a plaintext one (`redis://`, or redis-cli's `-h HOST -p PORT` without `--tls`), so that
    /// credentials may travel in plaintext where the servers speak it.
    pub plaintext_credentials: bool,
    /// Anchors.
    pub trust: Trust,
    /// Client certificate.
    pub identity: Option<ClientIdentity>,
    /// `--sni`: sent in place of the dialled name, on every connection.
    pub sni: Option<String>,
    /// `--server-name`: the name to verify (and send as SNI) on every connection.
    pub server_name: Option<Host>,
    /// `--resolve` and `--connect-to`.
    pub overrides: Vec<Override>,
    /// Looked at beside the nodes, under the same rules.
    pub also: Vec<Also>,
    /// `--node`: where further nodes of the cluster are, whatever it announces.
    pub known: Vec<Endpoint>,
    /// `--map`: where clients with this map dial instead.
    pub detours: Option<Detours>,
    /// `--group`: the one group of a Sentinel that is looked at.
    pub group: Option<String>,
    /// The database that clients select; 0 is where every connection begins.
    pub database: u32,
}

impl Target {
    /// An endpoint, and nothing else that is known or wanted.
    pub fn at(endpoint: Endpoint, scheme: Scheme) -> Self {
        Target {
            endpoint,
            scheme,
            sentinels: Vec::new(),
            credentials: None,
            sentinel_credentials: None,
            plaintext_credentials: false,
            trust: Trust::default(),
            identity: None,
            sni: None,
            server_name: None,
            overrides: Vec::new(),
            also: Vec::new(),
            known: Vec::new(),
            detours: None,
            group: None,
            database: 0,
        }
    }

    /// The name that the map has for the endpoint, where an entry leads there and has one of its own.
    pub fn seed_name(&self) -> Option<&Host> {
        self.detours.as_ref()?.name_at(&self.endpoint)
    }
}
