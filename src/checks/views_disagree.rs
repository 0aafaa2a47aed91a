//! Nodes describe the cluster differently.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Difference, NodeId, Topology, View},
};

pub(super) const CHECK: Check = Check {
    code: "views-disagree",
    severity: Severity::Error,
    expects: "All nodes agree on who is in the cluster, where, and who owns which slot.",
    explain: "What a client learns depends on the node it happens to ask. Views part company when a node was forgotten on some \
              nodes only, when a handshake ended on one side, when an old nodes.conf came back, or while a failover is under \
              way (then they agree again within seconds). Replica order, ping times and suspicions differ legitimately and \
              are not compared. Where clients are sent (CLUSTER SLOTS) is asked of 128 nodes, evenly spread, where there are more. The nodes named are those outside the largest group that agrees.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology() else { return };
    let members: usize = topology.views.iter().map(|v| v.members.len()).sum();
    if topology.views.len() < 2 {
        (0..members).for_each(|_| verdicts.pass());
        return;
    }
    // Of equally large groups the one that knows more nodes is right: nodes are forgotten, and not made up. Then the seed's,
    // which stands first, where max_by_key would take the last.
    let size = |(_, view): &(usize, &View)| (view.members.len(), surplus(view));
    let Some((place, largest)) = topology.views.iter().enumerate().rev().max_by_key(size) else { return };
    let seed_is_odd = place != 0;
    largest.members.iter().for_each(|_| verdicts.pass());
    for (_, view) in topology.views.iter().enumerate().filter(|(i, _)| *i != place) {
        let differences = if view.differences.is_empty() && seed_is_odd { largest } else { view };
        verdicts.fail(Problem {
            title: format!("nodes disagree: {} of {members} see the cluster differently", view.members.len()),
            subjects: view.members.iter().map(|id| subject(context, topology, id)).collect(),
            expected: format!("one view; {} of {members} share the larger one", largest.members.len()),
            presented: describe(topology, differences, view.differences.is_empty() && seed_is_odd),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "If it stays so: introduce the odd nodes again from one of the others; forget on every node what is gone."
                    .to_owned(),
                lines: vec!["CLUSTER MEET ADDRESS PORT".to_owned(), "CLUSTER FORGET NODE-ID".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// How many more nodes than the seed this view knows.
fn surplus(view: &View) -> i64 {
    let one = |difference: &Difference| match difference {
        Difference::Extra(_) => 1,
        Difference::Lacks(_) => -1,
        _ => 0,
    };
    view.differences.iter().map(one).sum()
}

fn subject(context: &Context<'_>, topology: &Topology, id: &NodeId) -> Subject {
    topology.node(id).map_or_else(|| context.whole(), |node| context.node(node))
}

/// The differences in words. They are the other views' against the seed's; where the seed is the odd one, the other way round.
fn describe(topology: &Topology, view: &View, seed_is_odd: bool) -> String {
    let (odd, rest, s) = if seed_is_odd { ("the others", "it does", "") } else { ("it", "the others do", "s") };
    let does = if seed_is_odd { "do" } else { "does" };
    let whom = if seed_is_odd { "it" } else { "the others" };
    let place = |id: &NodeId| topology.node(id).map_or_else(|| id.short().to_owned(), |n| n.address.to_string());
    let sentence = |d: &Difference| match d {
        Difference::Lacks(id) => format!("{odd} {does} not know {}", place(id)),
        Difference::Extra(node) => format!("{odd} know{s} {} at {}, {rest} not", node.id.short(), node.address),
        Difference::Endpoint(id, endpoint) => format!("{odd} send{s} clients of {} to {endpoint}", place(id)),
        Difference::Says(node) => {
            let slots = if node.slots.is_empty() { String::new() } else { format!(" with slots {}", node.slots) };
            let state = if node.failed { ", failed" } else { "" };
            let known = topology.node(&node.id).map(|n| format!(" ({whom}: {} {} {})", n.role, n.address, n.slots));
            format!(
                "{odd} say{s} {} is a {}{slots}{state} at {}{}",
                node.id.short(),
                node.role,
                node.address,
                known.unwrap_or_default()
            )
        }
    };
    let mut words: Vec<String> = view.differences.iter().take(4).map(sentence).collect();
    let more = view.differences.len().saturating_sub(4) + view.more;
    if more > 0 {
        words.push(format!("and {more} more differences"));
    }
    words.join("; ")
}
