//! Endpoints in a text. What may be a credential is never taken for one.

use crate::facts::{Endpoint, Host};

/// How many are taken.
const MOST: usize = 4;
/// Endings of source files, which stand before a line number as a top-level domain stands before a port.
const SOURCES: [&str; 20] = [
    "js", "ts", "mjs", "cjs", "jsx", "tsx", "py", "rb", "go", "java", "php", "rs", "cs", "c", "cc", "cpp", "h", "kt",
    "ex", "log",
];
/// What stands before a secret.
const SECRETS: [&str; 7] = ["password", "passwd", "pass", "pwd", "auth", "secret", "token"];

/// Every endpoint in the text, in order, each once.
pub(super) fn of(text: &str) -> Vec<Endpoint> {
    let text = without_credentials(text).replace("/<unresolved>", "");
    let mut found: Vec<Endpoint> = Vec::new();
    let mut before = "";
    for word in text.split(|c: char| c.is_whitespace() || "\"'`,;(){}<>|=".contains(c)).filter(|word| !word.is_empty())
    {
        let name = before.trim_end_matches(':').to_ascii_lowercase();
        before = word;
        if SECRETS.iter().any(|secret| name.ends_with(secret)) {
            continue;
        }
        if let Some(endpoint) = endpoint(word).filter(|e| !found.contains(e)) {
            found.push(endpoint);
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// Without what stands before the `@` of a URL, whatever is in it.
fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match word.rsplit_once('@') {
            Some((before, place)) => {
                out.push_str(if before.contains("://") { "redis://" } else { "" });
                out.push_str(place);
            }
            None => out.push_str(word),
        }
    }
    out
}

/// `10.0.0.5:6379`, `[::1]:6379`, `/10.0.0.5:6379`, `rediss://name:6379/0`, `name.example.com:6379.`
fn endpoint(word: &str) -> Option<Endpoint> {
    let (scheme, place) = word.split_once("://").map_or(("", word), |(scheme, rest)| (scheme, rest));
    let place = place.trim_start_matches('/').split(['/', '?', '#']).next()?;
    let place = place.trim_end_matches(|c: char| !c.is_ascii_digit());
    let place = if place.contains("]:") { place } else { place.trim_start_matches('[') };
    let endpoint: Endpoint = place.parse().ok()?;
    let is_one = match &endpoint.host {
        Host::Ip(ip) => !ip.is_unspecified(),
        Host::Name(name) => !scheme.is_empty() || is_host(name),
    };
    is_one.then_some(endpoint)
}

/// True for a name that is likely a host and not a file, a module or a word.
fn is_host(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let dotted = name.contains('.') && last.len() > 1 && last.bytes().all(|b| b.is_ascii_alphabetic());
    dotted && !SOURCES.contains(&last) || ["localhost", "redis", "valkey"].contains(&name.trim_end_matches(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        of(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn endpoints_as_libraries_print_them() {
        for (text, expected) in [
            ("connect ECONNREFUSED 10.0.0.5:6379", "10.0.0.5:6379"),
            ("Error 111 connecting to n1.example.com:6379. Connection refused.", "n1.example.com:6379"),
            ("Unable to connect to n1.example.com/<unresolved>:6379", "n1.example.com:6379"),
            ("connection timed out: /172.26.0.5:6379", "172.26.0.5:6379"),
            ("Connection refused [tcp://10.0.0.5:7000]", "10.0.0.5:7000"),
            ("dial tcp [2001:db8::5]:6379: connect: refused", "[2001:db8::5]:6379"),
            ("connect ECONNREFUSED 2001:db8::5:6379", "[2001:db8::5]:6379"),
            ("peeraddr=10.0.0.5:6379 state=error", "10.0.0.5:6379"),
            ("MOVED 15495 172.17.0.2:7002", "172.17.0.2:7002"),
            ("Could not connect to rediss://redis:6379/0", "redis:6379"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in [
            "at TLSSocket.onConnectSecure (node:_tls_wrap:1540:34)",
            "File \"/app/cluster.py:12\" cluster-slots.ts:307 Main.java:12",
            "2026-11-21T04:28:50 12:34:56 a:1 error:0A00010B:SSL",
            "connect ECONNREFUSED :::6379",
            "h:0 n1.example.com:99999",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn credentials_are_no_endpoints() {
        for text in [
            "rediss://app:hunter2.io:99@h.example.com:6379/0",
            "redis://:a/hunter2.io:99@h.example.com:6379",
            "redis://u:p\"hunter2.io:99\"@h.example.com:6379",
            "app:hunter2.io:99@h.example.com:6379",
            "password=hunter2.io:99 h.example.com:6379",
            "Password: hunter2.io:99 h.example.com:6379",
        ] {
            assert_eq!(found(text), ["h.example.com:6379"], "{text}");
        }
    }
}
