//! A connection that was opened: the handshake, the login, and what the server says of itself.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Built, Connections, Endpoint, Failure, Memory, NodeId, Observed, Refusal, Replication, Watch};

/// Whether the server asked for a client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertRequest {
    /// A CertificateRequest was sent.
    pub requested: bool,
    /// Distinguished names of acceptable issuers, when it listed any (Redis lists none), in words.
    pub issuers: Vec<String>,
}

/// One completed TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSession {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: String,
    /// Cipher suite, IANA name.
    pub suite: String,
    /// Key-exchange group, IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Signature scheme of the handshake, IANA name; `None` where the key exchange needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The server name sent; `None` for IP addresses (RFC 6066 §3).
    pub sni: Option<String>,
    /// Index into `Snapshot::chains`.
    pub chain: usize,
    /// The handshake signature was verified with the leaf's key. Where it was not, nothing secret is ever sent.
    pub proved_possession: bool,
    /// Client certificate request.
    pub client_cert: ClientCertRequest,
}

impl TlsSession {
    /// What the handshake is called in one line: version, suite, group, signature scheme.
    pub fn agreed(&self) -> impl Iterator<Item = &str> {
        let further = [self.group.as_deref(), self.signature.as_deref()].into_iter().flatten();
        [self.version.as_str(), self.suite.as_str()].into_iter().chain(further)
    }
}

/// What AUTH came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthOutcome {
    /// No credentials were given, and none were asked for.
    NotNeeded,
    /// Accepted.
    Accepted,
    /// The server has no password for this user, and said so.
    Superfluous(String),
}

/// What a server says of itself (INFO, HELLO, ROLE). All text is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// `redis` or `valkey`, as far as it says.
    pub product: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// `standalone`, `cluster` or `sentinel`.
    pub mode: Option<String>,
    /// `master` or `slave`.
    pub role: Option<String>,
    /// Run id.
    pub run_id: Option<String>,
    /// Replication id shared by a primary and its replicas (4.0+).
    pub replication_id: Option<String>,
    /// The primary's address, on a replica.
    pub primary: Option<Endpoint>,
    /// `up` or `down`, on a replica.
    pub primary_link: Option<String>,
    /// Replicas as the primary lists them (`slaveN` of INFO, or ROLE).
    pub replicas: Vec<Endpoint>,
    /// Loading its data set.
    pub loading: bool,
    /// Seconds since start.
    pub uptime: Option<u64>,
    /// `os` of INFO.
    pub os: Option<String>,
    /// `cluster_state` of CLUSTER INFO, as this node sees it: `ok` or `fail`.
    #[serde(default)]
    pub cluster_state: Option<String>,
    /// The address of its own at which it accepted this connection (`laddr` of CLIENT INFO, 6.2+).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<SocketAddr>,
    /// The port that it calls its own (`tcp_port` of INFO): the plaintext one where it has both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_port: Option<u16>,
    /// What it says of the replication that it takes part in.
    #[serde(default, skip_serializing_if = "Replication::is_empty")]
    pub replication: Replication,
    /// How it says it was built and where it runs.
    #[serde(default, skip_serializing_if = "Built::is_unknown")]
    pub built: Built,
    /// Its connections: how many, how many there may be, and when it closes idle ones.
    #[serde(default, skip_serializing_if = "Connections::is_untold")]
    pub connections: Connections,
    /// The memory for its data, where that is limited.
    #[serde(default, skip_serializing_if = "Memory::is_unlimited")]
    pub memory: Memory,
}

impl Server {
    /// The first number of its version.
    pub fn major(&self) -> Option<u32> {
        self.version.as_deref()?.split('.').next()?.parse().ok()
    }
}

/// A connection that was opened and what was seen on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Our own end: part of the vantage point.
    pub local: Option<SocketAddr>,
    /// Milliseconds from the first SYN to an open TCP connection.
    pub connect_ms: u64,
    /// TLS; `NotTried` on plaintext.
    pub tls: Observed<TlsSession>,
    /// AUTH.
    pub auth: Observed<AuthOutcome>,
    /// Who answered: CLUSTER MYID, else the `myself` line of CLUSTER NODES, else the run id.
    pub identity: Observed<NodeId>,
    /// What it says of itself.
    pub server: Observed<Server>,
    /// The node's own CLUSTER NODES line, as it sees itself: `ip:port@bus,hostname` escaped.
    pub own_address: Option<String>,
    /// It is a node of another cluster: its CLUSTER NODES knows none of the nodes that the endpoint's knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_another_cluster: bool,
    /// Commands it would not answer.
    pub refusals: Vec<Refusal>,
    /// What cut the conversation short after the identity was known.
    pub cut: Option<Failure>,
    /// Milliseconds from the questions to the whole answer to CLUSTER SLOTS, of the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_ms: Option<u64>,
    /// What it watches, where it is a Sentinel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Box<Watch>>,
}
