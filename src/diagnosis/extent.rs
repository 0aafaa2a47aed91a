//! What nodes that are out of reach have in common and those that answer have not: ports, a machine, a network.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::facts::{Endpoint, Host};

/// Where a node is, as far as routes and firewalls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As it is written to people.
    pub host: Host,
    /// Its address, where that is known: two names may lead to one machine.
    pub ip: Option<IpAddr>,
    /// The port for clients.
    pub port: u16,
}

/// How far a fault goes, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// What is concerned: `ports 13000-13003 of cache.example.com`, `10.0.1.0/24`.
    pub lost: String,
    /// What answers beside it: `its port 6380`, `10.0.0.0/24`; `None` where nothing does that could be compared.
    pub answers: Option<String>,
    /// The machines answer at other ports: it is these ports that are closed.
    pub by_port: bool,
}

/// Parts that are named before the rest is counted.
const NAMED: usize = 3;

impl Place {
    /// A node at an endpoint; a name was dialled at this address.
    pub fn new(endpoint: &Endpoint, ip: Option<IpAddr>) -> Self {
        let ip = endpoint.host.ip().or(ip).map(|ip| ip.to_canonical());
        Place { host: endpoint.host.clone(), ip, port: endpoint.port }
    }

    fn machine(&self) -> Host {
        self.ip.map_or_else(|| self.host.clone(), Host::Ip)
    }
}

impl Extent {
    /// Holds those that are `lost` against the nodes that `answer`, and against further ports that are `open`, such as the
    /// endpoint's own. `None` where they have nothing in common that says more than their list.
    pub fn of(lost: &[Place], answering: &[Place], open: &[Place]) -> Option<Self> {
        let beside: Vec<&Place> = answering.iter().chain(open).collect();
        by_port(lost, &beside).or_else(|| by_network(lost, answering)).or_else(|| by_machine(lost, &beside))
    }
}

/// Every machine of the lost answers, too, at ports of which none is lost.
fn by_port(lost: &[Place], beside: &[&Place]) -> Option<Extent> {
    let machines: BTreeSet<Host> = lost.iter().map(Place::machine).collect();
    let here: Vec<&&Place> = beside.iter().filter(|place| machines.contains(&place.machine())).collect();
    let answering: BTreeSet<Host> = here.iter().map(|place| place.machine()).collect();
    let (closed, open) = (ports(lost.iter()), ports(here.iter().map(|place| **place)));
    if machines.is_empty() || answering != machines || !closed.is_disjoint(&open) {
        return None;
    }
    let (of, whose) = match machines.len() {
        1 => (written(lost), "its"),
        n => (format!("{n} machines"), "their"),
    };
    let (lost, answers) = (format!("{} of {of}", in_ranges(&closed)), format!("{whose} {}", in_ranges(&open)));
    Some(Extent { lost, answers: Some(answers), by_port: true })
}

/// The lost are in other networks than those that answer; or nothing answers, and they are in a few networks.
fn by_network(lost: &[Place], answering: &[Place]) -> Option<Extent> {
    let (theirs, others) = (networks(lost)?, networks(answering)?);
    if !theirs.is_disjoint(&others) || (lost.len() < 2 && answering.len() < 2) {
        return None;
    }
    let answers = (!others.is_empty()).then(|| few(&others));
    Some(Extent { lost: few(&theirs), answers, by_port: false })
}

/// Several nodes on one machine, and all of them lost.
fn by_machine(lost: &[Place], beside: &[&Place]) -> Option<Extent> {
    let machines: BTreeSet<Host> = lost.iter().map(Place::machine).collect();
    let answers = beside.iter().any(|place| machines.contains(&place.machine()));
    (machines.len() == 1 && lost.len() > 1 && !answers).then(|| Extent {
        lost: written(lost),
        answers: None,
        by_port: false,
    })
}

/// The machine as it is written most often: it is one.
fn written(places: &[Place]) -> String {
    let named = places.iter().map(|place| &place.host).collect::<BTreeSet<_>>();
    match (named.len(), places.first()) {
        (1, Some(place)) => place.host.to_string(),
        (_, Some(place)) => place.machine().to_string(),
        (_, None) => String::new(),
    }
}

