//! node-redis: `nodeAddressMap` (object or function), or `servername` where only the name is wrong.

use super::{
    Emitter, Settings,
    quote::quoted,
    rule::{Needed, Rule, server_name},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Endpoint, Host},
};

/// An ES module that exports `cluster`.
pub(super) const EMITTER: Emitter = Emitter { client: "node-redis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let needed = Needed::of(map, settings)?;
    refuse_ip_names(&needed, settings)?;
    let mut lines = vec!["// For node-redis 4 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("//"));
    lines.push("import { createCluster } from 'redis';".to_owned());
    if settings.tls && settings.ca_file.is_some() {
        lines.push("import { readFileSync } from 'node:fs';".to_owned());
    }
    lines.extend(["", "export const cluster = createCluster({"].map(str::to_owned));
    lines.push(format!("  rootNodes: [{}],", root_node(&settings.seed, settings.tls)));
    lines.extend(defaults(&needed, settings)?);
    lines.extend(address_map(&needed, settings));
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

/// Node sends `servername` as SNI, where RFC 6066 section 3 allows no address.
pub(super) fn refuse_ip_names(needed: &Needed<'_>, settings: &Settings) -> Result<(), String> {
    needed.refuse_names(settings, "Node takes no IP address as a server name", |name| name.ip().is_some())
}

/// An IPv6 seed is written in parts: from a URL version 4 would take the brackets along and ask the resolver for them.
fn root_node(seed: &Endpoint, tls: bool) -> String {
    let Endpoint { host, port } = seed;
    match host {
        Host::Ip(ip) if ip.is_ipv6() => format!("{{ socket: {{ host: '{ip}', port: {port} }} }}"),
        _ if tls => format!("{{ url: 'rediss://{seed}' }}"),
        _ => format!("{{ url: 'redis://{seed}' }}"),
    }
}

fn defaults(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    if let Some(user) = &settings.username {
        parts.push(format!("    username: {},", quoted(user, '\'')?));
    }
    if settings.password {
        parts.push("    password: process.env.REDIS_PASSWORD,".to_owned());
    }
    if settings.tls {
        parts.push(format!("    socket: {{ {} }},", socket(needed, settings)?));
    }
    if parts.is_empty() {
        return Ok(parts);
    }
    let opening = ["  // Discovered nodes inherit these and nothing from rootNodes.", "  defaults: {"];
    Ok(opening.map(str::to_owned).into_iter().chain(parts).chain(["  },".to_owned()]).collect())
}

fn socket(needed: &Needed<'_>, settings: &Settings) -> Result<String, String> {
    let mut parts = vec!["tls: true".to_owned()];
    if let Some(file) = &settings.ca_file {
        parts.push(format!("ca: readFileSync({})", quoted(file, '\'')?));
    }
    if let Rule::OneName(name) = needed.rule {
        parts.push(format!("servername: '{name}'"));
    }
    Ok(parts.join(", "))
}

fn address_map(needed: &Needed<'_>, settings: &Settings) -> Vec<String> {
    match needed.rule {
        Rule::OneName(_) => Vec::new(),
        Rule::OneHost(host) => vec![
            "  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).".to_owned(),
            "  nodeAddressMap: address => ({".to_owned(),
            format!("    host: '{host}',"),
            "    port: Number(address.slice(address.lastIndexOf(':') + 1)),".to_owned(),
            "  }),".to_owned(),
        ],
        Rule::Table => {
            let note = "  // servername reaches the TLS socket as it is; the TypeScript types know host and port only.";
            let note = needed.renames(settings).then(|| note.to_owned());
            let entries = needed.entries.iter().map(|mapping| entry(mapping, settings));
            let opening = "  nodeAddressMap: {".to_owned();
            note.into_iter().chain([opening]).chain(entries).chain(["  },".to_owned()]).collect()
        }
    }
}

fn entry(mapping: &Mapping, settings: &Settings) -> String {
    let Endpoint { host, port } = &mapping.reachable;
    let name = server_name(mapping, settings).map_or_else(String::new, |name| format!(", servername: '{name}'"));
    format!("    '{}': {{ host: '{host}', port: {port}{name} }},", mapping.announced.unbracketed())
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';

export const cluster = createCluster({
  rootNodes: [{ url: 'rediss://redis.example.com:10000' }],
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem') },
  },
  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
  nodeAddressMap: address => ({
    host: 'redis.example.com',
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
  }),
});
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';

export const cluster = createCluster({
  rootNodes: [{ url: 'rediss://redis.example.com:10000' }],
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem') },
  },
  nodeAddressMap: {
    '10.0.0.4:6379': { host: 'n1.example.com', port: 6379 },
    '10.0.0.5:6379': { host: 'n2.example.com', port: 7379 },
  },
});
";
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn one_wrong_name_is_a_server_name() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';

export const cluster = createCluster({
  rootNodes: [{ url: 'rediss://redis.example.com:10000' }],
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem'), servername: 'redis.example.com' },
  },
});
";
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn a_name_for_each_node_stands_in_its_entry() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';

export const cluster = createCluster({
  rootNodes: [{ url: 'rediss://redis.example.com:10000' }],
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem') },
  },
  // servername reaches the TLS socket as it is; the TypeScript types know host and port only.
  nodeAddressMap: {
    '10.0.0.4:6379': { host: '10.0.0.4', port: 6379, servername: 'n1.example.com' },
    '10.0.0.5:6379': { host: '10.0.0.5', port: 6379, servername: 'n2.example.com' },
  },
});
";
        assert_eq!(emit(&names(), &tls()).unwrap(), expected);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';

export const cluster = createCluster({
  rootNodes: [{ url: 'redis://127.0.0.1:7001' }],
  nodeAddressMap: {
    '172.18.0.2:6379': { host: '127.0.0.1', port: 7001 },
    '172.18.0.3:6379': { host: '127.0.0.1', port: 7002 },
  },
});
";
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';

export const cluster = createCluster({
  rootNodes: [{ socket: { host: '2001:db8::1', port: 6379 } }],
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem') },
  },
  nodeAddressMap: {
    '2001:db8::4:6379': { host: '2001:db8::14', port: 6379 },
    '2001:db8::5:6379': { host: '2001:db8::15', port: 6379 },
  },
});
";
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }
}
