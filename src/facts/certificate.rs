//! Certificates as presented, parsed but not judged; and what rustls-webpki said of the chain.

use serde::{Deserialize, Serialize};

use super::{Judgement, Verifier};

/// One certificate. Text fields are untrusted and may hold any character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The DER as sent, base64 in a saved snapshot.
    #[serde(with = "base64")]
    pub der: Vec<u8>,
    /// Subject in RFC 4514 order, as printed by x509-parser.
    pub subject: String,
    /// Issuer, likewise.
    pub issuer: String,
    /// Last common name of the subject, the most specific one.
    pub common_name: Option<String>,
    /// The common names before it, in order; some TLS stacks compare them all.
    #[serde(default)]
    pub other_common_names: Vec<String>,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Typed subject alternative names, in order; bounded by `Limits::sans`.
    pub names: Vec<SubjectAltName>,
    /// How many more names there were.
    pub more_names: usize,
    /// The names' extension is critical, as it has to be where the subject is empty (RFC 5280 §4.2.1.6).
    #[serde(default)]
    pub names_critical: bool,
    /// Seconds since 1970.
    pub not_before: i64,
    /// Seconds since 1970.
    pub not_after: i64,
    /// basicConstraints CA:TRUE.
    pub is_ca: bool,
    /// X.509 version as written: 1 or 3.
    pub version: u32,
    /// extendedKeyUsage in words (`serverAuth`, `clientAuth`, `any`, or an OID); `None` where the extension is missing.
    pub usages: Option<Vec<String>>,
    /// keyUsage in words (`digitalSignature`, `keyCertSign`); `None` where the extension is missing.
    #[serde(default)]
    pub key_usages: Option<Vec<String>>,
    /// subjectKeyIdentifier, hexadecimal.
    #[serde(default)]
    pub subject_key_id: Option<String>,
    /// The keyIdentifier of authorityKeyIdentifier, hexadecimal.
    #[serde(default)]
    pub authority_key_id: Option<String>,
    /// Public key in words: `EC P-256`, `RSA 2048`, `Ed25519`.
    pub key: String,
    /// Signature algorithm in words.
    pub signature: String,
    /// caIssuers URLs of authorityInfoAccess.
    pub ca_issuers: Vec<String>,
    /// SHA-256 over the DER, hexadecimal.
    pub fingerprint: String,
}

impl Certificate {
    /// Subject equals issuer.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Every common name of the subject, in order.
    pub fn common_names(&self) -> impl Iterator<Item = &str> {
        self.other_common_names.iter().chain(&self.common_name).map(String::as_str)
    }
}

/// A subject alternative name, typed: an address written as a DNS name is not an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectAltName {
    /// dNSName.
    Dns(String),
    /// iPAddress, as text; odd lengths as hexadecimal octets.
    Ip(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// rfc822Name.
    Email(String),
    /// Anything else, in words.
    Other(String),
}

impl SubjectAltName {
    /// What the words of [`Other`](Self::Other) begin with when the entry is not of the kind that its tag says.
    const MALFORMED: &str = "malformed ";

    /// An entry whose octets do not fit its kind (`dNSName`, `URI`, `rfc822Name`), with what can be read of them.
    pub fn malformed(kind: &str, text: &str) -> Self {
        SubjectAltName::Other(format!("{}{kind}: {text}", Self::MALFORMED))
    }

    /// Such an entry of this kind.
    pub fn is_malformed(&self, kind: &str) -> bool {
        let SubjectAltName::Other(words) = self else { return false };
        words
            .strip_prefix(Self::MALFORMED)
            .and_then(|rest| rest.strip_prefix(kind))
            .is_some_and(|rest| rest.starts_with(':'))
    }
}

impl std::fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SubjectAltName::Dns(name) => write!(f, "DNS:{name}"),
            SubjectAltName::Ip(ip) => write!(f, "IP:{ip}"),
            SubjectAltName::Uri(uri) => write!(f, "URI:{uri}"),
            SubjectAltName::Email(mail) => write!(f, "email:{mail}"),
            SubjectAltName::Other(other) => write!(f, "other:{other}"),
        }
    }
}

/// A presented chain: the leaf, then what followed in the order it was sent. Cannot be empty by construction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateChain {
    /// The server's own certificate.
    pub leaf: Certificate,
    /// The rest, as sent; bounded by `Limits::chain`.
    pub rest: Vec<Certificate>,
    /// What rustls-webpki says of it against the anchors in use, at the time of the snapshot.
    pub verdict: ChainVerdict,
    /// What every verifier comes to, likewise; older snapshots have none.
    #[serde(default)]
    pub judgements: Vec<Judgement>,
}

impl CertificateChain {
    /// Trusted by the anchors in use.
    pub fn is_trusted(&self) -> bool {
        matches!(self.verdict, ChainVerdict::Trusted { .. })
    }

    /// What one verifier came to.
    pub fn judgement(&self, by: Verifier) -> Option<&Judgement> {
        self.judgements.iter().find(|judgement| judgement.by == by)
    }

    /// Leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.rest)
    }

    /// Where it ends: follows issuers through what was sent.
    pub fn last(&self) -> &Certificate {
        let mut last = &self.leaf;
        for _ in 0..=self.rest.len() {
            match self.rest.iter().find(|c| c.subject == last.issuer && c != &last) {
                Some(next) if !last.is_self_issued() => last = next,
                _ => break,
            }
        }
        last
    }
}

/// Whether a chain leads to a trust anchor for server authentication (RFC 5280 §6, as rustls-webpki does it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainVerdict {
    /// It does; the anchor's subject.
    Trusted {
        /// Subject of the anchor used.
        anchor: String,
    },
    /// It does not.
    Untrusted {
        /// The class of the problem.
        problem: ChainProblem,
        /// rustls-webpki's own words.
        text: String,
        /// The missing link's issuer is itself the subject of a loaded anchor or resembles one (same organisation).
        issuer_resembles_anchor: bool,
    },
}

/// Classes of chain problems, by what a person must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainProblem {
    /// No anchor signed it.
    UnknownIssuer,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// A CA:TRUE certificate used as the server's own; OpenSSL-based clients accept it, rustls does not.
    CaAsLeaf,
    /// extendedKeyUsage does not allow serverAuth.
    Usage,
    /// Does not parse, or a version, algorithm, signature or constraint that rustls-webpki refuses.
    Other,
}

/// DER as base64 text in saved snapshots.
mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
