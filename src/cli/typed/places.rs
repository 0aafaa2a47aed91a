//! Endpoints and lists of them: other people's schemes, what shells and configuration files put around, lines of CLUSTER NODES.

use percent_encoding::percent_decode_str;

use super::{Typed, shown};
use crate::{cli::connection::database, facts::Host};

/// A Sentinel's port.
const SENTINEL: &str = "26379";

/// More of them than anybody types.
const MOST: usize = 64;

/// Without blanks, quotes, the variable that it was given to, and `jdbc:`.
pub(super) fn unwrapped(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';');
    let text = text.trim_matches(around);
    let text = text.strip_prefix("export ").unwrap_or(text);
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let assigned = |(name, value): (&'_ str, _)| is_name(name.trim()).then_some(value);
    let (before, _) = text.split_once("://").unwrap_or((text, ""));
    let value = [before.find('='), before.find(": ")].into_iter().flatten().min();
    let value = value.filter(|_| text.contains("://")).and_then(|at| assigned((&text[..at], &text[at + 1..])));
    let text = value.unwrap_or(text).trim_matches(around);
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    // A list as JSON and YAML have it; an IPv6 address has no quotes in its brackets.
    let list = text.strip_prefix('[').filter(|list| list.trim_start().starts_with(['"', '\'']) || list.contains("://"));
    list.and_then(|list| list.strip_suffix(']')).unwrap_or(text)
}

/// True for a number of a port.
pub(super) fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A URL or a list; nothing where it is in a form of ours, or in none of these.
pub(super) fn read(text: &str) -> Result<Option<Typed>, String> {
    Ok(parsed(text)?.filter(|found| found.places.len() > 1 || !ours(text, found)))
}

/// The same, of those in a form of ours, too.
pub(super) fn parsed(text: &str) -> Result<Option<Typed>, String> {
    let mut items: Vec<&str> = listed(text);
    if items.iter().any(|item| announced(item).is_some()) {
        // Behind the address a host name is announced, and more.
        items.retain(|item| announced(item).is_some());
    }
    // Blanks part addresses with ports, and an address from its port; other words are no list.
    let parted = !text.contains(['=', ',', ';', '@', '{']) && !text.contains(": ") && items.len() > 1;
    match items[..] {
        [host, port] if parted && is_port(port) && !host.contains([':', '/']) => {
            let places = bare(&format!("{host}:{port}")).into_iter().collect();
            return Ok(Some(Typed { places, ..Typed::default() }).filter(|typed| !typed.places.is_empty()));
        }
        _ if parted && !items.iter().all(|item| item.contains(':')) => {
            return Err(refused(text, "those are several words: give HOST:PORT"));
        }
        _ => {}
    }
    if items.len() > MOST {
        return Err(format!("{} endpoints are more than are asked ({MOST}); one leads to all", items.len()));
    }
    let mut found = Typed::default();
    let mut schemes: Vec<Option<bool>> = Vec::new();
    for item in &items {
        let Some((tls, place)) = one(item, &mut found) else { return Ok(None) };
        if tls.is_some() || item.contains("://") {
            schemes.push(tls);
        }
        if !found.places.contains(&place) {
            found.places.push(place);
        }
    }
    found.tls = schemes.first().copied().flatten();
    if schemes.iter().any(|tls| *tls != found.tls) {
        return Err(
            "the endpoints of the list are of different schemes: rediss:// is TLS, redis:// is not; give one of them"
                .to_owned(),
        );
    }
    // Of Sentinels each knows the same.
    let sentinels = found.places.len() > 1 && found.places.iter().all(|place| place.ends_with(&format!(":{SENTINEL}")));
    found.group = sentinels.then(String::new);
    Ok(Some(found))
}

/// True where there is nothing to put straight.
fn ours(text: &str, found: &Typed) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let known = scheme.is_none_or(|scheme| matches!(scheme, "redis" | "rediss" | "valkey" | "valkeys"));
    let place = found.places.first().map(String::as_str).unwrap_or_default();
    let asks = text.split_once('?').is_some() && found.password.is_some() && !text.contains('@');
    known && !asks && (scheme.is_some() || place == text.trim_end_matches('/').split('/').next().unwrap_or_default())
}

