//! ioredis: `natMap` (object; function since 5.5.0), or `tls.servername` where only the name is wrong.

use super::{
    Emitter, Settings,
    node_redis::refuse_ip_names,
    quote::quoted,
    rule::{Needed, Rule, server_name},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::Endpoint,
};

/// An ES module that exports `cluster`.
pub(super) const EMITTER: Emitter = Emitter { client: "ioredis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let needed = Needed::of(map, settings)?;
    refuse_ip_names(&needed, settings)?;
    let since = if matches!(needed.rule, Rule::OneHost(_)) { "5.5.0" } else { "5" };
    let mut lines = vec![format!("// For ioredis {since} or newer, written by redis-doctor.")];
    lines.extend(needed.missing("//"));
    lines.extend(header(settings)?);
    let Endpoint { host, port } = &settings.seed;
    lines.push(format!("export const cluster = new Cluster([{{ host: '{host}', port: {port} }}], {{"));
    if settings.tls {
        lines.push(
            "  // Without this a seed's name is resolved first, and its IP is what would be verified.".to_owned(),
        );
        lines.push("  dnsLookup: (host, done) => done(null, host),".to_owned());
    }
    lines.extend(redis_options(&needed, settings)?);
    lines.extend(nat_map(&needed, settings));
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

fn header(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["import { Cluster } from 'ioredis';".to_owned()];
    match &settings.ca_file {
        Some(file) if settings.tls => {
            lines.push("import { readFileSync } from 'node:fs';".to_owned());
            lines.push(String::new());
            lines.push(format!("const ca = readFileSync({});", quoted(file, '\'')?));
        }
        _ => {}
    }
    lines.push(String::new());
    Ok(lines)
}

fn redis_options(needed: &Needed<'_>, settings: &Settings) -> Result<Option<String>, String> {
    let mut parts = Vec::new();
    if let Some(user) = &settings.username {
        parts.push(format!("username: {}", quoted(user, '\'')?));
    }
    if settings.password {
        parts.push("password: process.env.REDIS_PASSWORD".to_owned());
    }
    if settings.tls {
        let name = if let Rule::OneName(name) = needed.rule { Some(name.to_string()) } else { None };
        parts.push(tls(name, settings));
    }
    Ok((!parts.is_empty()).then(|| format!("  redisOptions: {{ {} }},", parts.join(", "))))
}

fn tls(server_name: Option<String>, settings: &Settings) -> String {
    let ca = settings.ca_file.as_ref().map(|_| "ca".to_owned());
    let name = server_name.map(|name| format!("servername: '{name}'"));
    let parts: Vec<_> = ca.into_iter().chain(name).collect();
    if parts.is_empty() { "tls: {}".to_owned() } else { format!("tls: {{ {} }}", parts.join(", ")) }
}

fn nat_map(needed: &Needed<'_>, settings: &Settings) -> Vec<String> {
    match needed.rule {
        Rule::OneName(_) => Vec::new(),
        Rule::OneHost(host) => vec![
            "  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).".to_owned(),
            format!("  natMap: key => ({{ host: '{host}', port: Number(key.slice(key.lastIndexOf(':') + 1)) }}),"),
        ],
        Rule::Table => {
            let note =
                "  // tls here takes the place of redisOptions.tls; the TypeScript types know host and port only.";
            let note = needed.renames(settings).then(|| note.to_owned());
            let entries = needed.entries.iter().map(|mapping| entry(mapping, settings));
            note.into_iter().chain(["  natMap: {".to_owned()]).chain(entries).chain(["  },".to_owned()]).collect()
        }
    }
}

fn entry(mapping: &Mapping, settings: &Settings) -> String {
    let Endpoint { host, port } = &mapping.reachable;
    let tls = server_name(mapping, settings)
        .map_or_else(String::new, |name| format!(", {}", tls(Some(name.to_string()), settings)));
    format!("    '{}': {{ host: '{host}', port: {port}{tls} }},", mapping.announced.unbracketed())
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r"// For ioredis 5.5.0 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const ca = readFileSync('ca.pem');

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls: { ca } },
  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
  natMap: key => ({ host: 'redis.example.com', port: Number(key.slice(key.lastIndexOf(':') + 1)) }),
});
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const ca = readFileSync('ca.pem');

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls: { ca } },
  natMap: {
    '10.0.0.4:6379': { host: 'n1.example.com', port: 6379 },
    '10.0.0.5:6379': { host: 'n2.example.com', port: 7379 },
  },
});
";
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn one_wrong_name_is_a_server_name() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const ca = readFileSync('ca.pem');

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls: { ca, servername: 'redis.example.com' } },
});
";
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn a_name_for_each_node_stands_in_its_entry() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const ca = readFileSync('ca.pem');

export const cluster = new Cluster([{ host: 'redis.example.com', port: 10000 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls: { ca } },
  // tls here takes the place of redisOptions.tls; the TypeScript types know host and port only.
  natMap: {
    '10.0.0.4:6379': { host: '10.0.0.4', port: 6379, tls: { ca, servername: 'n1.example.com' } },
    '10.0.0.5:6379': { host: '10.0.0.5', port: 6379, tls: { ca, servername: 'n2.example.com' } },
  },
});
";
        assert_eq!(emit(&names(), &tls()).unwrap(), expected);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';

export const cluster = new Cluster([{ host: '127.0.0.1', port: 7001 }], {
  natMap: {
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
        let expected = r"// For ioredis 5 or newer, written by redis-doctor.
import { Cluster } from 'ioredis';
import { readFileSync } from 'node:fs';

const ca = readFileSync('ca.pem');

export const cluster = new Cluster([{ host: '2001:db8::1', port: 6379 }], {
  // Without this a seed's name is resolved first, and its IP is what would be verified.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD, tls: { ca } },
  natMap: {
    '2001:db8::4:6379': { host: '2001:db8::14', port: 6379 },
    '2001:db8::5:6379': { host: '2001:db8::15', port: 6379 },
  },
});
";
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }
}
