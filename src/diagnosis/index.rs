//! What is known of each node by its id, found once: of 2,000 nodes a search for each one is four million steps.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::Context;
use crate::{
    address_map::Mapping,
    facts::{Attempt, Endpoint, Node, NodeId, Sight},
};

/// What was found so far.
#[derive(Default)]
pub(super) struct Found<'a> {
    index: OnceLock<Index<'a>>,
    /// Where in the map the way to each node stands.
    mapped: OnceLock<HashMap<&'a NodeId, usize>>,
    /// What was dialled, with what came of it.
    dialled: OnceLock<HashMap<&'a Endpoint, &'a Attempt>>,
    /// The ACL user as a refusal names him.
    user: OnceLock<Option<String>>,
    /// Some data node is out of reach that no Sentinel calls down.
    server_lost: OnceLock<bool>,
}

/// Where everything about a node is.
struct Index<'a> {
    nodes: HashMap<&'a NodeId, &'a Node>,
    attempts: HashMap<&'a NodeId, &'a [Attempt]>,
    met: HashMap<&'a NodeId, &'a Attempt>,
    sights: HashMap<&'a NodeId, &'a Sight>,
    /// Whom the node at the endpoint has no word from, as it says of its links.
    missed_by_the_seed: HashSet<&'a NodeId>,
    replicas: HashMap<&'a NodeId, Vec<&'a Node>>,
}

impl<'a> Index<'a> {
    /// Of several with one id the first counts, as everywhere.
    fn of(context: &Context<'a>) -> Self {
        let (snapshot, topology) = (context.snapshot, context.topology());
        let nodes = || topology.into_iter().flat_map(|t| &t.nodes);
        let sights = || topology.into_iter().flat_map(|t| &t.sights);
        let seeds = sights().find(|sight| Some(&sight.node) == snapshot.seed.identity());
        let missed = seeds.into_iter().flat_map(|s| [&s.silent, &s.failed, &s.lost]).flatten();
        let met = met(context);
        Index {
            replicas: replicas(context, &met),
            met,
            nodes: first(nodes().map(|node| (&node.id, node))),
            attempts: first(snapshot.nodes.iter().map(|probe| (&probe.id, &probe.attempts[..]))),
            sights: first(sights().map(|sight| (&sight.node, sight))),
            missed_by_the_seed: missed.collect(),
        }
    }
}

fn first<'a, T>(entries: impl Iterator<Item = (&'a NodeId, T)>) -> HashMap<&'a NodeId, T> {
    let mut map = HashMap::new();
    for (id, entry) in entries {
        map.entry(id).or_insert(entry);
    }
    map
}

/// At what a node announces first, else wherever it answered.
fn met<'a>(context: &Context<'a>) -> HashMap<&'a NodeId, &'a Attempt> {
    let of_node = context.snapshot.nodes.iter().filter_map(|probe| {
        let own = probe.attempts.iter().find(|attempt| attempt.identity() == Some(&probe.id));
        own.map(|attempt| (&probe.id, attempt))
    });
    let anywhere = context.snapshot.all_attempts().filter_map(|attempt| Some((attempt.identity()?, attempt)));
    first(of_node.chain(anywhere))
}

/// Those that may be promoted first: not called failed, and met here.
fn replicas<'a>(context: &Context<'a>, met: &HashMap<&NodeId, &Attempt>) -> HashMap<&'a NodeId, Vec<&'a Node>> {
    let mut replicas: HashMap<&NodeId, Vec<&Node>> = HashMap::new();
    for (node, _) in context.nodes().filter(|(node, _)| !node.flags.noaddr) {
        if let Some(primary) = &node.primary {
            replicas.entry(primary).or_default().push(node);
        }
    }
    for of_one in replicas.values_mut() {
        of_one.sort_by_key(|node| (node.flags.fail, !met.contains_key(&node.id)));
    }
    replicas
}

/// The first mapping of each node.
fn mapped<'a>(context: &Context<'a>) -> HashMap<&'a NodeId, usize> {
    let places = context.map().mappings.iter().enumerate();
    first(places.filter_map(|(at, mapping)| Some((&context.node_of(&mapping.node_id)?.id, at))))
}

/// The attempt at each endpoint: the first, or the first of them that opened.
fn dialled<'a>(context: &Context<'a>) -> HashMap<&'a Endpoint, &'a Attempt> {
    let mut dialled: HashMap<&Endpoint, &Attempt> = HashMap::new();
    for attempt in context.snapshot.all_attempts() {
        for (_, endpoint) in &attempt.candidates {
            let known = dialled.entry(endpoint).or_insert(attempt);
            if known.opened().is_none() && attempt.opened().is_some() {
                *known = attempt;
            }
        }
    }
    dialled
}

impl<'a> Context<'a> {
    fn index(&self) -> &Index<'a> {
        self.found.index.get_or_init(|| Index::of(self))
    }

    pub(super) fn named_user(&self) -> Option<&str> {
        self.found.user.get_or_init(|| self.user_of_refusals()).as_deref()
    }

    /// Some data node is out of reach where the Sentinel says that it is, and that one calls it up.
    pub fn is_a_server_lost(&self) -> bool {
        *self.found.server_lost.get_or_init(|| self.has_lost_a_server())
    }

    /// The node with this id.
    pub fn node_of(&self, id: &NodeId) -> Option<&'a Node> {
        self.index().nodes.get(id).copied()
    }

    /// The attempts at the node with this id.
    pub fn attempts_at(&self, id: &NodeId) -> &'a [Attempt] {
        self.index().attempts.get(id).copied().unwrap_or_default()
    }

    /// Where a node was met, wherever that was: at what it announces first.
    pub fn met(&self, id: &NodeId) -> Option<&'a Attempt> {
        self.index().met.get(id).copied()
    }

    /// What this node complains of; `None` where it complains of nothing, or did not answer.
    pub fn sight_of(&self, id: &NodeId) -> Option<&'a Sight> {
        self.index().sights.get(id).copied()
    }

    /// Nodes that copy this one, those that may be promoted first: not called failed, and met here.
    pub fn replicas_of(&self, id: &NodeId) -> &[&'a Node] {
        self.index().replicas.get(id).map_or(&[], Vec::as_slice)
    }

    /// The way to a node, as the map has it.
    pub fn mapping_of(&self, id: &NodeId) -> Option<&Mapping> {
        self.map().mappings.get(*self.found.mapped.get_or_init(|| mapped(self)).get(id)?)
    }

    /// The attempt that was made at an endpoint, whoever named it.
    pub fn attempt_at(&self, endpoint: &Endpoint) -> Option<&'a Attempt> {
        self.found.dialled.get_or_init(|| dialled(self)).get(endpoint).copied()
    }

    /// True where the node that answered at the endpoint has no word from this one.
    pub fn is_missed_by_the_seed(&self, node: &Node) -> bool {
        let flags = node.flags;
        let flagged = flags.fail || flags.pfail || flags.noaddr || flags.link_down;
        flagged || self.index().missed_by_the_seed.contains(&node.id)
    }
}
