//! Ruby's `openssl`: OpenSSL for the chain, its own comparison for the name (`lib/openssl/ssl.rb`).

use super::{Class, Refusal, Says, Stack, addresses, openssl};
use crate::facts::{Certificate, CertificateChain, Flaw, Host, SubjectAltName, Verifier};

/// Ruby 3 (read at openssl 3.1): one word for names and addresses alike.
pub const RUBY: Stack = Stack { id: "ruby", verifier: Verifier::OpenSsl, name, flaw: chain, says: Says::First };

/// Names are compared as text, addresses too; an iPAddress by its octets besides.
fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let wanted = host.to_string();
    let speaks = leaf.names.iter().any(|name| matches!(name, SubjectAltName::Dns(dns) if matches(&wanted, dns)))
        || host.ip().is_some_and(|ip| addresses(leaf).any(|address| address == ip));
    let typed = super::has_dns(leaf) || leaf.names.iter().any(|name| matches!(name, SubjectAltName::Ip(_)));
    let common = !typed && leaf.common_names().any(|name| matches(&wanted, name));
    (!speaks && !common).then(|| Refusal::new(Class::Name, "certificate verify failed (hostname mismatch)"))
}

/// `verify_hostname` and `verify_wildcard`: `*` stands for at least one character of the left-most label.
fn matches(name: &str, pattern: &str) -> bool {
    if !pattern.is_ascii() || !name.is_ascii() {
        return false;
    }
    let (lower_name, lower_pattern) = (name.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    let (host, san) = (labels(&lower_name), labels(&lower_pattern));
    if san.len() < 2 {
        return name == pattern;
    }
    host.len() == san.len() && host[1..] == san[1..] && label_matches(host[0], san[0])
}

/// As Ruby's `split`: without the empty ones at the end.
fn labels(name: &str) -> Vec<&str> {
    name.trim_end_matches('.').split('.').collect()
}

fn label_matches(label: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => label == pattern,
        Some((_, suffix)) if suffix.contains('*') => false,
        Some(_) if label.starts_with("xn--") && pattern != "*" => false,
        Some((prefix, suffix)) => {
            prefix.len() + suffix.len() < label.len() && label.starts_with(prefix) && label.ends_with(suffix)
        }
    }
}

fn chain(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    openssl::chain(flaw).map(|refusal| {
        let text = format!("certificate verify failed ({})", refusal.text);
        Refusal { text, ..refusal }
    })
}