fn ports<'p>(places: impl Iterator<Item = &'p Place>) -> BTreeSet<u16> {
    places.map(|place| place.port).collect()
}

/// `port 6379`, `ports 13000-13003 and 13010`.
fn in_ranges(ports: &BTreeSet<u16>) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*port) => *last = *port,
            _ => ranges.push((*port, *port)),
        }
    }
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    if let (Some((first, _)), Some((_, last)), true) = (ranges.first(), ranges.last(), ranges.len() > NAMED + 1) {
        return format!("{} {noun} between {first} and {last}", ports.len());
    }
    let range = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    format!("{noun} {}", joined(&ranges.iter().map(range).collect::<Vec<_>>()))
}

/// The /24 of an IPv4 address, the /64 of an IPv6 address: the usual size of a subnet. `None` where one is a name.
fn networks(places: &[Place]) -> Option<BTreeSet<(IpAddr, u8)>> {
    places.iter().map(|place| place.ip.map(network)).collect()
}

fn network(ip: IpAddr) -> (IpAddr, u8) {
    match ip {
        IpAddr::V4(v4) => (Ipv4Addr::from_bits(v4.to_bits() & !0xff).into(), 24),
        IpAddr::V6(v6) => (Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(), 64),
    }
}

fn few(networks: &BTreeSet<(IpAddr, u8)>) -> String {
    if networks.len() > NAMED + 1 {
        return format!("{} networks", networks.len());
    }
    joined(&networks.iter().map(|(ip, bits)| format!("{ip}/{bits}")).collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [firsts @ .., last] => format!("{} and {last}", firsts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<Place> {
        text.split_whitespace().map(|at| Place::new(&at.parse().unwrap(), None)).collect()
    }

    fn told(lost: &str, answering: &str, open: &str) -> Option<String> {
        let extent = Extent::of(&places(lost), &places(answering), &places(open))?;
        Some([Some(extent.lost), extent.answers].into_iter().flatten().collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn the_entry_is_open_and_the_ports_of_the_shards_are_not() {
        let shards = "10.0.0.4:13000 10.0.0.4:13001 10.0.0.4:13002 10.0.0.4:13003";
        assert_eq!(told(shards, "", "10.0.0.4:6380").as_deref(), Some("ports 13000-13003 of 10.0.0.4 | its port 6380"));
        assert_eq!(told("a:1", "a:2 a:3", "").as_deref(), Some("port 1 of a | its ports 2-3"));
        assert_eq!(told("a:1 b:1", "a:2 b:2", "").as_deref(), Some("port 1 of 2 machines | their port 2"));
        let scattered = "a:1 a:3 a:5 a:7 a:9";
        assert_eq!(told(scattered, "", "a:2").as_deref(), Some("5 ports between 1 and 9 of a | its port 2"));
    }

    #[test]
    fn one_network_is_lost_and_another_answers() {
        let (lost, others) = ("10.0.1.1:6379 10.0.1.2:6379", "10.0.0.1:6379 10.0.0.2:6379");
        assert_eq!(told(lost, others, "10.0.0.1:6379").as_deref(), Some("10.0.1.0/24 | 10.0.0.0/24"));
        assert_eq!(told(lost, "", "127.0.0.1:6379").as_deref(), Some("10.0.1.0/24"));
        assert_eq!(told("[fd00::1]:1 [fd00::2]:1", "[fd01::1]:1", "").as_deref(), Some("fd00::/64 | fd01::/64"));
    }

    #[test]
    fn what_says_no_more_than_the_list_is_not_told() {
        assert_eq!(told("10.0.0.1:6379", "10.0.0.2:6379 10.0.0.3:6379", ""), None);
        assert_eq!(told("a:1 b:1", "c:1", ""), None);
        assert_eq!(told("a:1 a:2", "c:1", "").as_deref(), Some("a"));
        assert_eq!(told("a:1 a:2", "a:2", ""), None);
    }
}
