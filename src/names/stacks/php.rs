//! PHP's stream layer: OpenSSL for the chain, its own comparison for the name (`ext/openssl/xp_ssl.c`).

use super::{Class, Refusal, Says, Stack, has_dns, openssl};
use crate::facts::{Certificate, CertificateChain, Flaw, Host, SubjectAltName, Verifier};

/// PHP 8 (read at 8.2).
pub const PHP: Stack = Stack { id: "php", verifier: Verifier::OpenSsl, name, flaw: chain, says: Says::First };

/// Everything is text: an IPv4 address matches a dNSName or a common name, too. An IPv6 address stands in brackets in the
/// URL that is dialled, and no name to compare is found in that.
fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    if host.ip().is_some_and(|ip| ip.is_ipv6()) {
        return Some(Refusal::new(Class::Reference, "Failed to enable crypto"));
    }
    let wanted = host.to_string();
    let speaks = leaf.names.iter().any(|name| match name {
        SubjectAltName::Dns(dns) => matches(&wanted, dns.strip_suffix('.').unwrap_or(dns)),
        SubjectAltName::Ip(ip) => *ip == wanted,
        _ => false,
    });
    if speaks {
        return None;
    }
    let text = match leaf.common_names().next() {
        _ if has_dns(leaf) => format!("Peer certificate subjectAltName did not match expected name `{wanted}'"),
        Some(name) if matches(&wanted, name) => return None,
        Some(name) => format!("Peer certificate CN=`{name}' did not match expected CN=`{wanted}'"),
        None => "Unable to locate peer certificate CN".to_owned(),
    };
    Some(Refusal::new(Class::Name, text))
}

/// `php_openssl_matches_wildcard_name`: `*` stands for any part of the left-most label.
fn matches(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    if name == pattern {
        return true;
    }
    let Some((prefix, suffix)) = pattern.split_once('*') else { return false };
    let covered = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    !prefix.contains('.') && covered.is_some_and(|covered| !covered.contains('.'))
}

fn chain(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    openssl::chain(flaw).map(|refusal| Refusal { text: "certificate verify failed".to_owned(), ..refusal })
}
