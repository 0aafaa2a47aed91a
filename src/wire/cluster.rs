//! CLUSTER SLOTS, SHARDS and NODES of one server folded into one topology, element by element.
//!
//! SLOTS says where clients are sent, SHARDS both ports and the health, NODES flags, bus ports and who copies whom; each
//! may be refused, and what the others say is enough. Formats: Redis 3.0 to 8.x and Valkey 7.2 to 9.1.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
};

use super::{nodes_line::NodesLine, resp::Value, sight::Watch};
use crate::facts::{
    Announced, Kind, Limits, Node, NodeAddress, NodeFlags, NodeId, Role, SlotRange, Slots, Topology, Transport,
};

/// How many complaints about malformed parts are kept.
const COMPLAINTS: usize = 8;

/// A topology while its replies come in.
#[derive(Debug)]
pub struct Draft {
    nodes: BTreeMap<NodeId, Sketch>,
    nameless: Vec<Nameless>,
    /// Hashes of the ids beyond `max_nodes`: only their number is told.
    overflow: HashSet<u64>,
    malformed: Vec<String>,
    max_nodes: usize,
    text: usize,
    /// The answering node's own line of CLUSTER NODES: its id, and its address as it sees itself.
    pub own: Option<(NodeId, String)>,
    watch: Watch,
}

/// What is known of one node so far.
#[derive(Debug, Default)]
struct Sketch {
    address: NodeAddress,
    /// `preferred` came from SLOTS: the others do not overwrite it.
    from_slots: bool,
    role: Option<Role>,
    primary: Option<NodeId>,
    slots: Vec<SlotRange>,
    flags: NodeFlags,
}

/// A SLOTS node of Redis 3.0, which carries no id.
#[derive(Debug)]
struct Nameless {
    host: Announced,
    port: Option<u16>,
    role: Role,
    range: SlotRange,
}

impl Draft {
    /// An empty one.
    pub fn new(limits: &Limits) -> Self {
        Draft {
            nodes: BTreeMap::new(),
            nameless: Vec::new(),
            overflow: HashSet::new(),
            malformed: Vec::new(),
            max_nodes: limits.nodes,
            text: limits.text,
            own: None,
            watch: Watch::new(limits.sights),
        }
    }

