//! Clients of C, which have nothing that a map could be written for, and say so with what does work.

use super::{
    Emitter, Settings,
    closed::without_a_map,
    rule::{Needed, names_as_announced},
};
use crate::{address_map::AddressMap, facts::Announced};

/// All of them.
pub(super) const CLIENTS: &[&str] = &[LIBVALKEY.client, HIREDIS.client, REDIS_CLI.client];

/// redis-cli.
pub(super) const REDIS_CLI: Emitter =
    Emitter { client: "redis-cli", emit: |map, settings| Err(of_redis_cli(map, settings)) };

/// hiredis.
pub(super) const HIREDIS: Emitter =
    Emitter { client: "hiredis", emit: |map, settings| Err(sentence("hiredis", map, settings)) };

/// libvalkey.
pub(super) const LIBVALKEY: Emitter =
    Emitter { client: "libvalkey", emit: |map, settings| Err(sentence("libvalkey", map, settings)) };

fn of_redis_cli(map: &AddressMap, settings: &Settings) -> String {
    let why = sentence("redis-cli", map, settings);
    if !map.blank || map.refused.is_some() {
        return why;
    }
    format!("{why}; redis-cli before 7.2 does not follow redirects to nodes that announce no host")
}

fn sentence(client: &str, map: &AddressMap, settings: &Settings) -> String {
    if map.refused.is_none() && map.mappings.iter().any(|m| m.preferred == Announced::QuestionMark) {
        return format!(
            "{client} takes the ? of nodes without a host name for their name, and has no address map; announce host names, or IPs \
             (cluster-preferred-endpoint-type ip)"
        );
    }
    let needed = match Needed::of(map, settings) {
        Ok(needed) => needed,
        Err(why) => return why,
    };
    if let Some(why) = without_a_map(client, &needed, settings) {
        return why;
    }
    // The chain is all that they verify, so that a way under any name will do.
    match needed.entries.iter().find(|m| names_as_announced(m).next().is_none()) {
        None => format!("no map is needed: {client} compares no name, and every node is reachable where it says it is"),
        Some(mapping) => format!(
            "{client} has no address map, and {} has to be dialled at {}; let the announced addresses lead to the nodes: by a tunnel with a local port \
             for each node at the address and port that it announces, or by announcing what is reachable (cluster-announce-ip, cluster-announce-port, \
             cluster-announce-hostname)",
            mapping.announced, mapping.reachable
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, sentence};

    #[test]
    fn it_says_what_does_work() {
        let said = sentence("redis-cli", &one_host(), &tls());
        assert!(said.starts_with(
            "redis-cli has no address map, and 10.0.0.4:8500 has to be dialled at redis.example.com:8500;"
        ));
        assert!(said.contains("by a tunnel") && said.contains("cluster-announce-hostname"), "{said}");
        assert!(sentence("redis-cli", &names(), &tls()).starts_with("no map is needed: redis-cli compares no name"));
    }
}
