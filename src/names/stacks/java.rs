//! Java's JSSE: `PKIXValidator` for the chain, `HostnameChecker` for the name where endpoint identification is on.

use std::net::IpAddr;

use super::super::trust;
use super::{Class, Refusal, Says, Stack, address, addresses, any_name, dns, has_dns, idna, without_dot};
use crate::facts::{Certificate, CertificateChain, Flaw, FlawKind, Host, Place, Verifier};

/// JDK 17, and up to 18: `*` in any label.
pub const JAVA_17: Stack =
    Stack { id: "java@17", verifier: Verifier::Java17, name: name_17, flaw: chain, says: Says::First };

/// JDK 25, and since 19: `*` in the left-most label only (JDK-7192189).
pub const JAVA_25: Stack =
    Stack { id: "java@25", verifier: Verifier::Java, name: name_25, flaw: chain, says: Says::First };

/// Any JDK without endpoint identification, which is what `SSLSocket` does when nobody asks for it.
pub const JAVA_NO_ENDPOINT_ID: Stack =
    Stack { id: "java-no-endpoint-id", verifier: Verifier::Java17, name: any_name, flaw: chain, says: Says::First };

/// Alternative names that do not parse are none.
fn name_17(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let bare = trust::java_names(&leaf.der).is_err().then(|| Certificate { names: Vec::new(), ..leaf.clone() });
    name(bare.as_ref().unwrap_or(leaf), host, |host, pattern| {
        let (host, pattern) = (labels(host), labels(pattern));
        host.len() == pattern.len() && host.iter().zip(&pattern).all(|(host, pattern)| label_matches(host, pattern))
    })
}

/// Alternative names that do not parse are an error once they are compared.
fn name_25(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let compared = reference(without_dot(&host.to_string())).is_some();
    if let Err(words) = trust::java_names(&leaf.der)
        && compared
    {
        return Some(Refusal::new(Class::Malformed, words));
    }
    name(leaf, host, |host, pattern| {
        let (host, host_parent) = host.split_once('.').unwrap_or((host, ""));
        let (pattern, pattern_parent) = pattern.split_once('.').unwrap_or((pattern, ""));
        host_parent == pattern_parent && label_matches(host, pattern)
    })
}

fn name(leaf: &Certificate, host: &Host, covers: fn(&str, &str) -> bool) -> Option<Refusal> {
    let written = host.to_string();
    let written = without_dot(&written);
    let text = match reference(written) {
        None => return Some(Refusal::new(Class::Reference, format!("Illegal given domain name: {written}"))),
        Some(Reference::Address(ip)) => address_text(leaf, written, ip)?,
        Some(Reference::Name) => name_text(leaf, written, |pattern| matches(written, pattern, covers))?,
    };
    Some(Refusal::new(Class::Name, text))
}

/// What it takes a host for.
enum Reference {
    /// `None` where no address can be equal to it: one with a zone.
    Address(Option<IpAddr>),
    Name,
}

fn reference(written: &str) -> Option<Reference> {
    let short = || address::short_decimal(written).map(IpAddr::from);
    let address = written.parse().ok().or_else(short).or_else(|| address::bracketed(written));
    let zoned = || written.split_once('%').is_some_and(|(ip, _)| ip.parse::<std::net::Ipv6Addr>().is_ok());
    match address {
        Some(ip) => Some(Reference::Address(Some(ip))),
        None if zoned() => Some(Reference::Address(None)),
        None => is_sni_name(&ascii(written)).then_some(Reference::Name),
    }
}

/// `IDN.toASCII`, which is IDNA 2003: `ß` is `ss`.
fn ascii(name: &str) -> String {
    let mapped = name.replace('ß', "ss").replace('ς', "σ");
    idna::to_ascii(&mapped).unwrap_or(mapped)
}

/// `matchIP`: an IPv4 address and the same one mapped into IPv6 are equal.
fn address_text(leaf: &Certificate, written: &str, ip: Option<IpAddr>) -> Option<String> {
    if leaf.names.is_empty() {
        return Some("No subject alternative names present".to_owned());
    }
    let speaks = addresses(leaf).any(|address| ip.is_some_and(|ip| address.to_canonical() == ip.to_canonical()));
    (!speaks).then(|| format!("No subject alternative names matching IP address {written} found"))
}

/// `matchDNS`: the dNSNames if there are any, else the last common name.
fn name_text(leaf: &Certificate, written: &str, matches: impl Fn(&str) -> bool) -> Option<String> {
    if has_dns(leaf) {
        let text = || format!("No subject alternative DNS name matching {written} found.");
        // They are read as ASCII.
        return (!dns(leaf).filter(|name| name.is_ascii()).any(matches)).then(text);
    }
    let speaks = leaf.common_name.as_deref().is_some_and(matches);
    (!speaks).then(|| format!("No name matching {written} found"))
}

