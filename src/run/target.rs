//! From arguments to a target: endpoint forms and overrides.

use anyhow::{Context as _, Result, anyhow, bail};

use super::{
    credentials,
    map_file::MapFile,
    sentinel_url::{self, SentinelUrl},
    trust,
};
use crate::{
    cli::{Connection, database, without_credentials},
    facts::{Credentials, Endpoint, Host, Override, Scheme, Target, Trust},
};

/// Redis' port.
const PORT: u16 = 6379;

/// What the endpoint turned out to be.
pub(super) enum Asked {
    /// A server.
    Server(Box<Target>),
    /// A scene of the lab.
    #[cfg(feature = "lab")]
    Lab(crate::lab::Request),
}

/// Reads the connection arguments and the files that they name; `map` is looked through, and may say how to speak.
pub(super) fn asked(connection: &Connection, map: Option<&MapFile>) -> Result<Asked> {
    let text = written(connection)?;
    if let Some(scene) = text.and_then(|t| t.strip_prefix("lab://")) {
        #[cfg(feature = "lab")]
        return Ok(Asked::Lab(scene.parse().map_err(anyhow::Error::msg)?));
        #[cfg(not(feature = "lab"))]
        bail!("lab://{scene}: this redis-doctor was built without its lab");
    }
    let place = match text {
        Some(text) => place(text).with_context(|| format!("endpoint \"{}\"", without_credentials(text)))?,
        None => typed(connection)?,
    };
    let as_typed = place.scheme == Scheme::Plaintext || text.is_none();
    Ok(Asked::Server(Box::new(target(connection, place, as_typed, map)?)))
}

/// The target where the endpoint is one that the map leads to.
pub(super) fn through(connection: &Connection, map: &MapFile, endpoint: Endpoint) -> Result<Target> {
    target(connection, Place::at(endpoint, Scheme::Either), false, Some(map))
}

/// `plaintext`: the form in which the endpoint was given means a plaintext one.
fn target(connection: &Connection, place: Place, plaintext: bool, map: Option<&MapFile>) -> Result<Target> {
    let told = map.and_then(|map| map.written.tls);
    if let (Some(map), Some(false), true) = (map, told, place.scheme == Scheme::Tls || connection.tls) {
        let first = map.written.entries.first().map(|entry| entry.target.to_string()).unwrap_or_default();
        bail!(
            "the forwards of {} take plaintext (the tunnel speaks TLS to the nodes): begin at one of them, {first}, without --tls",
            map.label
        );
    }
    let scheme = match (place.scheme, told) {
        _ if connection.tls => Scheme::Tls,
        (Scheme::Either, Some(true)) => Scheme::Tls,
        (Scheme::Either, Some(false)) => Scheme::Plaintext,
        (scheme, _) => scheme,
    };
    // Who has a map of plaintext forwards on this machine has said that this much of the way is plaintext.
    let into_a_tunnel = told == Some(false) && place.endpoint.host.is_loopback();
    let host = |text: &String, flag: &str| text.parse::<Host>().map_err(|e| anyhow!("{flag} {text}: {e}"));
    if let Some(sni) = &connection.sni {
        host(sni, "--sni")?;
    }
    Ok(Target {
        endpoint: place.endpoint,
        scheme,
        sentinels: place.sentinels,
        credentials: credentials::for_servers(connection, place.credentials)?,
        sentinel_credentials: credentials::for_sentinels(connection)?,
        plaintext_credentials: (plaintext || into_a_tunnel) && !connection.tls,
        trust: if scheme == Scheme::Plaintext { Trust::default() } else { trust::trust(connection, map)? },
        identity: trust::identity(connection)?,
        sni: connection.sni.clone(),
        server_name: connection.server_name.as_ref().map(|n| host(n, "--server-name")).transpose()?,
        overrides: overrides(connection)?,
        also: Vec::new(),
        known: connection.node.iter().map(|text| known(text)).collect::<Result<_>>()?,
        detours: map.map(MapFile::detours),
        group: connection.group.clone().or(place.group),
        database: connection.pasted.database.or(place.database).unwrap_or(0),
    })
}

/// The endpoint in one piece, where it was given so. Beside `-h`, `-p` or `-u`, words are the redis-cli command of a pasted
/// line, which is not run.
pub(super) fn written(connection: &Connection) -> Result<Option<&str>> {
    let Connection { endpoint, host, port, uri, words, .. } = connection;
    let in_parts = host.is_some() || port.is_some() || uri.is_some();
    match endpoint.as_deref() {
        Some(endpoint) if in_parts && endpoint.contains(['.', ':']) => {
            bail!("an endpoint and one of -h, -p, -u were given; give one of the two")
        }
        Some(_) if !in_parts && !words.is_empty() => bail!("one endpoint is enough: the other nodes are found from it"),
        Some(endpoint) if !in_parts => Ok(Some(endpoint)),
        _ => Ok(uri.as_deref()),
    }
}

