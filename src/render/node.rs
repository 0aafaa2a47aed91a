//! What was seen of one node, reduced to the verdicts that a row, a JSON object or a graph label shows.

use std::collections::HashMap;

use super::{Page, words};
use crate::facts::{
    Attempt, Candidate, CertificateChain, Failure, Kind, Node, NodeFlags, NodeId, Observed, Snapshot, Spoke,
    TlsSession, Transport,
};

/// Whether the announced address leads to this node from here. Only an identity counts (CLUSTER MYID or run id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// It answered with its own id.
    Proved,
    /// Something is open there; who it is was not asked or not told.
    Unproved,
    /// Another node answered.
    Other,
    /// It failed, and perhaps something else answered.
    Failed(&'a Failure, Option<&'a Spoke>),
    /// Nobody dialled it.
    NotTried,
}

/// One node with what its announced address came to.
pub(super) struct Look<'a> {
    pub(super) node: &'a Node,
    pub(super) attempts: &'a [Attempt],
    /// The groups of a data node, where a Sentinel watches several; else empty.
    pub(super) group: String,
    pub(super) reach: Reach<'a>,
    /// TLS, from the announced address if it spoke any there, else from the first attempt that did.
    pub(super) tls: Option<&'a TlsSession>,
    pub(super) chain: Option<&'a CertificateChain>,
    pub(super) name_ok: Option<bool>,
    pub(super) plaintext: bool,
}

/// Every node of the topology in its order.
pub(super) fn looks<'a>(page: &Page<'a>) -> Vec<Look<'a>> {
    let snapshot = page.snapshot;
    let nodes = snapshot.topology.seen().map_or(&[][..], |t| &t.nodes);
    let probed = |i: usize, id: &NodeId| match snapshot.nodes.get(i) {
        Some(probe) if probe.id == *id => &probe.attempts,
        _ => snapshot.attempts(id),
    };
    let mut groups = groups(page);
    let group = |node: &Node| groups.remove(&node.id).unwrap_or_default().join(", ");
    let groups: Vec<String> = nodes.iter().map(group).collect();
    let looks = nodes.iter().zip(groups).enumerate();
    looks.map(|(i, (node, group))| Look { group, ..look(page, node, probed(i, &node.id)) }).collect()
}

/// The names of the groups of each data node, where there are several groups.
fn groups<'a>(page: &Page<'a>) -> HashMap<&'a NodeId, Vec<&'a str>> {
    let mut names: HashMap<&NodeId, Vec<&str>> = HashMap::new();
    for group in page.snapshot.deployment().filter(|t| t.groups.len() > 1).into_iter().flat_map(|t| &t.groups) {
        for id in group.data_nodes() {
            names.entry(id).or_default().push(&group.name);
        }
    }
    names
}

fn look<'a>(page: &Page<'a>, node: &'a Node, attempts: &'a [Attempt]) -> Look<'a> {
    let reach = |attempt| reach(page.snapshot, attempt, node);
    let announced = announced(attempts, reach);
    let secured = announced.filter(|a| a.tls().is_some()).or_else(|| attempts.iter().find(|a| a.tls().is_some()));
    Look {
        node,
        attempts,
        group: String::new(),
        reach: announced.map_or(Reach::NotTried, reach),
        tls: secured.and_then(Attempt::tls),
        chain: secured.and_then(|a| page.snapshot.chain(a)),
        name_ok: secured.and_then(page.name_ok),
        plaintext: secured.is_none() && announced.is_some_and(|a| a.transport == Transport::Plaintext),
    }
}

/// The best attempt at what the node announces to clients; the best of all where it announces nothing to dial.
fn announced<'a>(attempts: &'a [Attempt], reach: impl Fn(&'a Attempt) -> Reach<'a>) -> Option<&'a Attempt> {
    let preferred = attempts.iter().filter(|a| a.is_for(Candidate::Preferred)).min_by_key(|a| rank(reach(a)));
    preferred.or_else(|| attempts.iter().min_by_key(|a| rank(reach(a))))
}

fn rank(reach: Reach<'_>) -> u8 {
    match reach {
        Reach::Proved => 0,
        Reach::Unproved => 1,
        Reach::Other => 2,
        Reach::Failed(..) => 3,
        Reach::NotTried => 4,
    }
}

fn reach<'a>(snapshot: &Snapshot, attempt: &'a Attempt, node: &Node) -> Reach<'a> {
    // A node that is listed without an id cannot be told from another by it.
    let has_id = !node.id.as_str().contains(':');
    if attempt.identity().is_some() {
        return match snapshot.leads_to(attempt, node) {
            true => Reach::Proved,
            false if snapshot.is_untellable(attempt, node) => Reach::Unproved,
            false if has_id || !snapshot.deployment().is_some_and(|t| t.kind == Kind::Sentinel) => Reach::Other,
            false => Reach::Unproved,
        };
    }
    match (attempt.failure(), &attempt.connection) {
        (Some(failure), _) => Reach::Failed(failure, attempt.spoke.as_ref()),
        (None, Observed::NotTried(_)) => Reach::NotTried,
        _ => Reach::Unproved,
    }
}

impl Look<'_> {
    /// Nothing is wrong with it as far as this row can tell.
    pub(super) fn is_healthy(&self) -> bool {
        let trusted = self.chain.is_none_or(CertificateChain::is_trusted);
        self.reach == Reach::Proved && trusted && self.name_ok != Some(false) && self.state().is_empty()
    }

    pub(super) fn reached(&self) -> String {
        match self.reach {
            Reach::Proved => "✓".to_owned(),
            Reach::Unproved => "? id unknown".to_owned(),
            Reach::Other => "✗ another node".to_owned(),
            Reach::Failed(failure, spoke) => format!("✗ {}", words::failed(failure, spoke)),
            Reach::NotTried => "– not tried".to_owned(),
        }
    }

    pub(super) fn chain_cell(&self) -> String {
        match self.chain {
            Some(chain) if chain.is_trusted() => "✓".to_owned(),
            Some(chain) => format!("✗ {}", words::chain(&chain.verdict)),
            None if self.plaintext => "no TLS".to_owned(),
            None => "–".to_owned(),
        }
    }

    pub(super) fn name_cell(&self) -> &'static str {
        match self.name_ok {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "–",
        }
    }

    /// `primary`, `replica fail`.
    pub(super) fn role(&self) -> String {
        format!("{} {}", self.node.role, self.state()).trim_end().to_owned()
    }

    /// What the cluster says is wrong with it, in its own words.
    pub(super) fn state(&self) -> &'static str {
        match self.node.flags {
            NodeFlags { fail: true, .. } => "fail",
            NodeFlags { pfail: true, .. } => "fail?",
            NodeFlags { handshake: true, .. } => "handshake",
            NodeFlags { noaddr: true, .. } => "noaddr",
            NodeFlags { loading: true, .. } => "loading",
            NodeFlags { link_down: true, .. } => "link down",
            _ => "",
        }
    }

    /// The slots in few characters: `0-5460`, or the first range and how many more there are.
    pub(super) fn slots(&self) -> String {
        let ranges = self.node.slots.ranges();
        match ranges {
            [] => String::new(),
            [first, rest @ ..] if !rest.is_empty() => format!("{}-{} +{}", first.0, first.1, rest.len()),
            _ => self.node.slots.to_string(),
        }
    }
}
