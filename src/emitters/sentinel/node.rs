//! ioredis (`natMap` of its Sentinel connector, 4.6+) and node-redis (`nodeAddressMap` of `createSentinel`, 5.11+).

use super::{Table, Watching};
use crate::{
    emitters::{
        node::{files, object},
        quote::quoted,
    },
    facts::Endpoint,
};

/// An ES module that exports `redis`.
pub(super) fn ioredis(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    let mut lines = head("ioredis 5", "import Redis from 'ioredis';", table, watching)?;
    lines.push("export const redis = new Redis({".to_owned());
    lines.push(format!("  name: {},", quoted(&watching.group, '\'')?));
    lines.push(format!("  sentinels: [{}],", places(&watching.sentinels)));
    lines.extend(credentials(watching)?.into_iter().map(|part| format!("  {part},")));
    if watching.sentinel_password {
        lines.push("  sentinelPassword: process.env.SENTINEL_PASSWORD,".to_owned());
    }
    if watching.sentinel_tls {
        lines.push("  sentinelTLS: tls,".to_owned());
    }
    if watching.settings.tls {
        lines.push("  // Without this the servers are spoken to in plaintext.".to_owned());
        lines.push("  enableTLSForSentinelMode: true,".to_owned());
        lines.push("  tls,".to_owned());
    }
    lines.extend(entries("natMap", table));
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

/// An ES module that exports `sentinel`, not connected yet.
pub(super) fn node_redis(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    let mut lines = head("node-redis 5.11", "import { createSentinel } from 'redis';", table, watching)?;
    lines.push("export const sentinel = createSentinel({".to_owned());
    lines.push(format!("  name: {},", quoted(&watching.group, '\'')?));
    lines.push(format!("  sentinelRootNodes: [{}],", places(&watching.sentinels)));
    let socket = |is_tls: bool| is_tls.then(|| "socket: { tls: true, ...tls }".to_owned());
    let servers: Vec<String> = credentials(watching)?.into_iter().chain(socket(watching.settings.tls)).collect();
    let own = watching.sentinel_password.then(|| "password: process.env.SENTINEL_PASSWORD".to_owned());
    let sentinels: Vec<String> = own.into_iter().chain(socket(watching.sentinel_tls)).collect();
    for (option, parts) in [("nodeClientOptions", servers), ("sentinelClientOptions", sentinels)] {
        lines.extend((!parts.is_empty()).then(|| format!("  {option}: {{ {} }},", parts.join(", "))));
    }
    lines.extend(entries("nodeAddressMap", table));
    lines.push("});\n".to_owned());
    Ok(lines.join("\n"))
}

fn head(since: &str, import: &str, table: &Table<'_>, watching: &Watching) -> Result<Vec<String>, String> {
    let mut lines = vec![format!("// For {since} or newer, written by redis-doctor.")];
    lines.extend(table.missing("//"));
    lines.push(import.to_owned());
    let mut options = files(&watching.settings)?;
    lines.extend((!options.is_empty()).then(|| "import { readFileSync } from 'node:fs';".to_owned()));
    lines.push(String::new());
    if watching.settings.tls || watching.sentinel_tls {
        options.extend(table.name.map(|name| format!("servername: '{name}'")));
        lines.extend(object("const tls = ", &options, ";"));
        lines.push(String::new());
    }
    Ok(lines)
}

fn places(endpoints: &[Endpoint]) -> String {
    let place = |endpoint: &Endpoint| format!("{{ host: '{}', port: {} }}", endpoint.host, endpoint.port);
    endpoints.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn credentials(watching: &Watching) -> Result<Vec<String>, String> {
    let user = watching.settings.username.as_ref().map(|user| Ok(format!("username: {}", quoted(user, '\'')?)));
    let password = watching.settings.password.then(|| Ok("password: process.env.REDIS_PASSWORD".to_owned()));
    user.into_iter().chain(password).collect()
}

/// Keys as the Sentinels write them: IPv6 without brackets.
fn entries(option: &str, table: &Table<'_>) -> Vec<String> {
    let entry = |m: &crate::address_map::Mapping| {
        format!("    '{}': {{ host: '{}', port: {} }},", m.announced.unbracketed(), m.reachable.host, m.reachable.port)
    };
    let entries: Vec<String> = table.moved().map(entry).collect();
    if entries.is_empty() {
        return entries;
    }
    [format!("  {option}: {{")].into_iter().chain(entries).chain(["  },".to_owned()]).collect()
}
