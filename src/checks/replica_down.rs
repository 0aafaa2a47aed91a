//! The Sentinels list replicas that they call down themselves, and that do not answer here either.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::Attempt,
};

pub(super) const CHECK: Check = Check {
    code: "replica-down",
    severity: Severity::Warning,
    expects: "Every replica that Sentinels list is up.",
    explain: "Most clients leave out replicas that are flagged s_down, and go on; a few try each. A primary that died comes back \
              as a replica of the new one, and until then it is listed like this. A replica that is gone for good is listed until \
              SENTINEL RESET: no Sentinel forgets by itself.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_sentinel() {
        return;
    }
    let mut found = Alike::default();
    for (node, attempts) in context.nodes() {
        match context.announced(attempts).and_then(Attempt::failure) {
            // Whom its primary calls well is at another address: `replica-address-wrong`.
            Some(failure) if Context::is_given_up(node) && !context.is_online(node) => {
                found.add(&in_words(failure), context.node(node));
            }
            _ => verdicts.pass(),
        }
    }
    let groups = context.topology().into_iter().flat_map(|topology| &topology.groups);
    let resets: Vec<String> =
        groups.map(|group| format!("SENTINEL RESET {}", Context::group_in_commands(&group.name))).collect();
    for (why, subjects) in found {
        verdicts.fail(Problem {
            title: match subjects.len() {
                1 => "a replica is down, as the Sentinels say and from here".to_owned(),
                n => format!("{n} of the replicas are down, as the Sentinels say and from here"),
            },
            subjects,
            expected: format!("an answer from every replica, seen from {}", context.vantage()),
            presented: why,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Bring it back. Where it is gone for good, have every Sentinel forget it, one at a time with 30 s in \
                       between."
                    .to_owned(),
                lines: resets.clone(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
