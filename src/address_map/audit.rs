//! A map that a person wrote, held against what was seen: every entry, and every node that needs one.

mod keys;
mod targets;

use std::collections::{HashMap, HashSet};

use super::{
    Mapping, announced, mapping,
    written::{Entry, Place, Written, repeats},
};
use crate::facts::{CertificateChain, Endpoint, Failure, Host, Kind, Node, NodeAddress, NodeId, Role, Snapshot};
use keys::Keys;
use targets::Targets;

/// The client that the map is for, as far as it decides whether an entry is right.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The endpoint by which it looks a node up, from what the node announces; `None` where it would not look.
    pub looks_up: &'a dyn Fn(&NodeAddress) -> Option<Endpoint>,
    /// Why it refuses a chain at a host, in words.
    pub refuses: &'a dyn Fn(&CertificateChain, &Host) -> Option<String>,
}

/// An announced form of a node's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What most clients dial.
    Preferred,
    /// The announced host name.
    Hostname,
    /// The announced IP.
    Ip,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No node announces the key, so no client looks it up. With the key of the node that answers at the target.
    NeverAnnounced(Option<Endpoint>),
    /// So many nodes announce the key.
    Ambiguous(usize),
    /// The node announces it, and clients look it up by another form.
    OtherForm {
        /// The form that the key is.
        form: Form,
        /// What is looked up.
        looked_up: Endpoint,
    },
    /// Clients compare byte by byte, with this.
    Spelling(String),
    /// The same key stands there before, and leads elsewhere.
    Repeated(Place),
    /// The target is that of other nodes too; their keys.
    Shared(Vec<String>),
    /// Another node answers at the target.
    OtherNode {
        /// Who.
        id: NodeId,
        /// Where that one says it is; `None` for a server that is not of this deployment.
        announced: Option<String>,
    },
    /// Nobody who could say who he is.
    NotAnswering(Failure),
    /// The certificate at the target does not prove the name that is verified there: why, and the name.
    NameNotProved {
        /// What is verified.
        name: Host,
        /// In words.
        why: String,
    },
    /// Nobody looked, or nobody was told who answers; in words.
    NotTried(String),
}

impl Fault {
    /// A word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::NeverAnnounced(_) => "never-announced",
            Fault::Ambiguous(_) => "ambiguous-key",
            Fault::OtherForm { .. } => "other-form",
            Fault::Spelling(_) => "spelling",
            Fault::Repeated(_) => "repeated-key",
            Fault::Shared(_) => "shared-target",
            Fault::OtherNode { .. } => "other-node",
            Fault::NotAnswering(_) => "not-answering",
            Fault::NameNotProved { .. } => "name-not-proved",
            Fault::NotTried(_) => "not-tried",
        }
    }
}

/// What came of one entry. Without faults it is proved: the node that announces the key answered at the target with its
/// own id, under a name that its certificate proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The entry.
    pub entry: Entry,
    /// The node that announces the key.
    pub node: Option<NodeId>,
    /// The key is the endpoint itself, which clients look up only where their map holds for seeds too.
    pub is_seed: bool,
    /// What is wrong with it, the key first.
    pub faults: Vec<Fault>,
}

/// What is known of a node that no entry is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The node.
    pub id: NodeId,
    /// Primary or replica.
    pub role: Role,
    /// Where it says it is.
    pub announced: String,
    /// The way to it that was proved, or why there is none.
    pub way: Result<Mapping, String>,
}

/// The whole map, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// In the order of the file.
    pub entries: Vec<Judged>,
    /// Nodes that a client cannot follow to where they say they are, and that no entry is for.
    pub missing: Vec<Missing>,
    /// How many nodes have no entry and need none.
    pub not_needed: usize,
}

impl Audit {
    /// Every entry is proved, and no node is missing.
    pub fn is_well(&self) -> bool {
        self.missing.is_empty() && self.wrong() == 0
    }

