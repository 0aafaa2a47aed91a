//! A node announces a loopback address to clients on other machines.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Node},
};

pub(super) const CHECK: Check = Check {
    code: "announced-loopback",
    severity: Severity::Error,
    expects: "A server that is reached over a network announces no loopback address.",
    explain: "A cluster that was created with 127.0.0.1 hands that address to every client, and each client then dials its own \
              machine. Worse, a Redis of its own may answer there; so nothing is called reachable here unless the node id \
              matches.",
    transient: false,
    explains: &["node-unreachable", "wrong-node", "san-mismatch", "ip-in-dns-san"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    let loopback = |node: &Node| context.followed(node).is_some_and(|endpoint| endpoint.host.is_loopback());
    let answers = |node: &Node, attempts: &[Attempt]| {
        context.announced(attempts).is_some_and(|attempt| snapshot.leads_to(attempt, node))
    };
    let nearby = snapshot.seed.socket.is_none_or(|s| s.ip().to_canonical().is_loopback());
    // A tunnel ends on this machine too: the seed's own node, which is up, then does not answer at its loopback address.
    let tunnelled = context.nodes().any(|(node, attempts)| {
        snapshot.seed.identity() == Some(&node.id) && loopback(node) && !answers(node, attempts)
    });
    let mut subjects = Vec::new();
    for (node, attempts) in context.nodes() {
        if loopback(node) && (!nearby || (tunnelled && !answers(node, attempts))) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    verdicts.fail(Problem {
        title: "nodes announce loopback addresses, where every client finds its own machine".to_owned(),
        subjects,
        expected: format!("addresses that {} can dial", context.vantage()),
        presented: "127.0.0.0/8, ::1 or localhost".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Announce the address that clients use, on every node.".to_owned(),
            lines: vec![format!("CONFIG SET cluster-announce-ip {}", context.snapshot.target.endpoint.host)],
            proof: None,
        }],
        ..Problem::default()
    });
}
