//! Which hosts are verified where: every client library of our cards, walked through the snapshot by the outlook.

use std::collections::BTreeMap;

use super::{
    hosts::{Hosts, Why},
    name::Name,
};
use crate::{
    clients::{self, Client, Verifies},
    diagnosis::{
        Context,
        outlook::{Forecast, Outlook},
    },
    facts::{Host, Snapshot},
};

/// A host that clients verify and that no certificate should name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The host; an announced text that is none, escaped.
    pub host: String,
    /// Why not.
    pub reason: String,
    /// The libraries that verify it, in the order of the shelf.
    pub clients: Vec<&'static str>,
}

/// A host that clients verify.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    /// As clients have it.
    pub(super) host: Host,
    /// As a certificate has it.
    pub(super) name: Name,
    /// What it is.
    pub(super) why: Vec<Why>,
    /// At which node, in topology order; `None` for all of them.
    pub(super) node: Option<usize>,
    /// Who verifies it, by the place on the shelf.
    pub(super) clients: Vec<usize>,
}

/// Everything that is demanded, and what cannot be met.
pub(super) struct Demands {
    met: Vec<Demand>,
    unmet: BTreeMap<(Host, String), Vec<usize>>,
    /// How many nodes there are.
    pub(super) nodes: usize,
}

impl Demands {
    /// Walks every client through the snapshot.
    pub(super) fn of(snapshot: &Snapshot, hosts: &Hosts) -> Self {
        let context = Context::new(snapshot, None);
        let places = Places::of(&context);
        let forecast = Forecast::new(&context);
        let mut found: BTreeMap<(Option<usize>, Host), Vec<usize>> = BTreeMap::new();
        for (n, client) in clients::ALL.iter().enumerate() {
            for (node, host) in places.verified_by(client, &forecast.of(client, None)) {
                let clients = found.entry((node, host)).or_default();
                if clients.last() != Some(&n) {
                    clients.push(n);
                }
            }
        }
        let mut demands = Demands { met: Vec::new(), unmet: BTreeMap::new(), nodes: places.hosts.len() };
        for ((node, host), clients) in found {
            demands.add(node, host, clients, hosts);
        }
        demands
    }

    fn add(&mut self, node: Option<usize>, host: Host, clients: Vec<usize>, hosts: &Hosts) {
        match hosts.admit(&host) {
            Ok((name, why)) => self.met.push(Demand { host, name, why: why.to_vec(), node, clients }),
            Err(reason) => {
                let known = self.unmet.entry((host, reason)).or_default();
                known.extend(clients);
                known.sort_unstable();
                known.dedup();
            }
        }
    }

    /// Those that a certificate meets.
    pub(super) fn all(&self) -> impl Iterator<Item = &Demand> {
        self.met.iter()
    }

    /// Those that the certificate of one node meets.
    pub(super) fn at(&self, node: usize) -> impl Iterator<Item = &Demand> {
        self.met.iter().filter(move |demand| demand.node.is_none_or(|n| n == node))
    }

    /// The clients that verify what no certificate names, by the place on the shelf.
    pub(super) fn unmet(&self) -> impl Iterator<Item = usize> {
        self.unmet.values().flatten().copied()
    }

    /// What belongs into no certificate, for the reader.
    pub(super) fn left_out(&self, hosts: &Hosts) -> Vec<LeftOut> {
        let ids = |clients: &[usize]| libraries(clients.iter().copied());
        let unmet = self.unmet.iter().map(|((host, reason), clients)| LeftOut {
            host: host.to_string(),
            reason: reason.clone(),
            clients: ids(clients),
        });
        let unusable = hosts.unusable.iter().map(|text| LeftOut {
            host: text.clone(),
            reason: "a node announces it, and it is no host name: it is written nowhere; rename it in letters, digits and hyphens"
                .to_owned(),
            clients: Vec::new(),
        });
        unmet.chain(unusable).collect()
    }
}

/// Libraries by their places on the shelf, each once.
pub(super) fn libraries(clients: impl Iterator<Item = usize>) -> Vec<&'static str> {
    let mut ids: Vec<&'static str> = Vec::new();
    for client in clients.filter_map(|n| clients::ALL.get(n)) {
        if !ids.contains(&client.id) {
            ids.push(client.id);
        }
    }
    ids
}

/// The nodes, and what is verified there outside of clusters.
struct Places {
    hosts: Vec<Option<Host>>,
    cluster: bool,
    /// The node behind the endpoint.
    seed: Option<usize>,
}

impl Places {
    fn of(context: &Context<'_>) -> Self {
        let identity = context.snapshot.seed.identity();
        Places {
            hosts: context.nodes().map(|(node, _)| context.followed_as(node)).collect(),
            cluster: context.is_cluster(),
            seed: context.nodes().position(|(node, _)| identity == Some(&node.id)),
        }
    }

    /// Each host that this client verifies, with its node. The endpoint's name may lead to any of them, its address to one.
    fn verified_by(&self, client: &Client, outlook: &Outlook) -> Vec<(Option<usize>, Host)> {
        let seed = outlook.seed.verifies.clone();
        let at = seed.as_ref().and_then(Host::ip).and(self.seed);
        let mut found: Vec<_> = seed.map(|host| (at, host)).into_iter().collect();
        if self.cluster {
            let legs = outlook.nodes.iter().enumerate();
            found.extend(legs.filter_map(|(n, leg)| Some((Some(n), leg.verifies.clone()?))));
        } else if client.verifies != Verifies::Nothing {
            let nodes = self.hosts.iter().enumerate();
            found.extend(nodes.filter_map(|(n, host)| Some((Some(n), host.clone()?))));
        }
        found
    }
}
