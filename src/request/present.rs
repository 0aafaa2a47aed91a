//! The certificates in use, and what they lack of what is demanded.

use super::{
    Wanted,
    demand::{Demand, Demands},
    name::Name,
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
        self.lacks.is_empty() && self.expired.is_none() && !self.is_ca
    }
}

/// Those that clients meet, in topology order.
pub(super) fn of(snapshot: &Snapshot, demands: &Demands, certificates: &[Wanted]) -> Vec<Present> {
    let context = Context::new(snapshot, None);
    let mut seen: Vec<(&CertificateChain, Vec<usize>)> = Vec::new();
    let at_nodes =
        context.nodes().enumerate().filter_map(|(n, (node, attempts))| Some((n, context.chain_of(node, attempts)?)));
    let at_seed = || Some((0, snapshot.chain(&snapshot.seed)?));
    let mut all: Vec<_> = at_nodes.collect();
    if all.is_empty() {
        all.extend(at_seed());
    }
    for (n, chain) in all {
        match seen.iter_mut().find(|(known, _)| known.leaf.fingerprint == chain.leaf.fingerprint) {
            Some((_, nodes)) => nodes.push(n),
            None => seen.push((chain, vec![n])),
        }
    }
    let expected = |name: &Name| certificates.iter().any(|wanted| wanted.entries.iter().any(|e| e.covers_name(name)));
    seen.into_iter()
        .map(|(chain, nodes)| {
            let mut lacks: Vec<Name> = demands
                .all()
                .filter(|demand| demand.node.is_none_or(|n| nodes.contains(&n)) && expected(&demand.name))
                .filter(|demand| is_lacking(chain, demand))
                .map(|demand| demand.name.clone())
                .collect();
            lacks.sort_unstable();
            lacks.dedup();
            let leaf = &chain.leaf;
            let client = |usages: &Vec<String>| usages.iter().any(|usage| usage == "clientAuth" || usage == "any");
            Present {
                names: names(chain),
                nodes: nodes.len(),
                lacks,
                expired: (leaf.not_after < snapshot.taken_at).then_some(leaf.not_after),
                is_ca: leaf.is_ca,
                server_only: leaf.usages.as_ref().is_some_and(|usages| !client(usages)),
            }
        })
        .collect()
}

fn is_lacking(chain: &CertificateChain, demand: &Demand) -> bool {
    let clients = demand.clients.iter().filter_map(|n| clients::ALL.get(*n));
    clients.into_iter().any(|client| client.stack.name_refusal(&chain.leaf, &demand.host).is_some())
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
