//! Go's `crypto/x509` (`Verify`, `VerifyHostname`): alternative names only, and the leaf before its issuers.

use std::net::IpAddr;

use super::{Class, Refusal, Says, Stack, address, addresses, dns, quoted, without_dot};
use crate::facts::{Certificate, CertificateChain, Flaw, FlawKind, Host, Verifier};

/// Go 1.19 and earlier.
pub const GO_1_19: Stack =
    Stack { id: "go@1.19", name: name_1_19, verifier: Verifier::Go19, flaw: chain_1_19, says: Says::First };

/// Go 1.23 and later; 1.20 to 1.22 differ only in taking a bare `*`.
pub const GO_1_23: Stack =
    Stack { id: "go@1.23", name: name_1_23, verifier: Verifier::Go, flaw: chain_1_23, says: Says::First };

fn name_1_19(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    unasked(host).or_else(|| name(leaf, host, true).map(|text| Refusal::new(Class::Name, text)))
}

fn name_1_23(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    unasked(host).or_else(|| name(leaf, host, false).map(|text| since_1_20(Refusal::new(Class::Name, text))))
}

/// A name goes into the ClientHello as it is, and servers that look at it there refuse one that is not ASCII.
fn unasked(host: &Host) -> Option<Refusal> {
    host.name().filter(|name| !name.is_ascii())?;
    Some(Refusal::new(Class::Reference, "remote error: tls: internal error"))
}

fn name(leaf: &Certificate, host: &Host, bare_star: bool) -> Option<String> {
    // `VerifyHostname` takes brackets off.
    let bare = host.name().and_then(address::bracketed).map(Host::Ip);
    let host = bare.as_ref().unwrap_or(host);
    let speaks = match host {
        Host::Ip(ip) => addresses(leaf).any(|address| address.to_canonical() == ip.to_canonical()),
        Host::Name(name) => dns(leaf).any(|pattern| matches(name, pattern, bare_star)),
    };
    (!speaks).then(|| mismatch(leaf, host))
}

/// By labels where both are host names, else byte for byte; the case never counts.
fn matches(host: &str, pattern: &str, bare_star: bool) -> bool {
    let valid_host = is_host_name(without_dot(host), false, bare_star);
    if !valid_host || !is_host_name(pattern, true, bare_star) {
        let nothing = |name: &str| name.is_empty() || name == ".";
        return !nothing(host) && !nothing(pattern) && host.eq_ignore_ascii_case(pattern);
    }
    labels_match(host, pattern)
}

/// `matchHostnames`: label by label, where the first of the pattern may be `*`.
fn labels_match(host: &str, pattern: &str) -> bool {
    let (host, pattern): (Vec<&str>, Vec<&str>) =
        (without_dot(host).split('.').collect(), pattern.split('.').collect());
    let alike = |(i, (host, pattern)): (usize, (&&str, &&str))| {
        (i == 0 && *pattern == "*") || host.eq_ignore_ascii_case(pattern)
    };
    host.len() == pattern.len() && host.iter().zip(&pattern).enumerate().all(alike)
}

/// `validHostname`.
fn is_host_name(name: &str, is_pattern: bool, bare_star: bool) -> bool {
    let label = |(i, label): (usize, &str)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (is_pattern && i == 0 && label == "*")
            || (!label.is_empty() && !label.starts_with('-') && label.bytes().all(plain))
    };
    (bare_star || name != "*") && name.split('.').enumerate().all(label)
}

/// `HostnameError.Error`.
fn mismatch(leaf: &Certificate, host: &Host) -> String {
    let legacy = leaf.common_name.as_deref().is_some_and(|name| labels_match(&host.to_string(), name));
    if leaf.names.is_empty() && legacy {
        return "x509: certificate relies on legacy Common Name field, use SANs instead".to_owned();
    }
    let listed = match host {
        Host::Ip(_) => addresses(leaf).map(|ip: IpAddr| ip.to_canonical().to_string()).collect::<Vec<_>>(),
        Host::Name(_) => dns(leaf).map(str::to_owned).collect(),
    };
    match (listed.is_empty(), host) {
        (true, Host::Ip(ip)) => {
            format!("x509: cannot validate certificate for {ip} because it doesn't contain any IP SANs")
        }
        (true, Host::Name(name)) => {
            format!("x509: certificate is not valid for any names, but wanted to match {name}")
        }
        (false, _) => {
            format!("x509: certificate is valid for {}", quoted(listed.into_iter(), ", ", &format!(", not {host}")))
        }
    }
}

fn chain_1_19(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    unparsed(flaw).or_else(|| verified(flaw))
}

fn chain_1_23(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    unparsed(flaw).or_else(|| verified(flaw).map(since_1_20))
}

/// What `crypto/tls` does not parse at all, and so never verifies.
fn unparsed(flaw: &Flaw) -> Option<Refusal> {
    use FlawKind as K;
    if flaw.kind == K::Algorithm {
        return Some(Refusal::new(Class::Algorithm, "remote error: tls: handshake failure"));
    }
    let parsed = !matches!(flaw.kind, K::MalformedName | K::MalformedIp | K::NegativeSerial | K::Unread);
    let said = flaw.said.as_deref().map_or_else(String::new, |said| format!(": x509: {said}"));
    let refusal = || Refusal::new(Class::Malformed, format!("tls: failed to parse certificate from server{said}"));
    (!parsed).then(refusal)
}

fn verified(flaw: &Flaw) -> Option<Refusal> {
    use FlawKind as K;
    let unknown = "certificate signed by unknown authority";
    let (class, text) = match flaw.kind {
        K::NoIssuer | K::OtherAnchor => (Class::UnknownIssuer, unknown),
        K::RootSent => (Class::SelfSignedInChain, unknown),
        K::SelfSigned => (Class::SelfSigned, unknown),
        K::Signature => (Class::Signature, unknown),
        K::WeakDigest => (Class::Algorithm, unknown),
        K::NoSigning => (Class::NotACa, unknown),
        K::Expired => (Class::Expired, "certificate has expired or is not yet valid"),
        K::NotYetValid => (Class::NotYetValid, "certificate has expired or is not yet valid"),
        K::Usage => (Class::Usage, "certificate specifies an incompatible key usage"),
        K::NotACa => (Class::NotACa, "certificate is not authorized to sign other certificates"),
        K::PathLength => (Class::PathLength, "too many intermediates for path length constraint"),
        K::TooLong => (Class::PathLength, "signature check attempts limit reached while verifying certificate chain"),
        K::NotPermitted => {
            let said = flaw.said.as_deref().unwrap_or_default();
            (if said.starts_with("cannot parse") { Class::Malformed } else { Class::NameConstraints }, said)
        }
        K::CriticalExtension => (Class::CriticalExtension, "unhandled critical extension"),
        _ => return None,
    };
    Some(Refusal::new(class, format!("x509: {text}")))
}

fn since_1_20(refusal: Refusal) -> Refusal {
    Refusal { text: format!("tls: failed to verify certificate: {}", refusal.text), ..refusal }
}
