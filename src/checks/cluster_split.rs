//! The nodes hold together in several groups that do not hear each other.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{FailureKind, Node, Role},
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
    let votes = |nodes: &[&Node]| nodes.iter().filter(|n| n.role == Role::Primary && !n.slots.is_empty()).count();
    let all = context.nodes().filter(|(n, _)| n.role == Role::Primary && !n.slots.is_empty()).count();
    let goes_on = groups.iter().any(|group| votes(group) * 2 > all);
    // Most primaries are there, and no group has most of them: whoever is alone counts, too.
    let is_lost = !goes_on && votes(&bus.nodes) * 2 > all;
    if groups.iter().filter(|group| group.len() > 1).count() < 2 && !is_lost {
        return verdicts.pass();
    }
    let alone = groups.iter().all(|group| group.len() == 1);
    verdicts.fail(Problem {
        title: if alone {
            format!("the cluster is split: none of {} nodes hears another one on the cluster bus", groups.len())
        } else {
            format!("the cluster is split: {} groups of nodes do not hear each other", groups.len())
        },
        subjects: vec![context.whole()],
        expected: "one group".to_owned(),
        presented: presented(context, &groups, goes_on, |nodes| format!("{} of {all} primaries", votes(nodes))),
        remedies: remedies(context, &groups),
        ..Problem::default()
    });
}

fn presented(
    context: &Context<'_>,
    groups: &[Vec<&Node>],
    goes_on: bool,
    votes: impl Fn(&[&Node]) -> String,
) -> String {
    let group = |group: &Vec<&Node>| {
        let (nodes, all) = (if group.len() == 1 { "node" } else { "nodes" }, context.all_called(group.iter().copied()));
        format!("{} {nodes} with {} ({all})", group.len(), votes(group))
    };
    let mut described: Vec<String> = groups.iter().take(SHOWN).map(group).collect();
    described.extend((groups.len() > SHOWN).then(|| format!("and {} more", groups.len() - SHOWN)));
    let then = if goes_on {
        "only the group with most of the primaries goes on, and the rest answers CLUSTERDOWN"
    } else {
        "no group has most of the primaries, so that all of them answer CLUSTERDOWN"
    };
    format!("{}; {then}", described.join("; "))
}

fn remedies(context: &Context<'_>, groups: &[Vec<&Node>]) -> Vec<Remedy> {
    let firsts = || groups.iter().filter_map(|group| group.first());
    let open = Remedy {
        audience: Audience::Network,
        text: "Open the way between the groups, in both directions, to the client port and the cluster bus port of every node \
               (usually the client port + 10000). They join again by themselves; nothing has to be reset."
            .to_owned(),
        lines: firsts().take(SHOWN).filter_map(|node| bus_address(node)).collect(),
        proof: None,
    };
    let announce = Remedy {
        audience: Audience::Server,
        text: "Where these are not the ports on which the bus listens (behind NAT: those that are published): announce the right ones, on \
               every node; 0 is the one that it listens on."
            .to_owned(),
        lines: vec!["CONFIG SET cluster-announce-bus-port 0".to_owned()],
        proof: None,
    };
    let is_refused = |node: &Node| {
        let look = context.snapshot.buses.iter().find(|look| look.node == node.id);
        look.and_then(|look| look.failure.as_ref()).is_some_and(|failure| failure.kind == FailureKind::Refused)
    };
    // The machine is there and nobody listens on the port: it may be another one.
    let refused = firsts().any(|node| is_refused(node));
    [open].into_iter().chain(refused.then_some(announce)).collect()
}

/// Groups that are told of one by one.
const SHOWN: usize = 4;

/// One node of each group: an example of what has to be open.
fn bus_address(node: &Node) -> Option<String> {
    Some(format!("{} {}", node.address.ip.host()?, node.address.bus_port?))
}
