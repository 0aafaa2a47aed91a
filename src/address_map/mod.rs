//! From announced to reachable: what a client has to dial instead, and what was proved about it.

pub mod audit;
pub mod written;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{
    facts::{Announced, Attempt, Candidate, Endpoint, Host, Kind, Node, NodeId, Role, Snapshot, Transport},
    names::{self, Speaks},
};

/// What stands behind a mapping. Nothing is called a mapping without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The chain led to a trust anchor; `None` on plaintext.
    pub chain: Option<bool>,
    /// The leaf speaks for the server name; `None` on plaintext.
    pub name: Option<bool>,
    /// How identity was established: `cluster-myid`, `cluster-nodes-myself` where MYID is refused, `sentinel-myid`,
    /// `run-id`, or the weaker `replication-id` (equal to the seed's, or to that of another node of the group), or before 4.0
    /// `replication-link` (one says that it copies from the other).
    pub identity: String,
    /// The socket address that was dialled.
    pub socket: String,
}

/// One node: where it says it is, where it is reachable from here, and under which name it verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The node.
    pub node_id: NodeId,
    /// The preferred endpoint: the key most clients look it up by. Behind a Sentinel the ip and port that it hands out; of
    /// the Sentinel that answered, where it was dialled.
    pub announced: Endpoint,
    /// The preferred endpoint's host as it was announced, blanks included: some clients build their key from that.
    #[serde(skip)]
    pub preferred: Announced,
    /// The announced host name, where a client would use it as the key.
    #[serde(skip)]
    pub hostname: Option<Endpoint>,
    /// The announced IP, where a client would use it as the key.
    #[serde(skip)]
    pub ip: Option<Endpoint>,
    /// The IP that the announced host name leads to from here, where there is one: the key where a client resolves first.
    #[serde(skip)]
    pub resolved: Option<Endpoint>,
    /// What to dial.
    pub reachable: Endpoint,
    /// The name to verify there.
    pub server_name: Host,
    /// What was proved.
    pub proof: Proof,
    /// Every proved way to the node, the one above among them, best first.
    #[serde(skip)]
    pub ways: Vec<Way>,
    /// The map that was looked through leads here already.
    #[serde(skip)]
    pub in_use: bool,
}

impl Mapping {
    /// True where a client that follows the announced address would go wrong.
    pub fn is_needed(&self) -> bool {
        self.announced != self.reachable || self.server_name != self.announced.host
    }

    /// The same, and no map that is in use leads the client there already.
    pub fn is_wanted(&self) -> bool {
        self.is_needed() && !self.in_use
    }

    /// The key under which a client looks this node up.
    pub fn key(&self, key: Key) -> Option<&Endpoint> {
        match key {
            Key::Preferred => Some(&self.announced),
            Key::HostnameElsePreferred => Some(self.hostname.as_ref().unwrap_or(&self.announced)),
            Key::HostnameElseIp => Some(self.hostname.as_ref().or(self.ip.as_ref()).unwrap_or(&self.announced)),
            Key::ResolvedIp if self.hostname.is_some() => self.resolved.as_ref(),
            Key::Ip | Key::ResolvedIp => self.ip.as_ref(),
        }
    }

    /// The same node as a client meets it that looks it up under `key`: where that leads there itself, nothing has to change.
    fn keyed_by(&self, key: Key) -> Result<Self, Unmapped> {
        let announced = self.key(key).ok_or_else(|| Unmapped {
            node_id: self.node_id.clone(),
            announced: self.announced.to_string(),
            why: "it announces no address that this client looks up, or its name does not resolve from here".to_owned(),
        })?;
        let keyed = Mapping { announced: announced.clone(), ..self.clone() };
        let itself = self.ways.iter().find(|way| way.endpoint == *announced && way.server_name == announced.host);
        Ok(itself.map(|way| keyed.by(way)).unwrap_or(keyed))
    }

    /// The same node as a client meets it that verifies `name`; `None` where its certificate does not speak for that.
    fn verified_as(&self, name: &Host) -> Option<Self> {
        let ways = self.ways.iter().filter(|way| way.server_name == *name);
        ways.min_by_key(|way| way.endpoint != self.announced).map(|way| self.by(way))
    }

