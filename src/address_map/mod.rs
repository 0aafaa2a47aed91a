//! From announced to reachable: what a client has to dial instead, and what was proved about it.

pub mod audit;
pub mod written;

use std::collections::HashMap;

use serde::Serialize;

use crate::{
    facts::{Attempt, Candidate, CertificateChain, Endpoint, Host, Kind, Node, NodeId, Snapshot, Transport},
    names::{self, Speaks},
};

/// What stands behind a mapping. Nothing is called a mapping without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The chain led to a trust anchor; `None` on plaintext.
    pub chain: Option<bool>,
    /// The leaf speaks for the server name; `None` on plaintext.
    pub name: Option<bool>,
    /// How identity was established: `cluster-myid`, `cluster-nodes-myself` where MYID is refused,
    /// `run-id`, or the weaker `replication-id` (equal to the seed's).
    pub identity: String,
    /// The socket address that was dialled.
    pub socket: String,
}

/// One node: where it says it is, where it is reachable from here, and under which name it verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The node.
    pub node_id: NodeId,
    /// The preferred endpoint: the key most clients look it up by.
    pub announced: Endpoint,
    /// The announced host name, where a client would use it as the key.
    #[serde(skip)]
    pub hostname: Option<Endpoint>,
    /// The announced IP, where a client would use it as the key.
    #[serde(skip)]
    pub ip: Option<Endpoint>,
    /// What to dial.
    pub reachable: Endpoint,
    /// The name to verify there.
    pub server_name: Host,
    /// What was proved.
    pub proof: Proof,
}

impl Mapping {
    /// True where a client that follows the announced address would go wrong.
    pub fn is_needed(&self) -> bool {
        self.announced != self.reachable || self.server_name != self.announced.host
    }
}

/// A node without a proved way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// The node.
    pub node_id: NodeId,
    /// Where it says it is.
    pub announced: String,
    /// Why there is no mapping.
    pub why: String,
}

/// The map of a whole deployment. Empty `mappings` where none is needed or none may be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap {
    /// One for each node that was proved, in topology order.
    pub mappings: Vec<Mapping>,
    /// The nodes that were not.
    pub unmapped: Vec<Unmapped>,
    /// Why no map is given at all (a balancer, colliding keys), in words.
    pub refused: Option<String>,
}

impl AddressMap {
    /// The one host that every node is reachable at under its announced port, if there is one: the short rule form.
    pub fn one_host(&self) -> Option<&Host> {
        let first = &self.mappings.first()?.reachable.host;
        let same =
            |m: &Mapping| m.reachable.host == *first && m.reachable.port == m.announced.port && m.server_name == *first;
        self.mappings.iter().all(same).then_some(first)
    }
}

/// Derives the map of a snapshot: for each node the best address that was dialled, verified and answered by that node.
pub fn derive(snapshot: &Snapshot) -> AddressMap {
    let mut map = AddressMap::default();
    let Some(topology) = snapshot.deployment().filter(|t| t.kind != Kind::Sentinel) else { return map };
    for (node, probe) in topology.nodes.iter().zip(&snapshot.nodes) {
        match mapping(snapshot, node, &probe.attempts) {
            Ok(mapping) => map.mappings.push(mapping),
            Err(why) => {
                map.unmapped.push(Unmapped { node_id: node.id.clone(), announced: node.address.to_string(), why });
            }
        }
    }
    if !map.mappings.iter().any(Mapping::is_needed) {
        map.mappings.clear();
    }
    if let Some(why) = collision(&map.mappings) {
        map = AddressMap { refused: Some(why), ..AddressMap::default() };
    }
    map
}

/// Two nodes under one key, or behind one address: a map would send a client to the wrong node.
fn collision(mappings: &[Mapping]) -> Option<String> {
    let mut keys: HashMap<&Endpoint, &Mapping> = HashMap::new();
    let mut targets: HashMap<&Endpoint, &Mapping> = HashMap::new();
    for mapping in mappings {
        let key = keys.insert(&mapping.announced, mapping);
        if key.is_some_and(|other| other.reachable != mapping.reachable) {
            return Some(format!("several nodes announce {}, so no map can tell them apart", mapping.announced));
        }
        if targets.insert(&mapping.reachable, mapping).is_some_and(|other| other.announced != mapping.announced) {
            return Some(format!("several nodes answer behind {}: a balancer stands there", mapping.reachable));
        }
    }
    None
}

