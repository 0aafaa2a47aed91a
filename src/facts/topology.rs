//! What the servers say they are to each other.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Host, NodeAddress, Sight};

/// A cluster node id (40 hexadecimal digits from Redis itself), or a run id outside clusters. Identity is this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(String);

impl TryFrom<String> for NodeId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        NodeId::from_wire(text.as_bytes()).ok_or("a node id is 1 to 128 printable ASCII characters")
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> String {
        id.0
    }
}

impl NodeId {
    /// Takes 1 to 128 printable ASCII characters without spaces; `None` for anything else.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let fits = (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        fits.then(|| NodeId(bytes.iter().map(|b| char::from(*b)).collect()))
    }

    /// The id as announced.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it can be pasted into a shell; what a server made up to be something else there is left to be filled in.
    pub fn in_commands(&self) -> &str {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.:".contains(&b);
        if !self.0.starts_with('-') && self.0.bytes().all(plain) { &self.0 } else { "NODE-ID" }
    }

    /// The first eight characters, enough to tell nodes apart by eye; an address that stands for an id is whole.
    pub fn short(&self) -> &str {
        if self.0.contains(':') { &self.0 } else { self.0.get(..8).unwrap_or(&self.0) }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the deployment is built, as its own servers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One server.
    Standalone,
    /// A primary with replicas, cluster mode off.
    Replication,
    /// A Sentinel process.
    Sentinel,
    /// Redis Cluster.
    Cluster,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Standalone => "standalone",
            Kind::Replication => "replication",
            Kind::Sentinel => "sentinel",
            Kind::Cluster => "cluster",
        })
    }
}

/// What a node is to its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes writes (`master` on the wire).
    Primary,
    /// Copies a primary (`slave` on the wire).
    Replica,
    /// Watches primaries and stores no data: no shard is its.
    Sentinel,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Primary => "primary",
            Role::Replica => "replica",
            Role::Sentinel => "sentinel",
        })
    }
}

/// An inclusive range of hash slots, 0 to 16383.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SlotRange(pub u16, pub u16);

/// The slots of one node: sorted, merged ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<SlotRange>", into = "Vec<SlotRange>")]
pub struct Slots(Vec<SlotRange>);

impl From<Vec<SlotRange>> for Slots {
    fn from(ranges: Vec<SlotRange>) -> Self {
        Slots::new(ranges)
    }
}

impl From<Slots> for Vec<SlotRange> {
    fn from(slots: Slots) -> Self {
        slots.0
    }
}

impl Slots {
    /// How many slots a cluster has.
    pub const TOTAL: u16 = 16384;

    /// Sorts and merges ranges; those that lie outside 0..16384 or run backwards are dropped.
    pub fn new(mut ranges: Vec<SlotRange>) -> Self {
        ranges.retain(|SlotRange(from, to)| from <= to && *to < Self::TOTAL);
        ranges.sort_unstable();
        let mut merged: Vec<SlotRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.0 <= last.1.saturating_add(1) => last.1 = last.1.max(range.1),
                _ => merged.push(range),
            }
        }
        Slots(merged)
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[SlotRange] {
        &self.0
    }

    /// How many slots there are in all.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|SlotRange(from, to)| u32::from(to - from) + 1).sum()
    }

    /// True without any slot.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The slots of 0..16384 that are in none of `parts`.
    pub fn missing<'a>(parts: impl IntoIterator<Item = &'a Slots>) -> Slots {
        let covered = Slots::new(parts.into_iter().flat_map(|s| s.0.iter().copied()).collect());
        let mut gaps = Vec::new();
        let mut next = 0;
        for SlotRange(from, to) in covered.0 {
            if from > next {
                gaps.push(SlotRange(next, from - 1));
            }
            next = to + 1;
        }
        if next < Self::TOTAL {
            gaps.push(SlotRange(next, Self::TOTAL - 1));
        }
        Slots(gaps)
    }
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, SlotRange(from, to)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            if from == to { write!(f, "{from}")? } else { write!(f, "{from}-{to}")? }
        }
        Ok(())
    }
}

/// What CLUSTER NODES and SHARDS, or a Sentinel, say about a node's state.
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the protocol")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeFlags {
    /// The majority calls it failed (`fail`); enough Sentinels do (`o_down`).
    pub fail: bool,
    /// The node that answered suspects it (`fail?`); the Sentinel that answered does (`s_down`).
    pub pfail: bool,
    /// Never finished joining.
    pub handshake: bool,
    /// The node that answered knows no address for it.
    pub noaddr: bool,
    /// SHARDS health `loading`.
    pub loading: bool,
    /// The bus link from the node (or the Sentinel's own link) that answered is down (`disconnected`).
    pub link_down: bool,
}

/// One node as the seed describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id: of a Sentinel what SENTINEL MYID says, which is not its run id. Outside clusters a node whose run id nobody tells has its
    /// address here: with a colon, which no other id has there.
    pub id: NodeId,
    /// Primary, replica or Sentinel.
    pub role: Role,
    /// What it announces.
    pub address: NodeAddress,
    /// The primary it copies, when it is a replica.
    pub primary: Option<NodeId>,
    /// The slots it serves.
    pub slots: Slots,
    /// State.
    pub flags: NodeFlags,
}

impl Node {
    /// As a line to paste names it: by its address, or by its id where it announces what is none.
    pub fn in_lines(&self) -> String {
        let address = self.address.preferred_endpoint().map(|endpoint| endpoint.to_string());
        address.unwrap_or_else(|| self.id.in_commands().to_owned())
    }
}