    fn by(&self, Way { endpoint, server_name, proof }: &Way) -> Self {
        let (reachable, server_name, proof) = (endpoint.clone(), server_name.clone(), proof.clone());
        Mapping { reachable, server_name, proof, ..self.clone() }
    }
}

/// A proved way to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What to dial.
    pub endpoint: Endpoint,
    /// A name that its certificate proves; the host dialled on plaintext.
    pub server_name: Host,
    /// What was proved.
    pub proof: Proof,
}

/// Which of a node's addresses a client looks it up by; each of them comes with the port for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The preferred endpoint of CLUSTER SLOTS; the host that answered where that is blank.
    Preferred,
    /// The announced host name, else the preferred endpoint.
    HostnameElsePreferred,
    /// The announced host name, else the IP.
    HostnameElseIp,
    /// The announced IP.
    Ip,
    /// The IP that the announced host name resolves to, else the announced IP.
    ResolvedIp,
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

/// The map of a whole deployment. Empty `mappings` where none may be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap {
    /// One for each node that was proved, in topology order.
    pub mappings: Vec<Mapping>,
    /// The nodes that were not.
    pub unmapped: Vec<Unmapped>,
    /// Why no map is given at all (a balancer, colliding keys), in words.
    pub refused: Option<String>,
    /// Some node announces no host, by which it means the seed's: not every client takes it for that.
    pub blank: bool,
}

impl AddressMap {
    /// The mappings, where clients that dial the preferred endpoint need any.
    pub fn needed(&self) -> &[Mapping] {
        if self.mappings.iter().any(Mapping::is_needed) { &self.mappings } else { &[] }
    }

    /// The map for a client that looks nodes up by `key`, which then stands in `announced`.
    #[must_use]
    pub fn keyed_by(&self, key: Key) -> Self {
        let mut map = AddressMap { mappings: Vec::new(), ..self.clone() };
        for mapping in &self.mappings {
            match mapping.keyed_by(key) {
                Ok(keyed) => map.mappings.push(keyed),
                Err(lost) => map.unmapped.push(lost),
            }
        }
        map
    }

    /// The map for a client that verifies `name` on every node; `None` where a certificate does not speak for it.
    pub fn verified_as(&self, name: &Host) -> Option<Self> {
        let mappings = self.mappings.iter().map(|m| m.verified_as(name)).collect::<Option<_>>()?;
        Some(AddressMap { mappings, ..self.clone() })
    }

    /// The same, where they are not what the map that was looked through says already.
    pub fn wanted(&self) -> &[Mapping] {
        if self.mappings.iter().any(Mapping::is_wanted) { &self.mappings } else { &[] }
    }

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
    let Some(topology) = snapshot.deployment() else { return map };
    map.blank = topology.nodes.iter().any(|node| matches!(node.address.preferred, Announced::Nil | Announced::Empty));
    for (node, probe) in topology.nodes.iter().zip(&snapshot.nodes) {
        match mapping(snapshot, node, &probe.attempts) {
            Ok(mapping) => map.mappings.push(mapping),
            Err(why) => {
                map.unmapped.push(Unmapped { node_id: node.id.clone(), announced: node.address.to_string(), why });
            }
        }
    }
    if let Some(why) = collision(&map.mappings).or_else(|| balancer(snapshot, &map.mappings)) {
        map = AddressMap { refused: Some(why), ..AddressMap::default() };
    }
    map
}

