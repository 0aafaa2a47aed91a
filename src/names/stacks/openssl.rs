//! OpenSSL's own verification (`X509_verify_cert`, `X509_check_host`, `X509_check_ip`): C clients, and what others build on.

use super::{Class, Refusal, Says, Stack, addresses, dns, has_dns};
use crate::facts::{Certificate, CertificateChain, Flaw, FlawKind, Host, Place, Verifier};

/// OpenSSL 3 with a host set.
pub const OPENSSL_3: Stack = Stack {
    id: "openssl@3",
    name: name_3,
    verifier: Verifier::OpenSsl,
    flaw: |flaw, _| chain(flaw),
    says: Says::First,
};

/// OpenSSL 4, which looks at the host first.
pub const OPENSSL_4: Stack = Stack {
    id: "openssl@4",
    name: name_4,
    verifier: Verifier::OpenSsl,
    flaw: |flaw, _| chain_4(flaw),
    says: Says::First,
};

/// hiredis, libvalkey and redis-cli: no host is set, and no reason is told.
pub const HIREDIS: Stack = Stack {
    id: "hiredis",
    name: |_, host| unasked(host),
    verifier: Verifier::OpenSsl,
    flaw: hiredis,
    says: Says::First,
};

/// Whether `*` may stand for a part of a label (`X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcard {
    /// `*-1.example.com`.
    Partial,
    /// `*.example.com` only.
    Label,
}

/// A name goes into the ClientHello as it is, and servers that look at it there refuse one that is not ASCII.
fn unasked(host: &Host) -> Option<Refusal> {
    host.name().filter(|name| !name.is_ascii())?;
    Some(Refusal::new(Class::Reference, "tlsv1 alert internal error"))
}

fn name_3(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    // An address with a zone cannot be set.
    if host.name().is_some_and(|name| name.contains(':') && name.contains('%')) {
        return Some(Refusal::new(Class::Reference, ""));
    }
    let text = if host.ip().is_some() { "IP address mismatch" } else { "hostname mismatch" };
    let mismatch = !speaks_for(leaf, host, Wildcard::Partial);
    unasked(host).or_else(|| mismatch.then(|| Refusal::new(Class::Name, text)))
}

/// `X509_VERIFY_PARAM_set1_host` of 4.0 refuses what is no host name, before anything is dialled and without a word.
fn name_4(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let label = |label: &str| {
        let ends = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && !ends && label.bytes().all(plain)
    };
    let labels = |name: &str| name.strip_prefix('.').unwrap_or(name).split('.').all(label);
    if host.name().is_some_and(|name| !(2..=256).contains(&name.len()) || !labels(name)) {
        return Some(Refusal::new(Class::Reference, ""));
    }
    name_3(leaf, host)
}

/// Names against the dNSNames, else against every common name; addresses against iPAddress octets only.
pub(super) fn speaks_for(leaf: &Certificate, host: &Host, wildcard: Wildcard) -> bool {
    match host {
        Host::Ip(ip) => addresses(leaf).any(|address| address == *ip),
        Host::Name(name) if has_dns(leaf) => dns(leaf).any(|pattern| matches(name, pattern, wildcard)),
        Host::Name(name) => leaf.common_names().any(|pattern| matches(name, pattern, wildcard)),
    }
}

/// `equal_wildcard` of `v3_utl.c`: equal but for case, dots and all, or covered by a wildcard. A name that begins with a dot
/// is any name below it.
fn matches(name: &str, pattern: &str, wildcard: Wildcard) -> bool {
    if name.len() > 1 && name.starts_with('.') {
        let end = pattern.len().checked_sub(name.len()).and_then(|at| pattern.get(at..));
        return end.is_some_and(|end| end.eq_ignore_ascii_case(name));
    }
    if name.eq_ignore_ascii_case(pattern) {
        return true;
    }
    let Some((prefix, suffix)) = star(pattern, wildcard) else { return false };
    covers(&name.to_ascii_lowercase(), &prefix.to_ascii_lowercase(), &suffix.to_ascii_lowercase())
}

/// `valid_star`: what stands before and behind the only `*`, which begins or ends the first of at least three labels of
/// letters, digits and hyphens. A hyphen before the star spoils it, since the star does not clear the state of a label.
fn star(pattern: &str, wildcard: Wildcard) -> Option<(&str, &str)> {
    let (prefix, suffix) = pattern.split_once('*')?;
    let (whole, first_ends) = (prefix.is_empty(), suffix.starts_with('.'));
    let allowed = if wildcard == Wildcard::Label { whole && first_ends } else { whole || first_ends };
    let idna = prefix.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let (first, rest) = suffix.split_once('.')?;
    let rest: Vec<&str> = rest.split('.').collect();
    let before = whole || is_label(prefix);
    // After the star a label may go on with a hyphen.
    let after = first_ends || is_label(&format!("z{first}"));
    let labels = before && after && rest.len() >= 2 && rest.iter().all(|label| is_label(label));
    (allowed && !idna && labels).then_some((prefix, suffix))
}

