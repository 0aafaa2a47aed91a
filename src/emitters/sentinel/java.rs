//! Lettuce, Jedis and Redisson: the hooks that they have for clusters serve what Sentinels answer as well.

use super::{Table, Watching};
use crate::{
    emitters::{
        java::{self, Address, Class},
        jedis, lettuce,
        quote::quoted,
        redisson,
        rule::{Needed, Rule},
    },
    facts::Endpoint,
};

/// Connections to the primary and its replicas, through `MasterReplica`.
pub(super) fn lettuce(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    one_tls("Lettuce", watching)?;
    let settings = &watching.settings;
    let mut class = class("Lettuce 6.2.7", "StatefulRedisMasterReplicaConnection<String, String> connect()", table);
    class.imports.extend([
        "io.lettuce.core.RedisClient",
        "io.lettuce.core.RedisURI",
        "io.lettuce.core.codec.StringCodec",
        "io.lettuce.core.masterreplica.MasterReplica",
        "io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection",
    ]);
    let moves = mapped(&mut class, table, watching, &lettuce::ADDRESS);
    if moves {
        class.imports.extend([
            "io.lettuce.core.internal.HostAndPort",
            "io.lettuce.core.resource.ClientResources",
            "io.lettuce.core.resource.MappingSocketAddressResolver",
        ]);
        class.body.extend(lettuce::RESOURCES.lines().map(str::to_owned));
    }
    let own = if watching.sentinel_password { ", System.getenv(\"SENTINEL_PASSWORD\")" } else { "" };
    class.body.push("        RedisURI uri = RedisURI.builder()".to_owned());
    for Endpoint { host, port } in &watching.sentinels {
        class.body.push(format!("                .withSentinel({}, {port}{own})", java::host_literal(host)));
    }
    class.body.push(format!("                .withSentinelMasterId({})", quoted(&watching.group, '"')?));
    class.body.extend(lettuce::access(settings)?);
    let resources = if moves { "resources" } else { "" };
    class.body.push(format!("        RedisClient client = RedisClient.create({resources});"));
    let names = ["io.lettuce.core.ClientOptions", "ClientOptions"];
    lettuce::tls(&mut class, settings, table.name, names)?;
    class.body.push("        return MasterReplica.connect(client, StringCodec.UTF8, uri);".to_owned());
    Ok(written(class))
}

/// A pool of connections to the primary.
pub(super) fn jedis(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    let settings = &watching.settings;
    let mut class = class("Jedis 4", "JedisSentinelPool connect()", table);
    class.imports.extend([
        "java.util.Arrays",
        "java.util.HashSet",
        "redis.clients.jedis.DefaultJedisClientConfig",
        "redis.clients.jedis.HostAndPort",
        "redis.clients.jedis.JedisSentinelPool",
    ]);
    let tls = jedis::tls(
        &mut class,
        &crate::emitters::Settings { tls: settings.tls || watching.sentinel_tls, ..settings.clone() },
        table.name,
    )?;
    let moves = mapped(&mut class, table, watching, &jedis::ADDRESS);
    let mapper = moves.then(|| ".hostAndPortMapper(SentinelConnection::reachable)".to_owned());
    let own = watching.sentinel_password.then(|| ".password(System.getenv(\"SENTINEL_PASSWORD\"))".to_owned());
    let on = |is_tls: bool| if is_tls { tls.clone() } else { Vec::new() };
    let servers = [on(settings.tls), jedis::credentials(settings)?, mapper.into_iter().collect()].concat();
    let sentinels = [on(watching.sentinel_tls), own.into_iter().collect()].concat();
    for (name, options) in [("servers", servers), ("sentinels", sentinels)] {
        class.body.push(format!("        DefaultJedisClientConfig {name} = DefaultJedisClientConfig.builder()"));
        class.body.extend(options.into_iter().map(|option| format!("                {option}")));
        class.body.push("                .build();".to_owned());
    }
    let place = |Endpoint { host, port }: &Endpoint| format!("new HostAndPort({}, {port})", java::host_literal(host));
    let places: Vec<String> = watching.sentinels.iter().map(place).collect();
    let group = quoted(&watching.group, '"')?;
    class.body.push(format!("        return new JedisSentinelPool({group}, new HashSet<>(Arrays.asList("));
    class.body.push(format!("                {})), servers, sentinels);", places.join(",\n                ")));
    Ok(written(class))
}

/// A client of the primary and its replicas.
pub(super) fn redisson(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    one_tls("Redisson", watching)?;
    let settings = &watching.settings;
    if let Some(name) = table.name {
        return Err(format!(
            "Redisson verifies the host that it dials and takes no other name, and the nodes verify as {name} only: announce \
             names (sentinel announce-hostnames yes, replica-announce-ip NAME)"
        ));
    }
    if let Some(named) = table.moved().find(|m| m.announced.host.name().is_some()) {
        return Err(format!(
            "Redisson resolves names before it asks its mapper, and {} is announced by name: have that name lead to where the \
             node is reachable",
            named.announced
        ));
    }
    let mut class = class("Redisson 4", "RedissonClient connect()", table);
    class.imports.extend([
        "org.redisson.Redisson",
        "org.redisson.api.RedissonClient",
        "org.redisson.config.Config",
        "org.redisson.misc.RedisURI",
    ]);
    redisson::config(&mut class, settings)?;
    class.body.push("        config.useSentinelServers()".to_owned());
    class.body.push(format!("                .setMasterName({})", quoted(&watching.group, '"')?));
    if watching.sentinel_password {
        class.body.push("                .setSentinelPassword(System.getenv(\"SENTINEL_PASSWORD\"))".to_owned());
    }
    let places: Vec<&Endpoint> = watching.sentinels.iter().collect();
    class.body.push("                // Their scheme decides about TLS to the servers, too.".to_owned());
    class.body.push(format!("                .addSentinelAddress({})", redisson::addresses(&places, settings)));
    if mapped(&mut class, table, watching, &redisson::ADDRESS) {
        class.body.push("                .setNatMapper(SentinelConnection::reachable)".to_owned());
    }
    class.body.last_mut().into_iter().for_each(|line| line.push(';'));
    class.body.push("        return Redisson.create(config);".to_owned());
    Ok(written(class))
}

fn class(since: &str, signature: &str, table: &Table<'_>) -> Class {
    let mut class = Class { signature: signature.to_owned(), ..Class::default() };
    class.head.push(format!("// For {since} or newer, written by redis-doctor."));
    class.head.extend(table.missing("//"));
    class
}

/// Adds the method `reachable`, where some node is elsewhere.
fn mapped(class: &mut Class, table: &Table<'_>, watching: &Watching, address: &Address) -> bool {
    let needed = Needed { rule: Rule::Table, entries: table.moved().collect(), missing: 0 };
    let moves = !needed.entries.is_empty();
    class.methods.extend(moves.then(|| java::reachable(&needed, &watching.settings, address)));
    moves
}

fn one_tls(client: &str, watching: &Watching) -> Result<(), String> {
    if watching.settings.tls == watching.sentinel_tls {
        return Ok(());
    }
    Err(format!(
        "{client} has one setting of TLS for Sentinels and servers, and here only one of the two speaks it: turn it on for both"
    ))
}

fn written(class: Class) -> String {
    class.write().replace("ClusterConnection", "SentinelConnection")
}
