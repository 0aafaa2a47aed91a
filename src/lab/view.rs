//! How a node sees the cluster: CLUSTER NODES, SLOTS and SHARDS in the forms of Redis 7.2, written once and shared.

use std::{
    fmt::Write,
    ops::Range,
    sync::{Arc, OnceLock},
};

use super::{
    cluster::{Cluster, Node},
    plan::{Edit, Plan, Preferred},
    reply::Reply,
};
use crate::facts::{SlotRange, Slots};

/// A replication offset that shows the replicas in sync: SLOTS leaves out those at 0 (Redis 7.0).
pub(super) const OFFSET: i64 = 2716;
/// When pongs were last received, in ms since 1970: fixed, so that replies are the same on every run.
const PONG: i64 = 1_700_000_000_000;

/// One way of seeing the cluster; nodes that see it alike share it.
pub(super) struct View {
    /// `cluster-preferred-endpoint-type` of the nodes that see it so.
    pub(super) preferred: Preferred,
    known: Vec<bool>,
    owners: Vec<Option<usize>>,
    ranges: Vec<Vec<SlotRange>>,
    nodes: OnceLock<Lines>,
    slots: [OnceLock<Arc<[u8]>>; 2],
    shards: [OnceLock<Arc<[u8]>>; 2],
}

/// A CLUSTER NODES text without `myself`, and where each node's line is.
struct Lines {
    text: Arc<[u8]>,
    at: Vec<Range<usize>>,
}

impl View {
    /// The plan as a node with these edits sees it.
    pub(super) fn new(plan: &Plan, preferred: Preferred, edits: &[Edit]) -> Self {
        let mut known = vec![true; plan.nodes.len()];
        let mut owners = vec![None; usize::from(Slots::TOTAL)];
        for (i, node) in plan.nodes.iter().enumerate() {
            for range in node.slots.ranges() {
                give(&mut owners, *range, i);
            }
        }
        for edit in edits {
            match edit {
                Edit::Forget(i) => known.get_mut(*i).into_iter().for_each(|known| *known = false),
                Edit::Give(range, i) => give(&mut owners, *range, *i),
            }
        }
        let ranges = ranges(&owners, plan.nodes.len());
        let (nodes, slots, shards) = Default::default();
        View { preferred, known, owners, ranges, nodes, slots, shards }
    }

    /// The node that serves a slot.
    pub(super) fn owner(&self, slot: u16) -> Option<usize> {
        self.owners.get(usize::from(slot)).copied().flatten()
    }

    /// How many slots are served.
    pub(super) fn served(&self) -> usize {
        self.owners.iter().flatten().count()
    }

    /// How many nodes serve slots.
    pub(super) fn size(&self) -> usize {
        self.ranges.iter().filter(|ranges| !ranges.is_empty()).count()
    }

    /// How many nodes it knows.
    pub(super) fn known(&self) -> usize {
        self.known.iter().filter(|known| **known).count()
    }

    /// CLUSTER NODES as the node `me` answers it: the shared text around its own line.
    pub(super) fn reply_nodes(&self, cluster: &Cluster, me: usize, reply: &mut Reply) {
        let lines = self.nodes.get_or_init(|| self.write_nodes(cluster));
        let own = self.line(cluster, me, true);
        reply.verbatim_around(&lines.text, lines.at[me].clone(), own.as_bytes());
    }

    /// CLUSTER SLOTS.
    pub(super) fn reply_slots(&self, cluster: &Cluster, reply: &mut Reply) {
        let cached = &self.slots[usize::from(reply.resp3)];
        let text = cached.get_or_init(|| self.write_slots(cluster, Reply::new(reply.resp3)).into());
        reply.encoded(text);
    }

    /// CLUSTER SHARDS.
    pub(super) fn reply_shards(&self, cluster: &Cluster, reply: &mut Reply) {
        let cached = &self.shards[usize::from(reply.resp3)];
        let text = cached.get_or_init(|| self.write_shards(cluster, Reply::new(reply.resp3)).into());
        reply.encoded(text);
    }

    fn write_nodes(&self, cluster: &Cluster) -> Lines {
        let mut text = String::new();
        let mut at = Vec::with_capacity(cluster.nodes.len());
        for i in 0..cluster.nodes.len() {
            let start = text.len();
            if self.known[i] {
                text.push_str(&self.line(cluster, i, false));
            }
            at.push(start..text.len());
        }
        Lines { text: text.into_bytes().into(), at }
    }

