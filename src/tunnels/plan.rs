//! What a tunnel has to be: for each node a local end of its own, what it leads to, and the name that is verified there.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use super::{
    Mode, Tunnel,
    draft::{Draft, Taken},
    ports,
};
use crate::{
    address_map::{AddressMap, Mapping, Unmapped},
    facts::{Endpoint, Host, NodeId, Role, Snapshot, Transport},
};

/// Where the local ends listen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A port a node on one address. Clients need an address map.
    #[default]
    Ports,
    /// A loopback address a node under the announced port: with host names in the hosts file, no map is needed.
    LoopbackAddresses,
    /// The announced address itself, added to the loopback interface where it is not there already: no map is needed.
    Announced,
}

/// What the user decides.
pub struct Options<'a> {
    /// `--via`.
    pub via: Option<&'a str>,
    /// `--server`: where the far ends of pairs are reached, when not on the nodes' own machines.
    pub server: Option<Host>,
    /// `--bind`: where the near ends listen in [`Layout::Ports`].
    pub bind: IpAddr,
    /// `--listen`.
    pub layout: Layout,
    /// The local ends of an earlier tunnel to these nodes, which stay.
    pub kept: HashMap<NodeId, SocketEnd>,
    /// Whether something listens at an address of this machine.
    pub in_use: &'a dyn Fn(IpAddr, u16) -> bool,
    /// `--connections`: how many a node may have at once.
    pub connections: u32,
    /// Anchors are known, so that they can be written beside the configuration.
    pub anchors: bool,
    /// A client certificate was given.
    pub identity: bool,
}

/// The whole tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What its kind comes to here.
    pub mode: Mode,
    /// The nodes speak TLS.
    pub tls: bool,
    /// Every node that can be served, in the order of ids.
    pub nodes: Vec<Node>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// Where the local ends listen.
    pub layout: Layout,
    /// Through whom.
    pub via: Option<String>,
    /// How many connections a node may have at once.
    pub connections: u32,
    /// Anchors are written to `ca.pem`.
    pub anchors: bool,
    /// The client certificate is written to `client.pem`.
    pub identity: bool,
}

/// One node, and the ends that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// From 1.
    pub number: usize,
    /// Who has to answer there.
    pub id: NodeId,
    /// Primary or replica.
    pub role: Role,
    /// Where the application connects.
    pub local: SocketEnd,
    /// Where the near end of a pair finds the far end.
    pub far: Endpoint,
    /// Where the far end of a pair listens.
    pub far_listen: SocketEnd,
    /// The node as its neighbours know it: what a far end, a bastion or a control plane dials.
    pub inside: Endpoint,
    /// The node as it is dialled from here.
    pub outside: Endpoint,
    /// The name that its certificate is verified by, where it speaks TLS.
    pub server_name: Option<Host>,
    /// The way from here and the name were proved; where they were not, nothing was seen to contradict them.
    pub proved: bool,
    /// Everything that clients may look it up by.
    pub mapping: Mapping,
}

/// An address and port to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketEnd {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl SocketEnd {
    /// As something to dial.
    pub fn endpoint(self) -> Endpoint {
        Endpoint::new(Host::Ip(self.ip), self.port)
    }
}

/// A node that no tunnel is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The node.
    pub id: NodeId,
    /// Where it says it is.
    pub announced: String,
    /// Why.
    pub why: String,
}

impl Node {
    /// `node-1`: what files, sections and units are called after.
    pub fn name(&self) -> String {
        format!("node-{}", self.number)
    }

    /// The name that a far end's own certificate holds, where a pair speaks TLS between its ends: a pair that is wired
    /// wrongly is refused by it. `.internal` is reserved for private use.
    pub fn tunnel_name(&self) -> String {
        format!("node-{}.tunnel.internal", self.number)
    }
}