fn is_label(label: &str) -> bool {
    let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

/// `wildcard_match`, all in lower case: the star covers letters, digits and hyphens, a whole label at least one.
fn covers(name: &str, prefix: &str, suffix: &str) -> bool {
    let whole = prefix.is_empty() && suffix.starts_with('.');
    let Some(covered) = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)) else { return false };
    if (whole && covered.is_empty()) || (!whole && name.starts_with("xn--")) {
        return false;
    }
    covered == "*" || covered.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `X509_verify_cert_error_string` (3.0). Level 2 of security, the default of Debian and of OpenSSL since 3.2.
pub(super) fn chain(flaw: &Flaw) -> Option<Refusal> {
    use FlawKind as K;
    let (class, text) = match flaw.kind {
        K::NoIssuer => (Class::UnknownIssuer, "unable to get local issuer certificate"),
        K::Unverified => (Class::UnknownIssuer, "unable to verify the first certificate"),
        K::RootSent => (Class::SelfSignedInChain, "self-signed certificate in certificate chain"),
        K::SelfSigned => (Class::SelfSigned, "self-signed certificate"),
        K::AnchorNotRoot => (Class::AnchorNotRoot, "unable to get issuer certificate"),
        K::TooLong => (Class::PathLength, "certificate chain too long"),
        K::Expired | K::ExpiresNow => (Class::Expired, "certificate has expired"),
        K::NotYetValid => (Class::NotYetValid, "certificate is not yet valid"),
        K::Usage | K::UsageAny | K::UsageEmpty | K::KeyUsage | K::Unsuitable => {
            (Class::Usage, "unsuitable certificate purpose")
        }
        K::NotACa => (Class::NotACa, "invalid CA certificate"),
        K::NoSigning => (Class::NotACa, "key usage does not include certificate signing"),
        K::PathLength => (Class::PathLength, "path length constraint exceeded"),
        K::NotPermitted => (Class::NameConstraints, "permitted subtree violation"),
        K::Excluded => (Class::NameConstraints, "excluded subtree violation"),
        K::ConstraintsUnread => (Class::NameConstraints, "unsupported name constraint type"),
        K::NameUnread => (Class::NameConstraints, "unsupported or invalid name syntax"),
        K::CriticalExtension => (Class::CriticalExtension, "unhandled critical extension"),
        K::Proxy => (Class::CriticalExtension, "proxy certificates not allowed, please set the appropriate flag"),
        K::Signature => (Class::Signature, "certificate signature failure"),
        K::ShortKey | K::WeakKey if flaw.at == Place::Leaf => (Class::Key, "EE certificate key too weak"),
        K::ShortKey | K::WeakKey => (Class::Key, "CA certificate key too weak"),
        K::WeakDigest => (Class::Algorithm, "CA signature digest algorithm too weak"),
        _ => return None,
    };
    Some(Refusal::new(class, text))
}

/// What `X509_V_FLAG_X509_STRICT` adds (RFC 5280 §4.1 and §4.2).
pub(super) fn strict(flaw: &Flaw) -> Option<Refusal> {
    use FlawKind as K;
    let text = match flaw.kind {
        K::CaByCustom => return Some(Refusal::new(Class::NotACa, "invalid CA certificate")),
        K::Unread => return Some(Refusal::new(Class::Usage, "unsuitable certificate purpose")),
        K::PathLengthOfLeaf => "Path length invalid for non-CA cert",
        K::PathLengthWithoutSigning => "Path length given without key usage keyCertSign",
        K::LeafSigns => "Key usage keyCertSign invalid for non-CA cert",
        K::EmptyIssuer => "Issuer name empty",
        K::EmptyName => "Subject name empty",
        K::NamesEmpty => "Empty Subject Alternative Name extension",
        K::NamesNotCritical => "Subject empty and Subject Alt Name extension not critical",
        K::AlgorithmsDiffer => "cert info siganature and signature algorithm mismatch",
        K::AuthorityKeyIdCritical => "Authority Key Identifier marked critical",
        K::SubjectKeyIdCritical => "Subject Key Identifier marked critical",
        K::NoAuthorityKeyId => "Missing Authority Key Identifier",
        K::NoSubjectKeyId => "Missing Subject Key Identifier",
        K::NoKeyUsage => "CA cert does not include key usage extension",
        K::ConstraintsNotCritical => "Basic Constraints of CA cert not marked critical",
        K::ExtensionsTooEarly => "Using cert extension requires at least X509v3",
        _ => return chain(flaw),
    };
    Some(Refusal::new(Class::Form, text))
}

/// A certificate is valid to the end of its last second.
fn chain_4(flaw: &Flaw) -> Option<Refusal> {
    if flaw.kind == FlawKind::ExpiresNow { None } else { chain(flaw) }
}

fn hiredis(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    chain(flaw).map(|refusal| Refusal { text: "certificate verify failed".to_owned(), ..refusal })
}