/// `--node HOST:PORT`. What is spoken there is what the endpoint speaks.
fn known(text: &str) -> Result<Endpoint> {
    let place = place(text).with_context(|| format!("--node {}", without_credentials(text)))?;
    if place.scheme != Scheme::Either || place.credentials.is_some() {
        bail!("--node {}: give HOST:PORT; how it is spoken to is up to the endpoint", without_credentials(text));
    }
    Ok(place.endpoint)
}

/// An endpoint as it was written.
struct Place {
    endpoint: Endpoint,
    scheme: Scheme,
    credentials: Option<Credentials>,
    sentinels: Vec<Endpoint>,
    group: Option<String>,
    database: Option<u32>,
}

impl Place {
    fn at(endpoint: Endpoint, scheme: Scheme) -> Self {
        Place { endpoint, scheme, credentials: None, sentinels: Vec::new(), group: None, database: None }
    }
}

/// `-h HOST -p PORT`, with redis-cli's defaults.
fn typed(connection: &Connection) -> Result<Place> {
    if connection.host.is_none() && connection.port.is_none() {
        bail!("give an endpoint, such as rediss://redis.example.com:6380, -h HOST -p PORT, or lab://azure-enterprise");
    }
    let host = connection.host.as_deref().unwrap_or("127.0.0.1");
    let host: Host = host.parse().map_err(|e| anyhow!("-h {host}: {e}"))?;
    let port = connection.port.unwrap_or(PORT);
    Ok(Place::at(Endpoint::new(host, port), Scheme::Either))
}

