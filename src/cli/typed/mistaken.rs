//! What cannot be an endpoint, each with the form that works.

use super::places::{is_port, refused};

/// Programs whose lines are pasted in one piece.
const PROGRAMS: [&str; 3] = ["redis-cli", "valkey-cli", "redis-doctor"];

/// What a server is found at most often: behind an IPv6 address without brackets it may be a port.
const PORTS: [&str; 8] = ["6379", "6380", "6381", "6382", "7000", "7001", "26379", "10000"];

/// The first that applies.
pub(super) fn check(text: &str) -> Result<(), String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let scheme = scheme.as_deref().unwrap_or_default();
    let first = text.split_whitespace().next().unwrap_or_default();
    let why = if text.starts_with(['/', '.', '~']) || scheme.contains("unix") || scheme.contains("socket") {
        "a Unix socket leads to a server on this machine alone: give the host and port at which others reach it, such as \
         127.0.0.1:6379 (redis-cli -s PATH CONFIG GET port says the port)"
            .to_owned()
    } else if PROGRAMS.contains(&first) && text.len() > first.len() {
        "this is a command line in one piece: leave the quotes and the program's name out, as in redis-doctor check -h HOST -p PORT"
            .to_owned()
    } else if matches!(scheme, "http" | "https") {
        return Err(refused(text, &of_the_web(text, scheme)));
    } else if is_placeholder(text) {
        "there is a placeholder in it that nobody has filled in: give the host itself, such as redis.example.com:6379"
            .to_owned()
    } else if is_port(text) {
        format!("that is a port without a host: write HOST:{text}, such as 127.0.0.1:{text}")
    } else if let Some((host, port)) = text.rsplit_once('@').filter(|(_, port)| !text.contains("://") && is_port(port))
        && !host.contains(':')
    {
        let host = if host.contains('.') { host } else { "HOST" };
        format!("{port} is no host: a port stands behind a colon, as in {host}:{port}")
    } else if let Some(rest) = without_slashes(text) {
        format!("behind the scheme of a URL stands ://, as in {rest}")
    } else if let Some((host, port)) = unbracketed(text) {
        format!("the last group may be the port: write [{host}]:{port} if it is, and [{host}:{port}]:6379 if it is not")
    } else if text.contains('%') && text.trim_start_matches('[').to_ascii_lowercase().starts_with("fe80:") {
        "a link-local address with the name of an interface means something on this machine alone: give another address of \
         the server, or a name"
            .to_owned()
    } else if text.starts_with("*:") || text.contains("*.") && !text.contains('=') {
        "* stands for many hosts: give one of them".to_owned()
    } else {
        return Ok(());
    };
    Err(refused(text, &why))
}

/// A console or REST API is no Redis.
fn of_the_web(text: &str, scheme: &str) -> String {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let plain =
        place.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_'));
    let place = if place.is_empty() || !plain { "HOST" } else { place };
    let port = if place.rsplit_once(':').is_some_and(|(_, port)| is_port(port)) { "" } else { ":6379" };
    let redis = if scheme == "https" { "rediss" } else { "redis" };
    let other = if scheme == "https" { "redis" } else { "rediss" };
    format!(
        "Redis does not speak HTTP: write {redis}://{place}{port} ({other}:// {} TLS; the port is the one of Redis, not of a console or REST API)",
        if other == "redis" { "without" } else { "with" }
    )
}

fn is_placeholder(text: &str) -> bool {
    let place = text.rsplit_once('@').map_or(text, |(_, place)| place);
    let place = place.split_once("://").map_or(place, |(_, place)| place);
    let windows = |open: &str, close: &str| place.find(open).is_some_and(|at| place[at..].contains(close));
    windows("${", "}")
        || windows("{{", "}}")
        || windows("<", ">")
        || windows("$(", ")")
        || place.starts_with('$')
        || place.starts_with('%') && place[1..].contains('%')
}

/// `redis:host:6379`, `redis:/host`, `redis//host`: the form that was meant.
fn without_slashes(text: &str) -> Option<String> {
    let scheme = ["rediss", "redis", "valkeys", "valkey"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let rest = text[scheme.len()..].strip_prefix(":///").or_else(|| {
        let rest = text[scheme.len()..].strip_prefix([':', '/']).filter(|rest| !rest.starts_with("//"))?;
        let rest = rest.trim_start_matches('/');
        // `redis:6379` is a host and a port.
        (!is_port(rest.split('/').next().unwrap_or_default()) && !text[scheme.len()..].starts_with("://"))
            .then_some(rest)
    })?;
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place: String =
        place.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']')).collect();
    Some(format!("{scheme}://{}", if place.is_empty() { "HOST:6379" } else { &place }))
}

/// An IPv6 address whose last group reads like a port of Redis.
fn unbracketed(text: &str) -> Option<(&str, &str)> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
    let text = text.rsplit_once('@').map_or(text, |(_, place)| place);
    let (host, port) = text.rsplit_once(':')?;
    let v6 = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
    let told = is_port(port) && (host == "::1" || PORTS.contains(&port) || !v6(text));
    (told && v6(host) && !host.is_empty()).then_some((host, port))
}
