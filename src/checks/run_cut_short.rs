//! The deadline passed before everything was looked at.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::FailureKind,
};

pub(super) const CHECK: Check = Check {
    code: "run-cut-short",
    severity: Severity::Error,
    expects: "Everything is looked at before the deadline.",
    explain: "`--deadline` bounds the whole run. What was seen until then is reported; the rest is unknown, and unknown is not \
              healthy.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let cut = context.snapshot.seed.opened().and_then(|connection| connection.cut.as_ref());
    if let Some(failure) = cut.filter(|f| matches!(f.kind, FailureKind::TimedOut | FailureKind::Closed)) {
        verdicts.fail(Problem {
            title: "the endpoint's answers broke off, so only a part of the deployment may be known".to_owned(),
            subjects: vec![context.endpoint()],
            expected: "an answer to every question".to_owned(),
            presented: in_words(failure),
            remedies: vec![Remedy {
                audience: Audience::Client,
                text: "Where the way to the server is slow, give an attempt more time.".to_owned(),
                lines: vec!["--timeout 20s".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
    if !context.snapshot.cut_short {
        return verdicts.pass();
    }
    let subjects: Vec<_> = context.nodes().filter(|(_, a)| a.is_empty()).map(|(node, _)| context.node(node)).collect();
    verdicts.fail(Problem {
        title: format!("the deadline passed with {} nodes not looked at", subjects.len()),
        subjects: if subjects.is_empty() { vec![context.whole()] } else { subjects },
        expected: "all nodes seen".to_owned(),
        presented: "the run was cut short".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Give it more time, or let silent nodes cost less.".to_owned(),
            lines: vec!["--deadline 60s --timeout 2s".to_owned()],
            proof: None,
        }],
        ..Problem::default()
    });
}
