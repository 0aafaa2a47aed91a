//! What to ask a certificate authority for, as a person, OpenSSL and cert-manager read it.
//!
//! Into a configuration go [`Name`]s alone, which are made from host names and addresses, and words of this room.

mod cert_manager;
mod json;
mod openssl;
mod server;
mod text;

use crate::{
    facts::Kind,
    request::{Name, Request, Wanted},
};

pub use cert_manager::cert_manager;
pub use json::json;
pub use openssl::openssl;
pub use text::text;

/// The key that the certificate is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// ECDSA P-256, which every TLS stack takes.
    #[default]
    Ec,
    /// RSA, for what is older.
    Rsa,
}

/// A request on its way to a reader.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    /// What is asked for.
    pub request: &'a Request,
    /// For this key.
    pub key: Key,
    /// The command that says all this, for other forms of it.
    pub command: &'a str,
    /// The command that judges a file `redis.crt` before it is deployed.
    pub judge: Option<&'a str>,
    /// The command that looks whether it has helped.
    pub check: &'a str,
}

/// Days that a certificate of an authority of one's own is asked for. Servers load none by themselves, so that somebody has
/// to come back in time.
const DAYS: u32 = 365;
/// What `openssl req -x509` alone does not give an authority, and Python 3.13 asks of it (RFC 5280 §4.2.1.3).
const AUTHORITY: &str = "its own certificate needs keyUsage keyCertSign, which Python 3.13 looks for";
/// The longest common name (RFC 5280 appendix A, ub-common-name).
const LONGEST_COMMON_NAME: usize = 64;

/// extendedKeyUsage. A node is a client of the others where bus or replication run over TLS, which is not to be seen from
/// outside; where they do not, clientAuth harms nobody.
const USAGES: [&str; 2] = ["serverAuth", "clientAuth"];

impl Key {
    /// keyUsage (RFC 5280 §4.2.1.3): with RSA a TLS 1.2 client may encrypt to the key.
    fn usages(self) -> &'static [&'static str] {
        match self {
            Key::Ec => &["digitalSignature"],
            Key::Rsa => &["digitalSignature", "keyEncipherment"],
        }
    }

    fn words(self) -> &'static str {
        match self {
            Key::Ec => "ECDSA P-256",
            Key::Rsa => "RSA 2048",
        }
    }
}

impl Sheet<'_> {
    /// `redis`, or `redis-3` for the third of several.
    fn stem(&self, n: usize) -> String {
        if self.request.is_per_node() { format!("redis-{}", n + 1) } else { "redis".to_owned() }
    }

    /// Certificates with the stems of their files.
    fn certificates(&self) -> impl Iterator<Item = (String, &Wanted)> {
        self.request.certificates.iter().enumerate().map(|(n, wanted)| (self.stem(n), wanted))
    }

    fn is_cluster(&self) -> bool {
        self.request.kind.is_none_or(|kind| kind == Kind::Cluster)
    }
}

/// The common name: one of the names, since a few stacks look there where there is no dNSName.
fn common_name(wanted: &Wanted) -> String {
    let values = wanted.entries.iter().map(|entry| entry.name.value());
    values.into_iter().find(|value| value.len() <= LONGEST_COMMON_NAME).unwrap_or_else(|| "redis".to_owned())
}

/// The dNSNames, and the iPAddresses.
fn by_type(wanted: &Wanted) -> (Vec<String>, Vec<String>) {
    let (ips, dns): (Vec<&Name>, Vec<&Name>) =
        wanted.entries.iter().map(|entry| &entry.name).partition(|name| name.ip().is_some());
    let values = |names: Vec<&Name>| names.into_iter().map(Name::value).collect();
    (values(dns), values(ips))
}

/// Lines as comments of a configuration.
fn comments(lines: &[String]) -> String {
    lines.iter().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}
