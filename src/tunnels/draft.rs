//! One node on its way into a plan: where its local end listens, where its far end is, which name is verified.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{
    Layout, Mode, Node, Options, Tunnel,
    plain::{plain, plain_endpoint, refuse_unusable},
    plan::SocketEnd,
    ports,
};
use crate::{
    address_map::{AddressMap, Mapping, Proof, Way, towards},
    facts::{Endpoint, Host, Node as Announcing, NodeId, Snapshot, Transport},
};

/// What is proved about a way through a tunnel that does not run yet.
const NOT_YET: &str = "none yet: redis-doctor tunnel --check";

/// What was given out: no two nodes share any of it.
#[derive(Default)]
pub(super) struct Taken {
    ends: HashSet<SocketEnd>,
    ids: HashSet<NodeId>,
    keys: HashSet<Endpoint>,
    /// Ports of which none is free any more: a wildcard listener has it at every address.
    held: HashSet<u16>,
    /// The address of each announced name: the hosts file leads a name to one address, whatever the port.
    names: HashMap<Host, IpAddr>,
}

impl Taken {
    /// Lets a node in whom nobody can take for another: servers may say anything of each other, a saved look, too.
    pub(super) fn admit(&mut self, announcing: &Announcing, node: Node) -> Result<Node, String> {
        let key = announcing.address.preferred_endpoint().map(|key| key.plain());
        let (end, id) = (node.local, node.id.clone());
        if self.ids.contains(&id) {
            return Err("another node has the same id".to_owned());
        }
        if let Some(key) = key.as_ref().filter(|key| self.keys.contains(*key)) {
            return Err(format!("another node announces {key}, too, and no client could tell them apart"));
        }
        if !self.ends.insert(end) {
            return Err(format!("the end of another node listens at {}", end.endpoint()));
        }
        self.ids.insert(id);
        self.names.entry(node.inside.host.clone()).or_insert(end.ip);
        self.keys.extend(key);
        Ok(node)
    }
}

/// One node on its way into a plan.
pub(super) struct Draft<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) map: &'a AddressMap,
    pub(super) kind: &'a Tunnel,
    pub(super) mode: Mode,
    pub(super) options: &'a Options<'a>,
    pub(super) port: Option<u16>,
}

