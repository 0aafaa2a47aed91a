//! The cluster bus, as the nodes themselves see it: who answered here, who misses whom, and which nodes hold together.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    rc::Rc,
};

use super::Context;
use crate::facts::{Attempt, Candidate, Difference, Endpoint, Host, Node, NodeId, Topology, Transport, View};

/// Seconds that a server takes at most, once it runs, to open its links and have the others open theirs: they try ten times a
/// second (`clusterCron`), a replica once (`replicationCron`).
const SETTLED: u64 = 3;

/// Nodes that told how they see the cluster, and whom each of them misses.
pub struct Bus<'a> {
    /// In topology order.
    pub nodes: Vec<&'a Node>,
    misses: HashMap<&'a NodeId, HashSet<&'a NodeId>>,
    /// By whom each is missed, in topology order.
    missed_by: HashMap<&'a NodeId, Vec<&'a Node>>,
}

impl<'a> Bus<'a> {
    /// True where `this` has no word from `other` on the bus.
    pub fn is_missed(&self, this: &NodeId, other: &NodeId) -> bool {
        self.misses.get(this).is_some_and(|missed| missed.contains(other))
    }

    /// Those of the nodes that miss this one.
    pub fn missing(&self, other: &NodeId) -> &[&'a Node] {
        self.missed_by.get(other).map_or(&[], Vec::as_slice)
    }