/// The same node as one other node's CLUSTER NODES and SLOTS describe it; only what should be equal everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ViewNode {
    /// Its id.
    pub id: NodeId,
    /// `ip:port@bus,hostname` without auxiliary fields, escaped.
    pub address: String,
    /// Primary or replica.
    pub role: Role,
    /// The primary it copies.
    pub primary: Option<NodeId>,
    /// Its slots, as text.
    pub slots: String,
    /// The majority calls it failed.
    pub failed: bool,
}

/// The host of an address as CLUSTER NODES writes it, `ip:port@bus,hostname`; `None` where the node does not know its own,
/// or what stands there is none.
pub fn announced_host(address: &str) -> Option<Host> {
    let place = address.split(',').next()?.split('@').next()?;
    place.rsplit_once(':').and_then(|(host, _)| host.parse().ok())
}

/// One way in which a view departs from the seed's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// It does not know a node that the seed knows.
    Lacks(NodeId),
    /// It knows a node that the seed does not.
    Extra(ViewNode),
    /// It describes a node differently.
    Says(ViewNode),
    /// It sends clients to another endpoint for this node (`host:port` as in SLOTS).
    Endpoint(NodeId, String),
}

/// Nodes that see the cluster alike. The first view is the seed's own and has no differences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Who sees it so.
    pub members: Vec<NodeId>,
    /// How it departs from the seed's view; bounded by `Limits::differences`.
    pub differences: Vec<Difference>,
    /// How many more differences there were.
    pub more: usize,
}

impl View {
    /// The host (as in CLUSTER NODES) by which it knows a node, where that or another thing about the node differs from
    /// what the seed says.
    pub fn said_of(&self, id: &NodeId) -> Option<Host> {
        self.differences.iter().find_map(|difference| match difference {
            Difference::Says(node) if node.id == *id => announced_host(&node.address),
            _ => None,
        })
    }
}

/// A command the server would not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The command, without arguments that could be secret.
    pub command: String,
    /// What came instead: the server's error text (untrusted), or what happened to the connection.
    pub answer: String,
}

impl Refusal {
    /// The answer that is kept where a reply is nothing that the command ever gives.
    pub const ODD: &str = "a reply that this command never gives";

    /// The answer that is kept where the server hung up when it was asked.
    pub const HANGS_UP: &str = "hangs up";

    /// Refused by nonsense and not by an error.
    pub fn is_odd(&self) -> bool {
        self.answer == Self::ODD
    }
}

/// A primary that Sentinels watch under a name, and what belongs to it: ids of [`Topology::nodes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The name that clients ask for (`mymaster`). Untrusted text.
    pub name: String,
    /// How many Sentinels have to agree that the primary is down.
    pub quorum: Option<u32>,
    /// The primary, where the Sentinel told one.
    pub primary: Option<NodeId>,
    /// Its replicas.
    pub replicas: Vec<NodeId>,
    /// The Sentinels that watch it, the one that answered first.
    pub sentinels: Vec<NodeId>,
}

/// The deployment, as the seed describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// How it is built.
    pub kind: Kind,
    /// Every node, primaries first in slot order, each followed by its replicas; behind a Sentinel, its groups one after the
    /// other and then the Sentinels, the one that answered first of them. That one has the address at which it was dialled:
    /// what it announces only its peers tell.
    pub nodes: Vec<Node>,
    /// How many nodes were announced; larger than `nodes.len()` where `--max-nodes` cut the list.
    pub announced: usize,
    /// Who sees the cluster how; empty outside clusters.
    pub views: Vec<View>,
    /// What is not as it should be on the cluster bus, and by whom it is seen: in the order of the nodes, without those that see
    /// nothing of the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sights: Vec<Sight>,
    /// Replies (or parts of them) that did not parse, in words.
    pub malformed: Vec<String>,
    /// What the Sentinel watches, as far as it was asked about; empty elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The names of further groups that it watches: others were asked for, or there were too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_groups: Vec<String>,
}

impl Topology {
    /// The node with this id.
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.iter().find(|n| &n.id == id)
    }

    /// What this node complains of; `None` where it complains of nothing, or did not answer.
    pub fn sight(&self, id: &NodeId) -> Option<&Sight> {
        self.sights.iter().find(|sight| &sight.node == id)
    }

    /// The groups that a data node belongs to: one, unless one server is watched under several names.
    pub fn groups_of<'a>(&'a self, id: &'a NodeId) -> impl Iterator<Item = &'a Group> {
        self.groups.iter().filter(move |group| group.data_nodes().any(|member| member == id))
    }
}

impl Group {
    /// The primary and its replicas.
    pub fn data_nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.primary.iter().chain(&self.replicas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_shell_reads_otherwise_are_not_pasted() {
        for (id, wanted) in
            [("aa01", "aa01"), ("10.0.0.1:6379", "10.0.0.1:6379"), ("$(reboot)", "NODE-ID"), ("-x", "NODE-ID")]
        {
            assert_eq!(NodeId::from_wire(id.as_bytes()).unwrap().in_commands(), wanted);
        }
    }

    #[test]
    fn slots_merge_and_gaps_show() {
        let slots = Slots::new(vec![SlotRange(10, 20), SlotRange(0, 9), SlotRange(30, 20), SlotRange(100, 16384)]);
        assert_eq!(slots.to_string(), "0-20");
        assert_eq!(slots.count(), 21);
        assert_eq!(Slots::missing([&slots]).to_string(), "21-16383");
        assert!(Slots::missing([&Slots::new(vec![SlotRange(0, 16383)])]).is_empty());
    }

    #[test]
    fn ids_with_escapes_are_refused() {
        assert!(NodeId::from_wire(b"\x1b[31mred").is_none());
        assert!(NodeId::from_wire(b"").is_none());
        assert_eq!(NodeId::from_wire(b"0123456789abcdef").unwrap().short(), "01234567");
    }
}
