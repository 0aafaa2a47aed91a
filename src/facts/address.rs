//! What a node says its address is, with the blanks kept apart.

use serde::{Deserialize, Serialize};

use super::{Endpoint, Host};

/// One announced host field. CLUSTER SLOTS distinguishes nil, empty and `?` (Redis 7.0 `cluster.c`), and so do clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announced {
    /// The reply did not carry the field.
    #[default]
    Absent,
    /// Nil: "use the host you dialled" (`cluster-preferred-endpoint-type unknown-endpoint`).
    Nil,
    /// An empty string: the same meaning as nil.
    Empty,
    /// `?`: host names are preferred, and this node has none.
    QuestionMark,
    /// A host.
    Host(Host),
    /// Text that is no host name or address; kept for the report, never dialled or emitted.
    Unusable(String),
}

impl Announced {
    /// Sorts a text from the wire; at most 256 characters of an unusable one are kept.
    pub fn from_text(text: &str) -> Self {
        match text {
            "" => Announced::Empty,
            "?" => Announced::QuestionMark,
            _ => text.parse().map_or_else(|_| Announced::Unusable(text.chars().take(256).collect()), Announced::Host),
        }
    }

    /// The host, when there is a usable one.
    pub fn host(&self) -> Option<&Host> {
        match self {
            Announced::Host(host) => Some(host),
            _ => None,
        }
    }
}

impl std::fmt::Display for Announced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Announced::Absent => f.write_str("(none)"),
            Announced::Nil => f.write_str("(nil)"),
            Announced::Empty => f.write_str("(empty)"),
            Announced::QuestionMark => f.write_str("?"),
            Announced::Host(host) => write!(f, "{host}"),
            Announced::Unusable(text) => write!(f, "{}", text.escape_debug()),
        }
    }
}

/// Everything one node announced about where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddress {
    /// The preferred endpoint: first field of a CLUSTER SLOTS node, or `endpoint` of CLUSTER SHARDS. What most clients dial.
    pub preferred: Announced,
    /// The port that goes with `preferred` for the kind of connection that asked; `None` where 0 was announced.
    pub port: Option<u16>,
    /// The IP: metadata of SLOTS, `ip` of SHARDS, first part of a NODES address (a host name on some services).
    pub ip: Announced,
    /// The announced host name (7.0+).
    pub hostname: Announced,
    /// Plaintext client port, where SHARDS told it.
    pub tcp_port: Option<u16>,
    /// TLS client port, where SHARDS told it.
    pub tls_port: Option<u16>,
    /// Cluster bus port, from NODES (4.0+).
    pub bus_port: Option<u16>,
}

impl NodeAddress {
    /// The preferred endpoint with its port, when both are usable.
    pub fn preferred_endpoint(&self) -> Option<Endpoint> {
        self.with_port(&self.preferred)
    }

    /// The announced IP with the client port.
    pub fn ip_endpoint(&self) -> Option<Endpoint> {
        self.with_port(&self.ip)
    }

    /// The announced host name with the client port.
    pub fn hostname_endpoint(&self) -> Option<Endpoint> {
        self.with_port(&self.hostname)
    }

    /// The port a client of this transport is sent to; 0, which a saved look may hold, is none.
    pub fn client_port(&self) -> Option<u16> {
        [self.port, self.tls_port, self.tcp_port].into_iter().flatten().find(|port| *port != 0)
    }

    fn with_port(&self, host: &Announced) -> Option<Endpoint> {
        Some(Endpoint::new(host.host()?.clone(), self.client_port()?))
    }
}

impl std::fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.preferred_endpoint(), self.client_port()) {
            (Some(endpoint), _) => write!(f, "{endpoint}"),
            (None, Some(port)) => write!(f, "{}:{port}", self.preferred),
            (None, None) => write!(f, "{}:0", self.preferred),
        }
    }
}