    /// Whom this one misses.
    pub fn missed_by(&self, this: &NodeId) -> impl Iterator<Item = &'a NodeId> {
        self.misses.get(this).into_iter().flatten().copied()
    }

    /// By how many others each node is missed; those that somebody misses.
    pub fn missed(&self) -> impl Iterator<Item = (&'a NodeId, usize)> {
        self.missed_by.iter().map(|(id, by)| (*id, by.len()))
    }

    /// Nodes that all others miss.
    pub fn deaf(&self) -> HashSet<&'a NodeId> {
        self.missed().filter(|(_, by)| by + 1 == self.nodes.len()).map(|(id, _)| id).collect()
    }

    /// Nodes that hold together, the largest group first: each hears, and is heard by, another one of its group. One group
    /// where all is well.
    pub fn groups(&self) -> Vec<Vec<&'a Node>> {
        let mut left: Vec<&Node> = self.nodes.clone();
        let mut groups = Vec::new();
        while let Some(first) = left.first().copied() {
            left.remove(0);
            let (mut group, mut next) = (vec![first], 0);
            while let Some(node) = group.get(next).copied() {
                let hears =
                    |other: &&Node| !self.is_missed(&node.id, &other.id) && !self.is_missed(&other.id, &node.id);
                let (found, rest): (Vec<&Node>, Vec<&Node>) = left.into_iter().partition(hears);
                group.extend(found);
                left = rest;
                next += 1;
            }
            groups.push(group);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

impl<'a> Context<'a> {
    /// The bus, where some node complains of another one that answered here, too. That one is missed at an address that is wrong
    /// is no matter of the bus.
    pub fn bus(&self) -> Option<Bus<'a>> {
        let topology = self.topology().filter(|t| !t.sights.is_empty())?;
        let told: HashSet<&NodeId> = topology.views.iter().flat_map(|view| &view.members).collect();
        let lacks = lacking(topology);
        let nodes: Vec<&Node> = topology.nodes.iter().filter(|node| told.contains(&node.id)).collect();
        let starting: HashSet<&NodeId> = told.iter().copied().filter(|id| self.has_just_started(id)).collect();
        let tells = |id: &NodeId| told.contains(id) && !starting.contains(id);
        let misses = topology.sights.iter().filter(|sight| tells(&sight.node)).map(|sight| {
            // Whose address was lost is another matter than a link that is down.
            let missed = [&sight.silent, &sight.failed].into_iter().flatten();
            // Who does not know a node does not answer it, either.
            let is_known = |id: &&NodeId| !lacks.get(id).is_some_and(|unknown| unknown.contains(&sight.node));
            let view = topology.views.iter().find(|view| view.members.contains(&sight.node));
            let is_at_its_place = |id: &&NodeId| !view.is_some_and(|view| self.is_astray_in(view, id));
            let missed = missed.filter(|id| tells(id)).filter(is_known).filter(is_at_its_place);
            (&sight.node, missed.collect::<HashSet<_>>())
        });
        let misses: HashMap<&NodeId, HashSet<&NodeId>> = misses.filter(|(_, missed)| !missed.is_empty()).collect();
        let mut missed_by: HashMap<&NodeId, Vec<&Node>> = HashMap::new();
        for node in &nodes {
            let silent = misses.get(&node.id).into_iter().flatten().filter(|id| **id != &node.id);
            silent.for_each(|id| missed_by.entry(*id).or_default().push(*node));
        }
        (!misses.is_empty()).then_some(Bus { nodes, misses, missed_by })
    }

    /// True for a node that was met, though not at the address by which it is known in this view: another one than what the
    /// endpoint's node announces, or that one, where it does not answer here.
    pub fn is_astray_in(&self, view: &View, to: &NodeId) -> bool {
        let attempts = self.attempts_at(to);
        let mut met = attempts.iter().filter(|a| a.identity() == Some(to)).filter_map(|a| a.socket).peekable();
        let announced = self.node_of(to).and_then(|node| node.address.ip.host()?.ip());
        let lost = || self.announced(attempts).is_some_and(|attempt| attempt.failure().is_some());
        met.peek().is_some()
            && match view.said_of(to).and_then(|host| host.ip()).filter(|ip| Some(*ip) != announced) {
                Some(ip) => met.all(|socket| socket.ip() != ip),
                None => lost(),
            }
    }

    /// True for a node that began to run a moment ago: links to it and from it are still being opened.
    pub fn has_just_started(&self, id: &NodeId) -> bool {
        let server = self.met(id).and_then(Attempt::opened).and_then(|connection| connection.server.seen());
        server.and_then(|server| server.uptime).is_some_and(|seconds| seconds < SETTLED)
    }

    /// The `redis-cli` command line that leads to where this attempt was made; credentials come from the environment
    /// (`REDISCLI_AUTH`).
    pub fn redis_cli(&self, attempt: &Attempt) -> Option<String> {
        let seed = attempt.is_for(Candidate::Seed).then_some(&self.snapshot.target.endpoint);
        let socket = || attempt.socket.map(|at| Endpoint::new(Host::Ip(at.ip()), at.port()));
        let given = attempt.candidates.iter().find(|(c, _)| *c == Candidate::Also).map(|(_, endpoint)| endpoint);
        let at = seed.or(given).cloned().or_else(socket)?;
        Some(self.cli(&at, attempt.transport))
    }

    /// `redis-cli` as it speaks to a server as the application does; the password comes from its environment.
    pub(super) fn cli(&self, at: &Endpoint, transport: Transport) -> String {
        format!("redis-cli -h {} -p {}{}", at.host, at.port, self.spoken(transport))
    }

    /// `redis-cli --cluster` with this subcommand, begun at the node that answered at the endpoint.
    pub fn redis_cli_cluster(&self, subcommand: &str) -> Option<String> {
        let seed = &self.snapshot.seed;
        Some(format!("redis-cli --cluster {subcommand} {}{}", seed.socket?, self.spoken(seed.transport)))
    }

    /// How `redis-cli` is told to speak.
    fn spoken(&self, transport: Transport) -> String {
        let tls = match (transport, &self.snapshot.target.trust) {
            (Transport::Plaintext, _) => String::new(),
            (_, Some(trust)) if plain(&trust.label) && trust.label.contains(['/', '.']) => {
                format!(" --tls --cacert {}", trust.label)
            }
            _ => " --tls".to_owned(),
        };
        let user = self.snapshot.target.username.as_ref().filter(|user| plain(user));
        format!("{tls}{}", user.map(|user| format!(" --user {user}")).unwrap_or_default())
    }

    /// True for a node whose address was lost (`noaddr`) and that somebody has met, here or on the bus.
    pub fn has_only_lost_its_address(&self, node: &Node) -> bool {
        node.flags.noaddr && (self.met(&node.id).is_some() || self.place_by_others(&node.id).is_some())
    }

    /// `ip:port@bus`, as another node than the one at the endpoint still has it.
    pub fn place_by_others(&self, id: &NodeId) -> Option<&'a str> {
        let views = &self.topology()?.views;
        views.iter().flat_map(|view| &view.differences).find_map(|difference| match difference {
            Difference::Says(other) if other.id == *id && !other.failed => {
                other.address.split(',').next().filter(|place| !place.starts_with(':'))
            }
            _ => None,
        })
    }

    /// What a node is called: its address, or its id where the cluster does not know that.
    pub fn called(&self, node: &Node) -> String {
        if node.flags.noaddr { format!("{} (no address)", node.id.short()) } else { node.address.to_string() }
    }

    /// What these nodes are called, as a sentence has it; of many the first few.
    pub fn all_called<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>) -> String {
        let all: BTreeSet<String> = nodes.into_iter().map(|node| self.called(node)).collect();
        let shown: Vec<&str> = all.iter().take(4).map(String::as_str).collect();
        match all.len() - shown.len() {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// Whom each node does not know, of those that lack somebody.
fn lacking(topology: &Topology) -> HashMap<&NodeId, Rc<HashSet<&NodeId>>> {
    let mut lacking = HashMap::new();
    for view in &topology.views {
        let unknown = view.differences.iter().filter_map(|difference| match difference {
            Difference::Lacks(id) => Some(id),
            _ => None,
        });
        let unknown: Rc<HashSet<&NodeId>> = Rc::new(unknown.collect());
        if !unknown.is_empty() {
            lacking.extend(view.members.iter().map(|member| (member, Rc::clone(&unknown))));
        }
    }
    lacking
}

/// True for what a shell takes as it is.
fn plain(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}