/// `isMatched`, in Unicode, for a CA that is not one of the JDK's own: those may not sign `*.com`.
fn matches(host: &str, pattern: &str, covers: fn(&str, &str) -> bool) -> bool {
    let unicode = |name: &str| idna::to_unicode(&ascii(name)).to_lowercase();
    let (host, pattern) = (unicode(host), unicode(pattern));
    let stars_have_parents = pattern.rsplit_once('*').is_none_or(|(_, after)| after.contains('.'));
    let bare = pattern == "*" || pattern == "*.";
    !bare && stars_have_parents && is_sni_name(&ascii(&pattern.replace('*', "z"))) && covers(&host, &pattern)
}

/// `SNIHostName`: labels of letters, digits and hyphens, at most 63 octets, no hyphen at either end, no dot at the end.
fn is_sni_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(plain)
    };
    name.split('.').all(label)
}

/// As `StringTokenizer` does: nothing between two dots is no label.
fn labels(name: &str) -> Vec<&str> {
    name.split('.').filter(|label| !label.is_empty()).collect()
}

/// `matchWildCards`: the pieces between the stars, in order.
fn label_matches(host: &str, pattern: &str) -> bool {
    let Some((prefix, mut pattern)) = pattern.split_once('*') else { return host == pattern };
    let Some(mut host) = host.strip_prefix(prefix) else { return false };
    while let Some((piece, rest)) = pattern.split_once('*') {
        let Some((_, after)) = host.split_once(piece) else { return false };
        (host, pattern) = (after, rest);
    }
    host.ends_with(pattern)
}

fn chain(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    const NO_PATH: &str = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: \
                           unable to find valid certification path to requested target";
    const INVALID: &str = "java.security.cert.CertPathValidatorException: ";
    use FlawKind as K;
    let said = flaw.said.as_deref().unwrap_or_default();
    let (class, text) = match flaw.kind {
        // Not offered, so the server has no certificate to send.
        K::Algorithm if !said.is_empty() => (Class::Algorithm, "Received fatal alert: handshake_failure"),
        // While the bundle is loaded.
        K::Unread if flaw.at == Place::Anchor => (Class::Malformed, said),
        K::Unread => (Class::Malformed, "Failed to parse server certificates"),
        K::TooLong if !said.is_empty() => (Class::Malformed, "The size of the handshake message"),
        K::TooLong => (Class::PathLength, "The certificate chain length"),
        K::NoIssuer => (Class::UnknownIssuer, NO_PATH),
        K::RootSent => (Class::SelfSignedInChain, NO_PATH),
        K::SelfSigned => (Class::SelfSigned, NO_PATH),
        K::Usage => (Class::Usage, "Extended key usage does not permit use for TLS server authentication"),
        K::NoSignatures => (Class::Usage, "KeyUsage does not allow digital signatures"),
        K::KeyUsage if !said.is_empty() => (Class::Usage, said),
        K::NoConstraints => (Class::NotACa, " is not a CA certificate"),
        K::NoSigning if flaw.at == Place::Anchor => {
            (Class::NotACa, " does not have keyCertSign bit set in KeyUsage extension")
        }
        K::ConstraintsUnread if said.contains("IndexOutOfBounds") => (Class::Malformed, "ut of "),
        K::ConstraintsUnread => (Class::NameConstraints, ""),
        kind => {
            let (class, text) = invalid(kind)?;
            return Some(Refusal::new(class, format!("{INVALID}{text}")));
        }
    };
    Some(Refusal::new(class, text))
}

/// What is found on a path that leads to an anchor.
fn invalid(flaw: FlawKind) -> Option<(Class, &'static str)> {
    use FlawKind as K;
    Some(match flaw {
        K::OtherAnchor => (Class::UnknownIssuer, "Path does not chain with any of the trust anchors"),
        K::Expired => (Class::Expired, "validity check failed"),
        K::NotYetValid => (Class::NotYetValid, "validity check failed"),
        K::NotACa => (Class::NotACa, "basic constraints check failed: this is not a CA certificate"),
        K::NoSigning => (Class::Usage, "CA key usage check failed: keyCertSign bit is not set"),
        K::KeyUsage => (Class::Usage, "incorrect KeyUsage extension bits"),
        K::PathLength => (Class::PathLength, "basic constraints check failed: pathLenConstraint violated"),
        K::NotPermitted => (Class::NameConstraints, "name constraints check failed"),
        K::Policy => (Class::Form, "non-null policy tree required and policy tree is null"),
        K::CriticalExtension => (Class::CriticalExtension, "unrecognized critical extension(s)"),
        K::Signature => (Class::Signature, "signature check failed"),
        K::WeakDigest | K::Algorithm => (Class::Algorithm, "Algorithm constraints check failed"),
        _ => return None,
    })
}
