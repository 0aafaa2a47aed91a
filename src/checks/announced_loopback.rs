//! A node announces a loopback address to clients on other machines.

use crate::{
    diagnosis::{Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Node, NodeId, Role},
};

pub(super) const CHECK: Check = Check {
    code: "announced-loopback",
    severity: Severity::Error,
    expects: "A server that is reached over a network announces no loopback address.",
    explain: "A cluster that was created with 127.0.0.1 hands that address to every client, and each client then dials its own \
              machine. Worse, a Redis of its own may answer there; so nothing is called reachable here unless the node id \
              matches.",
    transient: false,
    explains: &["node-unreachable", "sentinel-unreachable", "wrong-node", "san-mismatch", "ip-in-dns-san"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    let loopback =
        |node: &Node| context.followed_as_announced(node).is_some_and(|endpoint| endpoint.host.is_loopback());
    let answers = |node: &Node, attempts: &[Attempt]| {
        context.announced(attempts).is_some_and(|attempt| snapshot.leads_to(attempt, node))
    };
    // Another protocol on the announced port is a fault of the port, not of the address.
    let lost = |node: &Node, attempts: &[Attempt]| {
        !answers(node, attempts) && context.announced(attempts).is_some_and(|attempt| attempt.spoke.is_none())
    };
    // A tunnel ends on this machine too: the seed's own node, which is up, then does not answer at its loopback address.
    let tunnelled = context.nodes().any(|(node, attempts)| {
        snapshot.seed.identity() == Some(&node.id) && loopback(node) && !answers(node, attempts)
    });
    let mut subjects = Vec::new();
    for (node, attempts) in context.nodes() {
        if context.is_behind_the_replicas_tunnel(node) {
            verdicts.skip(
                context.node(node),
                "only the replica on the same machine is told this address: a tunnel to its primary",
            );
        } else if loopback(node) && (!context.is_near() || (tunnelled && lost(node, attempts))) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    let ids: Vec<_> = subjects.iter().filter_map(|subject| subject.id.as_ref()).cloned().collect();
    let ids: Vec<_> = ids.iter().collect();
    verdicts.fail(Problem {
        title: "nodes announce loopback addresses, where every client finds its own machine".to_owned(),
        subjects,
        expected: format!("addresses that {} can dial", context.vantage()),
        presented: "127.0.0.0/8, ::1 or localhost".to_owned(),
        remedies: context.map_remedy(&ids).into_iter().chain(announce(context, &ids)).collect(),
        ..Problem::default()
    });
}

/// What the servers could announce instead; a Sentinel announces what it reaches the primary from.
fn announce(context: &Context<'_>, ids: &[&NodeId]) -> Option<Remedy> {
    let mut nodes = context.nodes().map(|(node, _)| node).filter(|node| ids.contains(&&node.id)).peekable();
    let only_sentinels = nodes.peek().is_some() && nodes.all(|node| node.role == Role::Sentinel);
    if only_sentinels { context.sentinel_off_loopback() } else { context.announce_remedy(ids) }
}