fn mapping(snapshot: &Snapshot, node: &Node, attempts: &[Attempt]) -> Result<Mapping, String> {
    let announced = announced(snapshot, node).ok_or("it announces no usable address")?;
    let right: Vec<&Attempt> = attempts.iter().filter(|a| snapshot.leads_to(a, node)).collect();
    if right.is_empty() {
        return Err("no address was found where this node answers".to_owned());
    }
    let ways = right.iter().filter(|a| a.transport == snapshot.seed.transport).flat_map(|a| ways(snapshot, node, a));
    let best = ways.min_by_key(|way| way.rank).ok_or("no name was found that its certificate proves")?;
    Ok(Mapping {
        node_id: node.id.clone(),
        announced,
        hostname: node.address.hostname_endpoint(),
        ip: node.address.ip_endpoint(),
        reachable: best.endpoint,
        server_name: best.server_name,
        proof: Proof {
            chain: best.verified,
            name: best.verified,
            identity: identity(snapshot, node, best.attempt),
            socket: best.attempt.socket.map(|s| s.to_string()).unwrap_or_default(),
        },
    })
}

/// The key under which clients look this node up: the preferred endpoint; nil and empty mean the seed's host.
fn announced(snapshot: &Snapshot, node: &Node) -> Option<Endpoint> {
    use crate::facts::Announced::{Empty, Nil};
    let address = &node.address;
    let seed = || Some(Endpoint::new(snapshot.target.endpoint.host.clone(), address.client_port()?));
    let blank = matches!(address.preferred, Nil | Empty);
    let first = if blank { seed() } else { address.preferred_endpoint() };
    first.or_else(|| address.hostname_endpoint()).or_else(|| address.ip_endpoint())
}

/// A verified way to a node.
struct Way<'a> {
    /// Lower is better: the announced endpoint itself, then its name, the seed's host, the IP; a foreign server name last.
    rank: (bool, u8),
    endpoint: Endpoint,
    server_name: Host,
    verified: Option<bool>,
    attempt: &'a Attempt,
}

fn ways<'a>(snapshot: &'a Snapshot, node: &'a Node, attempt: &'a Attempt) -> Vec<Way<'a>> {
    let target = &snapshot.target;
    let chain = snapshot.chain(attempt);
    let is_tls = attempt.transport == Transport::Tls;
    let proved =
        attempt.tls().is_some_and(|tls| tls.proved_possession) && chain.is_some_and(CertificateChain::is_trusted);
    let speaks = |host: &Host| chain.is_some_and(|c| names::speaks_for(&c.leaf, host) == Speaks::Yes);
    let mut ways = Vec::new();
    for (candidate, endpoint) in &attempt.candidates {
        let rank = match candidate {
            Candidate::Preferred => 0,
            Candidate::Hostname => 1,
            Candidate::SeedHost | Candidate::Seed => 2,
            Candidate::Ip => 3,
            Candidate::OtherPort | Candidate::Also => continue,
        };
        let announced = node.address.hostname.host();
        let names = [Some(&endpoint.host), target.server_name.as_ref(), announced, Some(&target.endpoint.host)];
        let name = names.into_iter().flatten().find(|host| !is_tls || (proved && speaks(host)));
        if let Some(name) = name {
            let foreign = *name != endpoint.host;
            let (endpoint, server_name) = (endpoint.clone(), name.clone());
            ways.push(Way { rank: (foreign, rank), endpoint, server_name, verified: is_tls.then_some(true), attempt });
        }
    }
    ways
}

/// How the node was known: what was asked and answered, never more.
fn identity(snapshot: &Snapshot, node: &Node, attempt: &Attempt) -> String {
    let in_cluster = snapshot.deployment().is_some_and(|t| t.kind == Kind::Cluster);
    let refused = attempt.opened().is_some_and(|c| c.refusals.iter().any(|r| r.command == "CLUSTER MYID"));
    match (in_cluster, attempt.identity() == Some(&node.id)) {
        (true, _) if refused => "cluster-nodes-myself",
        (true, _) => "cluster-myid",
        (false, true) => "run-id",
        (false, false) => "replication-id",
    }
    .to_owned()
}
