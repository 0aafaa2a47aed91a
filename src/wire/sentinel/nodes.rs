//! The nodes that a Sentinel names, each with an id that no other has.

use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use crate::{
    facts::{Announced, Endpoint, Node, NodeAddress, NodeFlags, NodeId, Role, Slots},
    wire::resp::Value,
};

/// The nodes of all groups, one for each address: a server may be watched under several names, and a Sentinel watches
/// several groups.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) all: Vec<Node>,
    places: HashMap<(Announced, Option<u16>), usize>,
    /// Run ids that are somebody's. Sentinels and servers that were copied with their files have one id at several addresses.
    taken: HashSet<NodeId>,
    /// Hashes of the addresses beyond `max`: only their number is told.
    pub(super) overflow: HashSet<u64>,
    max: usize,
}

impl Nodes {
    pub(super) fn new(max: usize) -> Self {
        Nodes { max, ..Nodes::default() }
    }

    /// The place of the node at this address, which is known by its run id from the first entry on that tells one.
    pub(super) fn place(&mut self, node: Node) -> Option<usize> {
        let address = (node.address.preferred.clone(), node.address.port);
        if let Some(place) = self.places.get(&address) {
            let known = &mut self.all[*place];
            if is_address(&known.id) && !is_address(&node.id) && self.taken.insert(node.id.clone()) {
                known.id = node.id;
            }
            return Some(*place);
        }
        if self.all.len() >= self.max {
            self.overflow.insert(hash(&address.0, address.1));
            return None;
        }
        let place = self.all.len();
        let told = is_address(&node.id) || self.taken.insert(node.id.clone());
        let id = if told { node.id } else { address_id(&node.address) };
        self.all.push(Node { id, ..node });
        self.places.insert(address, place);
        Some(place)
    }

    /// A node that claims an id which is another's goes by its address.
    pub(super) fn keep_apart_from(&mut self, id: &NodeId) {
        for node in self.all.iter_mut().filter(|node| node.id == *id) {
            node.id = spare_id(&node.address);
        }
    }
}

/// The node that an entry describes; `None` where it says nothing of an address.
pub(super) fn node(entry: &Value<'_>, role: Role) -> Option<Node> {
    let port = entry.field("port").and_then(Value::port);
    let preferred = match entry.field("ip").and_then(Value::text).as_deref() {
        // Blanks mean the host that was dialled only in the replies of clusters.
        None | Some("") => Announced::Absent,
        Some(text) => Announced::from_text(text),
    };
    if port.is_none() && preferred == Announced::Absent {
        return None;
    }
    let address = address(preferred, port);
    let id = match entry.field("runid") {
        Some(Value::Text(id)) => NodeId::from_wire(id).filter(|id| !is_address(id)),
        _ => None,
    };
    let id = id.unwrap_or_else(|| address_id(&address));
    let flags = entry.field("flags").and_then(Value::text).unwrap_or_default();
    let has = |flag: &str| flags.split(',').any(|word| word == flag);
    let flags =
        NodeFlags { fail: has("o_down"), pfail: has("s_down"), link_down: has("disconnected"), ..NodeFlags::default() };
    Some(Node { id, role, address, primary: None, slots: Slots::default(), flags })
}

/// The Sentinel that answers. What it announces it tells its peers alone, so it stands where it was dialled.
pub(super) fn itself(seed: &Endpoint, identity: Option<&NodeId>) -> Node {
    let address = address(Announced::Host(seed.host.clone()), Some(seed.port));
    let id = identity.cloned().unwrap_or_else(|| address_id(&address));
    Node { id, role: Role::Sentinel, address, primary: None, slots: Slots::default(), flags: NodeFlags::default() }
}

fn address(preferred: Announced, port: Option<u16>) -> NodeAddress {
    let is_ip = preferred.host().is_some_and(|host| host.ip().is_some());
    let ip = if is_ip { preferred.clone() } else { Announced::Absent };
    NodeAddress { preferred, port, ip, ..NodeAddress::default() }
}

/// An address in the place of an id, known by its colon.
fn address_id(address: &NodeAddress) -> NodeId {
    NodeId::from_wire(address.to_string().as_bytes()).unwrap_or_else(|| spare_id(address))
}

/// The same where the address itself will not do.
fn spare_id(address: &NodeAddress) -> NodeId {
    let id = format!("address:{:016x}", hash(&address.preferred, address.port));
    // 24 ASCII characters are an id.
    NodeId::from_wire(id.as_bytes()).unwrap_or_else(|| unreachable!("{id} is an id"))
}

fn is_address(id: &NodeId) -> bool {
    id.as_str().contains(':')
}

fn hash(host: &Announced, port: Option<u16>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (host, port).hash(&mut hasher);
    hasher.finish()
}
