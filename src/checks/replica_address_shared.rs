//! A primary lists several replicas at one address.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Subject, SubjectKind, Verdicts},
    facts::{Endpoint, Node},
};

pub(super) const CHECK: Check = Check {
    code: "replica-address-shared",
    severity: Severity::Error,
    expects: "Every replica has an address of its own in the list of its primary.",
    explain: "Unless a replica says otherwise (`replica-announce-ip`, `replica-announce-port`), a primary lists it at the address from \
              which its connection came, with the port that it listens at. Replicas behind one NAT gateway, Docker bridge or \
              proxy that listen at the same port inside become one: clients and Sentinels see a single replica, and reach \
              none or either.",
    transient: false,
    explains: &["replica-address-wrong", "node-unreachable", "wrong-node"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut shared: BTreeMap<String, (&Endpoint, usize)> = BTreeMap::new();
    for said in context.lists_of_replicas() {
        let mut times: HashMap<&Endpoint, usize> = HashMap::new();
        for endpoint in &said.replicas {
            *times.entry(endpoint).or_default() += 1;
        }
        for (endpoint, times) in times {
            if times == 1 {
                verdicts.pass();
            } else {
                shared.insert(endpoint.to_string(), (endpoint, times));
            }
        }
    }
    let at = |node: &Node| node.address.preferred_endpoint().is_some_and(|at| shared.contains_key(&at.to_string()));
    let nodes: Vec<&Node> = context.nodes().map(|(node, _)| node).filter(|node| at(node)).collect();
    let looked_at: HashSet<String> = nodes.iter().map(|node| node.address.to_string()).collect();
    let unlisted = shared.keys().filter(|address| !looked_at.contains(*address));
    let others = unlisted.map(|address| Subject { kind: SubjectKind::Node, id: None, address: address.clone() });
    let replicas: usize = shared.values().map(|(_, times)| times).sum();
    let presented: Vec<String> = shared.iter().take(6).map(|(at, (_, times))| format!("{at} {times} times")).collect();
    verdicts.fail(Problem {
        title: format!(
            "the primary lists {replicas} replicas at {}, so they cannot be told apart",
            places(shared.len())
        ),
        subjects: nodes.iter().map(|node| context.node(node)).chain(others).collect(),
        expected: "one replica at each address in INFO replication".to_owned(),
        presented: presented.join("; "),
        clients: Vec::new(),
        remedies: context.replica_announce_remedy(&nodes, true).into_iter().collect(),
    });
}

fn places(n: usize) -> String {
    if n == 1 { "one address".to_owned() } else { format!("{n} addresses") }
}