    /// `<id> <ip:port@bus[,hostname]> <flags> <primary|-> <ping> <pong> <epoch> <link> [slot...]`
    fn line(&self, cluster: &Cluster, i: usize, myself: bool) -> String {
        let node = &cluster.nodes[i];
        let mut line = format!("{} {}:{}@{}", node.id, node.ip, node.port, node.bus);
        if let Some(hostname) = &node.hostname {
            line.extend([",", hostname]);
        }
        line.push_str(if myself { " myself," } else { " " });
        line.push_str(if node.primary.is_some() { "slave " } else { "master " });
        line.push_str(node.primary.map_or("-", |p| &cluster.nodes[p].id));
        let pong = if myself { 0 } else { PONG };
        // A replica shows its primary's epoch (Redis 6.0). Writing to a String cannot fail.
        let _ = write!(line, " 0 {pong} {} connected", cluster.primary_of(i) + 1);
        for SlotRange(from, to) in &self.ranges[i] {
            let _ = if from == to { write!(line, " {from}") } else { write!(line, " {from}-{to}") };
        }
        line.push('\n');
        line
    }

    fn write_slots(&self, cluster: &Cluster, mut to: Reply) -> Vec<u8> {
        let mut rows: Vec<_> = self.all_ranges().collect();
        rows.sort_unstable_by_key(|(range, _)| *range);
        to.array(rows.len());
        for (SlotRange(first, last), owner) in rows {
            let members = self.shard(cluster, owner);
            to.array(2 + members.len());
            to.int(first.into());
            to.int(last.into());
            for i in members {
                self.write_slots_node(&cluster.nodes[i], &mut to);
            }
        }
        to.into_bytes()
    }

    /// `[endpoint, port, id, metadata]`; the metadata hold what the endpoint does not say already.
    fn write_slots_node(&self, node: &Node, to: &mut Reply) {
        to.array(4);
        match node.endpoint(self.preferred) {
            Some(endpoint) => to.bulk(endpoint),
            None => to.nil(),
        }
        to.int(node.port.into());
        to.bulk(&node.id);
        let ip = (self.preferred != Preferred::Ip).then_some(("ip", &node.ip));
        let hostname = node.hostname.as_ref().filter(|_| self.preferred != Preferred::Hostname);
        let metadata = ip.into_iter().chain(hostname.map(|name| ("hostname", name)));
        to.map(metadata.clone().count());
        for (key, value) in metadata {
            to.bulk(key);
            to.bulk(value);
        }
    }

    fn write_shards(&self, cluster: &Cluster, mut to: Reply) -> Vec<u8> {
        let primaries = (0..cluster.nodes.len()).filter(|i| self.known[*i] && cluster.nodes[*i].primary.is_none());
        to.array(primaries.clone().count());
        for primary in primaries {
            to.map(2);
            to.bulk("slots");
            to.array(self.ranges[primary].len() * 2);
            for SlotRange(first, last) in &self.ranges[primary] {
                to.int((*first).into());
                to.int((*last).into());
            }
            to.bulk("nodes");
            let members = self.shard(cluster, primary);
            to.array(members.len());
            for i in members {
                self.write_shards_node(cluster, &cluster.nodes[i], &mut to);
            }
        }
        to.into_bytes()
    }

    fn write_shards_node(&self, cluster: &Cluster, node: &Node, to: &mut Reply) {
        let hostname = node.hostname.as_deref().map(|name| ("hostname", name));
        to.map(7 + usize::from(hostname.is_some()));
        to.bulk("id");
        to.bulk(&node.id);
        to.bulk(if cluster.tls { "tls-port" } else { "port" });
        to.int(node.port.into());
        // For an unknown endpoint the documentation says nil; Redis 7.2 sends an empty string.
        let endpoint = ("endpoint", node.endpoint(self.preferred).unwrap_or_default());
        for (key, value) in
            [("ip", node.ip.as_str()), endpoint].into_iter().chain(hostname).chain([("role", node.role())])
        {
            to.bulk(key);
            to.bulk(value);
        }
        to.bulk("replication-offset");
        to.int(OFFSET);
        to.bulk("health");
        to.bulk("online");
    }

    /// A primary and those of its replicas that are known.
    fn shard(&self, cluster: &Cluster, primary: usize) -> Vec<usize> {
        let replicas = cluster.replicas(primary).map(|(i, _)| i).filter(|i| self.known[*i]);
        std::iter::once(primary).chain(replicas).collect()
    }

    fn all_ranges(&self) -> impl Iterator<Item = (SlotRange, usize)> {
        self.ranges.iter().enumerate().flat_map(|(i, ranges)| ranges.iter().map(move |range| (*range, i)))
    }
}

fn give(owners: &mut [Option<usize>], SlotRange(from, to): SlotRange, owner: usize) {
    if let Some(owners) = owners.get_mut(usize::from(from)..=usize::from(to)) {
        owners.fill(Some(owner));
    }
}

/// The slots of each node, as merged ranges.
fn ranges(owners: &[Option<usize>], nodes: usize) -> Vec<Vec<SlotRange>> {
    let mut ranges = vec![Vec::new(); nodes];
    for (slot, owner) in (0..Slots::TOTAL).zip(owners) {
        let Some(ranges) = owner.and_then(|owner| ranges.get_mut(owner)) else { continue };
        match ranges.last_mut() {
            Some(SlotRange(_, last)) if *last + 1 == slot => *last = slot,
            _ => ranges.push(SlotRange(slot, slot)),
        }
    }
    ranges
}
