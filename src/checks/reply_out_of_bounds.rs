//! A reply that is longer, deeper or stranger than any honest one.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Subject, Verdicts},
    facts::{Attempt, Failure, FailureKind, Stage},
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

/// How many different failures are shown.
const SHOWN: usize = 3;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let (mut subjects, mut presented) = (Vec::new(), Vec::new());
    let mut note = |attempt: &Attempt, subject: Subject| match beyond(attempt) {
        Some(failure) => {
            subjects.push(subject);
            if presented.len() < SHOWN && !presented.contains(&failure.detail) {
                presented.push(failure.detail.clone());
            }
        }
        None => verdicts.pass(),
    };
    note(&context.snapshot.seed, context.endpoint());
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node));
        }
    }
    verdicts.fail(Problem {
        title: "the server's reply is beyond all bounds".to_owned(),
        subjects,
        expected: "a reply of the shape that the command promises".to_owned(),
        presented: presented.join("; "),
        ..Problem::default()
    });
    let deployment = &context.snapshot.topology;
    if let Some(failure) =
        deployment.failure().filter(|f| f.stage == Stage::Command && f.kind == FailureKind::NotSpoken)
    {
        verdicts.fail(Problem {
            title: "the server gives no topology that makes sense".to_owned(),
            subjects: vec![context.endpoint()],
            expected: "CLUSTER SLOTS, SHARDS or NODES with at least one node".to_owned(),
            presented: failure.detail.clone(),
            ..Problem::default()
        });
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

/// What broke off a conversation, where that was a reply of another shape or size than promised.
fn beyond(attempt: &Attempt) -> Option<&Failure> {
    let connection = attempt.opened()?;
    let failure = connection.cut.as_ref().or(connection.identity.failure())?;
    let beside_itself = failure.kind == FailureKind::NotSpoken && attempt.identity().is_some();
    (failure.kind == FailureKind::Hostile || beside_itself).then_some(failure)
}