/// `rediss://user:password@host:port/0`, `host:port`, `[v6]:port`, `host`.
fn place(text: &str) -> Result<Place> {
    let (scheme, rest) = match text.split_once("://") {
        None => (Scheme::Either, text),
        Some(("rediss" | "valkeys", rest)) => (Scheme::Tls, rest),
        Some(("redis" | "valkey", rest)) => (Scheme::Plaintext, rest),
        Some((other, rest)) => {
            if let Some(scheme) = sentinel_url::scheme(other) {
                return sentinels(rest, scheme);
            }
            let other: String = other.chars().take(32).collect();
            bail!(
                "the scheme \"{other}\" is none of rediss, redis, rediss+sentinel, redis+sentinel, valkeys, valkey, lab"
            )
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !authority.contains('@') && rest[authority.len()..].contains('@') && endpoint(authority, PORT).is_err() {
        bail!(
            "a password with / ? or # in it ends the host early: in a URL write %2F, %3F, %23 (and %40 for @), for every client"
        );
    }
    let (userinfo, place) = match authority.rsplit_once('@') {
        Some((userinfo, place)) => (Some(userinfo), place),
        None => (None, authority),
    };
    if place.contains(',') {
        bail!(
            "several hosts are several Sentinels: write redis+sentinel://h1:26379,h2:26379/GROUP; of a cluster, one node is enough"
        );
    }
    let credentials = userinfo.and_then(credentials::of_userinfo);
    Ok(Place { credentials, database: database(&rest[authority.len()..]), ..Place::at(endpoint(place, PORT)?, scheme) })
}

/// What a URL says that names Sentinels.
fn sentinels(rest: &str, scheme: Scheme) -> Result<Place> {
    let SentinelUrl { sentinels, group, userinfo, behind } = sentinel_url::parse(rest)?;
    let first = sentinels.first().cloned().ok_or_else(|| anyhow!("there is no host in it"))?;
    let credentials = userinfo.and_then(credentials::of_userinfo);
    Ok(Place { credentials, sentinels, group, database: database(behind), ..Place::at(first, scheme) })
}

/// A host with or without a port.
pub(super) fn endpoint(place: &str, port: u16) -> Result<Endpoint> {
    if place.is_empty() || (place.starts_with(':') && place.matches(':').count() == 1) {
        bail!("there is no host in it; write host:port, such as redis.example.com:6379");
    }
    if let Ok(host) = place.parse::<Host>()
        && (place.starts_with('[') || !place.contains(':') || place.matches(':').count() > 1)
    {
        // Unbracketed IPv6 is all host: nobody can tell a port from its last group.
        return Ok(Endpoint::new(host, port));
    }
    place.parse().map_err(|e| anyhow!("{e}"))
}

fn overrides(connection: &Connection) -> Result<Vec<Override>> {
    let redirected =
        connection.connect_to.iter().map(|text| connect_to(text).with_context(|| format!("--connect-to {text}")));
    let resolved = connection.resolve.iter().map(|text| resolve(text).with_context(|| format!("--resolve {text}")));
    redirected.chain(resolved).collect()
}

/// `HOST:PORT:ADDR[,ADDR]`; HOST may be `*`, addresses may be bracketed.
fn resolve(text: &str) -> Result<Override> {
    let shape = || anyhow!("write it as HOST:PORT:ADDR, such as redis.example.com:6379:127.0.0.1");
    let (host, rest) = split_host(text).ok_or_else(shape)?;
    let (port, addresses) = rest.split_once(':').ok_or_else(shape)?;
    let port = port.parse().ok().filter(|p| *p != 0).ok_or_else(shape)?;
    let address = |a: &str| a.trim_start_matches('[').trim_end_matches(']').parse().map_err(|_| shape());
    let addresses = addresses.split(',').map(address).collect::<Result<_>>()?;
    let host = if host == "*" { None } else { Some(host.parse().map_err(|e| anyhow!("{e}"))?) };
    Ok(Override::Resolve { host, port: Some(port), addresses })
}

/// `HOST1:PORT1:HOST2:PORT2`, each part possibly empty.
fn connect_to(text: &str) -> Result<Override> {
    let shape = || anyhow!("write it as HOST1:PORT1:HOST2:PORT2; parts may be empty, the colons stay");
    let (from_host, rest) = split_host(text).ok_or_else(shape)?;
    let (from_port, rest) = rest.split_once(':').ok_or_else(shape)?;
    let (to_host, to_port) = split_host(rest).ok_or_else(shape)?;
    let host = |h: &str| if h.is_empty() { Ok(None) } else { h.parse().map(Some).map_err(|e| anyhow!("{e}")) };
    let port = |p: &str| if p.is_empty() { Ok(None) } else { p.parse().map(Some).map_err(|_| shape()) };
    let (from_host, to_host) = (host(from_host)?, host(to_host)?);
    Ok(Override::ConnectTo { from_host, from_port: port(from_port)?, to_host, to_port: port(to_port)? })
}

/// Cuts a host, bracketed or not, off at the colon behind it.
fn split_host(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('[') {
        let end = text.find("]:")?;
        return Some((&text[..=end], &text[end + 2..]));
    }
    text.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint_of(text: &str) -> String {
        place(text).unwrap().endpoint.to_string()
    }

    #[test]
    fn every_form_of_an_endpoint() {
        assert_eq!(endpoint_of("rediss://user:p%40ss@redis.example.com:6380/0?x=y"), "redis.example.com:6380");
        assert_eq!(endpoint_of("valkey://h"), "h:6379");
        assert_eq!(endpoint_of("h:7000"), "h:7000");
        assert_eq!(endpoint_of("[::1]:7000"), "[::1]:7000");
        assert_eq!(endpoint_of("::1"), "[::1]:6379");
        assert_eq!(endpoint_of("[2001:db8::1]"), "[2001:db8::1]:6379");
        for bad in [
            "",
            "http://h",
            "h:0",
            "h:99999",
            "rediss://",
            "h:port",
            "a b:1",
            "h1:1,h2:1",
            "redis+sentinel:///mymaster",
        ] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_database_that_clients_select() {
        for (text, expected) in [
            ("redis://h/3", Some(3)),
            ("redis://u:p@h:1/3?timeout=1s", Some(3)),
            ("redis://h?db=4", Some(4)),
            ("redis://h/3?database=4", Some(4)),
            ("h:6379/5", Some(5)),
            ("redis+sentinel://h1,h2/mymaster/2", Some(2)),
            ("redis-sentinel://h1/2#mymaster", Some(2)),
            ("redis://h/0", Some(0)),
            ("redis://h", None),
            ("redis://h:7/", None),
            ("redis://h/sessions", None),
            ("redis://h/99999999999999", None),
        ] {
            assert_eq!(place(text).unwrap().database, expected, "{text}");
        }
    }

    #[test]
    fn overrides_as_curl_writes_them() {
        assert!(
            matches!(resolve("h:1:127.0.0.1,[::1]").unwrap(), Override::Resolve { port: Some(1), addresses, .. } if addresses.len() == 2)
        );
        assert!(matches!(resolve("*:1:127.0.0.1").unwrap(), Override::Resolve { host: None, .. }));
        assert!(matches!(
            connect_to("::h:1").unwrap(),
            Override::ConnectTo { from_host: None, from_port: None, to_port: Some(1), .. }
        ));
        assert!(matches!(
            connect_to("[::1]:1:[::2]:").unwrap(),
            Override::ConnectTo { from_port: Some(1), to_port: None, .. }
        ));
        for bad in ["h", "h:1", "h:x:127.0.0.1", "h:1:localhost"] {
            assert!(resolve(bad).is_err(), "{bad}");
        }
    }
}
