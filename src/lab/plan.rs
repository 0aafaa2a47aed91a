//! What a scene fills in: the nodes, what each announces, presents, sees and does. One server plays every plan.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::facts::{Host, SlotRange, Slots, SubjectAltName};

/// A whole cluster, before it runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Node ids, shard ids and run ids are derived from it, so that they are the same on every run.
    pub name: &'static str,
    /// The nodes; the first one is the seed.
    pub nodes: Vec<PlannedNode>,
    /// The nodes speak TLS.
    pub tls: bool,
    /// The endpoint is to be asked with TLS.
    pub ask_tls: bool,
    /// The endpoint a client is given.
    pub seed: Seed,
    /// Announced addresses that are led to a loopback port where nobody listens, so that nothing leaves the machine.
    pub nowhere: Vec<IpAddr>,
}

/// The endpoint a client is given.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Its host; a name is overridden to lead to loopback.
    pub host: Host,
    /// A listener of its own that leads to the first node; `None`: the first node's own port.
    pub listen: Option<SocketAddr>,
}

/// One node, before it runs.
#[derive(Clone, Debug)]
pub struct PlannedNode {
    /// Where it listens; when the port is 0 or taken, any free port of that address.
    pub listen: SocketAddr,
    /// The IP field as announced: free text, as `cluster-announce-ip` is (Redis 7.2 `config.c`).
    pub ip: String,
    /// `cluster-announce-hostname`.
    pub hostname: Option<String>,
    /// `cluster-preferred-endpoint-type`, which governs this node's answers about every node.
    pub preferred: Preferred,
    /// Announced in place of the port it listens on.
    pub port: Option<u16>,
    /// Index of the primary it copies.
    pub primary: Option<usize>,
    /// The slots it serves.
    pub slots: Slots,
    /// What it presents when it speaks TLS; nodes with equal ones share one certificate.
    pub certificate: CertificateSpec,
    /// How it answers.
    pub behaviour: Behaviour,
    /// In what its view departs from the others'.
    pub sees: Vec<Edit>,
}

/// `cluster-preferred-endpoint-type` (Redis 7.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preferred {
    /// `ip`, the default.
    Ip,
    /// `hostname`; nodes without one are announced as `?`.
    Hostname,
    /// `unknown-endpoint`: nil in SLOTS, empty in SHARDS and MOVED.
    Unknown,
}

/// A leaf certificate of the lab's own authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateSpec {
    /// Subject alternative names; the first is the common name, too.
    pub names: Vec<SubjectAltName>,
    /// Days until it expires; negative when it has.
    pub days_left: i32,
}

/// How a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// At once.
    Prompt,
    /// After this long, each answer.
    Slow(Duration),
}

/// One departure of a node's view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Edit {
    /// It does not know the node with this index.
    Forget(usize),
    /// It takes the node with this index for the owner of these slots.
    Give(SlotRange, usize),
}

impl Plan {
    /// A cluster without fault: TLS, 127.0.0.1, free ports, half of the nodes (rounded up) primaries.
    pub fn healthy(name: &'static str, nodes: usize) -> Self {
        let primaries = nodes.div_ceil(2);
        let node = |i: usize| PlannedNode {
            listen: loopback(0),
            ip: Ipv4Addr::LOCALHOST.to_string(),
            hostname: None,
            preferred: Preferred::Ip,
            port: None,
            primary: (i >= primaries).then(|| (i - primaries) % primaries),
            slots: share(i, primaries),
            certificate: CertificateSpec::default(),
            behaviour: Behaviour::Prompt,
            sees: Vec::new(),
        };
        Plan {
            name,
            nodes: (0..nodes).map(node).collect(),
            tls: true,
            ask_tls: true,
            seed: Seed { host: Host::Name("localhost".into()), listen: None },
            nowhere: Vec::new(),
        }
    }

    /// The primary that scenes spoil: the second one, since the first is the seed.
    pub fn second_primary(&mut self) -> Option<&mut PlannedNode> {
        let at = usize::from(self.nodes.get(1).is_some_and(|n| n.primary.is_none()));
        self.nodes.get_mut(at)
    }

    /// What does not hold together: no node, or a replica of what is no primary.
    pub(super) fn flaw(&self) -> Option<String> {
        if self.nodes.is_empty() {
            return Some("there is no node".into());
        }
        let is_primary = |i: usize| self.nodes.get(i).is_some_and(|n| n.primary.is_none());
        let astray = self.nodes.iter().position(|n| n.primary.is_some_and(|primary| !is_primary(primary)));
        astray.map(|i| format!("node {i} copies what is no primary"))
    }
}

impl Default for CertificateSpec {
    /// A year to go, for `localhost` and 127.0.0.1.
    fn default() -> Self {
        let names = vec![SubjectAltName::Dns("localhost".into()), SubjectAltName::Ip("127.0.0.1".into())];
        CertificateSpec { names, days_left: 365 }
    }
}

/// 127.0.0.1 with a port; 0 is any.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The slots of one of `primaries` primaries, split as `redis-cli --cluster create` does; none for replicas.
fn share(i: usize, primaries: usize) -> Slots {
    let total = usize::from(Slots::TOTAL);
    let start = |i: usize| (i * total + primaries / 2) / primaries;
    let range = (i < primaries).then(|| (start(i), start(i + 1) - 1));
    let narrow = |(from, to)| Some(SlotRange(u16::try_from(from).ok()?, u16::try_from(to).ok()?));
    Slots::new(range.and_then(narrow).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_split_as_redis_cli_does() {
        let plan = Plan::healthy("t", 6);
        let slots: Vec<_> = plan.nodes.iter().map(|n| n.slots.to_string()).collect();
        assert_eq!(slots, ["0-5460", "5461-10922", "10923-16383", "", "", ""]);
        assert_eq!(plan.nodes[4].primary, Some(1));
    }

    #[test]
    fn every_size_covers_all_slots() {
        for nodes in [1, 2, 3, 7, 99, 1000] {
            let plan = Plan::healthy("t", nodes);
            assert!(Slots::missing(plan.nodes.iter().map(|n| &n.slots)).is_empty(), "{nodes}");
            assert_eq!(plan.nodes.iter().map(|n| n.slots.count()).sum::<u32>(), 16384);
            assert_eq!(plan.nodes.iter().filter(|n| n.primary.is_none()).count(), nodes.div_ceil(2));
        }
    }
}