impl Plan {
    /// Plans a tunnel of this kind to every node of the deployment.
    ///
    /// # Errors
    /// A sentence: there is no topology, or the far ends of pairs cannot be placed.
    pub fn of(snapshot: &Snapshot, map: &AddressMap, kind: &Tunnel, options: &Options<'_>) -> Result<Self, String> {
        let tls = snapshot.seed.transport == Transport::Tls;
        let mode = kind.carries.mode(tls);
        let mut plan = Plan {
            mode,
            tls,
            nodes: Vec::new(),
            left_out: Vec::new(),
            layout: options.layout,
            via: options.via.map(str::to_owned),
            connections: options.connections,
            anchors: options.anchors,
            identity: options.identity,
        };
        let topology = snapshot.deployment().ok_or("the endpoint tells no topology")?;
        let ids: Vec<&NodeId> = topology.nodes.iter().map(|node| &node.id).collect();
        let avoid = ports::of_nodes(topology);
        let kept = options.kept.iter().filter(|(_, end)| options.layout == Layout::Ports && end.ip == options.bind);
        let kept = kept.map(|(id, end)| (id.clone(), end.port)).collect();
        let ports = ports::assign(&ids, &kept, &avoid, |port| (options.in_use)(options.bind, port));
        let mut taken = Taken::default();
        // Numbers go by node id as ports do: a failover changes neither.
        let mut nodes: Vec<_> = topology.nodes.iter().collect();
        nodes.sort_by_key(|node| &node.id);
        for announcing in nodes {
            let number = plan.nodes.len() + 1;
            let draft = Draft { snapshot, map, kind, mode, options, port: ports.get(&announcing.id).copied() };
            match draft.node(announcing, number, &mut taken).and_then(|node| taken.admit(announcing, node)) {
                Ok(node) => plan.nodes.push(node),
                Err(why) => plan.left_out.push(LeftOut {
                    id: announcing.id.clone(),
                    announced: announcing.address.to_string(),
                    why,
                }),
            }
        }
        match plan.left_out.first() {
            Some(first) if plan.nodes.is_empty() => Err(format!("no tunnel can be written: {}", first.why)),
            None if plan.nodes.is_empty() => Err("no node is announced".to_owned()),
            _ => Ok(plan),
        }
    }

    /// True where the application speaks TLS itself, and verifies each node's name.
    pub fn passes_tls(&self) -> bool {
        self.tls && self.mode != Mode::Originate
    }

    /// The machine on which all far ends run, where it is one.
    pub fn one_server(&self) -> Option<&Host> {
        let first = &self.nodes.first()?.far.host;
        self.nodes.iter().all(|node| node.far.host == *first).then_some(first)
    }

    /// Lines for the hosts file: the names that are announced, leading to the local ends.
    pub fn hosts(&self) -> Vec<(IpAddr, String)> {
        if self.layout == Layout::Ports {
            return Vec::new();
        }
        let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
        // `localhost` and what is below it are this machine's already (RFC 6761 section 6.3).
        let host = |node: &Node| Some(node.mapping.announced.host.clone()).filter(|host| !host.is_loopback());
        let named = |node: &Node| Some((node.local.ip, plain(host(node)?.name()?)));
        let mut seen = HashSet::new();
        self.nodes.iter().filter_map(named).filter(|line| seen.insert(line.clone())).collect()
    }

    /// Addresses that have to be added to the loopback interface first.
    pub fn aliases(&self) -> Vec<IpAddr> {
        let mut seen = HashSet::new();
        let all = self.nodes.iter().map(|node| node.local.ip).filter(|_| self.layout == Layout::Announced);
        all.filter(|ip| !ip.to_canonical().is_loopback() && seen.insert(*ip)).collect()
    }

    /// True where a client that follows what is announced has to be told otherwise.
    pub fn needs_map(&self) -> bool {
        let followed = |node: &Node| match &node.mapping.announced.host {
            Host::Ip(ip) => node.local == SocketEnd { ip: *ip, port: node.mapping.announced.port },
            Host::Name(_) => self.layout != Layout::Ports && node.local.port == node.mapping.announced.port,
        };
        !self.nodes.iter().all(followed)
    }

    /// The map from what is announced to the local ends.
    pub fn address_map(&self) -> AddressMap {
        let unmapped = |out: &LeftOut| Unmapped {
            node_id: out.id.clone(),
            announced: out.announced.clone(),
            why: out.why.clone(),
        };
        AddressMap {
            mappings: self.nodes.iter().map(|node| node.mapping.clone()).collect(),
            unmapped: self.left_out.iter().map(unmapped).collect(),
            refused: None,
            blank: false,
        }
    }
}
