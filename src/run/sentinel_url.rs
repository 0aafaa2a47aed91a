//! `redis+sentinel://[user:password@]h1[:26379],h2/GROUP`, and the spellings of other libraries for it.

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;

use super::target::endpoint;
use crate::facts::{Endpoint, Scheme};

/// A Sentinel's port.
const PORT: u16 = 26379;

/// More of them than anybody runs.
const MOST: usize = 64;

/// Under which keys a query names the group: Lettuce; go-redis; Spring, `StackExchange` and others.
const KEYS: [&str; 5] = ["sentinelMasterId", "master_name", "service_name", "serviceName", "sentinel_name"];

/// A URL that names Sentinels.
pub(super) struct SentinelUrl<'t> {
    /// At least one.
    pub(super) sentinels: Vec<Endpoint>,
    /// The group, where it names one.
    pub(super) group: Option<String>,
    /// What stands before the `@`: for the servers, as in most libraries.
    pub(super) userinfo: Option<&'t str>,
    /// What stands behind the hosts.
    pub(super) behind: &'t str,
}

/// `redis+sentinel`, `rediss-sentinel` and so on; `None` for what names no Sentinel.
pub(super) fn scheme(text: &str) -> Option<Scheme> {
    let text = text.to_ascii_lowercase();
    match text.strip_suffix("sentinel")?.strip_suffix(['+', '-'])? {
        "redis" | "valkey" => Some(Scheme::Plaintext),
        "rediss" | "valkeys" => Some(Scheme::Tls),
        _ => None,
    }
}

/// What stands behind the `://`.
pub(super) fn parse(rest: &str) -> Result<SentinelUrl<'_>> {
    let at = rest.rfind('@').unwrap_or(0);
    if rest[..at].contains(['/', '?', '#']) {
        bail!(
            "there is an @ behind a / ? or #: in a password write %2F, %3F, %23 (and %40 for @), in a group %40, for every client"
        );
    }
    let behind = &rest[rest[at..].find(['/', '?', '#']).map_or(rest.len(), |first| at + first)..];
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (userinfo, hosts) = match authority.rsplit_once('@') {
        Some((userinfo, hosts)) => (Some(userinfo), hosts),
        None => (None, authority),
    };
    if userinfo.is_some_and(|userinfo| userinfo.contains('@') && userinfo.contains(',')) {
        bail!("several @ in it: give user and password once, before the first host (in a password, write %40 for @)");
    }
    let mut sentinels: Vec<Endpoint> = Vec::new();
    for host in hosts.split(',') {
        let place = host.trim();
        let sentinel = endpoint(place, PORT).with_context(|| {
            format!("\"{place}\" in the list of Sentinels (write redis+sentinel://h1:26379,h2:26379/GROUP)")
        })?;
        if !sentinels.contains(&sentinel) {
            sentinels.push(sentinel);
        }
    }
    if sentinels.len() > MOST {
        bail!("{} Sentinels are more than are asked ({MOST}); a few of them lead to all", sentinels.len());
    }
    Ok(SentinelUrl { sentinels, group: group(path, query, fragment)?, userinfo, behind })
}

/// The fragment, as in Lettuce; a key of the query; else the first segment of the path that is no number of a database.
fn group(path: &str, query: &str, fragment: Option<&str>) -> Result<Option<String>> {
    let keyed = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| KEYS.contains(key));
    let is_database = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    let mut segments = path.split('/').filter(|segment| !segment.is_empty() && !is_database(segment));
    let in_path = segments.next();
    if let (Some(one), Some(two)) = (in_path, segments.next()) {
        bail!("\"{one}\" and \"{two}\" in its path: name one group, as in redis+sentinel://h1,h2/GROUP");
    }
    let named = fragment.or(keyed.map(|(_, value)| value)).or(in_path).filter(|name| !name.is_empty());
    Ok(named.map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(rest: &str) -> (String, Option<String>) {
        let url = parse(rest).unwrap();
        (url.sentinels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), url.group)
    }

    #[test]
    fn every_spelling() {
        let named = |hosts: &str, group: &str| (hosts.to_owned(), Some(group.to_owned()));
        assert_eq!(read("h1,h2:5000/mymaster"), named("h1:26379 h2:5000", "mymaster"));
        assert_eq!(read("h1, h2 ,h1/mymaster/0"), named("h1:26379 h2:26379", "mymaster"));
        assert_eq!(read("u:p@h1/0#my%20master"), named("h1:26379", "my master"));
        assert_eq!(read("h1/0?timeout=1s&sentinelMasterId=orders"), named("h1:26379", "orders"));
        assert_eq!(read("h1/0?timeout=1s#orders"), named("h1:26379", "orders"));
        assert_eq!(read("[::1],[fd00::2]:5000,::3/orders"), named("[::1]:26379 [fd00::2]:5000 [::3]:26379", "orders"));
        assert_eq!(read("h1/0"), ("h1:26379".to_owned(), None));
        assert_eq!(read("h1"), ("h1:26379".to_owned(), None));
        assert_eq!(parse("u:p@ss@h1").unwrap().userinfo, Some("u:p@ss"));
        for bad in ["", "h1,,h2", "h1,h2:port/g", "h1:0", "/mymaster", "a b", "h1/orders/sessions"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&["h"; 100].join(",")).is_ok(), "each once");
        let many: Vec<String> = (0..100).map(|n| format!("h{n}")).collect();
        assert!(parse(&many.join(",")).is_err());
    }

    #[test]
    fn no_part_of_a_password_is_taken_for_a_host_or_a_group() {
        for odd in [
            "u:hun#ter2@h1/g",
            "u:hun/ter2@h1/g",
            "u:hun?ter2@h1/g",
            "u:26379/ter2@h1",
            "u:hunter2@h1,u:hunter2@h2/g",
            "h1/g?password=hun@ter2",
        ] {
            let why = format!("{:#}", parse(odd).err().unwrap());
            assert!(!why.contains("hun") && !why.contains("ter2") && !why.contains("26379"), "{odd}: {why}");
        }
        assert_eq!(parse("u:a,b@h1,h2/g").unwrap().userinfo, Some("u:a,b"));
    }

    proptest! {
        #[test]
        fn any_url_is_read_or_refused(rest in "[a-z0-9:@,/?#%.=\\[\\]&-]{0,40}", password in "[a-z]{8}") {
            let _ = parse(&rest);
            let hidden = format!("u:{password}{rest}@h1/g");
            if let Err(why) = parse(&hidden) {
                prop_assert!(!format!("{why:#}").contains(&password), "{hidden}: {why:#}");
            }
        }
    }

    #[test]
    fn which_schemes_name_sentinels() {
        for plain in ["redis+sentinel", "redis-sentinel", "valkey+sentinel", "REDIS-SENTINEL"] {
            assert_eq!(scheme(plain), Some(Scheme::Plaintext), "{plain}");
        }
        for tls in ["rediss+sentinel", "rediss-sentinel", "valkeys+sentinel"] {
            assert_eq!(scheme(tls), Some(Scheme::Tls), "{tls}");
        }
        for none in ["redis", "sentinel", "http+sentinel", "redissentinel"] {
            assert_eq!(scheme(none), None, "{none}");
        }
    }
}
