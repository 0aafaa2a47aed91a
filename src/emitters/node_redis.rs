//! node-redis: `nodeAddressMap` (object or function), or `servername` where only the name is wrong.

use super::{
    Emitter, Settings,
    closed::UNKNOWN,
    node::{Closed, Names, ONLY_THE_NAME, WHY_A_RULE, as_spelled, files, object, port_of},
    quote::quoted,
    rule::{Needed, Rule},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Announced, Endpoint, Host},
};

/// An ES module that exports `cluster`.
pub(super) const EMITTER: Emitter = Emitter { client: "node-redis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = as_spelled(map);
    let needed = Needed::of(&map, settings)?;
    let (names, files) = (Names::of(&needed, settings)?, files(settings)?);
    let mut lines = vec!["// For node-redis 4 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("//"));
    lines.push(match needed.rule {
        Rule::OneName(_) => ONLY_THE_NAME.to_owned(),
        _ => "// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.".to_owned(),
    });
    if map.mappings.iter().any(|mapping| mapping.preferred == Announced::Nil) {
        lines.push(BLANK_REDIRECTS.to_owned());
    }
    lines.push("import { createCluster } from 'redis';".to_owned());
    if !files.is_empty() {
        lines.push("import { readFileSync } from 'node:fs';".to_owned());
    }
    let closed = settings.closed.then(|| Closed::of(&needed, &names, |mapping| node(mapping, &names)));
    lines.extend(closed.as_ref().and_then(Closed::import));
    lines.push(String::new());
    lines.extend(closed.iter().flat_map(Closed::constants));
    lines.push("export const cluster = createCluster({".to_owned());
    lines.push(match &closed {
        Some(Closed { seeds, .. }) => format!("  rootNodes: {seeds}.map(socket => ({{ socket }})),"),
        None => format!("  rootNodes: [{}],", root_node(&settings.seed, settings.tls)),
    });
    lines.extend(defaults(&names, files, settings)?);
    lines.extend(if closed.is_some() { fail_closed() } else { address_map(&needed, &names) });
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

/// Nil is `null:6379` in CLUSTER SLOTS and `:6379` in redirects, so that node-redis does not know the node again.
const BLANK_REDIRECTS: &str =
    "// A MOVED without a host is not followed: commands for a slot that moves end in \"Cannot find node\".";

/// An IPv6 seed is written in parts: from a URL version 4 would take the brackets along and ask the resolver for them.
fn root_node(seed: &Endpoint, tls: bool) -> String {
    let Endpoint { host, port } = seed;
    match host {
        Host::Ip(ip) if ip.is_ipv6() => format!("{{ socket: {{ host: '{ip}', port: {port} }} }}"),
        _ if tls => format!("{{ url: 'rediss://{seed}' }}"),
        _ => format!("{{ url: 'redis://{seed}' }}"),
    }
}

fn defaults(names: &Names<'_>, files: Vec<String>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    if let Some(user) = &settings.username {
        parts.push(format!("    username: {},", quoted(user, '\'')?));
    }
    if settings.password {
        parts.push("    password: process.env.REDIS_PASSWORD,".to_owned());
    }
    if settings.tls {
        let name = names.shared.map(|name| format!("servername: '{name}'"));
        let socket: Vec<_> = ["tls: true".to_owned()].into_iter().chain(files).chain(name).collect();
        parts.extend(object("    socket: ", &socket, ","));
    }
    if parts.is_empty() {
        return Ok(parts);
    }
    let opening = ["  // Discovered nodes inherit these and nothing from rootNodes.", "  defaults: {"];
    Ok(opening.map(str::to_owned).into_iter().chain(parts).chain(["  },".to_owned()]).collect())
}

fn address_map(needed: &Needed<'_>, names: &Names<'_>) -> Vec<String> {
    let note = "  // servername reaches the TLS socket as it is; the TypeScript types know host and port only.";
    let note = names.differ(needed).then(|| note.to_owned());
    match needed.rule {
        Rule::OneName(_) => Vec::new(),
        Rule::OneHost(host) => {
            let rule = [
                WHY_A_RULE.to_owned(),
                "  nodeAddressMap: address => ({".to_owned(),
                format!("    host: '{host}',"),
                format!("    port: {},", port_of("address")),
            ];
            let name =
                needed.entries.first().and_then(|m| names.own(m)).map(|name| format!("    servername: '{name}',"));
            note.into_iter().chain(rule).chain(name).chain(["  }),".to_owned()]).collect()
        }
        Rule::Table => {
            let entries = needed.entries.iter().map(|mapping| entry(mapping, names));
            let opening = "  nodeAddressMap: {".to_owned();
            note.into_iter().chain([opening]).chain(entries).chain(["  },".to_owned()]).collect()
        }
    }
}

fn entry(mapping: &Mapping, names: &Names<'_>) -> String {
    format!("    '{}': {},", mapping.announced.unbracketed(), node(mapping, names))
}

fn node(mapping: &Mapping, names: &Names<'_>) -> String {
    let Endpoint { host, port } = &mapping.reachable;
    let name = names.option(mapping).map_or_else(String::new, |name| format!(", {name}"));
    format!("{{ host: '{host}', port: {port}{name} }}")
}

/// What it throws rejects `connect()`, and the command that was redirected.
fn fail_closed() -> Vec<String> {
    vec![
        "  // Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned(),
        "  nodeAddressMap: address => {".to_owned(),
        "    const node = nodes.get(address);".to_owned(),
        format!("    if (!node) throw new Error(`${{address}} {UNKNOWN}`);"),
        "    return node;".to_owned(),
        "  },".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, BLANK_REDIRECTS, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
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
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
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
// Every node is reachable where it says it is: servername is the name that all of them verify as.
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
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
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
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
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
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
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

    #[test]
    fn a_client_certificate_comes_with_its_key() {
        let settings = Settings {
            client_certificate: Some(("app.pem".to_owned(), "app.key".to_owned())),
            username: None,
            password: false,
            ..tls()
        };
        let expected = r"
    socket: {
      tls: true,
      ca: readFileSync('ca.pem'),
      cert: readFileSync('app.pem'),
      key: readFileSync('app.key'),
      servername: 'redis.example.com',
    },
";
        let said = emit(&one_name(), &settings).unwrap();
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn the_name_that_is_verified_everywhere_is_verified_at_the_seed_too() {
        let settings = Settings { server_name: "redis.internal".parse().ok(), ..tls() };
        let said = emit(&one_host(), &settings).unwrap();
        assert!(said.contains("ca: readFileSync('ca.pem'), servername: 'redis.internal' }"), "{said}");
        // What was proved of the nodes is another name.
        assert!(said.contains("    servername: 'redis.example.com',\n  }),"), "{said}");
        let settings = Settings { server_name: "redis.example.com".parse().ok(), ..tls() };
        assert_eq!(emit(&names(), &settings).unwrap().matches("servername: 'n").count(), 2);
        assert_eq!(emit(&one_host(), &settings).unwrap().matches("servername").count(), 1);
    }

    #[test]
    fn blank_hosts_are_keys_as_javascript_spells_them() {
        for (preferred, key) in
            [(Announced::Nil, "null:6379"), (Announced::Empty, ":6379"), (Announced::QuestionMark, "?:6379")]
        {
            let mut map = map(&[
                ("redis.example.com:6379", "redis.example.com:6379", "redis.example.com"),
                ("10.0.0.5:6380", "n2.example.com:6380", "n2.example.com"),
            ]);
            map.mappings[0].preferred = preferred;
            let said = emit(&map, &tls()).unwrap();
            assert_eq!(said.contains(BLANK_REDIRECTS), key == "null:6379", "{said}");
            assert!(said.contains(&format!("    '{key}': {{ host: 'redis.example.com', port: 6379 }},\n")), "{said}");
            map.mappings.truncate(1);
            assert!(emit(&map, &tls()).unwrap().contains("nodeAddressMap: address => ({"));
        }
    }

    #[test]
    fn nodes_that_call_themselves_the_same_cannot_be_told_apart() {
        let mut map = names();
        map.mappings.iter_mut().for_each(|mapping| mapping.preferred = Announced::QuestionMark);
        assert_eq!(emit(&map, &tls()).unwrap_err(), "two nodes announce ?:6379, so no map can tell them apart");
    }

    #[test]
    fn nothing_goes_around_a_tunnel_that_tls_passes_through() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
import { createCluster } from 'redis';
import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';

// The server name that TLS sends cannot be an IP address (RFC 6066), the one that is verified can.
const verifying = ip => ({ checkServerIdentity: (_, certificate) => checkServerIdentity(ip, certificate) });

// Where the nodes announce that they are, and the end of the tunnel that leads to each.
const nodes = new Map([
  ['10.0.0.4:6379', { host: '127.0.0.1', port: 20711, servername: 'n1.example.com' }],
  ['10.0.0.5:6379', { host: '127.0.0.1', port: 20712, ...verifying('10.0.0.5') }],
]);

export const cluster = createCluster({
  rootNodes: [...nodes.values()].map(socket => ({ socket })),
  // Discovered nodes inherit these and nothing from rootNodes.
  defaults: {
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync('ca.pem') },
  },
  // Whatever is not in the map is not dialled: that would be around the tunnel.
  nodeAddressMap: address => {
    const node = nodes.get(address);
    if (!node) throw new Error(`${address} is not in the tunnel's map`);
    return node;
  },
});
";
        assert_eq!(emit(&through(), &closed_tls()).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r"// For node-redis 4 or newer, written by redis-doctor.
// nodeAddressMap covers discovered nodes and redirects, not the rootNodes themselves.
import { createCluster } from 'redis';

// Where the nodes announce that they are, and the end of the tunnel that leads to each.
const nodes = new Map([
  ['10.0.0.4:6379', { host: '127.0.0.1', port: 20711 }],
  ['10.0.0.5:6379', { host: '127.0.0.1', port: 20712 }],
]);

export const cluster = createCluster({
  rootNodes: [...nodes.values()].map(socket => ({ socket })),
  // Whatever is not in the map is not dialled: that would be around the tunnel.
  nodeAddressMap: address => {
    const node = nodes.get(address);
    if (!node) throw new Error(`${address} is not in the tunnel's map`);
    return node;
  },
});
";
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
