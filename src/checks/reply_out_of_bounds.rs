//! A reply that is longer, deeper or stranger than any honest one.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Subject, Verdicts},
    facts::{Attempt, FailureKind},
};

pub(super) const CHECK: Check = Check {
    code: "reply-out-of-bounds",
    severity: Severity::Error,
    expects: "Replies have the shape and size that their commands promise.",
    explain: "redis-doctor bounds the size, nesting and count of everything a server says, and the number of nodes it looks at \
              (--max-nodes). A reply beyond those bounds comes from a broken proxy, a server that is no Redis, or somebody \
              hostile. What was understood is still reported.",
    transient: false,
    explains: &["discovery-impossible", "discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut note = |attempt: &Attempt, subject: Subject| {
        let connection = attempt.opened();
        let failure = connection.and_then(|c| c.cut.as_ref().or(c.identity.failure()));
        match failure.filter(|f| {
            f.kind == FailureKind::Hostile || (f.kind == FailureKind::NotSpoken && attempt.identity().is_some())
        }) {
            Some(failure) => verdicts.fail(Problem {
                title: "the server's reply is beyond all bounds".to_owned(),
                subjects: vec![subject],
                expected: "a reply of the shape that the command promises".to_owned(),
                presented: failure.detail.clone(),
                ..Problem::default()
            }),
            None => verdicts.pass(),
        }
    };
    note(&context.snapshot.seed, context.endpoint());
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node));
        }
    }
    let Some(topology) = context.topology() else { return };
    if topology.announced > topology.nodes.len() {
        verdicts.fail(Problem {
            title: format!(
                "the server announces {} nodes; only the first {} were looked at",
                topology.announced,
                topology.nodes.len()
            ),
            subjects: vec![context.whole()],
            expected: format!("at most {} nodes (--max-nodes)", topology.nodes.len()),
            presented: format!("{} nodes", topology.announced),
            ..Problem::default()
        });
    }
    if !topology.malformed.is_empty() {
        verdicts.fail(Problem {
            title: "parts of the topology do not parse".to_owned(),
            subjects: vec![context.whole()],
            expected: "CLUSTER SLOTS, SHARDS and NODES as Redis and Valkey write them".to_owned(),
            presented: topology.malformed.join("; "),
            ..Problem::default()
        });
    }
}