/// A target that one node answered at and, on another connection, another one did.
fn balancer(snapshot: &Snapshot, mappings: &[Mapping]) -> Option<String> {
    let mut answered: HashMap<&Endpoint, &NodeId> = HashMap::new();
    let nodes = snapshot.nodes.iter().flat_map(|n| &n.attempts);
    let attempts = std::iter::once(&snapshot.seed).chain(nodes).chain(&snapshot.again);
    let mut several: HashSet<&Endpoint> = HashSet::new();
    for attempt in attempts {
        let Some(id) = attempt.identity() else { continue };
        for (_, endpoint) in &attempt.candidates {
            if answered.insert(endpoint, id).is_some_and(|other| other != id) {
                several.insert(endpoint);
            }
        }
    }
    let target = mappings.iter().map(|m| &m.reachable).find(|target| several.contains(target))?;
    Some(format!("several nodes answer behind {target}: a balancer stands there"))
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

/// The mapping of a node to a way that nobody has tried yet, such as the end of a tunnel that is to be built, for an
/// application that begins at `seed`. `None` where the node announces nothing that a client could look up.
pub fn towards(snapshot: &Snapshot, node: &Node, way: Way, seed: &Host) -> Option<Mapping> {
    Some(to(node, announced_to(seed, node)?, snapshot.attempts(&node.id), vec![way.clone()], way))
}

fn mapping(snapshot: &Snapshot, node: &Node, attempts: &[Attempt]) -> Result<Mapping, String> {
    let announced = announced(snapshot, node).ok_or("it announces no usable address")?;
    let dialled = attempts.iter().chain(by_the_way(snapshot, node));
    let right: Vec<&Attempt> = dialled.filter(|a| snapshot.leads_to(a, node)).collect();
    if right.is_empty() {
        return Err("no address was found where this node answers".to_owned());
    }
    let mut ranked: Vec<_> = right.iter().flat_map(|attempt| ways(snapshot, node, attempt)).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let ways: Vec<Way> = ranked.into_iter().map(|(_, way)| way).collect();
    let best = ways.first().cloned().ok_or("no name was found that its certificate proves")?;
    let led = snapshot.target.detours.as_ref().and_then(|map| map.at(&announced));
    let tls = snapshot.seed.transport == Transport::Tls;
    let in_use = led.is_some_and(|d| d.to == best.endpoint && (!tls || *d.verifies() == best.server_name));
    Ok(Mapping { in_use, ..to(node, announced, attempts, ways, best) })
}

/// Ways that nothing announces: those that were named (`--node`), and the endpoint's own. No map mends a node that the others lost.
fn by_the_way<'a>(snapshot: &'a Snapshot, node: &Node) -> impl Iterator<Item = &'a Attempt> {
    let known = &snapshot.target.known;
    let is_named = |attempt: &&Attempt| attempt.candidates.iter().any(|(_, endpoint)| known.contains(endpoint));
    let lost = node.flags.fail || node.flags.pfail || node.flags.link_down || node.flags.noaddr;
    let in_cluster = !lost && snapshot.deployment().is_some_and(|t| t.kind == Kind::Cluster);
    let seed = (!known.is_empty() || snapshot.nodes.len() == 1).then_some(&snapshot.seed);
    seed.into_iter().chain(snapshot.also.iter().filter(is_named)).filter(move |_| in_cluster)
}

fn to(node: &Node, announced: Endpoint, attempts: &[Attempt], ways: Vec<Way>, best: Way) -> Mapping {
    let hostname = node.address.hostname_endpoint();
    Mapping {
        in_use: false,
        node_id: node.id.clone(),
        announced,
        preferred: node.address.preferred.clone(),
        ip: node.address.ip_endpoint(),
        resolved: hostname.as_ref().and_then(|name| resolved(name, attempts)),
        hostname,
        reachable: best.endpoint,
        server_name: best.server_name,
        proof: best.proof,
        ways,
    }
}

/// Where a name led when it was dialled.
fn resolved(name: &Endpoint, attempts: &[Attempt]) -> Option<Endpoint> {
    let dialled = attempts.iter().find(|a| a.candidates.iter().any(|(_, endpoint)| endpoint == name))?;
    Some(Endpoint::new(Host::Ip(dialled.socket?.ip().to_canonical()), name.port))
}

/// The key under which clients look this node up: the preferred endpoint; nil and empty mean the seed's host.
fn announced(snapshot: &Snapshot, node: &Node) -> Option<Endpoint> {
    announced_to(&snapshot.target.endpoint.host, node)
}

fn announced_to(seed: &Host, node: &Node) -> Option<Endpoint> {
    let address = &node.address;
    let seed = || Some(Endpoint::new(seed.clone(), address.client_port()?));
    let blank = matches!(address.preferred, Announced::Nil | Announced::Empty);
    let first = if blank { seed() } else { address.preferred_endpoint() };
    first.or_else(|| address.hostname_endpoint()).or_else(|| address.ip_endpoint())
}