/// The parts of a list; a comma or semicolon in a password parts nothing.
fn listed(text: &str) -> Vec<&str> {
    let start = text.rfind('@').map_or(0, |at| if text.matches("://").count() > 1 { 0 } else { at });
    let (before, rest) = text.split_at(start);
    let mut items = Vec::new();
    let mut from = 0;
    for (at, sep) in rest.char_indices() {
        if matches!(sep, ',' | ';' | ' ' | '\n' | '\t') {
            items.push(&rest[from..at]);
            from = at + sep.len_utf8();
        }
    }
    items.push(&rest[from..]);
    let first = &text[..before.len() + items[0].len()];
    items[0] = first;
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    items.into_iter().map(|item| item.trim_matches(around)).filter(|item| !item.is_empty()).collect()
}

/// What one stands for: its transport and its place; nothing where it is neither a URL nor a host.
fn one(item: &str, found: &mut Typed) -> Option<(Option<bool>, String)> {
    let Some((scheme, rest)) = item.split_once("://") else {
        return announced(item).or_else(|| bare(item)).map(|place| (None, place));
    };
    let tls = transport(&scheme.to_ascii_lowercase())?;
    // A slash in a password ends the host early, which is said elsewhere.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if rest[authority.len()..].contains('@') {
        return None;
    }
    let (userinfo, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
    let place = bare(place.trim())?;
    found.database = found.database.or(database(&rest[authority.len()..]));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for (key, value) in query.split(['&', ';']).filter_map(|pair| pair.split_once('=')) {
        match key.to_ascii_lowercase().as_str() {
            "password" | "auth" => found.password = Some(decoded(value)),
            "user" | "username" => found.user = Some(decoded(value)),
            _ => {}
        }
    }
    if let Some(userinfo) = userinfo.filter(|userinfo| !userinfo.is_empty()) {
        let (user, password) = userinfo.split_once(':').unwrap_or(("", userinfo));
        found.user = Some(decoded(user)).filter(|user| !user.is_empty());
        found.password = Some(decoded(password)).filter(|password| !password.is_empty());
    }
    Some((Some(tls), place))
}

/// What a scheme means by other libraries: predis and phpredis (`tls`, `tcp`), Lettuce, Quarkus, Go; true for TLS.
pub(super) fn transport(scheme: &str) -> Option<bool> {
    let scheme = scheme.strip_suffix("cluster").map_or(scheme, |scheme| scheme.trim_end_matches(['+', '-']));
    match scheme {
        "rediss" | "valkeys" | "tls" | "ssl" | "redis+tls" | "redis+ssl" | "redis-tls" | "redis-ssl" | "valkey+tls"
        | "valkey+ssl" | "tcp+tls" | "tcps" => Some(true),
        "redis" | "valkey" | "tcp" | "redis+tcp" | "redis-standalone" => Some(false),
        _ => None,
    }
}

/// `ip:port@busport[,hostname]`, as CLUSTER NODES has it.
fn announced(item: &str) -> Option<String> {
    let (place, bus) = item.split_once('@')?;
    is_port(bus).then(|| bare(place)).flatten().filter(|place| place.contains(':'))
}

/// `HOST[:PORT]`, in ASCII.
fn bare(place: &str) -> Option<String> {
    let place = place.trim_end_matches('/');
    let (place, database) = place.split_once('/').unwrap_or((place, "0"));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (place, None),
    };
    let fits = port.is_none_or(is_port) && database.bytes().all(|byte| byte.is_ascii_digit());
    let host = if host.is_ascii() { host.to_owned() } else { idna::domain_to_ascii(host).ok()? };
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit());
    let known: Host = host.parse().ok().filter(|_| fits && !is_number)?;
    // Brackets stay where there is a port behind them.
    let host = if host.starts_with('[') || known.ip().is_none() { host } else { known.to_string() };
    Some(port.map_or(host.clone(), |port| format!("{host}:{port}")))
}

/// A sentence about what looks like an endpoint and is none; `why` and the way out.
pub(super) fn refused(text: &str, why: &str) -> String {
    format!("endpoint \"{}\": {why}", shown(text))
}