impl Draft<'_> {
    /// All of it, or why this node cannot be served.
    pub(super) fn node(&self, announcing: &Announcing, number: usize, taken: &mut Taken) -> Result<Node, String> {
        refuse_unusable(announcing)?;
        let proved = self.map.mappings.iter().find(|mapping| mapping.node_id == announcing.id);
        let inside = plain_endpoint(&self.inside(announcing, proved)?)?;
        let outside = plain_endpoint(proved.map_or(&inside, |mapping| &mapping.reachable))?;
        let tls = self.snapshot.seed.transport == Transport::Tls;
        let name = proved.map(|mapping| &mapping.server_name).or(announcing.address.hostname.host());
        let server_name = tls.then(|| plain(name.unwrap_or(&inside.host))).transpose()?;
        let local = self.local(announcing, &inside, taken)?;
        let (far, far_listen) = self.far(announcing, &inside, proved)?;
        if self.mode == Mode::Pair && local == far_listen {
            return Err(format!(
                "both ends would listen at {}: another --bind or --server sets them apart",
                local.endpoint()
            ));
        }
        let verified = server_name.clone().filter(|_| self.kind.carries.passes_tls(tls));
        let way = Way {
            endpoint: local.endpoint(),
            server_name: verified.unwrap_or(Host::Ip(local.ip)),
            proof: Proof { chain: None, name: None, identity: NOT_YET.to_owned(), socket: String::new() },
        };
        let mapping = towards(self.snapshot, announcing, way, &Host::Ip(local.ip)).ok_or("it announces no address")?;
        let (id, role, is_proved) = (announcing.id.clone(), announcing.role, proved.is_some());
        let node =
            Node { number, id, role, local, far, far_listen, inside, outside, server_name, proved: is_proved, mapping };
        match (self.kind.refuses)(&node, self.mode) {
            Some(why) => proved.and_then(|proved| self.by_another_name(&node, proved)).ok_or(why),
            None => Ok(node),
        }
    }

    /// The node verified by another name that its certificate proves at the same place, where the tunnel itself verifies.
    fn by_another_name(&self, node: &Node, proved: &Mapping) -> Option<Node> {
        let here = proved.ways.iter().filter(|way| way.endpoint == proved.reachable && self.mode == Mode::Originate);
        let names = here.filter_map(|way| plain(&way.server_name).ok());
        let mut nodes = names.map(|name| Node { server_name: Some(name), ..node.clone() });
        nodes.find(|node| (self.kind.refuses)(node, self.mode).is_none())
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

    fn local(&self, announcing: &Announcing, inside: &Endpoint, taken: &mut Taken) -> Result<SocketEnd, String> {
        let kept = self.options.kept.get(&announcing.id).copied();
        let listening = |end: &SocketEnd| kept != Some(*end) && (self.options.in_use)(end.ip, end.port);
        let end = match self.options.layout {
            Layout::Ports => {
                let port = self.port.ok_or("no port between 20000 and 29999 is free here")?;
                SocketEnd { ip: self.options.bind, port }
            }
            Layout::LoopbackAddresses if inside.host.name().is_some() && inside.host.is_loopback() => {
                return Err(format!("it announces {}, which the hosts file must not lead elsewhere", inside.host));
            }
            Layout::LoopbackAddresses => {
                let free = |end: &SocketEnd| !taken.ends.contains(end) && !listening(end);
                let (first, port) = (ports::hash(&announcing.id), inside.port);
                let own = |step: u16| loopback(first, step);
                let shared = inside.host.name().and_then(|_| taken.names.get(&inside.host)).copied();
                let is_held = taken.held.contains(&port) && kept.is_none_or(|end| end.port != port);
                let most = if is_held || shared.is_some() { 0 } else { LOOKED_AT };
                let mut ends = shared.into_iter().chain((0..most).map(own)).map(|ip| SocketEnd { ip, port });
                ends.find(free).ok_or_else(|| {
                    taken.held.insert(port);
                    format!("something listens on port {port} here")
                })?
            }
            Layout::Announced => {
                let own = inside.host.is_loopback().then_some(Ipv4Addr::LOCALHOST.into());
                let ip = inside.host.ip().or(own).or_else(|| announcing.address.ip.host()?.ip());
                let ip = ip.ok_or("it announces no IP address that a tunnel could listen on")?;
                SocketEnd { ip, port: inside.port }
            }
        };
        if self.options.layout == Layout::Announced && listening(&end) {
            return Err(format!("something listens at {} here", end.endpoint()));
        }
        Ok(end)
    }

    /// Where the far end of a pair is reached, and where it listens: nowhere else than it is reached, where that is known.
    fn far(
        &self,
        announcing: &Announcing,
        inside: &Endpoint,
        proved: Option<&Mapping>,
    ) -> Result<(Endpoint, SocketEnd), String> {
        let port = self.port.ok_or("no port between 20000 and 29999 is free")?;
        let seed = &self.snapshot.target.endpoint.host;
        // A node that answers at its host's address only has its far end on that host.
        let own = [proved.map(|mapping| &mapping.reachable.host), Some(&inside.host), Some(seed)];
        let own = own.into_iter().flatten().find(|host| !host.is_loopback());
        let host = match self.options.server.as_ref().or(own) {
            Some(host) => plain(host)?,
            None if self.mode == Mode::Pair => return Err(NO_SERVER.to_owned()),
            None => inside.host.clone(),
        };
        if self.mode == Mode::Pair && self.options.layout == Layout::Announced && host == inside.host {
            return Err(format!(
                "{host} would lead back to this machine, where its address is to be added: say with --server where the far ends run"
            ));
        }
        let address = &announcing.address;
        let is_its_own = [&address.preferred, &address.hostname].into_iter().any(|own| own.host() == Some(&host));
        let announced = || address.ip.host()?.ip().filter(|_| is_its_own);
        let v6 = inside.host.ip().is_some_and(|ip| ip.is_ipv6());
        let any = if v6 { Ipv6Addr::UNSPECIFIED.into() } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
        let ip = host.ip().or_else(announced).unwrap_or(any);
        Ok((Endpoint::new(host, port), SocketEnd { ip, port }))
    }
}

/// How many loopback addresses are tried: a wildcard listener holds them all.
const LOOKED_AT: u16 = 1000;

/// One of 127.77.1.0 to 127.77.254.255.
fn loopback(first: u16, step: u16) -> IpAddr {
    let [a, b] = (first.wrapping_add(step) % 0xfe00 + 0x100).to_be_bytes();
    Ipv4Addr::new(127, 77, a, b).into()
}

const NO_SERVER: &str =
    "the nodes announce loopback addresses: --server HOST says where the machine that they run on is reached";
