//! ioredis: `natMap` (object; function since 5.5.0), or `tls.servername` where only the name is wrong.

use super::{
    Emitter, Settings,
    closed::NOWHERE,
    node::{Closed, Names, ONLY_THE_NAME, WHY_A_RULE, as_spelled, files, object, port_of},
    quote::quoted,
    rule::{Needed, Rule},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Announced, Endpoint, Host},
};

/// An ES module that exports `cluster`.
pub(super) const EMITTER: Emitter = Emitter { client: "ioredis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    if map.refused.is_none() {
        refuse_blank_hosts(map)?;
    }
    if !settings.closed && is_the_seeds_name_all_it_needs(map, settings) {
        let note = "// Every node is reachable where it says it is; what ioredis lacks is the seed's name.".to_owned();
        return module("5", vec![note], None, None, settings);
    }
    let map = as_spelled(map);
    let needed = Needed::of(&map, settings)?;
    let names = Names::of(&needed, settings)?;
    let since = if matches!(needed.rule, Rule::OneHost(_)) { "5.5.0" } else { "5" };
    let mut notes: Vec<_> = needed.missing("//").into_iter().collect();
    notes.push(match needed.rule {
        Rule::OneName(_) => ONLY_THE_NAME.to_owned(),
        _ => "// natMap covers discovered nodes and redirects, not the seeds themselves.".to_owned(),
    });
    module(since, notes, names.shared, Some((&needed, &names)), settings)
}

/// The module; `name` is what every connection verifies, where that is not the host it dials.
fn module(
    since: &str,
    notes: Vec<String>,
    name: Option<&Host>,
    map: Option<(&Needed<'_>, &Names<'_>)>,
    settings: &Settings,
) -> Result<String, String> {
    let mut lines = vec![format!("// For ioredis {since} or newer, written by redis-doctor.")];
    lines.extend(notes);
    let closed = map.filter(|_| settings.closed);
    let closed = closed.map(|(needed, names)| Closed::of(needed, names, |mapping| node(mapping, names)));
    lines.extend(header(name, closed.as_ref(), settings)?);
    lines.push(format!("export const cluster = new Cluster({}, {{", seeds(closed.as_ref(), settings)));
    lines.push(why_no_lookup(settings).to_owned());
    lines.push("  dnsLookup: (host, done) => done(null, host),".to_owned());
    lines.extend(redis_options(settings)?);
    let table = match &closed {
        Some(_) => FAIL_CLOSED.map(str::to_owned).to_vec(),
        None => map.into_iter().flat_map(|(needed, names)| nat_map(needed, names)).collect(),
    };
    if !table.is_empty() {
        lines.extend(table.into_iter().chain(REDIRECTS.map(str::to_owned)));
    }
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

fn seeds(closed: Option<&Closed>, settings: &Settings) -> String {
    let Endpoint { host, port } = &settings.seed;
    closed.map_or_else(|| format!("[{{ host: '{host}', port: {port} }}]"), |closed| closed.seeds.clone())
}

/// What a function throws is an uncaught exception here, and no answer means the announced address.
const FAIL_CLOSED: [&str; 2] = [
    "  // A Proxy, because before 5.5.0 functions are passed over without a word.",
    "  natMap: new Proxy({}, { get: (_, key) => nodes.get(key) ?? nowhere }),",
];

/// The node of a MOVED is looked up under its announced address, which is not where it is connected (seen with 5 and 6).
const REDIRECTS: [&str; 2] = [
    "  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.",
    "  maxRedirections: 64,",
];

fn why_no_lookup(settings: &Settings) -> &'static str {
    if settings.tls {
        "  // Without this a seed's name is resolved first, and its IP is what would be verified."
    } else {
        "  // Without this a seed's name is resolved first, and the first of its addresses is all that is tried."
    }
}

/// True where every node is well as announced, and only a seed that is verified by its IP is not.
fn is_the_seeds_name_all_it_needs(map: &AddressMap, settings: &Settings) -> bool {
    let by_name = settings.tls && settings.seed.host.name().is_some() && settings.server_name.is_none();
    let well = map.refused.is_none() && !map.mappings.is_empty() && !map.mappings.iter().any(Mapping::is_needed);
    let speaks_for_an_ip = |mapping: &Mapping| mapping.ways.iter().any(|way| way.server_name.ip().is_some());
    by_name && well && !map.mappings.iter().any(speaks_for_an_ip)
}

