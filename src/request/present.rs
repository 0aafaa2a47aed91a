//! The certificates in use, and what they lack of what is demanded.

use super::{
    demand::{Demand, Demands},
    name::Name,
    proof,
};
use crate::{
    clients,
    diagnosis::Context,
    facts::{CertificateChain, Snapshot},
};

/// Names that are told of a certificate; there may be hundreds.
const TOLD: usize = 6;

/// A certificate that some nodes present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// What it says, escaped: its first names, or its common name where it has none.
    pub names: String,
    /// How many nodes present it.
    pub nodes: usize,
    /// Names that clients verify there and that it does not hold for some of them.
    pub lacks: Vec<Name>,
    /// The moment at which it ends, where that has passed; seconds since 1970.
    pub expired: Option<i64>,
    /// It is a CA, which rustls refuses of a server.
    pub is_ca: bool,
    /// It is for servers alone, and nodes are clients of each other where bus or replication run over TLS.
    pub server_only: bool,
}

impl Present {
    /// True where clients have nothing against it.
    pub fn is_well(&self) -> bool {
        self.lacks.is_empty() && self.expired.is_none() && !self.is_ca && !self.server_only
    }
}

/// Those that clients meet, in topology order; `asked` are the chains of the certificates that are asked for.
pub(super) fn of(snapshot: &Snapshot, demands: &Demands, asked: &[CertificateChain]) -> Vec<Present> {
    let present = |(chain, nodes): (&CertificateChain, Vec<usize>)| {
        let leaf = &chain.leaf;
        let client = |usages: &Vec<String>| usages.iter().any(|usage| usage == "clientAuth" || usage == "any");
        Present {
            names: names(chain),
            lacks: lacking(chain, &nodes, demands, asked),
            nodes: nodes.len(),
            expired: (leaf.not_after < snapshot.taken_at).then_some(leaf.not_after),
            is_ca: leaf.is_ca,
            server_only: leaf.usages.as_ref().is_some_and(|usages| !client(usages)),
        }
    };
    met(snapshot).into_iter().map(present).collect()
}

/// Each chain with the nodes that present it; the endpoint's where no node is known.
fn met(snapshot: &Snapshot) -> Vec<(&CertificateChain, Vec<usize>)> {
    let context = Context::new(snapshot, None);
    let nodes = context.nodes().enumerate();
    let mut all: Vec<_> = nodes.filter_map(|(n, (node, tried))| Some((n, context.chain_of(node, tried)?))).collect();
    if all.is_empty() {
        all.extend(snapshot.chain(&snapshot.seed).map(|chain| (0, chain)));
    }
    let mut met: Vec<(&CertificateChain, Vec<usize>)> = Vec::new();
    for (n, chain) in all {
        match met.iter_mut().find(|(known, _)| known.leaf.fingerprint == chain.leaf.fingerprint) {
            Some((_, nodes)) => nodes.push(n),
            None => met.push((chain, vec![n])),
        }
    }
    met
}

/// What some client misses in the certificate of these nodes and would not miss in what is asked for.
fn lacking(chain: &CertificateChain, nodes: &[usize], demands: &Demands, asked: &[CertificateChain]) -> Vec<Name> {
    let helped = |demand: &&Demand| {
        let asked = proof::presenting(asked, demand);
        demand.clients.iter().filter_map(|n| clients::ALL.get(*n)).any(|client| {
            let refuses = |leaf| client.stack.name_refusal(leaf, &demand.host).is_some();
            refuses(&chain.leaf) && !asked.iter().any(|(_, chain)| refuses(&chain.leaf))
        })
    };
    let here = demands.all().filter(|demand| demand.node.is_none_or(|n| nodes.contains(&n)));
    let mut lacks: Vec<Name> = here.filter(helped).map(|demand| demand.name.clone()).collect();
    lacks.sort_unstable();
    lacks.dedup();
    lacks
}

fn names(chain: &CertificateChain) -> String {
    let leaf = &chain.leaf;
    let names: Vec<String> =
        leaf.names.iter().take(TOLD).map(|name| name.to_string().escape_debug().to_string()).collect();
    let more = leaf.names.len().saturating_sub(TOLD) + leaf.more_names;
    match (&leaf.common_name, names.is_empty(), more) {
        (Some(name), true, _) => format!("no name but the common name {}", name.escape_debug()),
        (None, true, _) => "no name".to_owned(),
        (_, false, 0) => names.join(", "),
        (_, false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
