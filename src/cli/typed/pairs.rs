//! Keys and values: `StackExchange`'s connection strings, ADO-like ones, and pieces of JSON, YAML, properties and JavaScript.

use super::{Typed, places};

/// What is left at once: a file is no endpoint.
const MOST: usize = 8192;

/// Keys by what they mean, in lower case and without what parts their words.
const HOST: [&str; 8] = ["host", "hostname", "server", "address", "addr", "endpoint", "datasource", "node"];
const PASSWORD: [&str; 6] = ["password", "passwd", "pass", "pwd", "auth", "authtoken"];
const USER: [&str; 4] = ["user", "username", "userid", "uid"];
const TLS: [&str; 8] = ["ssl", "tls", "usessl", "usetls", "sslenabled", "tlsenabled", "enabletls", "enablessl"];
const URL: [&str; 6] = ["url", "uri", "connectionstring", "configuration", "endpoints", "connection"];
const GROUP: [&str; 5] = ["servicename", "mastername", "master", "sentinelmasterid", "mastergroupname"];
const DATABASE: [&str; 5] = ["db", "database", "dbindex", "databaseid", "defaultdatabase"];
/// What else `StackExchange.Redis` has (ConfigurationOptions.cs): it says whose string it is, and is not needed.
const OTHERS: [&str; 11] = [
    "abortconnect",
    "allowadmin",
    "connecttimeout",
    "connectretry",
    "synctimeout",
    "asynctimeout",
    "keepalive",
    "name",
    "resolvedns",
    "sslprotocols",
    "tiebreaker",
];

/// What they stand for; nothing where there are none.
pub(super) fn read(text: &str) -> Result<Option<Typed>, String> {
    if text.len() > MOST {
        return Ok(None);
    }
    if text.contains("://") && !text.starts_with('{') && !text.contains('\n') {
        return behind_a_scheme(text);
    }
    let written = text.starts_with('{') || text.contains('\n') || text.contains(": ");
    let entries = entries(text, written);
    if !entries.iter().any(|entry| pair(entry, written).is_some()) {
        return Ok(None);
    }
    let mut found = Typed { tls: Some(false), ..Typed::default() };
    let (mut port, mut known) = (None, false);
    for entry in &entries {
        let Some((key, value)) = pair(entry, written) else {
            found.places.extend(places::parsed(entry)?.map_or_else(|| vec![(*entry).to_owned()], |typed| typed.places));
            continue;
        };
        let is = |keys: &[&str]| keys.contains(&key.as_str());
        let yes = matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "1" | "on" | "required" | "{");
        let value = value.to_owned();
        known |= is(&OTHERS) || is(&DATABASE);
        match () {
            // Settings of its own, in braces or on lines below.
            () if is(&TLS) && written && value.is_empty() => found.tls = Some(true),
            () if value.is_empty() || matches!(value.as_str(), "null" | "None" | "nil" | "undefined") => {}
            () if is(&HOST) => found.places.push(value),
            () if is(&URL) => url(&value, &mut found)?,
            () if key == "port" => port = Some(value),
            () if is(&PASSWORD) => found.password = Some(value),
            () if is(&USER) => found.user = Some(value),
            () if is(&TLS) => found.tls = Some(yes),
            () if key == "sslhost" || key == "servername" => found.server_name = Some(value),
            () if is(&GROUP) => found.group = Some(value),
            () if is(&DATABASE) => found.database = value.parse().ok(),
            () => {}
        }
    }
    if found.places.is_empty() {
        let why = if known || found.password.is_some() || port.is_some() {
            "there is no host in it"
        } else {
            "no host can be read from it"
        };
        return Err(places::refused(
            text,
            &format!("{why}; write HOST:PORT, with --tls, --user USER and --askpass as they are needed"),
        ));
    }
    if port.is_some() && found.places.len() > 1 {
        return Err(places::refused(
            text,
            "several hosts and a port apart can be read in several ways; write HOST:PORT of one",
        ));
    }
    let default = port.unwrap_or_else(|| match (&found.group, found.tls) {
        (Some(_), _) => "26379".to_owned(),
        // StackExchange.Redis, and Azure's port.
        (None, Some(true)) if !written => "6380".to_owned(),
        _ => "6379".to_owned(),
    });
    for place in &mut found.places {
        *place = with_port(place, &default).ok_or_else(|| {
            places::refused(text, "it is a list of options, and what should be the host is none; write HOST:PORT")
        })?;
    }
    Ok(Some(found))
}

