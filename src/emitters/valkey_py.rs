//! valkey-py: redis-py's `address_remap`. In cluster mode it verifies the chain only, and cannot be asked for more.

use super::{
    Emitter, Settings, redis_py,
    rule::{Needed, names_as_announced},
};
use crate::address_map::AddressMap;

/// A module with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "valkey-py", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &redis_py::with_question_marks(&without_names(map));
    let needed = Needed::with_blanks(map, settings)?;
    let head = vec!["# For valkey-py 6.0 or newer, written by redis-doctor.".to_owned()];
    redis_py::module(head, "valkey.cluster", "ValkeyCluster", &needed, settings)
}

/// A way under any name will do.
fn without_names(map: &AddressMap) -> AddressMap {
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        if names_as_announced(mapping).next().is_some() {
            mapping.reachable = mapping.announced.clone();
        }
        mapping.server_name = mapping.reachable.host.clone();
    }
    map
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, emit};

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r#"# For valkey-py 6.0 or newer, written by redis-doctor.
from valkey.cluster import ValkeyCluster

ADDRESSES = {
    ("172.18.0.2", 6379): ("127.0.0.1", 7001),
    ("172.18.0.3", 6379): ("127.0.0.1", 7002),
}


def connect():
    return ValkeyCluster(
        host="127.0.0.1",
        port=7001,
        # Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,
        # ASK raises AttributeError until the slot has moved.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn a_name_alone_needs_no_map() {
        assert!(emit(&one_name(), &tls()).unwrap_err().starts_with("no map is needed"));
    }
}