/// Nil and empty hosts never get as far as the map (`getInfoFromNode` skips them).
fn refuse_blank_hosts(map: &AddressMap) -> Result<(), String> {
    let blank = |mapping: &&Mapping| matches!(mapping.preferred, Announced::Nil | Announced::Empty);
    match map.mappings.iter().find(blank) {
        Some(mapping) => Err(format!(
            "ioredis leaves out nodes that announce no host before it asks natMap, and {} is one: let the servers \
             announce host names (cluster-preferred-endpoint-type hostname)",
            mapping.announced
        )),
        None => Ok(()),
    }
}

fn header(name: Option<&Host>, closed: Option<&Closed>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["import { Cluster } from 'ioredis';".to_owned()];
    let files = files(settings)?;
    if !files.is_empty() {
        lines.push("import { readFileSync } from 'node:fs';".to_owned());
    }
    lines.extend(closed.and_then(Closed::import));
    lines.push(String::new());
    if settings.tls {
        let name = name.map(|name| format!("servername: '{name}'"));
        let options: Vec<_> = files.into_iter().chain(name).collect();
        lines.extend(object("const tls = ", &options, ";"));
        lines.push(String::new());
    }
    if let Some(closed) = closed {
        lines.extend(closed.constants());
        lines.push("// Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned());
        lines.extend([format!("const nowhere = {{ host: '{NOWHERE}', port: 1 }};"), String::new()]);
    }
    Ok(lines)
}

fn redis_options(settings: &Settings) -> Result<Option<String>, String> {
    let mut parts = Vec::new();
    if let Some(user) = &settings.username {
        parts.push(format!("username: {}", quoted(user, '\'')?));
    }
    if settings.password {
        parts.push("password: process.env.REDIS_PASSWORD".to_owned());
    }
    if settings.tls {
        parts.push("tls".to_owned());
    }
    Ok((!parts.is_empty()).then(|| format!("  redisOptions: {{ {} }},", parts.join(", "))))
}

fn nat_map(needed: &Needed<'_>, names: &Names<'_>) -> Vec<String> {
    let note = "  // tls here takes the place of redisOptions.tls; the TypeScript types know host and port only.";
    let note = names.differ(needed).then(|| note.to_owned());
    match needed.rule {
        Rule::OneName(_) => Vec::new(),
        Rule::OneHost(host) => {
            let tls = needed.entries.first().map_or_else(String::new, |mapping| own_tls(mapping, names));
            let rule = format!("  natMap: key => ({{ host: '{host}', port: {}{tls} }}),", port_of("key"));
            note.into_iter().chain([WHY_A_RULE.to_owned(), rule]).collect()
        }
        Rule::Table => {
            let entries = needed.entries.iter().map(|mapping| entry(mapping, names));
            note.into_iter().chain(["  natMap: {".to_owned()]).chain(entries).chain(["  },".to_owned()]).collect()
        }
    }
}

fn entry(mapping: &Mapping, names: &Names<'_>) -> String {
    format!("    '{}': {},", mapping.announced.unbracketed(), node(mapping, names))
}

fn node(mapping: &Mapping, names: &Names<'_>) -> String {
    let Endpoint { host, port } = &mapping.reachable;
    format!("{{ host: '{host}', port: {port}{} }}", own_tls(mapping, names))
}

fn own_tls(mapping: &Mapping, names: &Names<'_>) -> String {
    names.option(mapping).map_or_else(String::new, |name| format!(", tls: {{ ...tls, {name} }}"))
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};
    use crate::{address_map::Way, facts::Announced};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r"// For ioredis 5.5.0 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem') };

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
  natMap: key => ({ host: 'redis.example.com', port: Number(key.slice(key.lastIndexOf(':') + 1)) }),
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem') };

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
  natMap: {
    '10.0.0.4:6379': { host: 'n1.example.com', port: 6379 },
    '10.0.0.5:6379': { host: 'n2.example.com', port: 7379 },
  },
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn one_wrong_name_is_a_server_name() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// Every node is reachable where it says it is: servername is the name that all of them verify as.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem'), servername: 'redis.example.com' };

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
});
";
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn a_name_for_each_node_stands_in_its_entry() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem') };

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
  // tls here takes the place of redisOptions.tls; the TypeScript types know host and port only.
  natMap: {
    '10.0.0.4:6379': { host: '10.0.0.4', port: 6379, tls: { ...tls, servername: 'n1.example.com' } },
    '10.0.0.5:6379': { host: '10.0.0.5', port: 6379, tls: { ...tls, servername: 'n2.example.com' } },
  },
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&names(), &tls()).unwrap(), expected);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';