/// A connection string that somebody put the scheme of a URL before: `redis://HOST:PORT,password=…`.
fn behind_a_scheme(text: &str) -> Result<Option<Typed>, String> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
    let mut entries = rest.split(',');
    let is_host = entries.next().is_some_and(|host| with_port(host, "1").is_some());
    let known = [&PASSWORD[..], &USER, &TLS, &DATABASE, &OTHERS];
    let is_known = |(key, _): (String, &str)| known.iter().any(|keys| keys.contains(&key.as_str()));
    let has_pairs = is_host && entries.next().and_then(|entry| pair(entry, false)).is_some_and(is_known);
    let Some(tls) = places::transport(scheme).filter(|_| has_pairs) else { return Ok(None) };
    Ok(read(rest)?.map(|typed| Typed { tls: Some(tls || typed.tls == Some(true)), ..typed }))
}

/// A URL or a connection string among the keys.
fn url(value: &str, found: &mut Typed) -> Result<(), String> {
    let inner = match places::parsed(value)? {
        Some(typed) => typed,
        None if value.contains("://") => return Err(places::refused(value, "that is no endpoint of Redis")),
        None => read(value)?.unwrap_or_else(|| Typed { places: vec![value.to_owned()], ..Typed::default() }),
    };
    found.places.extend(inner.places);
    found.tls = if inner.tls == Some(true) { inner.tls } else { found.tls };
    found.password = inner.password.or(found.password.take());
    found.user = inner.user.or(found.user.take());
    found.database = inner.database.or(found.database);
    Ok(())
}

fn with_port(place: &str, default: &str) -> Option<String> {
    let has_one = place.rsplit_once(':').is_some_and(|(host, _)| host.ends_with(']') || !host.contains(':'));
    let v6 = place.parse::<std::net::Ipv6Addr>().is_ok();
    let whole = match (has_one, v6) {
        (true, _) => place.to_owned(),
        (false, true) => format!("[{place}]:{default}"),
        (false, false) => format!("{place}:{default}"),
    };
    whole.parse::<crate::facts::Endpoint>().is_ok().then_some(whole)
}

/// The parts. In a connection string a comma parts, or where there is none a semicolon, else blanks: a password may hold the
/// others.
fn entries(text: &str, written: bool) -> Vec<&str> {
    if written {
        return quoted(text);
    }
    let separator: &[char] = match () {
        () if text.contains(',') => &[','],
        () if text.contains(';') => &[';'],
        () => &[' ', '\t'],
    };
    text.split(separator).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// The same where quotes are quotes, and braces part, too.
fn quoted(text: &str) -> Vec<&str> {
    let (mut entries, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => quote = Some(open).filter(|open| *open != c),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if matches!(c, ',' | ';' | '\n' | '{' | '}' | '[' | ']') => {
                entries.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            None => {}
        }
    }
    entries.push(&text[from..]);
    let around = |c: char| c.is_whitespace() || c == '-';
    entries.into_iter().map(|entry| entry.trim_matches(around)).filter(|entry| !entry.is_empty()).collect()
}

/// A key, told apart from its relatives by its last word, and its value.
fn pair(entry: &str, written: bool) -> Option<(String, &str)> {
    let at = if written { entry.find(['=', ':'])? } else { entry.find('=')? };
    let (key, value) = (entry[..at].trim().trim_matches(['"', '\'']), entry[at + 1..].trim());
    let is_key =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b' '));
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
    let key = key.trim_end_matches(".enabled").rsplit(['.', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let key = key.trim_start_matches("redis").trim_start_matches("valkey");
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    // `host:6379` in a list is no key.
    let is_host = written && !known(&key) && places::is_port(value);
    (is_key && !is_host).then_some((key, value))
}

fn known(key: &str) -> bool {
    [&HOST[..], &PASSWORD, &USER, &TLS, &URL, &GROUP].iter().any(|keys| keys.contains(&key)) || key == "port"
}
