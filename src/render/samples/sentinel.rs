//! A Sentinel of two groups, and the names of others that nobody should believe.

use super::{Sample, attempt, cluster, id};
use crate::facts::{Group, Kind, NodeId, Observed, Role, Slots, Topology};

/// Two primaries, a replica each, and two Sentinels of both.
pub(in crate::render) fn sentinel() -> Sample {
    let at = ["10.0.4.1:6379", "10.0.4.2:6379", "10.0.4.3:26379", "10.0.4.4:6379", "10.0.4.5:6379", "10.0.4.6:26379"];
    let mut snapshot = cluster("sentinel.example.com:26379", 6, |i| at[i].to_owned());
    if let Observed::Seen(topology) = &mut snapshot.topology {
        watched(topology);
    }
    let nodes = snapshot.topology.seen().map_or(&[][..], |topology| &topology.nodes);
    for (probe, node) in snapshot.nodes.iter_mut().zip(nodes) {
        probe.id.clone_from(&node.id);
        probe.attempts = vec![attempt(&node.address.to_string(), Some(node.id.clone()), 0)];
    }
    let report = super::healthy().report;
    Sample { snapshot, report, exit: 0, next: "redis-doctor explain san-mismatch", name_ok: Some(true) }
}

fn watched(topology: &mut Topology) {
    topology.kind = Kind::Sentinel;
    topology.views.clear();
    topology.nodes.sort_by_key(|node| (node.id == id(2) || node.id == id(5), node.role));
    for node in &mut topology.nodes {
        node.slots = Slots::default();
        node.address.bus_port = None;
        node.address.tls_port = None;
        if node.id == id(2) || node.id == id(5) {
            (node.role, node.primary) = (Role::Sentinel, None);
        }
    }
    topology.nodes[2].flags.pfail = true;
    let group = |name: &str, primary: NodeId, replica: NodeId| Group {
        name: name.to_owned(),
        quorum: Some(2),
        primary: Some(primary),
        replicas: vec![replica],
        sentinels: vec![id(2), id(5)],
    };
    topology.groups = vec![group("orders", id(0), id(3)), group("sessions-of-the-web-shop", id(1), id(4))];
    topology.other_groups = vec!["\u{1b}[31mred".to_owned(), "\u{202e}\n::error::x".to_owned(), "m".repeat(300)];
}