/// Lower is better: a name that is dialled before a foreign server name; then the announced endpoint itself, its name, the
/// seed's host, the IP; what the user says of it.
type Rank = (bool, u8);

/// The ways that an attempt proved: one for each form that led there and each name that its certificate proves.
fn ways(snapshot: &Snapshot, node: &Node, attempt: &Attempt) -> Vec<(Rank, Way)> {
    let (target, hostname) = (&snapshot.target, node.address.hostname.host());
    let mut ways = Vec::new();
    for (candidate, endpoint) in &attempt.candidates {
        let rank = match candidate {
            Candidate::Preferred => 0,
            Candidate::Hostname => 1,
            Candidate::SeedHost | Candidate::Seed => 2,
            Candidate::Ip => 3,
            // The other port is for who speaks the other protocol.
            Candidate::Also if target.known.contains(endpoint) => 4,
            Candidate::OtherPort | Candidate::Also => continue,
        };
        let own = match attempt.transport {
            Transport::Tls => attempt.verified_as(endpoint),
            Transport::Plaintext => &endpoint.host,
        };
        let behind = behind_alias(snapshot, attempt, own);
        let names = [Some(own), target.server_name.as_ref(), hostname, Some(&target.endpoint.host), behind];
        for name in proved(snapshot, attempt, names) {
            let proof = proof(snapshot, node, attempt);
            let way = Way { endpoint: endpoint.clone(), server_name: name.clone(), proof };
            ways.push(((name != own, rank), way));
        }
    }
    ways
}

/// The name that `own` is an alias of, where the same node answered to it at the same socket.
fn behind_alias<'a>(snapshot: &'a Snapshot, attempt: &Attempt, own: &Host) -> Option<&'a Host> {
    let alias = snapshot.alias(own)?;
    let same = |look: &Attempt| look.socket == attempt.socket && look.identity() == attempt.identity();
    let answers = attempt.identity().is_some() && alias.looks.iter().any(same);
    alias.certified.as_ref().filter(|_| answers)
}

/// The names that the certificate speaks for; on plaintext the first, which is the host that was dialled.
fn proved<'a>(snapshot: &Snapshot, attempt: &Attempt, names: [Option<&'a Host>; 5]) -> Vec<&'a Host> {
    let names = names.into_iter().flatten();
    if attempt.transport == Transport::Plaintext {
        return names.take(1).collect();
    }
    let possession = attempt.tls().is_some_and(|tls| tls.proved_possession);
    let trusted = snapshot.chain(attempt).filter(|chain| possession && chain.is_trusted());
    let mut speaks: Vec<&Host> = Vec::new();
    for name in names.filter(|name| trusted.is_some_and(|c| names::speaks_for(&c.leaf, name) == Speaks::Yes)) {
        if !speaks.contains(&name) {
            speaks.push(name);
        }
    }
    speaks
}

fn proof(snapshot: &Snapshot, node: &Node, attempt: &Attempt) -> Proof {
    let verified = (attempt.transport == Transport::Tls).then_some(true);
    let socket = attempt.socket.map(|s| s.to_string()).unwrap_or_default();
    Proof { chain: verified, name: verified, identity: identity(snapshot, node, attempt), socket }
}

/// How the node was known: what was asked and answered, never more.
fn identity(snapshot: &Snapshot, node: &Node, attempt: &Attempt) -> String {
    let in_cluster = snapshot.deployment().is_some_and(|t| t.kind == Kind::Cluster);
    let refused = attempt.opened().is_some_and(|c| c.refusals.iter().any(|r| r.command == "CLUSTER MYID"));
    match (in_cluster, attempt.identity() == Some(&node.id)) {
        (true, _) if refused => "cluster-nodes-myself",
        (true, _) => "cluster-myid",
        (false, true) if node.role == Role::Sentinel => "sentinel-myid",
        (false, true) => "run-id",
        (false, false) if attempt.opened().and_then(|c| c.server.seen()?.replication_id.as_ref()).is_none() => {
            "replication-link"
        }
        (false, false) => "replication-id",
    }
    .to_owned()
}
