//! The cluster while it runs: who the nodes are, and what they share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use super::{
    plan::{Behaviour, Plan, PlannedNode, Preferred},
    store::Store,
    view::View,
};

/// What every node has in common.
pub(super) struct Cluster {
    /// The nodes, by index.
    pub(super) nodes: Vec<Node>,
    /// They speak TLS, and so announce TLS ports.
    pub(super) tls: bool,
    /// Since when it runs.
    pub(super) started: Instant,
    /// One for each node; replicas never use theirs.
    stores: Vec<Store>,
    clients: AtomicI64,
}

/// One node, as any other knows it.
pub(super) struct Node {
    /// 40 hexadecimal digits.
    pub(super) id: String,
    /// Of its process.
    pub(super) run_id: String,
    /// Of its shard; the replication id, too.
    pub(super) shard_id: String,
    /// As announced.
    pub(super) ip: String,
    /// As announced.
    pub(super) hostname: Option<String>,
    /// As announced.
    pub(super) port: u16,
    /// Cluster bus port, as announced; nobody listens there.
    pub(super) bus: u16,
    /// The port it listens on.
    pub(super) listens: u16,
    /// Index of the primary it copies.
    pub(super) primary: Option<usize>,
}

/// One node, as its own connections know it.
pub(super) struct Member {
    /// Its index.
    pub(super) me: usize,
    /// The cluster it is in.
    pub(super) cluster: Arc<Cluster>,
    /// How it sees that cluster.
    pub(super) view: Arc<View>,
    /// How it answers.
    pub(super) behaviour: Behaviour,
}

impl Cluster {
    /// The cluster of a plan whose nodes listen on `ports`.
    pub(super) fn new(plan: &Plan, ports: &[u16]) -> Self {
        let node = |(i, (node, port)): (usize, (&PlannedNode, &u16))| Node::new(plan.name, i, node, *port);
        Cluster {
            nodes: plan.nodes.iter().zip(ports).enumerate().map(node).collect(),
            tls: plan.tls,
            started: Instant::now(),
            stores: plan.nodes.iter().map(|_| Store::default()).collect(),
            clients: AtomicI64::new(0),
        }
    }

    /// A number no other connection has.
    pub(super) fn next_client(&self) -> i64 {
        self.clients.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The index of the primary of a node's shard.
    pub(super) fn primary_of(&self, node: usize) -> usize {
        self.nodes[node].primary.unwrap_or(node)
    }

    /// The replicas of a primary.
    pub(super) fn replicas(&self, primary: usize) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, n)| n.primary == Some(primary))
    }
}

impl Node {
    fn new(scene: &str, index: usize, planned: &PlannedNode, listens: u16) -> Self {
        let port = planned.port.unwrap_or(listens);
        Node {
            id: identity(scene, "node", index),
            run_id: identity(scene, "run", index),
            shard_id: identity(scene, "shard", planned.primary.unwrap_or(index)),
            ip: planned.ip.clone(),
            hostname: planned.hostname.clone(),
            port,
            // Redis's own choice is port + 10000 (`CLUSTER_PORT_INCR`), which free ports may not leave room for.
            bus: port.checked_add(10_000).unwrap_or_else(|| port - 10_000),
            listens,
            primary: planned.primary,
        }
    }

    /// The endpoint a node of this preference sends clients to; `None` is nil.
    pub(super) fn endpoint(&self, preferred: Preferred) -> Option<&str> {
        match preferred {
            Preferred::Ip => Some(&self.ip),
            Preferred::Hostname => Some(self.hostname.as_deref().unwrap_or("?")),
            Preferred::Unknown => None,
        }
    }

    /// `master` or `replica`, as HELLO, SHARDS say.
    pub(super) fn role(&self) -> &'static str {
        if self.primary.is_some() { "replica" } else { "master" }
    }
}

impl Member {
    /// This node.
    pub(super) fn node(&self) -> &Node {
        &self.cluster.nodes[self.me]
    }

    /// The keys of its shard.
    pub(super) fn store(&self) -> &Store {
        &self.cluster.stores[self.cluster.primary_of(self.me)]
    }
}

/// 40 hexadecimal digits that are the same on every run: FNV-1a, spread by splitmix64. Nothing secret hangs on them.
fn identity(scene: &str, what: &str, index: usize) -> String {
    let text = format!("{scene}/{what}/{index}");
    let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{:016x}{:016x}{:08x}", spread(seed, 1), spread(seed, 2), spread(seed, 3) >> 32)
}

fn spread(seed: u64, step: u64) -> u64 {
    let z = seed.wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_distinct_and_reproducible() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|i| identity("healthy", "node", i)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 40));
        assert_eq!(identity("a", "node", 7), identity("a", "node", 7));
        assert_ne!(identity("a", "node", 7), identity("b", "node", 7));
    }
}
