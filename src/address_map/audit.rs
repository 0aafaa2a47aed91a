//! A map that a person wrote, held against what was seen: every entry, and every node that needs one.

mod keys;
mod several;
mod targets;

use std::collections::HashSet;

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
    /// The map has this node here, by its id, and nobody sends clients to this address for it.
    Moved {
        /// Who.
        id: NodeId,
        /// Where it says it is now; `None` where it has left the deployment.
        announced: Option<String>,
    },
    /// Another node answers at the target.
    OtherNode {
        /// Who.
        id: NodeId,
        /// Where that one says it is; `None` for a server that is not of this deployment.
        announced: Option<String>,
        /// Where the node of this entry answers, where that is another entry's target.
        crossing: Option<Crossing>,
    },
    /// The target is the encrypted side of spiped.
    Encrypted,
    /// Nobody who could say who he is.
    NotAnswering(Failure),
    /// The certificate at the target does not prove the name that is verified there: why, and the name.
    NameNotProved {
        /// What is verified.
        name: Host,
        /// In words.
        why: String,
        /// It is not the name: the chain leads to no CA that is trusted.
        untrusted: bool,
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
            Fault::Moved { announced: Some(_), .. } => "node-moved",
            Fault::Moved { announced: None, .. } => "node-left",
            Fault::OtherNode { .. } => "other-node",
            Fault::Encrypted => "spiped-port",
            Fault::NotAnswering(_) => "not-answering",
            Fault::NameNotProved { .. } => "name-not-proved",
            Fault::NotTried(_) => "not-tried",
        }
    }
}

/// The entry at whose target another entry's node answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Its key, as it is written.
    pub key: String,
    /// Its target.
    pub target: Endpoint,
    /// The two have changed places; otherwise more than two have.
    pub swapped: bool,
}

/// What came of one entry. Without faults it is proved: the node that announces the key answered at the target with its
/// own id, under a name that its certificate proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The entry.
    pub entry: Entry,
    /// The node that announces the key; where nobody does, the one that the entry names by its id.
    pub node: Option<NodeId>,
    /// The key is the endpoint itself, which clients look up only where their map holds for seeds too.
    pub is_seed: bool,
    /// What is wrong with it, the key first.
    pub faults: Vec<Fault>,
    /// What the tunnel's own log says of a forward that comes to nothing (untrusted text).
    pub log: Option<String>,
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
    held(snapshot, written, reader, false)
}

/// The same for a map of tunnels, where every node has to have an entry, reachable otherwise or not: who is not led into the
/// tunnel goes around it.
///
/// # Errors
/// As [`audit`].
pub fn audit_forwards(snapshot: &Snapshot, written: &Written) -> Result<Audit, String> {
    held(snapshot, written, None, true)
}

/// True where the deployment is the one that the map is of: some entry names one of its nodes, by id or by address.
pub fn knows(snapshot: &Snapshot, written: &Written) -> bool {
    let Some(topology) = snapshot.deployment() else { return false };
    let ids: HashSet<&NodeId> = topology.nodes.iter().map(|node| &node.id).collect();
    let forms = |node: &Node| {
        let address = &node.address;
        [announced(snapshot, node), address.hostname_endpoint(), address.ip_endpoint()].into_iter().flatten()
    };
    let keys: HashSet<Endpoint> = topology.nodes.iter().flat_map(forms).map(|endpoint| endpoint.plain()).collect();
    let is_of = |entry: &Entry| {
        entry.node_id.as_ref().is_some_and(|id| ids.contains(id)) || entry.keys().any(|key| keys.contains(&key.plain()))
    };
    written.entries.iter().any(is_of)
}

