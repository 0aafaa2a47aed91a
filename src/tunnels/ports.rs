//! Which local port belongs to which node: the same one every time, by node id, and nobody else's.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::facts::{NodeId, Topology};

/// Ports that are given out: below those that Linux takes for outgoing connections (32768).
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;
/// What Redis adds to the port for clients to get the cluster bus.
const BUS: u16 = 10_000;

/// A port for every node. `kept` are those of an earlier tunnel to the same cluster; `in_use` says what listens here.
/// `None` for a node where nothing is free any more.
pub(super) fn assign(
    nodes: &[&NodeId],
    kept: &HashMap<NodeId, u16>,
    avoid: &HashSet<u16>,
    in_use: impl Fn(u16) -> bool,
) -> HashMap<NodeId, u16> {
    let mut given: HashMap<NodeId, u16> = HashMap::new();
    let mut taken = avoid.clone();
    for id in nodes {
        if let Some(port) = kept.get(*id).filter(|port| taken.insert(**port)) {
            given.insert((*id).clone(), *port);
        }
    }
    // In the order of ids, so that the order in which the seed lists its nodes does not matter.
    let rest: BTreeSet<&NodeId> = nodes.iter().copied().filter(|id| !given.contains_key(*id)).collect();
    for id in rest {
        let first = hash(id) % COUNT;
        // Whether somebody listens there is asked once for each port, however many nodes come by.
        let free = |port: &u16| taken.insert(*port) && !in_use(*port);
        let Some(port) = (0..COUNT).map(|step| FIRST + (first + step) % COUNT).find(free) else { break };
        given.insert(id.clone(), port);
    }
    given
}

/// Ports that the nodes use themselves, their bus ports among them: an end beside the nodes must not take those.
pub(super) fn of_nodes(topology: &Topology) -> HashSet<u16> {
    let of = |node: &crate::facts::Node| {
        let address = &node.address;
        let clients = [address.port, address.tcp_port, address.tls_port].into_iter().flatten();
        let all = clients.flat_map(|port| [Some(port), port.checked_add(BUS)].into_iter().flatten());
        all.chain(address.bus_port).collect::<Vec<_>>()
    };
    topology.nodes.iter().flat_map(of).collect()
}

/// FNV-1a of 32 bits, folded: the same on every machine and in every version.
pub(super) fn hash(id: &NodeId) -> u16 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = id.as_str().bytes().fold(0x811c_9dc5, step);
    u16::try_from((hash >> 16) ^ (hash & 0xffff)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: usize) -> Vec<NodeId> {
        (0..n).map(|i| NodeId::try_from(format!("{i:040x}")).unwrap()).collect()
    }

    fn ports(ids: &[NodeId], in_use: impl Fn(u16) -> bool) -> HashMap<NodeId, u16> {
        assign(&ids.iter().collect::<Vec<_>>(), &HashMap::new(), &HashSet::new(), in_use)
    }

    #[test]
    fn every_node_has_its_own_whatever_the_order() {
        let all = ids(2000);
        let given = ports(&all, |_| false);
        assert_eq!(given.values().collect::<HashSet<_>>().len(), 2000);
        assert!(given.values().all(|port| (20_000..30_000).contains(port)));
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(ports(&turned, |_| false), given);
    }

    #[test]
    fn what_is_in_use_or_kept_is_respected() {
        let all = ids(6);
        let given = ports(&all, |_| false);
        let moved = ports(&all, |port| port == given[&all[0]]);
        assert_ne!(moved[&all[0]], given[&all[0]]);
        assert!(all[1..].iter().all(|id| moved[id] == given[id]));
        let kept = HashMap::from([(all[3].clone(), 7)]);
        let after = assign(&all.iter().collect::<Vec<_>>(), &kept, &HashSet::new(), |_| true);
        assert_eq!(after, kept, "what ran before is ours, and nothing else is free");
    }

    #[test]
    fn every_port_is_tried_once_and_where_all_are_given_out_the_search_ends() {
        let tried = std::cell::Cell::new(0);
        let busy = |_| {
            tried.set(tried.get() + 1);
            tried.get() % 2 == 0
        };
        let all = ids(20_000);
        assert_eq!(ports(&all, busy).len(), 5_000);
        assert_eq!(tried.get(), 10_000);
    }
}
