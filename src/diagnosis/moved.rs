//! Nodes that run at another address than the cluster knows: where they are now, and how the others are told.

use std::net::{IpAddr, SocketAddr};

use super::Context;
use crate::facts::{Attempt, Candidate, Host, Node};

/// Where the other nodes reach a node.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    ip: IpAddr,
    port: u16,
    bus: Option<u16>,
}

/// A node that runs elsewhere than the node at the endpoint has it.
pub struct Moved<'a> {
    /// The node, at its old address.
    pub node: &'a Node,
    /// Where it was met.
    pub attempt: &'a Attempt,
    now: Place,
}

impl Moved<'_> {
    /// Its present address, as the other nodes reach it.
    pub fn now(&self) -> SocketAddr {
        SocketAddr::new(self.now.ip, self.now.port)
    }

    /// Its present address, without the port.
    pub fn ip(&self) -> IpAddr {
        self.now.ip
    }

    /// What introduces it to a node.
    pub fn meet(&self) -> String {
        self.now.meet()
    }
}

impl Place {
    /// The bus port is said where it is not 10000 above (4.0+ take it; before there was no other).
    fn meet(&self) -> String {
        let bus = self.bus.filter(|bus| u32::from(*bus) != u32::from(self.port) + 10_000);
        let bus = bus.map(|bus| format!(" {bus}")).unwrap_or_default();
        format!("CLUSTER MEET {} {}{bus}", self.ip, self.port)
    }
}

impl<'a> Context<'a> {
    /// Nodes that do not answer the one at the endpoint on the bus, and that were met elsewhere than it has them.
    pub fn moved(&self) -> Vec<Moved<'a>> {
        let seed = self.snapshot.seed.identity();
        let nodes = self.nodes().map(|(node, _)| node);
        let lost = nodes.filter(|node| self.is_cluster() && seed != Some(&node.id) && self.is_missed_by_the_seed(node));
        lost.filter_map(|node| {
            let attempt = self.met_elsewhere(node)?;
            Some(Moved { node, attempt, now: place(node, attempt)? })
        })
        .collect()
    }

    /// True for a node that hears the others and names the address at which it is not, itself: from one that had merely moved
    /// they would have learnt the new one (`nodeUpdateAddressIfNeeded`). It is told to announce that (`cluster-announce-ip`).
    pub fn insists(&self, moved: &Moved<'_>) -> bool {
        let Some(topology) = self.topology() else { return false };
        let Some(seed) = self.snapshot.seed.identity() else { return false };
        let (id, connection) = (&moved.node.id, moved.attempt.opened());
        let own = connection.and_then(|c| c.own_address.as_deref()).and_then(own).and_then(|own| own.ip);
        let told = topology.views.iter().any(|view| view.members.contains(id));
        let hears = topology.sight(id).is_none_or(|sight| !sight.alone && !sight.misses(seed));
        own.is_some()
            && own == moved.node.address.ip.host().and_then(Host::ip)
            && told
            && hears
            && !self.has_just_started(id)
    }

    /// What introduces the node at the endpoint to another one, where it does not know its own address any more.
    pub fn meet_the_seed(&self) -> Option<String> {
        let seed = &self.snapshot.seed;
        let node = self.node_of(seed.identity()?)?;
        let own = self.accepted_at().or(seed.socket)?;
        let place = place(node, seed)?;
        // Behind a forward the dialled address is not the node's.
        let ip = own.ip().to_canonical();
        (ip == place.ip).then(|| place.meet())
    }

    /// What introduces the node behind an attempt to others, by where it was reached; its own ports, as it tells them.
    pub fn meets_at(&self, attempt: &Attempt) -> Option<String> {
        let own = attempt.opened()?.own_address.as_deref().and_then(own);
        let (at, told) = (attempt.socket?, own.as_ref());
        let port = told.and_then(|own| own.port).unwrap_or(at.port());
        Some(Place { ip: at.ip().to_canonical(), port, bus: told.and_then(|own| own.bus) }.meet())
    }

    /// What introduces this node to another one, by the address that it announces.
    pub fn meet(&self, node: &Node) -> Option<String> {
        let ip = node.address.ip.host()?.ip()?;
        Some(Place { ip, port: node.address.client_port()?, bus: node.address.bus_port }.meet())
    }

    fn met_elsewhere(&self, node: &Node) -> Option<&'a Attempt> {
        let is_it = |attempt: &&Attempt| attempt.identity() == Some(&node.id);
        let announced = |attempt: &Attempt| {
            [Candidate::Preferred, Candidate::Hostname, Candidate::Ip].iter().any(|c| attempt.is_for(*c))
        };
        let own = self.attempts_at(&node.id);
        if own.iter().filter(is_it).any(announced) {
            return None;
        }
        self.met(&node.id)
    }
}

/// Where a node is that was met here; `None` where that is what it is known by, or cannot be told.
fn place(node: &Node, met: &Attempt) -> Option<Place> {
    let connection = met.opened()?;
    let own = connection.own_address.as_deref().and_then(own);
    let known = node.address.ip.host().and_then(Host::ip);
    let port = own.as_ref().and_then(|own| own.port).or_else(|| met.socket.map(|at| at.port()))?;
    let bus = own.as_ref().and_then(|own| own.bus);
    let said = own.and_then(|own| own.ip).filter(|ip| Some(*ip) != known);
    // What it says of itself may be as old as what the others say; where it was reached is not.
    let reached = connection.server.seen().and_then(|server| server.accepted_at).or(met.socket)?.ip().to_canonical();
    let ip = said.unwrap_or(reached);
    if ip.is_loopback() && known.is_some_and(|known| !known.is_loopback()) {
        return None;
    }
    (Some(ip) != known || node.address.client_port() != Some(port)).then_some(Place { ip, port, bus })
}

/// `ip:port@bus,hostname`.
struct Own {
    ip: Option<IpAddr>,
    port: Option<u16>,
    bus: Option<u16>,
}

fn own(address: &str) -> Option<Own> {
    let place = address.split(',').next()?;
    let (client, bus) = place.split_once('@').map_or((place, None), |(client, bus)| (client, Some(bus)));
    let (ip, port) = client.rsplit_once(':')?;
    let number = |digits: &str| digits.parse::<u16>().ok().filter(|n| *n != 0);
    Some(Own { ip: ip.parse().ok(), port: number(port), bus: bus.and_then(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_port_is_said_where_it_is_not_the_usual_one() {
        let meet = |address: &str| {
            let own = own(address).unwrap();
            Place { ip: own.ip.unwrap(), port: own.port.unwrap(), bus: own.bus }.meet()
        };
        assert_eq!(meet("10.0.0.1:6379@16379"), "CLUSTER MEET 10.0.0.1 6379");
        assert_eq!(meet("10.0.0.1:6379"), "CLUSTER MEET 10.0.0.1 6379");
        assert_eq!(meet("2001:db8::1:6379@7000,name"), "CLUSTER MEET 2001:db8::1 6379 7000");
    }
}
