//! What came of dialling: one attempt at one socket address, stage by stage.

use std::{fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};

use super::{Connection, Endpoint, Host, NameLook, NodeId, ServerHello, Stranger, TlsLooks, TlsSession};

/// Something that was looked at, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed<T> {
    /// Seen.
    Seen(T),
    /// Tried, and it failed.
    Failed(Failure),
    /// Not tried; the reason in words.
    NotTried(String),
}

impl<T> Observed<T> {
    /// The value, when there is one.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Observed::Seen(value) => Some(value),
            _ => None,
        }
    }

    /// The failure, when it was tried and failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Observed::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// How far an attempt got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Name to addresses.
    Resolve,
    /// TCP.
    Connect,
    /// TLS, up to the first byte read after it: a TLS 1.3 server refuses a client certificate only then.
    Handshake,
    /// AUTH.
    Authenticate,
    /// Anything said afterwards.
    Command,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Resolve => "resolve",
            Stage::Connect => "connect",
            Stage::Handshake => "TLS handshake",
            Stage::Authenticate => "authenticate",
            Stage::Command => "command",
        })
    }
}

/// What kind of failure it was, by what a person would do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The name has no address here.
    NoSuchName,
    /// Nobody listens.
    Refused,
    /// No answer within `--timeout`: filtered, half-open or silent.
    TimedOut,
    /// No route from here.
    Unreachable,
    /// The peer closed or reset the connection.
    Closed,
    /// Bytes that are not TLS where TLS was expected, or not RESP where RESP was expected.
    NotSpoken,
    /// The server wants a client certificate, and none was given or it was refused (alerts 42, 43, 45, 48, 116).
    ClientCertificate,
    /// A fatal TLS alert other than those, or no version or suite in common.
    TlsAlert,
    /// An error reply.
    Refusal,
    /// A reply over one of the limits, nested too deep, or that never ends.
    Hostile,
    /// This machine is out of something (file descriptors, ports).
    Local,
    /// Anything else.
    Other,
}

/// A failed stage. `detail` is untrusted text: it may come from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// How.
    pub kind: FailureKind,
    /// The words of the system or the server; never a credential.
    pub detail: String,
}

/// TLS or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// RESP over TLS.
    Tls,
    /// Plain RESP.
    Plaintext,
}

impl Transport {
    /// The one of the two that this is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Transport::Tls => Transport::Plaintext,
            Transport::Plaintext => Transport::Tls,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Tls => "TLS",
            Transport::Plaintext => "plaintext",
        })
    }
}

/// Which announced form (or which guess) leads to a socket address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Candidate {
    /// The endpoint the user gave.
    Seed,
    /// The preferred endpoint: what clients dial.
    Preferred,
    /// The announced host name.
    Hostname,
    /// The announced IP.
    Ip,
    /// The seed's host with the node's port.
    SeedHost,
    /// The announced port of the other transport.
    OtherPort,
    /// No announced form: an endpoint that was named beside the seed, see [`super::Also`].
    Also,
}

/// What answered when the expected protocol did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoke {
    /// Plain RESP: the first line of its answer to an inline PING (untrusted).
    PlainRedis(String),
    /// TLS: it answered a ClientHello.
    Tls,
    /// The encrypted side of spiped: 32 random bytes at once, others on the next connection, and then silence.
    Spiped,
    /// Another service, known by how it begins.
    Other(Stranger),
    /// A listener that waits for a PROXY protocol header (`accept-proxy` of `HAProxy`, `proxy_protocol` of nginx) before it
    /// speaks this: with one in front it answered.
    ProxyHeader(Transport),
    /// The cluster bus: nothing is answered here, and Redis answers 10000 ports below, in this.
    ClusterBus(Transport),
    /// Nothing at all: it closes every connection, without being spoken to, or only then.
    Closes {
        /// Before anything was sent.
        unasked: bool,
    },
    /// Bytes that are none of these; the start of them, escaped.
    Unknown(String),
}

impl Spoke {
    /// True where it is Redis after all, by the other of TLS and plaintext.
    pub fn is_redis(&self) -> bool {
        matches!(self, Spoke::PlainRedis(_) | Spoke::Tls)
    }

    /// True where not a byte came.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Spoke::Closes { .. })
    }
}

/// One attempt: a socket address dialled once, for every announced form that leads there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The forms that lead here, with the host as a client would verify it.
    pub candidates: Vec<(Candidate, Endpoint)>,
    /// Where the connection was opened; `None` where the name did not resolve.
    pub socket: Option<SocketAddr>,
    /// What was spoken.
    pub transport: Transport,
    /// The host that SNI and the credentials decision went by.
    pub server_name: Host,
    /// The name that the map which was looked through has for this address: what clients verify in place of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Host>,
    /// What came of it.
    pub connection: Observed<Connection>,
    /// What answered instead, where the expected protocol failed.
    pub spoke: Option<Spoke>,
    /// The port at which the same server speaks TLS, where TLS was asked and plaintext answered: it says so (CONFIG GET
    /// tls-port), and a ClientHello was answered there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_port: Option<u16>,
    /// What the server answers to a ClientHello that leaves nothing out, where the handshake found no common ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<Observed<ServerHello>>,
    /// Further handshakes beside this one, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<TlsLooks>,
    /// Handshakes by other server names, where this one was ended and such names are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_name: Vec<NameLook>,
    /// Milliseconds in all.
    pub took_ms: u64,
}

impl Attempt {
    /// True where another service than Redis answered: what certificate it has says nothing about the node.
    pub fn is_with_a_stranger(&self) -> bool {
        matches!(self.spoke, Some(Spoke::Other(_)))
    }

    /// The open connection, when there was one.
    pub fn opened(&self) -> Option<&Connection> {
        self.connection.seen()
    }

    /// The TLS session, when the handshake completed.
    pub fn tls(&self) -> Option<&TlsSession> {
        self.opened()?.tls.seen()
    }

    /// Who answered.
    pub fn identity(&self) -> Option<&NodeId> {
        self.opened()?.identity.seen()
    }

    /// The first stage that failed, if any did.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.connection {
            Observed::Failed(failure) => Some(failure),
            Observed::Seen(c) => c.tls.failure().or(c.auth.failure()).or(c.identity.failure()),
            Observed::NotTried(_) => None,
        }
    }

    /// The name that a client verifies here which dials `endpoint`, one of the candidates.
    pub fn verified_as<'a>(&'a self, endpoint: &'a Endpoint) -> &'a Host {
        self.named.as_ref().unwrap_or(&endpoint.host)
    }

    /// True where something that may speak TLS ended the handshake, for a reason that a server name may be.
    pub fn is_turned_away(&self) -> bool {
        let failure = self.opened().and_then(|connection| connection.tls.failure());
        let ended = failure.is_some_and(|failure| matches!(failure.kind, FailureKind::Closed | FailureKind::TlsAlert));
        ended && self.spoke.as_ref().is_none_or(|spoke| *spoke == Spoke::Tls || spoke.is_nothing())
    }

    /// True when this attempt was made for `candidate`.
    pub fn is_for(&self, candidate: Candidate) -> bool {
        self.candidates.iter().any(|(c, _)| *c == candidate)
    }
}
