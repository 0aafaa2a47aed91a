//! Node: OpenSSL for the chain, whose errors it lets pass until the last one, then its own JavaScript for the name
//! (`lib/tls.js`, `checkServerIdentity`).

use std::net::IpAddr;

use super::{Class, Refusal, Says, Stack, address, addresses, dns, has_dns, idna, openssl, quoted, without_dot};
use crate::facts::{Certificate, CertificateChain, Flaw, FlawKind, Host, SubjectAltName, Verifier};

/// Node 20, and 22 before 22.23.0, 24 before 24.17.0, 26 before 26.3.1.
pub const NODE_20: Stack =
    Stack { id: "node@20", name: name_20, verifier: Verifier::OpenSsl, flaw: chain_20, says: Says::LastOfChain };

/// Node 22.23.0 and later, 24.17.0 to 24.19.0, 26.3.1 to 26.5.1: cannot verify any IPv6 address (nodejs/node#64032).
pub const NODE_22: Stack =
    Stack { id: "node@22.23", name: name_22, verifier: Verifier::OpenSsl, flaw: chain_20, says: Says::LastOfChain };

/// Node 24.20.0 and later, 26.6.0 and later.
pub const NODE_26: Stack =
    Stack { id: "node@26", name: name_26, verifier: Verifier::OpenSsl, flaw: chain_26, says: Says::LastOfChain };

/// Which text of a host is compared. Later releases send it through `domainToASCII` (the fix of CVE-2026-48618).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reference {
    AsWritten,
    Ascii,
    /// Addresses, too, which leaves nothing of an IPv6 address.
    AsciiEvenAddresses,
}

fn name_20(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    name(leaf, host, Reference::AsWritten)
}

fn name_22(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    name(leaf, host, Reference::AsciiEvenAddresses)
}

fn name_26(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    name(leaf, host, Reference::Ascii)
}

fn name(leaf: &Certificate, host: &Host, reference: Reference) -> Option<Refusal> {
    let written = host.to_string();
    let written = without_dot(&written);
    let compared = match reference {
        Reference::AsWritten => written.to_owned(),
        // Later versions of its URL parser no longer look into labels that are ASCII.
        Reference::AsciiEvenAddresses if !written.split('.').all(idna::is_valid_ascii) => String::new(),
        Reference::Ascii | Reference::AsciiEvenAddresses => to_ascii(written),
    };
    let reason = match address_of(host, written, &compared, reference) {
        Some(ip) => address_reason(leaf, ip, written)?,
        None => name_reason(leaf, written, &compared)?,
    };
    let text = format!("Hostname/IP does not match certificate's altnames: {reason}");
    Some(Refusal::coded(Class::Name, "ERR_TLS_CERT_ALTNAME_INVALID", text))
}

/// The address that is compared, without its zone.
fn address_of(host: &Host, written: &str, compared: &str, reference: Reference) -> Option<IpAddr> {
    if reference == Reference::AsciiEvenAddresses {
        return compared.parse().ok();
    }
    host.ip().or_else(|| written.split_once('%').map_or(written, |(ip, _)| ip).parse().ok())
}

fn address_reason(leaf: &Certificate, ip: IpAddr, written: &str) -> Option<String> {
    if addresses(leaf).any(|address| address == ip) {
        return None;
    }
    let listed = quoted(addresses(leaf).map(|address| address.to_string()), ", ", "");
    Some(format!("IP: {written} is not in the cert's list: {listed}"))
}

fn name_reason(leaf: &Certificate, written: &str, compared: &str) -> Option<String> {
    if has_dns(leaf) {
        let listed = || quoted(leaf.names.iter().map_while(alternative_name), ", ", "");
        let speaks = dns(leaf).any(|name| matches(compared, name));
        return (!speaks).then(|| format!("Host: {written}. is not in the cert's altnames: {}", listed()));
    }
    if leaf.common_names().next().is_none() {
        return Some("Cert does not contain a DNS name".to_owned());
    }
    let listed = || quoted(leaf.common_names().map(str::to_owned), ",", "");
    let speaks = leaf.common_names().any(|name| matches(compared, name));
    (!speaks).then(|| format!("Host: {written}. is not cert's CN: {}", listed()))
}

