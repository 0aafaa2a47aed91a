//! Every client judges the certificates that are asked for, at every node, by the rules of its own TLS stack.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::demand::{Demand, Demands, libraries};
use crate::{
    clients,
    facts::{CertificateChain, Host},
    names::{Class, Refusal},
};

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Entries of the shelf of clients: libraries in their versions and set-ups.
    pub clients: usize,
    /// How many libraries these are.
    pub libraries: usize,
    /// How many of the entries pass everywhere.
    pub passing: usize,
    /// Nodes that they pass at; 1 where the endpoint alone is known.
    pub nodes: usize,
    /// Who does not pass, and what would help.
    pub failing: Vec<Failing>,
}

/// A host that some client cannot verify, whatever the certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The host as the client has it.
    pub host: Host,
    /// What the TLS stack says.
    pub text: String,
    /// The stack.
    pub stack: &'static str,
    /// The libraries that run on it.
    pub clients: Vec<&'static str>,
    /// What to change.
    pub advice: String,
}

impl Proof {
    /// True where every client passes everywhere.
    pub fn is_whole(&self) -> bool {
        self.passing == self.clients
    }
}

/// Judges.
pub(super) fn of(demands: &Demands, chains: &[CertificateChain]) -> Proof {
    let mut known: HashMap<(&'static str, usize, &Host), Option<Refusal>> = HashMap::new();
    let mut refused: BTreeMap<(&Host, &'static str), (Refusal, Vec<usize>)> = BTreeMap::new();
    for demand in demands.all() {
        for (n, chain) in presenting(chains, demand) {
            for (place, client) in demand.clients.iter().filter_map(|n| Some((*n, *clients::ALL.get(*n)?))) {
                let judge = || client.stack.refusal(chain, Some(&demand.host));
                let refusal = known.entry((client.stack.id, n, &demand.host)).or_insert_with(judge);
                if let Some(refusal) = refusal {
                    let new = || (refusal.clone(), Vec::new());
                    refused.entry((&demand.host, client.stack.id)).or_insert_with(new).1.push(place);
                }
            }
        }
    }
    let stopped: HashSet<usize> =
        refused.values().flat_map(|(_, clients)| clients).copied().chain(demands.unmet()).collect();
    let failing = refused.into_iter().map(|((host, stack), (refusal, clients))| Failing {
        host: host.clone(),
        advice: advice(host, &refusal),
        text: refusal.text,
        stack,
        clients: libraries(clients.into_iter()),
    });
    Proof {
        clients: clients::ALL.len(),
        libraries: libraries(0..clients::ALL.len()).len(),
        passing: clients::ALL.len() - stopped.len(),
        nodes: demands.nodes.max(1),
        failing: failing.collect(),
    }
}

/// The certificates that a demand is made of: all of them, or that of one node.
pub(super) fn presenting<'c>(chains: &'c [CertificateChain], demand: &Demand) -> Vec<(usize, &'c CertificateChain)> {
    let here = |(n, _): &(usize, &CertificateChain)| chains.len() == 1 || demand.node.is_none_or(|node| node == *n);
    chains.iter().enumerate().filter(here).collect()
}

fn advice(host: &Host, refusal: &Refusal) -> String {
    match host {
        Host::Ip(ip) if ip.is_ipv6() => {
            "this version of the TLS stack verifies no IPv6 address at all: announce host names and prefer them, or move to \
             a version that does"
                .to_owned()
        }
        Host::Name(name) if name.contains('_') => {
            format!("no certificate helps: rename the host without underscores ({})", name.replace('_', "-"))
        }
        Host::Name(name) if name.ends_with('.') => {
            format!("give and announce it without the dot at its end ({})", name.trim_end_matches('.'))
        }
        _ if refusal.class == Class::Reference => "no certificate helps: rename the host".to_owned(),
        _ => "let these clients be told another name to verify, or rename the host".to_owned(),
    }
}
