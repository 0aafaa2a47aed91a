//! What to ask a certificate authority for: the fewest names with which every client library passes at every node. Pure:
//! derived from a snapshot, and proved by judging a certificate of exactly these names, made on the spot and never shown.

mod demand;
mod hosts;
mod managed;
mod name;
mod present;
mod proof;
mod trial;

use std::collections::BTreeSet;

use crate::{
    diagnosis::Context,
    facts::{Kind, NodeId, Snapshot, Transport},
};
use demand::Demands;
use hosts::Hosts;
use name::Entries;
use trial::Trial;

pub use demand::LeftOut;
pub use hosts::Why;
pub use managed::Managed;
pub use name::{Entry, Name};
pub use present::Present;
pub use proof::{Failing, Proof};

/// How often names are derived anew: where some clients go depends on which nodes they are let into.
const ROUNDS: usize = 4;

/// How it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// A certificate for each node, in place of one for all.
    pub per_node: bool,
    /// No wildcard, where one would cover several names.
    pub no_wildcard: bool,
}

/// What to ask for.
#[derive(Debug)]
pub struct Request {
    /// One certificate for all, or one for each node.
    pub certificates: Vec<Wanted>,
    /// Hosts that clients verify and that belong into no certificate.
    pub left_out: Vec<LeftOut>,
    /// What comes of judging these names.
    pub proof: Proof,
    /// The certificates in use, and what they lack.
    pub present: Vec<Present>,
    /// Where somebody else has the authority in hand.
    pub managed: Option<&'static Managed>,
    /// How the nodes are named.
    pub naming: Naming,
    /// How the deployment is built, as far as it was told.
    pub kind: Option<Kind>,
    /// The servers speak plaintext so far.
    pub plaintext: bool,
    /// They load a certificate while they run: certificate and key in one CONFIG SET, since 7.0.
    pub reloads: bool,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The nodes that present it.
    pub nodes: Vec<Place>,
    /// Its names.
    pub entries: Vec<Entry>,
}

/// A node, as far as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id; `None` for the endpoint, where no node is known.
    pub id: Option<NodeId>,
    /// The address that it announces. Untrusted text.
    pub address: String,
}

/// How the nodes of a cluster are named, which decides whether a new address takes a new certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By host names, or not a cluster.
    Names,
    /// They announce host names and send clients to addresses.
    NamesUnused,
    /// By addresses alone.
    Addresses,
}

/// Derives what to ask for.
///
/// # Errors
/// In a sentence, where nothing is known that a certificate could be for.
pub fn derive(snapshot: &Snapshot, options: Options) -> Result<Request, String> {
    let snapshot = &over_tls(snapshot);
    let hosts = Hosts::of(&Context::new(snapshot, None));
    let trial = Trial::new(snapshot.taken_at)?;
    let (mut certificates, mut chains) = (Vec::new(), Vec::new());
    let mut demands = Demands::of(snapshot, &hosts);
    for _ in 0..ROUNDS {
        let next = wanted(snapshot, &demands, &trial, options)?;
        if next == certificates {
            break;
        }
        certificates = next;
        chains = trial.chains(&certificates)?;
        demands = Demands::of(&trial::presented(snapshot, &chains), &hosts);
    }
    if certificates.iter().all(|certificate: &Wanted| certificate.entries.is_empty()) {
        return Err("no client verifies a host here that a certificate could name".to_owned());
    }
    Ok(Request {
        proof: proof::of(&demands, &chains),
        present: present::of(snapshot, &demands, &chains),
        left_out: demands.left_out(&hosts),
        managed: managed::of(snapshot),
        naming: naming(snapshot),
        kind: snapshot.deployment().map(|topology| topology.kind),
        plaintext: snapshot.seed.transport == Transport::Plaintext,
        reloads: version(snapshot).is_none_or(|major| major >= 7),
        certificates,
    })
}

impl Request {
    /// Every name of every certificate, once.
    pub fn names(&self) -> BTreeSet<&Name> {
        self.certificates.iter().flat_map(|certificate| &certificate.entries).map(|entry| &entry.name).collect()
    }

    /// True where there is one for each of several nodes.
    pub fn is_per_node(&self) -> bool {
        self.certificates.len() > 1
    }

    /// True where all certificates in use do what these would do.
    pub fn is_had(&self) -> bool {
        !self.plaintext && !self.present.is_empty() && self.present.iter().all(Present::is_well)
    }
}

/// As clients would go that speak TLS, whatever was spoken so far.
fn over_tls(snapshot: &Snapshot) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.target.asked = crate::facts::Asked::Tls;
    snapshot
}

/// The certificates that the demands come to.
fn wanted(snapshot: &Snapshot, demands: &Demands, trial: &Trial, options: Options) -> Result<Vec<Wanted>, String> {
    let places: Vec<Place> = places(snapshot);
    if !options.per_node || places.len() < 2 {
        let mut entries = Entries::of(demands.all());
        if !options.no_wildcard {
            entries.cover(trial)?;
        }
        return Ok(vec![Wanted { nodes: places, entries: entries.sorted() }]);
    }
    let one = |(n, place): (usize, Place)| Wanted { nodes: vec![place], entries: Entries::of(demands.at(n)).sorted() };
    Ok(places.into_iter().enumerate().map(one).collect())
}

/// The nodes in topology order; the endpoint where there is none.
fn places(snapshot: &Snapshot) -> Vec<Place> {
    let nodes = snapshot.deployment().map(|topology| &topology.nodes[..]).unwrap_or_default();
    if nodes.is_empty() {
        return vec![Place { id: None, address: snapshot.target.endpoint.to_string() }];
    }
    nodes.iter().map(|node| Place { id: Some(node.id.clone()), address: node.address.to_string() }).collect()
}

fn naming(snapshot: &Snapshot) -> Naming {
    let Some(topology) = snapshot.deployment().filter(|topology| topology.kind == Kind::Cluster) else {
        return Naming::Names;
    };
    let by_name = |host: &crate::facts::Announced| host.host().is_some_and(|host| host.name().is_some());
    let mut addresses = topology.nodes.iter().map(|node| &node.address);
    if addresses.clone().all(|address| by_name(&address.preferred)) {
        Naming::Names
    } else if addresses.all(|address| by_name(&address.hostname)) {
        Naming::NamesUnused
    } else {
        Naming::Addresses
    }
}

/// The major version of the server that answered.
fn version(snapshot: &Snapshot) -> Option<u32> {
    let server = snapshot.seed.opened()?.server.seen()?;
    server.major()
}
