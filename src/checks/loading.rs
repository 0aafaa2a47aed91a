//! A server still loads its data set.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Attempt,
};

pub(super) const CHECK: Check = Check {
    code: "loading",
    severity: Severity::Error,
    expects: "Every server has finished loading.",
    explain: "After a start, a server reads its data set and answers commands with `-LOADING` until that is done. It heals by \
              itself; `--wait 60s` waits for it.",
    transient: true,
    explains: &["discovery-impossible", "discovery-refused", "node-failed"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let loads = |attempt: &Attempt| {
        attempt.opened().is_some_and(|c| {
            c.server.seen().is_some_and(|s| s.loading) || c.refusals.iter().any(|r| r.answer.starts_with("LOADING"))
        })
    };
    let tells =
        |attempt: &Attempt| attempt.opened().is_some_and(|c| c.server.seen().is_some_and(|s| s.run_id.is_some()));
    let mut subjects = Vec::new();
    for (node, attempts) in context.nodes() {
        // CLUSTER SHARDS has `loading` for a replica that nothing was heard of yet, too: who answers knows better.
        let asked = attempts.iter().any(|attempt| context.snapshot.leads_to(attempt, node) && tells(attempt));
        let said = node.flags.loading && !asked && !context.is_missed_by_the_seed(node);
        if said || context.announced(attempts).is_some_and(loads) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    if context.topology().is_none() && loads(&context.snapshot.seed) {
        subjects.push(context.endpoint());
    }
    let text = "Wait for it; INFO persistence tells how far it is.";
    verdicts.fail(Problem {
        title: "the server is still loading its data set".to_owned(),
        subjects,
        expected: "loading:0".to_owned(),
        presented: "LOADING".to_owned(),
        remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines: Vec::new(), proof: None }],
        ..Problem::default()
    });
}
