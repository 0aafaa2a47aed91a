//! The nodes hold together in several groups that do not hear each other.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "cluster-split",
    severity: Severity::Error,
    expects: "All nodes hear each other on the cluster bus.",
    explain: "Two groups of nodes, each of which answers clients and calls the other failed or suspects it, are a partition of the \
              network between them: of the cluster bus (the client port + 10000, or cluster-port), which needs not be the way that \
              clients take. Only the group with most of the primaries that own slots goes on; the others refuse every key \
              (`CLUSTERDOWN The cluster is down`), and for cluster-node-timeout both take writes, of which those of the smaller \
              group are lost. With an even number of primaries, half of them are no majority: then all groups stop.",
    transient: true,
    explains: &[
        "node-failed",
        "views-disagree",
        "slots-uncovered",
        "bus-link-down",
        "node-handshake",
        "bus-unreachable",
        "primary-link-down",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(bus) = context.bus() else { return };
    let groups = bus.groups();
    if groups.iter().filter(|group| group.len() > 1).count() < 2 {
        return verdicts.pass();
    }
    let voters = |group: &[&Node]| group.iter().filter(|n| n.role == Role::Primary && !n.slots.is_empty()).count();
    let all = context.nodes().filter(|(n, _)| n.role == Role::Primary && !n.slots.is_empty()).count();
    let described: Vec<String> = groups
        .iter()
        .take(4)
        .map(|group| {
            let nodes = context.all_called(group.iter().copied());
            format!("{} nodes with {} of {all} primaries ({nodes})", group.len(), voters(group))
        })
        .collect();
    let goes_on = match groups.iter().position(|group| voters(group) * 2 > all) {
        Some(_) => "only the group with most of the primaries goes on, and the rest answers CLUSTERDOWN",
        None => "no group has most of the primaries, so that all of them answer CLUSTERDOWN",
    };
    verdicts.fail(Problem {
        title: format!("the cluster is split: {} groups of nodes do not hear each other", groups.len()),
        subjects: vec![context.whole()],
        expected: "one group".to_owned(),
        presented: format!("{}; {goes_on}", described.join("; ")),
        remedies: vec![Remedy {
            audience: Audience::Network,
            text: "Open the way between the groups, in both directions, to the client port and the cluster bus port of every node \
                   (usually the client port + 10000). They join again by themselves; nothing has to be reset."
                .to_owned(),
            lines: groups.iter().filter_map(|group| group.first()).take(4).filter_map(|node| bus_address(node)).collect(),
            proof: None,
        }],
        ..Problem::default()
    });
}

/// One node of each group: an example of what has to be open.
fn bus_address(node: &Node) -> Option<String> {
    Some(format!("{} {}", node.address.ip.host()?, node.address.bus_port?))
}
