//! What a tunnel has to be: for each node a local end of its own, what it leads to, and the name that is verified there.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{Mode, Tunnel, ports};
use crate::{
    address_map::{AddressMap, Mapping, Proof, Unmapped, Way, towards},
    facts::{Announced, Endpoint, Host, Node as Announcing, NodeId, Role, Snapshot, Transport},
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
    /// Ports of an earlier tunnel to these nodes, which stay.
    pub kept: HashMap<NodeId, u16>,
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
        let ports = ports::assign(&ids, &options.kept, &avoid, |port| (options.in_use)(options.bind, port));
        let mut addresses = Addresses::default();
        // Numbers go by node id as ports do: a failover changes neither.
        let mut nodes: Vec<_> = topology.nodes.iter().collect();
        nodes.sort_by_key(|node| &node.id);
        for announcing in nodes {
            let number = plan.nodes.len() + 1;
            let draft = Draft { snapshot, map, kind, mode, options, port: ports.get(&announcing.id).copied() };
            match draft.node(announcing, number, &mut addresses) {
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
        let named = |node: &Node| Some((node.local.ip, node.mapping.announced.host.name()?.to_owned()));
        self.nodes.iter().filter_map(named).collect()
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

/// What is proved about a way through a tunnel that does not run yet.
const NOT_YET: &str = "none yet: redis-doctor tunnel --check";

/// The loopback addresses that were given out.
#[derive(Default)]
struct Addresses(HashSet<SocketEnd>);

/// One node on its way into a plan.
struct Draft<'a> {
    snapshot: &'a Snapshot,
    map: &'a AddressMap,
    kind: &'a Tunnel,
    mode: Mode,
    options: &'a Options<'a>,
    port: Option<u16>,
}

impl Draft<'_> {
    fn node(&self, announcing: &Announcing, number: usize, addresses: &mut Addresses) -> Result<Node, String> {
        refuse_unusable(announcing)?;
        let proved = self.map.mappings.iter().find(|mapping| mapping.node_id == announcing.id);
        let inside = plain_endpoint(&self.inside(announcing, proved)?)?;
        let outside = plain_endpoint(proved.map_or(&inside, |mapping| &mapping.reachable))?;
        let tls = self.snapshot.seed.transport == Transport::Tls;
        let name = proved.map(|mapping| &mapping.server_name).or(announcing.address.hostname.host());
        let server_name = tls.then(|| plain(name.unwrap_or(&inside.host))).transpose()?;
        let local = self.local(announcing, &inside, addresses)?;
        let (far, far_listen) = self.far(announcing, &inside)?;
        let verified = server_name.clone().filter(|_| self.kind.carries.passes_tls(tls));
        let way = Way {
            endpoint: local.endpoint(),
            server_name: verified.unwrap_or(Host::Ip(local.ip)),
            proof: Proof { chain: None, name: None, identity: NOT_YET.to_owned(), socket: String::new() },
        };
        let mapping = towards(self.snapshot, announcing, way, &Host::Ip(local.ip)).ok_or("it announces no address")?;
        let (id, role, proved) = (announcing.id.clone(), announcing.role, proved.is_some());
        let node = Node { number, id, role, local, far, far_listen, inside, outside, server_name, proved, mapping };
        match (self.kind.refuses)(&node, self.mode) {
            Some(why) => Err(why),
            None => Ok(node),
        }
    }

    /// What a neighbour dials: what is announced, and where that is blank or nothing that can be dialled, what was proved.
    fn inside(&self, announcing: &Announcing, proved: Option<&Mapping>) -> Result<Endpoint, String> {
        let address = &announcing.address;
        let announced = address.preferred_endpoint().or(address.hostname_endpoint()).or(address.ip_endpoint());
        let seed = &self.snapshot.target.endpoint.host;
        let proved = proved.map(|mapping| mapping.reachable.clone()).filter(|e| !e.host.is_loopback());
        let at_seed = || Some(Endpoint::new(seed.clone(), address.client_port()?)).filter(|_| !seed.is_loopback());
        announced.or(proved).or_else(at_seed).ok_or_else(|| "it announces no address that can be dialled".to_owned())
    }

    fn local(&self, announcing: &Announcing, inside: &Endpoint, given: &mut Addresses) -> Result<SocketEnd, String> {
        let free = |end: &SocketEnd| !given.0.contains(end) && !(self.options.in_use)(end.ip, end.port);
        let end = match self.options.layout {
            Layout::Ports => {
                let port = self.port.ok_or("no port between 20000 and 29999 is free here")?;
                Some(SocketEnd { ip: self.options.bind, port })
            }
            Layout::LoopbackAddresses => {
                let first = u32::from(ports::hash(&announcing.id));
                let address = |step: u32| {
                    let [_, _, a, b] = ((first + step) % 65_024 + 256).to_be_bytes();
                    SocketEnd { ip: Ipv4Addr::new(127, 77, a, b).into(), port: inside.port }
                };
                (0..65_024).map(address).find(free)
            }
            Layout::Announced => {
                let ip = inside.host.ip().or_else(|| announcing.address.ip.host()?.ip());
                ip.map(|ip| SocketEnd { ip, port: inside.port })
            }
        };
        let end = end.ok_or("it announces no IP address that a tunnel could listen on")?;
        given.0.insert(end);
        Ok(end)
    }

    /// Where the far end of a pair is reached, and where it listens: nowhere else than it is reached, where that is known.
    fn far(&self, announcing: &Announcing, inside: &Endpoint) -> Result<(Endpoint, SocketEnd), String> {
        let port = self.port.ok_or("no port between 20000 and 29999 is free")?;
        let seed = &self.snapshot.target.endpoint.host;
        let own = Some(&inside.host).filter(|host| !host.is_loopback());
        let host = self.options.server.as_ref().or(own).or(Some(seed).filter(|host| !host.is_loopback()));
        let host = match host {
            Some(host) => plain(host)?,
            None if self.mode == Mode::Pair => return Err(NO_SERVER.to_owned()),
            None => inside.host.clone(),
        };
        if self.mode == Mode::Pair && self.options.layout == Layout::Announced && host == inside.host {
            return Err(format!(
                "{host} would lead back to this machine, where its address is to be added: say with --server where the far ends run"
            ));
        }
        let announced = || announcing.address.ip.host()?.ip().filter(|_| self.options.server.is_none());
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let any = if inside.host.ip().is_some_and(|ip| ip.is_ipv6()) { Ipv6Addr::UNSPECIFIED.into() } else { any };
        let ip = host.ip().or_else(announced).unwrap_or(any);
        Ok((Endpoint::new(host, port), SocketEnd { ip, port }))
    }
}

const NO_SERVER: &str =
    "the nodes announce loopback addresses: --server HOST says where the machine that they run on is reached";

/// A node whose preferred endpoint is text that is no host, which is what clients would look it up by.
fn refuse_unusable(node: &Announcing) -> Result<(), String> {
    match [&node.address.preferred, &node.address.hostname, &node.address.ip].into_iter().find_map(unusable) {
        Some(text) => Err(format!("\"{text}\" is no host name or IP address and is written nowhere")),
        None => Ok(()),
    }
}

fn unusable(announced: &Announced) -> Option<String> {
    match announced {
        Announced::Unusable(text) => Some(text.escape_debug().to_string()),
        Announced::Host(host) => plain(host).err().map(|_| host.to_string()),
        _ => None,
    }
}

/// A host that every program reads in the same way: without the root's dot, in lower case (socat compares bytes), and no
/// name that some resolvers take for an IPv4 address (`127.1`, `0x7f000001`).
///
/// # Errors
/// A sentence, where there is no such form.
pub fn plain(host: &Host) -> Result<Host, String> {
    let Host::Name(name) = host else { return Ok(host.clone()) };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let numeric = |label: &str| label.starts_with("0x") || label.bytes().all(|b| b.is_ascii_digit());
    let legacy = name.rsplit('.').next().is_some_and(numeric) || name.split('.').any(|label| label.starts_with("0x"));
    if legacy || name.split('.').any(|label| label.ends_with('-')) {
        return Err(format!("\"{name}\" is not read as a host name everywhere"));
    }
    Ok(Host::Name(name))
}

fn plain_endpoint(endpoint: &Endpoint) -> Result<Endpoint, String> {
    Ok(Endpoint::new(plain(&endpoint.host)?, endpoint.port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_that_everybody_reads_alike() {
        for (given, read) in [("N1.Example.COM.", "n1.example.com"), ("redis_1", "redis_1"), ("::1", "::1")] {
            assert_eq!(plain(&given.parse().unwrap()).unwrap().to_string(), read);
        }
        for given in ["127.1", "0x7f000001", "0x7f.example.com", "1234", "a-.example.com", "example.123"] {
            assert!(plain(&given.parse().unwrap()).is_err(), "{given}");
        }
    }
}
