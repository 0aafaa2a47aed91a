//! `CPython`'s `ssl` with `create_default_context`: OpenSSL without partial wildcards, strict since 3.13.

use super::{
    Class, Refusal, Says, Stack, address, in_ascii,
    openssl::{self, Wildcard},
};
use crate::facts::{Certificate, CertificateChain, Flaw, Host, Verifier};

/// `CPython` 3.12 and earlier.
pub const PYTHON_3_11: Stack =
    Stack { id: "python@3.11", verifier: Verifier::OpenSsl, name, flaw: chain_3_11, says: Says::First };

/// `CPython` 3.13 and later: `VERIFY_X509_PARTIAL_CHAIN` takes any anchor, `VERIFY_X509_STRICT` wants RFC 5280 kept.
pub const PYTHON_3_13: Stack =
    Stack { id: "python@3.13", verifier: Verifier::PartialChain, name, flaw: chain_3_13, says: Says::First };

fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let label = |label: &str| (1..=63).contains(&label.len());
    // The IDNA 2003 codec, through which every host goes.
    if host.name().is_some_and(|name| !super::without_dot(name).split('.').all(label)) {
        return Some(Refusal::new(Class::Reference, "label empty or too long"));
    }
    let read = match host.name().and_then(address::four_decimal) {
        Some(v4) => Host::Ip(v4.into()),
        None => in_ascii(&folded(host)),
    };
    let kind = if read.ip().is_some() { "IP address" } else { "Hostname" };
    let text = format!("{kind} mismatch, certificate is not valid for '{host}'.");
    (!openssl::speaks_for(leaf, &read, Wildcard::Label)).then(|| prefixed(Refusal::new(Class::Name, text)))
}

/// What Nameprep makes of the letters that later versions of IDNA keep apart (RFC 3454, table B.2).
fn folded(host: &Host) -> Host {
    host.name().map_or_else(|| host.clone(), |name| Host::Name(name.replace(['ß', 'ẞ'], "ss").replace('ς', "σ")))
}

fn chain_3_11(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    openssl::chain(flaw).map(prefixed)
}

/// Any anchor will do, root or not, and a leaf among them.
fn chain_3_13(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    openssl::strict(flaw).map(prefixed)
}

fn prefixed(refusal: Refusal) -> Refusal {
    let text = format!("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {}", refusal.text);
    Refusal { text, ..refusal }
}