    /// True while nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.nameless.is_empty()
    }

    /// How many nodes it tells of, without those that have not joined.
    pub fn members(&self) -> usize {
        self.nodes.values().filter(|node| !node.flags.handshake).count()
    }

    /// What did not parse.
    pub fn complaints(&self) -> &[String] {
        &self.malformed
    }

    /// Notes a part that did not parse.
    pub fn complain(&mut self, what: &str) {
        if self.malformed.len() < COMPLAINTS {
            self.malformed.push(what.chars().take(self.text).collect());
        }
    }

    /// One range of CLUSTER SLOTS: `[from, to, primary, replica…]`.
    pub fn slots_entry(&mut self, entry: &Value<'_>) {
        if self.try_slots_entry(entry).is_none() {
            self.complain("an entry of CLUSTER SLOTS is not [from, to, node, …]");
        }
    }

    fn try_slots_entry(&mut self, entry: &Value<'_>) -> Option<()> {
        let [from, to, nodes @ ..] = entry.array()? else { return None };
        let range = SlotRange(from.int()?.try_into().ok()?, to.int()?.try_into().ok()?);
        let mut primary = None;
        for (i, node) in nodes.iter().enumerate() {
            let role = if i == 0 { Role::Primary } else { Role::Replica };
            let [host, port, rest @ ..] = node.array()? else { return None };
            let id = self.slots_node((announced(host), port.port()), rest, role, range);
            if i == 0 {
                primary = id;
            } else if let Some(sketch) = id.and_then(|id| self.nodes.get_mut(&id)) {
                sketch.primary.clone_from(&primary);
            }
        }
        Some(())
    }

    /// A node of a range, after its host and port: `[id, metadata]`, or nothing in Redis 3.0.
    fn slots_node(
        &mut self,
        (host, port): (Announced, Option<u16>),
        rest: &[Value<'_>],
        role: Role,
        range: SlotRange,
    ) -> Option<NodeId> {
        let Some(Value::Text(id)) = rest.first() else {
            if self.nameless.len() < self.max_nodes {
                self.nameless.push(Nameless { host, port, role, range });
            }
            return None;
        };
        let (id, sketch) = self.sketch(id)?;
        sketch.role = Some(role);
        sketch.from_slots = true;
        if role == Role::Primary {
            sketch.slots.push(range);
        }
        if host.host().is_some_and(|h| h.ip().is_some()) {
            sketch.address.ip = host.clone();
        }
        sketch.address.preferred = host;
        sketch.address.port = port;
        if let Some(metadata) = rest.get(1) {
            note(&mut sketch.address.ip, metadata.field("ip"));
            note(&mut sketch.address.hostname, metadata.field("hostname"));
        }
        Some(id)
    }

    /// One shard of CLUSTER SHARDS.
    pub fn shards_entry(&mut self, shard: &Value<'_>, transport: Transport) {
        if self.try_shards_entry(shard, transport).is_none() {
            self.complain("an entry of CLUSTER SHARDS has no nodes");
        }
    }

    fn try_shards_entry(&mut self, shard: &Value<'_>, transport: Transport) -> Option<()> {
        let ranges = shard.field("slots").and_then(Value::array).unwrap_or_default();
        let ranges = ranges
            .chunks_exact(2)
            .filter_map(|pair| Some(SlotRange(pair[0].int()?.try_into().ok()?, pair[1].int()?.try_into().ok()?)));
        let ranges: Vec<SlotRange> = ranges.collect();
        let mut primary = None;
        for node in shard.field("nodes")?.array()? {
            let id = self.shards_node(node, transport);
            if let Some(id) = id.filter(|id| self.nodes[id].role == Some(Role::Primary)) {
                let sketch = self.nodes.entry(id.clone()).or_default();
                if !sketch.from_slots && sketch.slots.is_empty() {
                    sketch.slots.clone_from(&ranges);
                }
                primary = Some(id);
            }
        }
        for node in shard.field("nodes")?.array()? {
            let Some(Value::Text(id)) = node.field("id") else { continue };
            let Some((_, sketch)) = self.sketch(id) else { continue };
            if sketch.role == Some(Role::Replica) && sketch.primary.is_none() {
                sketch.primary.clone_from(&primary);
            }
        }
        Some(())
    }

    fn shards_node(&mut self, node: &Value<'_>, transport: Transport) -> Option<NodeId> {
        let Some(Value::Text(id)) = node.field("id") else {
            self.complain("a node of CLUSTER SHARDS has no id");
            return None;
        };
        let (id, sketch) = self.sketch(id)?;
        let address = &mut sketch.address;
        address.tcp_port = node.field("port").and_then(Value::port).or(address.tcp_port);
        address.tls_port = node.field("tls-port").and_then(Value::port).or(address.tls_port);
        note(&mut address.ip, node.field("ip"));
        note(&mut address.hostname, node.field("hostname"));
        if !sketch.from_slots {
            if let Some(endpoint) = node.field("endpoint") {
                address.preferred = announced(endpoint);
            }
            address.port = match transport {
                Transport::Tls => address.tls_port,
                Transport::Plaintext => address.tcp_port,
            };
        }
        let role = node.field("role").and_then(Value::text);
        sketch.role =
            sketch.role.or(role.map(|r| if r == "master" || r == "primary" { Role::Primary } else { Role::Replica }));
        match node.field("health").and_then(Value::text).as_deref() {
            Some("fail" | "failed") => sketch.flags.fail = true,
            Some("loading") => sketch.flags.loading = true,
            _ => {}
        }
        Some(id)
    }

    /// One line of CLUSTER NODES.
    pub fn nodes_line(&mut self, line: &[u8]) {
        if line.is_empty() || line.starts_with(b"vars ") {
            return;
        }
        let Some(line) = NodesLine::parse(line) else { return self.complain("a line of CLUSTER NODES does not parse") };
        if line.myself {
            self.own = NodeId::from_wire(line.id).map(|id| (id, line.address_text()));
        }
        self.watch.line(&line);
        let primary = line.primary.and_then(NodeId::from_wire);
        let Some((_, sketch)) = self.sketch(line.id) else { return };
        let address = &mut sketch.address;
        let ip = Announced::from_text(&String::from_utf8_lossy(line.ip));
        if address.ip.host().is_none() {
            address.ip = ip.clone();
        }
        if address.hostname.host().is_none() && !line.hostname.is_empty() {
            address.hostname = Announced::from_text(&String::from_utf8_lossy(line.hostname));
        }
        if address.preferred == Announced::Absent {
            address.preferred = ip;
        }
        address.port = address.port.or((line.port != 0 && !sketch.from_slots).then_some(line.port));
        address.bus_port = line.bus_port;
        sketch.role = Some(line.role);
        sketch.primary = primary.or(sketch.primary.take());
        sketch.slots.extend_from_slice(line.slots().ranges());
        let loading = sketch.flags.loading;
        sketch.flags = NodeFlags { loading, ..line.flags };
    }

    /// The sketch for an id, made on first mention; `None` beyond `--max-nodes` or when it is no id.
    fn sketch(&mut self, id: &[u8]) -> Option<(NodeId, &mut Sketch)> {
        let Some(id) = NodeId::from_wire(id) else {
            self.complain("a node id is not printable text");
            return None;
        };
        if self.nodes.len() >= self.max_nodes && !self.nodes.contains_key(&id) {
            self.overflow.insert(BuildHasherDefault::<DefaultHasher>::default().hash_one(&id));
            return None;
        }
        let sketch = self.nodes.entry(id.clone()).or_default();
        Some((id, sketch))
    }

    /// Puts it in order: primaries by their first slot, each followed by its replicas.
    pub fn finish(mut self) -> Topology {
        self.place_nameless();
        let announced = self.nodes.len() + self.overflow.len();
        let mut nodes: Vec<Node> = self.nodes.into_iter().map(|(id, sketch)| sketch.node(id)).collect();
        let first_slot = |n: &Node| n.slots.ranges().first().map_or(u16::MAX, |r| r.0);
        let starts: BTreeMap<NodeId, u16> = nodes.iter().map(|n| (n.id.clone(), first_slot(n))).collect();
        nodes.sort_by_cached_key(|n| {
            let shard =
                n.primary.as_ref().filter(|p| n.role == Role::Replica && starts.contains_key(p)).unwrap_or(&n.id);
            (starts[shard], shard.clone(), n.role, n.id.clone())
        });
        Topology {
            kind: Kind::Cluster,
            nodes,
            announced,
            views: Vec::new(),
            sights: self.watch.finish().into_iter().collect(),
            malformed: self.malformed,
            groups: Vec::new(),
            other_groups: Vec::new(),
        }
    }

    /// Redis 3.0 names no ids in SLOTS: its nodes are those of NODES at the same address, or known by their address alone.
    fn place_nameless(&mut self) {
        let mut primary = None;
        for nameless in std::mem::take(&mut self.nameless) {
            let same = |s: &Sketch| s.address.ip == nameless.host && s.address.port == nameless.port;
            let known = self.nodes.iter().find(|(_, sketch)| same(sketch)).map(|(id, _)| id.to_string());
            let name = known.unwrap_or_else(|| format!("{}:{}", nameless.host, nameless.port.unwrap_or(0)));
            let Some((id, sketch)) = self.sketch(name.as_bytes()) else { continue };
            sketch.address.preferred = nameless.host.clone();
            sketch.address.ip = nameless.host;
            sketch.address.port = nameless.port;
            sketch.role = sketch.role.or(Some(nameless.role));
            // A range names its primary first.
            if nameless.role == Role::Primary {
                sketch.slots.push(nameless.range);
                primary = Some(id);
            } else if sketch.primary.is_none() {
                sketch.primary.clone_from(&primary);
            }
        }
    }
}

