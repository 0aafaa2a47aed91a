//! A primary that nobody copies, while the others are copied.

use std::{collections::HashSet, net::IpAddr};

use crate::{
    diagnosis::{Apart, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Host, Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "replica-missing",
    severity: Severity::Info,
    expects: "Where primaries have replicas, each has one, on another machine.",
    explain: "When a primary without a replica dies, its slots are gone with it, and by default (cluster-require-full-coverage) the \
              whole cluster refuses keys. A replica on the machine of its primary dies with it. It is told where other primaries of \
              the same cluster are better off, since then it was not meant so.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() || context.topology().is_some_and(|t| t.announced > t.nodes.len()) {
        return;
    }
    // While nodes are down, or become replicas, that is what there is to say.
    let changing = context.views().is_some_and(|views| views.odd.iter().any(|odd| odd.apart == Apart::News));
    if changing || context.nodes().any(|(node, _)| node.flags.fail || node.flags.pfail) {
        return;
    }
    let owners = context.nodes().map(|(node, _)| node);
    let owners = owners.filter(|node| node.role == Role::Primary && !node.slots.is_empty());
    let shards: Vec<(&Node, &[&Node])> = owners.map(|node| (node, context.replicas_of(&node.id))).collect();
    if shards.iter().all(|(_, replicas)| replicas.is_empty()) {
        return;
    }
    let subjects = |found: Vec<&Node>| -> Vec<Subject> { found.into_iter().map(|node| context.node(node)).collect() };
    let bare: Vec<&Node> = shards.iter().filter(|(_, replicas)| replicas.is_empty()).map(|(node, _)| *node).collect();
    (bare.len()..shards.len()).for_each(|_| verdicts.pass());
    let all = shards.len();
    let server =
        |text: &str, lines| vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }];
    verdicts.fail(Problem {
        title: format!("{} of {all} primaries {} no replica", bare.len(), has(bare.len())),
        expected: "a replica for each primary, as the others have".to_owned(),
        presented: "its slots go with it when it fails".to_owned(),
        remedies: server(
            &format!("Make a spare node a replica of it: run this there{}.", spare(context, &shards)),
            bare.iter().take(8).map(|node| format!("CLUSTER REPLICATE {}", node.id.in_commands())).collect(),
        ),
        subjects: subjects(bare),
        ..Problem::default()
    });
    let hosts: HashSet<IpAddr> = context.nodes().filter_map(|(node, _)| host(node)).collect();
    let (beside, apart): (Vec<_>, Vec<_>) = shards
        .iter()
        .filter(|(_, replicas)| !replicas.is_empty())
        .map(|(node, replicas)| (*node, *replicas))
        .partition(|(node, replicas)| host(node).is_some() && replicas.iter().all(|r| host(r) == host(node)));
    if hosts.len() > 1 && !apart.is_empty() {
        verdicts.fail(Problem {
            title: format!(
                "{} of {all} primaries {} replicas on their own machine alone",
                beside.len(),
                has(beside.len())
            ),
            subjects: subjects(beside.into_iter().map(|(node, _)| node).collect()),
            expected: "a replica on another machine".to_owned(),
            presented: "the same IP address for the primary and all of its replicas".to_owned(),
            remedies: server("Let a replica on another machine copy it: run CLUSTER REPLICATE there.", Vec::new()),
            ..Problem::default()
        });
    }
}

fn has(primaries: usize) -> &'static str {
    if primaries == 1 { "has" } else { "have" }
}

/// A replica whose primary has others.
fn spare(context: &Context<'_>, shards: &[(&Node, &[&Node])]) -> String {
    let most = shards.iter().filter(|(_, replicas)| replicas.len() > 1).max_by_key(|(_, replicas)| replicas.len());
    let told = |(primary, replicas): &(&Node, &[&Node])| {
        let one = replicas.last().map(|replica| context.node(replica).address).unwrap_or_default();
        format!(" ({one}, say: {} has {})", context.node(primary).address, replicas.len())
    };
    most.map(told).unwrap_or_default()
}

fn host(node: &Node) -> Option<IpAddr> {
    node.address.ip.host().and_then(Host::ip)
}
