//! Does a certificate speak for a host, and what does each TLS stack say of it? The functions here are rustls-webpki's
//! own answer; [`stacks`] are those of the stacks that client libraries run on.

pub mod defects;
pub mod stacks;
pub mod trust;
pub mod weakness;

use rustls_pki_types::{CertificateDer, ServerName};
use webpki::{EndEntityCert, Error};

use crate::facts::{Certificate, CertificateChain, Host, SubjectAltName};

pub use stacks::{
    Class, Refusal, STACKS, Stack,
    dotnet::DOTNET_LINUX,
    go::{GO_1_19, GO_1_23},
    java::{JAVA_17, JAVA_25, JAVA_NO_ENDPOINT_ID},
    node::{NODE_20, NODE_22, NODE_26},
    openssl::{HIREDIS, OPENSSL_3, OPENSSL_4},
    php::PHP,
    python::{PYTHON_3_11, PYTHON_3_13},
    ruby::RUBY,
    rustls::{RUSTLS, RUSTLS_RING},
    stack,
};

/// What strict verifiers say of a chain that others take: OpenSSL's `X509_V_FLAG_X509_STRICT`, which Python has on since 3.13.
pub fn strict_refusal(chain: &CertificateChain) -> Option<Refusal> {
    PYTHON_3_13.chain_refusal(chain).filter(|_| PYTHON_3_11.chain_refusal(chain).is_none())
}

/// The stacks that were measured, in the order of `tests/fixtures/stacks/cases.json`: all but those that follow from OpenSSL.
pub fn measured() -> impl Iterator<Item = &'static Stack> {
    STACKS.iter().copied().filter(|stack| ![PHP.id, RUBY.id].contains(&stack.id))
}

/// Whether a certificate speaks for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// It does.
    Yes,
    /// It does not, or no client of this kind would even ask: the host is no DNS name by RFC 1123 §2.1 and underscores.
    No,
    /// rustls-webpki cannot read the certificate (X.509 v1, a malformed extension), in its words.
    Unreadable(String),
}

/// Compares the host with the subject alternative names (RFC 9525 §6): a name with the dNSNames, `*` standing for the
/// whole left-most label (§6.3), an address with the iPAddress octets (§6.4), and never with the common name (§2).
pub fn speaks_for(certificate: &Certificate, host: &Host) -> Speaks {
    let name = match host {
        Host::Ip(ip) => ServerName::from(*ip),
        Host::Name(name) => match ServerName::try_from(name.as_str()) {
            Ok(name) => name,
            Err(_) => return Speaks::No,
        },
    };
    let der = CertificateDer::from(certificate.der.as_slice());
    let verdict = EndEntityCert::try_from(&der).and_then(|leaf| leaf.verify_is_valid_for_subject_name(&name));
    match verdict {
        Ok(()) => Speaks::Yes,
        Err(Error::CertNotValidForName(_)) => Speaks::No,
        Err(error) => Speaks::Unreadable(error.to_string()),
    }
}

/// The address is there, but written as a dNSName, where no client looks for an address (RFC 9525 §6.4, RFC 6125 §1.7.2).
pub fn address_in_dns_entry(certificate: &Certificate, host: &Host) -> bool {
    let Some(ip) = host.ip() else { return false };
    let is_it = |name: &SubjectAltName| matches!(name, SubjectAltName::Dns(text) if text.parse() == Ok(ip));
    certificate.names.iter().any(is_it)
}

/// A common name and no dNSName beside it: what RFC 6125 §6.4.4 let older clients match, and RFC 9525 §2 forbids.
pub fn common_name_only(certificate: &Certificate) -> bool {
    let has_dns = certificate.names.iter().any(|name| matches!(name, SubjectAltName::Dns(_)));
    certificate.common_name.is_some() && !has_dns
}

/// The host stands in the common name alone: rustls-webpki says no, since it does not look there (RFC 9525 §2), and
/// OpenSSL, Java and .NET say yes as long as there is no DNS entry.
pub fn only_by_common_name(certificate: &Certificate, host: &Host) -> bool {
    let named = |name: &str| certificate.common_name.as_deref().is_some_and(|cn| cn.eq_ignore_ascii_case(name));
    common_name_only(certificate) && host.name().is_some_and(named) && speaks_for(certificate, host) != Speaks::Yes
}