export const cluster = new Cluster([{ host: '127.0.0.1', port: 7001 }], {
  // Without this a seed's name is resolved first, and the first of its addresses is all that is tried.
  dnsLookup: (host, done) => done(null, host),
  natMap: {
    '172.18.0.2:6379': { host: '127.0.0.1', port: 7001 },
    '172.18.0.3:6379': { host: '127.0.0.1', port: 7002 },
  },
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem') };

export const cluster = new Cluster([{ host: '2001:db8::1', port: 6379 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
  natMap: {
    '2001:db8::4:6379': { host: '2001:db8::14', port: 6379 },
    '2001:db8::5:6379': { host: '2001:db8::15', port: 6379 },
  },
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }

    #[test]
    fn the_seeds_name_may_be_all_that_is_wrong() {
        let mut map = map(&[("n1.example.com:6379", "n1.example.com:6379", "n1.example.com")]);
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// Every node is reachable where it says it is; what ioredis lacks is the seed's name.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const tls = { ca: readFileSync('ca.pem') };

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
});
";
        assert_eq!(emit(&map, &tls()).unwrap(), expected);
        let proof = map.mappings[0].proof.clone();
        let way = Way { endpoint: "10.0.0.4:6379".parse().unwrap(), server_name: "10.0.0.4".parse().unwrap(), proof };
        map.mappings[0].ways = vec![way];
        assert!(emit(&map, &tls()).unwrap_err().starts_with("no map is needed"));
    }

    #[test]
    fn nodes_without_a_host_cannot_be_served() {
        let mut map = one_host();
        map.mappings[1].preferred = Announced::Nil;
        let said = emit(&map, &tls()).unwrap_err();
        assert!(said.starts_with("ioredis leaves out nodes that announce no host"), "{said}");
        map.mappings[1].preferred = Announced::QuestionMark;
        assert!(emit(&map, &tls()).unwrap().contains("natMap: key => ({ host: 'redis.example.com'"));
    }

    #[test]
    fn a_client_certificate_goes_along_where_a_node_has_a_name_of_its_own() {
        let settings = Settings { client_certificate: Some(("app.pem".to_owned(), "app.key".to_owned())), ..tls() };
        let said = emit(&names(), &settings).unwrap();
        let files = "ca: readFileSync('ca.pem'), cert: readFileSync('app.pem'), key: readFileSync('app.key')";
        assert!(said.contains(&format!("const tls = {{ {files} }};")), "{said}");
        assert!(said.contains("tls: { ...tls, servername: 'n1.example.com' }"), "{said}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel_that_tls_passes_through() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';

const tls = { ca: readFileSync('ca.pem') };

// The server name that TLS sends cannot be an IP address (RFC 6066), the one that is verified can.
const verifying = ip => ({ checkServerIdentity: (_, certificate) => checkServerIdentity(ip, certificate) });

// Where the nodes announce that they are, and the end of the tunnel that leads to each.
const nodes = new Map([
  ['10.0.0.4:6379', { host: '127.0.0.1', port: 20711, tls: { ...tls, servername: 'n1.example.com' } }],
  ['10.0.0.5:6379', { host: '127.0.0.1', port: 20712, tls: { ...tls, ...verifying('10.0.0.5') } }],
]);

// Whatever is not in the map is not dialled: that would be around the tunnel.
const nowhere = { host: 'not-in-the-tunnel.invalid', port: 1 };

export const cluster = new Cluster([...nodes.values()], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls },
  // A Proxy, because before 5.5.0 functions are passed over without a word.
  natMap: new Proxy({}, { get: (_, key) => nodes.get(key) ?? nowhere }),
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&through(), &closed_tls()).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
// natMap covers discovered nodes and redirects, not the seeds themselves.
import { Cluster } from 'ioredis';

// Where the nodes announce that they are, and the end of the tunnel that leads to each.
const nodes = new Map([
  ['10.0.0.4:6379', { host: '127.0.0.1', port: 20711 }],
  ['10.0.0.5:6379', { host: '127.0.0.1', port: 20712 }],
]);

// Whatever is not in the map is not dialled: that would be around the tunnel.
const nowhere = { host: 'not-in-the-tunnel.invalid', port: 1 };

export const cluster = new Cluster([...nodes.values()], {
  // Without this a seed's name is resolved first, and the first of its addresses is all that is tried.
  dnsLookup: (host, done) => done(null, host),
  // A Proxy, because before 5.5.0 functions are passed over without a word.
  natMap: new Proxy({}, { get: (_, key) => nodes.get(key) ?? nowhere }),
  // After a MOVED it picks nodes at random until it has read the slots again: 16 may all be the wrong ones.
  maxRedirections: 64,
});
";
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