    /// How many entries have a fault.
    pub fn wrong(&self) -> usize {
        self.entries.iter().filter(|e| !e.faults.is_empty()).count()
    }
}

/// Holds a map against a snapshot. Without a reader, keys of the form that node-redis and ioredis read are looked up by
/// the preferred endpoint, and others by any announced form; and certificates are judged as rustls-webpki judges them.
///
/// # Errors
/// In a sentence why nothing can be said: the deployment was not told.
pub fn audit(snapshot: &Snapshot, written: &Written, reader: Option<Reader<'_>>) -> Result<Audit, String> {
    let topology = snapshot.deployment().ok_or("the endpoint did not tell which nodes there are")?;
    if topology.kind == Kind::Sentinel {
        return Err("a Sentinel announces no nodes that a map could be held against".to_owned());
    }
    let keys = Keys::of(snapshot, &topology.nodes, written.form, reader);
    let targets = Targets::of(snapshot, &topology.nodes, reader);
    let repeated = repeats(&written.entries);
    let mut covered: HashSet<&NodeId> = HashSet::new();
    let mut entries = Vec::with_capacity(written.entries.len());
    for (entry, first) in written.entries.iter().zip(repeated) {
        let mut faults = Vec::new();
        let node = keys.node(entry, &mut faults);
        covered.extend(node.map(|n| &n.id));
        let is_seed = node.is_none() && entry.key.plain() == snapshot.target.endpoint.plain();
        targets.judge(entry, node, is_seed, &mut faults);
        if let Some(first) = first.map(|i| &written.entries[i]).filter(|first| first.also() != entry.also()) {
            faults.insert(0, Fault::Repeated(first.place.clone()));
        }
        entries.push(Judged { entry: entry.clone(), node: node.map(|n| n.id.clone()), is_seed, faults });
    }
    shared(&mut entries);
    let mut judged = Audit { entries, ..Audit::default() };
    for (node, probe) in topology.nodes.iter().zip(&snapshot.nodes).filter(|(n, _)| is_left(n, &covered)) {
        match mapping(snapshot, node, &probe.attempts) {
            Ok(way) if !needs_an_entry(snapshot, &way) => judged.not_needed += 1,
            way => judged.missing.push(missing(snapshot, node, way)),
        }
    }
    Ok(judged)
}

/// A node that has not finished joining is nobody's yet.
fn is_left(node: &Node, covered: &HashSet<&NodeId>) -> bool {
    !covered.contains(&node.id) && !node.flags.handshake
}

/// One name for all nodes is set elsewhere than in a map.
fn needs_an_entry(snapshot: &Snapshot, way: &Mapping) -> bool {
    let named = way.server_name == way.announced.host || snapshot.target.server_name.as_ref() == Some(&way.server_name);
    way.announced != way.reachable || !named
}

fn missing(snapshot: &Snapshot, node: &Node, way: Result<Mapping, String>) -> Missing {
    let announced = announced(snapshot, node).map_or_else(|| node.address.to_string(), |e| e.to_string());
    Missing { id: node.id.clone(), role: node.role, announced, way }
}

/// One target for several nodes: at best a balancer, which leads to one of them by chance.
fn shared(entries: &mut [Judged]) {
    let mut behind: HashMap<Endpoint, Vec<(NodeId, String)>> = HashMap::new();
    for judged in entries.iter() {
        let Some(node) = &judged.node else { continue };
        let nodes = behind.entry(judged.entry.target.plain()).or_default();
        if !nodes.iter().any(|(id, _)| id == node) {
            nodes.push((node.clone(), judged.entry.spelled.clone()));
        }
    }
    for judged in entries {
        let (Some(node), Some(nodes)) = (&judged.node, behind.get(&judged.entry.target.plain())) else { continue };
        if nodes.len() > 1 {
            let others = nodes.iter().filter(|(id, _)| id != node).map(|(_, key)| key.clone());
            judged.faults.push(Fault::Shared(others.take(8).collect()));
        }
    }
}

#[cfg(test)]
mod tests;
