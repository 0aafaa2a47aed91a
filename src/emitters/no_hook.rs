//! Clients of C, which have nothing that a map could be written for, and say so with what does work.

use super::{Emitter, Settings, rule::Needed};
use crate::address_map::AddressMap;

/// redis-cli.
pub(super) const REDIS_CLI: Emitter =
    Emitter { client: "redis-cli", emit: |map, settings| emit("redis-cli", map, settings) };

/// hiredis.
pub(super) const HIREDIS: Emitter = Emitter { client: "hiredis", emit: |map, settings| emit("hiredis", map, settings) };

/// libvalkey.
pub(super) const LIBVALKEY: Emitter =
    Emitter { client: "libvalkey", emit: |map, settings| emit("libvalkey", map, settings) };

fn emit(client: &str, map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let needed = Needed::of(map, settings)?;
    Err(match needed.entries.iter().find(|m| m.announced != m.reachable) {
        // The chain is all that they verify.
        None => format!("no map is needed: {client} compares no name, and every node is reachable where it says it is"),
        Some(mapping) => format!(
            "{client} has no address map, and {} has to be dialled at {}; let the announced addresses lead to the nodes: by a tunnel with a local port \
             for each node at the address and port that it announces, or by announcing what is reachable (cluster-announce-ip, cluster-announce-port, cluster-announce-hostname)",
            mapping.announced, mapping.reachable
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, emit};

    #[test]
    fn it_says_what_does_work() {
        let said = emit("redis-cli", &one_host(), &tls()).unwrap_err();
        assert!(said.starts_with(
            "redis-cli has no address map, and 10.0.0.4:8500 has to be dialled at redis.example.com:8500;"
        ));
        assert!(said.contains("by a tunnel") && said.contains("cluster-announce-hostname"), "{said}");
        assert!(
            emit("redis-cli", &names(), &tls())
                .unwrap_err()
                .starts_with("no map is needed: redis-cli compares no name")
        );
    }
}
