//! What TLS is like on a port beyond the one handshake of an attempt: other versions, other server names, no certificate of
//! our own, and what a server answers that this build cannot complete a handshake with.

use serde::{Deserialize, Serialize};

use super::{ClientCertRequest, Observed};

/// Further handshakes beside the one of an attempt, each on a connection of its own. Nothing secret is sent on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsLooks {
    /// TLS 1.2 and TLS 1.3, in this order.
    pub versions: Vec<VersionLook>,
    /// The certificate under other server names than the attempt's own, where there are such. The first is none at all
    /// (`sni` is `None`), unless the attempt sent none itself.
    pub names: Vec<NameLook>,
    /// What becomes of a client that has no certificate.
    pub client_auth: Observed<ClientAuth>,
}

/// Whether a server accepts a version, when nothing else is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLook {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// Seen where it is accepted.
    pub accepted: Observed<()>,
}

/// The chain under another server name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameLook {
    /// The server name that was sent; `None` for a ClientHello without SNI.
    pub sni: Option<String>,
    /// Index into `Snapshot::chains`.
    pub chain: Observed<usize>,
}

/// What a server wants of a client's certificate (`tls-auth-clients` in Redis).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// It does not ask for one.
    None,
    /// It asks, and does without.
    Optional,
    /// It asks, and turns away who has none.
    Required,
}

impl std::fmt::Display for ClientAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ClientAuth::None => "none",
            ClientAuth::Optional => "optional",
            ClientAuth::Required => "required",
        })
    }
}

/// What a server answers to a ClientHello that offers every version, suite and group there ever was: read in clear, without
/// a key exchange. Below TLS 1.3 that is all but the end of the handshake (RFC 5246 §7.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHello {
    /// `SSLv3`, `TLSv1.0`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// Cipher suite, IANA name; its number where it has none.
    pub suite: String,
    /// The group or curve that the server chose, IANA name.
    pub group: Option<String>,
    /// Bits of the prime, where the key exchange is DHE.
    pub dh_bits: Option<usize>,
    /// Index into `Snapshot::chains`; TLS 1.3 sends certificates encrypted.
    pub chain: Option<usize>,
    /// Client certificate request.
    pub client_cert: ClientCertRequest,
}

impl TlsLooks {
    /// The chain that a client sees which sends no server name; `None` where that is the attempt's own.
    pub fn without_sni(&self) -> Option<&Observed<usize>> {
        self.names.iter().find(|look| look.sni.is_none()).map(|look| &look.chain)
    }
}
