//! The cluster itself calls a node failed.

use crate::diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "node-failed",
    severity: Severity::Error,
    expects: "No node is flagged as failed by the majority.",
    explain: "The `fail` flag means that a majority of primaries cannot reach the node over the cluster bus. That is the \
              cluster's view, not the one from here: a failed node may still answer clients, and a node that the cluster \
              calls healthy may be out of reach from here (that is `node-unreachable`).",
    transient: true,
    explains: &["node-unreachable", "views-disagree", "slots-uncovered"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let mut subjects = Vec::new();
    let mut owned = 0;
    for (node, _) in context.nodes() {
        if node.flags.fail {
            owned += node.slots.count();
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    let gone = context.nodes().map(|(node, _)| node).filter(|node| node.flags.fail && node.slots.is_empty());
    let forgotten = gone.take(8).map(|node| format!("CLUSTER FORGET {}", node.id)).collect();
    let presented = match owned {
        0 => "the flag fail; no slots are lost by it".to_owned(),
        n => format!("the flag fail; {n} slots belong to nodes that are down, and nobody took them over"),
    };
    verdicts.fail(Problem {
        title: format!("the cluster calls {} of its nodes failed", subjects.len()),
        subjects,
        expected: "connected nodes".to_owned(),
        presented,
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Bring the node back. Where it owned slots and has a replica, CLUSTER FAILOVER TAKEOVER on that one promotes it; where it is \
                   gone for good, forget it on every other node within a minute."
                .to_owned(),
            lines: forgotten,
            proof: None,
        }],
        ..Problem::default()
    });
}
