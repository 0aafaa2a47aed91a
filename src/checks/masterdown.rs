//! A replica refuses even reads, since it has lost its primary.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Attempt,
};

pub(super) const CHECK: Check = Check {
    code: "masterdown",
    severity: Severity::Error,
    expects: "A replica serves reads.",
    explain: "With `replica-serve-stale-data no`, a replica that has lost its primary, or has not copied everything yet, answers \
              every command that touches data with `MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to \
              'no'.` The link is what has to be mended. `replica-serve-stale-data yes` serves the old data meanwhile, which \
              is for the application to decide.",
    transient: true,
    explains: &["primary-link-down", "replica-copying", "discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let refuses = |attempt: &Attempt| {
        attempt.opened().is_some_and(|c| c.refusals.iter().any(|r| r.answer.starts_with("MASTERDOWN")))
    };
    let mut subjects = Vec::new();
    let mut since = None;
    for one in context.cut_off() {
        if one.attempts.iter().any(refuses) {
            since.get_or_insert_with(|| one.since());
            subjects.push(context.node(one.replica));
        } else {
            verdicts.pass();
        }
    }
    let remedy = |text: &str, line: &str| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: vec![line.to_owned()],
        proof: None,
    };
    verdicts.fail(Problem {
        title: format!("replicas answer MASTERDOWN: they have lost their primary{}", since.unwrap_or_default()),
        subjects,
        expected: "an answer to PING".to_owned(),
        presented: "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.".to_owned(),
        clients: Vec::new(),
        remedies: vec![
            remedy("Mend the link to the primary; this says why it is down (see the finding below, and the replica's log).", "INFO replication"),
            remedy("If old data is better than none, let the replica serve it meanwhile.", "CONFIG SET replica-serve-stale-data yes"),
        ],
    });
}
