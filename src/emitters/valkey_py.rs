//! valkey-py: redis-py's `address_remap`. In cluster mode it verifies the chain only, and cannot be asked for more.

use super::{
    Emitter, Settings, redis_py,
    rule::{Needed, names_as_announced},
};
use crate::address_map::AddressMap;

/// A module with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "valkey-py", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &redis_py::with_question_marks(&without_names(map, settings.closed));
    let needed = Needed::with_blanks(map, settings)?;
    let head = vec!["# For valkey-py 6.0 or newer, written by redis-doctor.".to_owned()];
    redis_py::module(head, "valkey", "Valkey", &needed, settings)
}

/// A way under any name will do.
fn without_names(map: &AddressMap, closed: bool) -> AddressMap {
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        if !closed && names_as_announced(mapping).next().is_some() {
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

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"# For valkey-py 6.0 or newer, written by redis-doctor.
from functools import partial

from valkey.cluster import ClusterNode, ValkeyCluster
from valkey.exceptions import AskError

ADDRESSES = {
    ("10.0.0.4", 6379): ("127.0.0.1", 20711),
    ("10.0.0.5", 6379): ("127.0.0.1", 20712),
}


# Whatever is not in the map is not dialled: that would be around the tunnel.
def reachable(announced):
    if announced not in ADDRESSES:
        raise LookupError(f"{announced} is not in the tunnel's map")
    return ADDRESSES[announced]


# address_remap is not asked about redirects: MOVED would dial the announced address, around the tunnel, and ASK would fail.
# So they are led through the map where a connection reads them. MovedError is an AskError.
def read_response(connection, *args, **kwargs):
    try:
        return type(connection).read_response(connection, *args, **kwargs)
    except AskError as redirect:
        redirect.host, redirect.port = redirect.node_addr = reachable(redirect.node_addr)
        raise


def map_redirects(connection):
    connection.read_response = partial(read_response, connection)


def connect():
    return ValkeyCluster(
        startup_nodes=[
            ClusterNode("127.0.0.1", 20711),
            ClusterNode("127.0.0.1", 20712),
        ],
        address_remap=reachable,
        valkey_connect_func=map_redirects,
    )
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
