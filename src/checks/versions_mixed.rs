//! Nodes of one cluster run versions that do not go together.

use std::collections::BTreeMap;

use crate::diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "versions-mixed",
    severity: Severity::Warning,
    expects: "The nodes of a cluster run one major version of one product.",
    explain: "A rolling upgrade passes through two versions, and that is meant to work for as long as it takes. To stay there is not: \
              a replica does not load what a newer primary sends (RDB and function formats), so that it never comes up or cannot be \
              copied back; commands exist on some nodes only; Redis 7.4 and later and Valkey do not read each other's data. \
              Clients that learn the version from one node assume it of all.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let mut versions: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (node, _) in context.nodes() {
        let Some(attempt) = context.met(&node.id) else { continue };
        let Some(server) = attempt.opened().and_then(|c| c.server.seen()) else { continue };
        let (Some(product), Some(version)) = (&server.product, &server.version) else { continue };
        let Some(major) = version.split('.').next().filter(|major| major.parse::<u32>().is_ok()) else { continue };
        versions.entry(format!("{product} {major}")).or_default().push(context.node(node));
    }
    if versions.len() < 2 {
        return verdicts.pass();
    }
    let told = versions.iter().map(|(version, nodes)| format!("{version}: {}", count(nodes.len())));
    let presented = told.collect::<Vec<_>>().join(", ");
    let most = versions.values().map(Vec::len).max().unwrap_or(0);
    let usual = versions.iter().rev().find(|(_, nodes)| nodes.len() == most).map(|(version, _)| version.clone());
    let odd = versions.into_iter().filter(|(version, _)| Some(version) != usual.as_ref());
    verdicts.fail(Problem {
        title: "the nodes of one cluster run several versions".to_owned(),
        subjects: odd.flat_map(|(_, nodes)| nodes).collect(),
        expected: "one product, one major version".to_owned(),
        presented,
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "End the upgrade: replicas first, then a failover to them, then the former primaries.".to_owned(),
            lines: Vec::new(),
            proof: None,
        }],
        ..Problem::default()
    });
}

fn count(nodes: usize) -> String {
    if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") }
}