/// The `check` of `lib/tls.js`: `*` stands for a part of the left-most label of at least three.
fn matches(host: &str, pattern: &str) -> bool {
    let (host, pattern) = (host.to_ascii_lowercase(), without_dot(pattern).to_ascii_lowercase());
    let (host, pattern): (Vec<&str>, Vec<&str>) = (host.split('.').collect(), pattern.split('.').collect());
    let plain = |label: &&str| !label.is_empty() && label.chars().all(|c| ('\u{21}'..='\u{7f}').contains(&c));
    if host.len() != pattern.len() || !pattern.iter().all(plain) || host[1..] != pattern[1..] {
        return false;
    }
    match pattern[0].split_once('*') {
        Some(_) if pattern[0].contains("xn--") => host[0] == pattern[0],
        Some((_, suffix)) if suffix.contains('*') || pattern.len() <= 2 => false,
        Some((prefix, suffix)) => {
            prefix.len() + suffix.len() <= host[0].len() && host[0].starts_with(prefix) && host[0].ends_with(suffix)
        }
        None => host[0] == pattern[0],
    }
}

/// A name as Node writes it (`PrintGeneralName`); `None` for kinds that it writes in ways of their own.
fn alternative_name(name: &SubjectAltName) -> Option<String> {
    match name {
        SubjectAltName::Dns(text) => Some(format!("DNS:{}", escaped(text))),
        SubjectAltName::Uri(text) => Some(format!("URI:{}", escaped(text))),
        SubjectAltName::Email(text) => Some(format!("email:{}", escaped(text))),
        SubjectAltName::Ip(ip) => Some(format!("IP Address:{}", full_address(ip))),
        SubjectAltName::Other(_) => None,
    }
}

/// Text that would break the list is a JSON string of its octets.
fn escaped(text: &str) -> String {
    let plain = |b: u8| (b' '..=b'~').contains(&b) && !matches!(b, b'"' | b'\\' | b',' | b'\'');
    if text.bytes().all(plain) {
        return text.to_owned();
    }
    let escape = |b: u8| match b {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b',' | 0..b' ' | 0x7f.. => format!("\\u{b:04x}"),
        _ => char::from(b).to_string(),
    };
    format!("\"{}\"", text.bytes().map(escape).collect::<String>())
}

/// IPv6 in full and in capitals.
fn full_address(ip: &str) -> String {
    match ip.parse() {
        Ok(IpAddr::V6(v6)) => v6.segments().map(|part| format!("{part:X}")).join(":"),
        Ok(IpAddr::V4(_)) => ip.to_owned(),
        Err(_) => format!("<invalid length={}>", ip.len() / 2),
    }
}

/// `url.domainToASCII` (the host parser of the URL standard), which gives nothing for what is no host.
fn to_ascii(host: &str) -> String {
    let last = host.rsplit('.').next().unwrap_or_default();
    let digits = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    if digits || hexadecimal.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
        return address::short_any_base(host).map(|v4| v4.to_string()).unwrap_or_default();
    }
    if address::bracketed(host).is_some() {
        return host.to_owned();
    }
    if host.contains(':') { String::new() } else { idna::to_ascii(&host.to_lowercase()).unwrap_or_default() }
}

/// Level 1 of security.
fn chain_20(flaw: &Flaw, chain: &CertificateChain) -> Option<Refusal> {
    if flaw.kind == FlawKind::WeakKey { None } else { chain_26(flaw, chain) }
}

/// OpenSSL's words with Node's codes (`src/crypto/crypto_common.cc`), `UNSPECIFIED` for those that it has none for.
/// Node 24 and later add a hint to some.
fn chain_26(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    use FlawKind as K;
    let code = match flaw.kind {
        K::NoIssuer => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        K::Unverified => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        K::AnchorNotRoot => "UNABLE_TO_GET_ISSUER_CERT",
        K::SelfSigned => "DEPTH_ZERO_SELF_SIGNED_CERT",
        K::RootSent => "SELF_SIGNED_CERT_IN_CHAIN",
        K::TooLong => "CERT_CHAIN_TOO_LONG",
        K::Expired | K::ExpiresNow => "CERT_HAS_EXPIRED",
        K::NotYetValid => "CERT_NOT_YET_VALID",
        K::Signature => "CERT_SIGNATURE_FAILURE",
        K::NotACa => "INVALID_CA",
        K::PathLength => "PATH_LENGTH_EXCEEDED",
        K::Usage | K::UsageAny | K::UsageEmpty | K::KeyUsage | K::Unsuitable => "INVALID_PURPOSE",
        _ => "UNSPECIFIED",
    };
    Some(Refusal { code: Some(code), ..openssl::chain(flaw)? })
}