/// What can be said where no server told which nodes there are: who answers at each target, or why nobody does.
pub fn unanswered(snapshot: &Snapshot, written: &Written) -> Audit {
    let targets = Targets::of(snapshot, &[], None);
    let judged = |entry: &Entry| {
        let mut faults = Vec::new();
        targets.judge_alone(entry, &mut faults);
        Judged { entry: entry.clone(), node: entry.node_id.clone(), is_seed: false, faults, log: None }
    };
    Audit { entries: written.entries.iter().map(judged).collect(), ..Audit::default() }
}

fn held(snapshot: &Snapshot, written: &Written, reader: Option<Reader<'_>>, every_node: bool) -> Result<Audit, String> {
    let topology = snapshot.deployment().ok_or("the endpoint did not tell which nodes there are")?;
    let keys = Keys::of(snapshot, &topology.nodes, written.form, reader);
    let targets = Targets::of(snapshot, &topology.nodes, reader);
    let repeated = repeats(&written.entries);
    let mut covered: HashSet<&NodeId> = HashSet::new();
    let mut entries = Vec::with_capacity(written.entries.len());
    for (entry, first) in written.entries.iter().zip(repeated) {
        let mut faults = Vec::new();
        let by_key = keys.node(entry, &mut faults);
        let is_seed = by_key.is_none() && entry.key.plain() == snapshot.target.endpoint.plain();
        let named = keys.named(entry);
        // A run id, which stands for one outside clusters, is another after every start.
        let unsure = keys.is_cut() || is_seed || topology.kind != Kind::Cluster;
        faults = misplaced(snapshot, entry, by_key, named, unsure, faults);
        let node = by_key.or(named);
        let dialled = by_key.is_none() && named.is_some_and(|node| node.role == Role::Sentinel);
        if dialled {
            // A Sentinel stands in a map also where somebody dialled it; what it announces its peers tell, and not itself.
            faults.retain(|fault| !matches!(fault, Fault::NeverAnnounced(_)));
        }
        let itself = node.is_some_and(|n| snapshot.seed.identity() == Some(&n.id));
        covered.extend(node.filter(|_| !dialled || itself).map(|n| &n.id));
        targets.judge(entry, node, is_seed, &mut faults);
        if let Some(first) = first.map(|i| &written.entries[i]).filter(|first| first.also() != entry.also()) {
            faults.insert(0, Fault::Repeated(first.place.clone()));
        }
        entries.push(Judged { entry: entry.clone(), node: node.map(|n| n.id.clone()), is_seed, faults, log: None });
    }
    several::shared(&mut entries);
    several::crossed(&mut entries);
    let mut judged = Audit { entries, ..Audit::default() };
    for (node, probe) in topology.nodes.iter().zip(&snapshot.nodes).filter(|(n, _)| is_left(n, &covered)) {
        match mapping(snapshot, node, &probe.attempts) {
            Ok(way) if !every_node && !needs_an_entry(snapshot, &way) => judged.not_needed += 1,
            way => judged.missing.push(missing(snapshot, node, way)),
        }
    }
    Ok(judged)
}

/// Adds that the node which the entry names is not where its key says. `named` is that node, where it is in the deployment;
/// `unsure`: it may be and not have been looked at, or the key is anybody's.
fn misplaced(
    snapshot: &Snapshot,
    entry: &Entry,
    by_key: Option<&Node>,
    named: Option<&Node>,
    unsure: bool,
    mut faults: Vec<Fault>,
) -> Vec<Fault> {
    let Some(id) = entry.node_id.as_ref().filter(|id| by_key.is_none_or(|node| node.id != **id)) else { return faults };
    if unsure || matches!(faults.first(), Some(Fault::Ambiguous(_))) {
        return faults;
    }
    let place = |node: &Node| announced(snapshot, node).map_or_else(|| node.address.to_string(), |e| e.to_string());
    // That nobody announces the key any more follows from it.
    faults.retain(|fault| !matches!(fault, Fault::NeverAnnounced(_)));
    faults.insert(0, Fault::Moved { id: id.clone(), announced: named.map(place) });
    faults
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

#[cfg(test)]
mod tests;