impl Sketch {
    fn node(self, id: NodeId) -> Node {
        Node {
            id,
            role: self.role.unwrap_or(Role::Primary),
            address: self.address,
            primary: self.primary,
            slots: Slots::new(self.slots),
            flags: self.flags,
        }
    }
}

/// A host field that may be nil.
fn announced(value: &Value<'_>) -> Announced {
    match value {
        Value::Nil => Announced::Nil,
        value => value.text().map_or(Announced::Absent, |text| Announced::from_text(&text)),
    }
}

/// Takes a host field over unless it is missing, or an emptier answer than the one there is.
fn note(field: &mut Announced, value: Option<&Value<'_>>) {
    if let Some(value) = value
        && field.host().is_none()
    {
        *field = announced(value);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::resp::{Decoded, decode};

    /// Entries that are nearly right: shuffled ids, hosts, ports and ranges in the shape of SLOTS and of SHARDS.
    fn entry() -> impl Strategy<Value = Vec<u8>> {
        let text = "(aa|bb|cc||\\?|10\\.0\\.0\\.[12]|h\\.example|-x|\\$\\{P\\}|slots|nodes|id|port|ip|role|master)";
        let leaf = prop_oneof![
            text.prop_map(|t| format!("${}\r\n{t}\r\n", t.len()).into_bytes()),
            prop_oneof![-3_i64..20_000, any::<i64>()].prop_map(|n| format!(":{n}\r\n").into_bytes()),
            Just(b"_\r\n".to_vec()),
        ];
        let array = |items: Vec<Vec<u8>>| [format!("*{}\r\n", items.len()).into_bytes(), items.concat()].concat();
        leaf.prop_recursive(4, 40, 8, move |inner| prop::collection::vec(inner, 0..8).prop_map(array))
    }

    proptest! {
        #[test]
        fn any_replies_make_a_bounded_topology(
            entries in prop::collection::vec(entry(), 0..8),
            lines in prop::collection::vec("(aa|bb|cc|dd) [:@,.a-z0-9]{0,12}:[0-9]{1,5} [a-z,?]{0,9} (-|aa) 0 0 1 c( [0-9]{1,5}-[0-9]{1,5}){0,3}", 0..6),
        ) {
            let limits = Limits { nodes: 3, ..Limits::default() };
            let mut draft = Draft::new(&limits);
            for bytes in &entries {
                if let Ok(Decoded::Done(value, _)) = decode(bytes, 8, 1 << 16) {
                    draft.slots_entry(&value);
                    draft.shards_entry(&value, Transport::Tls);
                }
            }
            for line in &lines {
                draft.nodes_line(line.as_bytes());
            }
            let topology = draft.finish();
            prop_assert!(topology.nodes.len() <= 3 && topology.announced >= topology.nodes.len());
            prop_assert!(topology.malformed.len() <= COMPLAINTS);
        }
    }
}
