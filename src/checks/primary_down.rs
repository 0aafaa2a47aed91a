//! The Sentinels call the primary down, and it does not answer here either.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Attempt, Watched},
};

pub(super) const CHECK: Check = Check {
    code: "primary-down",
    severity: Severity::Error,
    expects: "The primary is up, as Sentinels see it and from here.",
    explain: "A Sentinel calls the primary down for itself (s_down) when it had no answer for down-after-milliseconds, and \
              `quorum` of them call it down together (o_down). Then one of them is elected and makes a replica the primary. \
              Where no replica is fit, or too few Sentinels are up, clients go on being sent to the dead one.",
    transient: true,
    explains: &["node-unreachable", "loading", "primary-link-down"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let told: Vec<&Watched> = witnesses.iter().filter_map(|witness| witness.of(&group.name)).collect();
        let down =
            |watched: &&&Watched| watched.primary.as_ref().is_some_and(|node| node.flags.fail || node.flags.pfail);
        let by = told.iter().filter(down).count();
        let node = group.primary.as_ref().and_then(|id| context.node_of(id));
        let attempt = node.and_then(|node| context.announced(context.attempts_at(&node.id)));
        let (Some(node), Some(failure)) = (node, attempt.and_then(Attempt::failure)) else {
            verdicts.pass();
            continue;
        };
        if by == 0 || by * 2 < told.len() {
            continue;
        }
        let fit = told
            .iter()
            .flat_map(|watched| &watched.replicas)
            .any(|replica| !replica.flags.pfail && !replica.flags.fail);
        let failing_over = told.iter().any(|watched| watched.failing_over);
        let (state, text) = if failing_over {
            ("; a failover is under way", "Wait for the failover to end; look again in half a minute (--wait 60s).")
        } else if fit {
            (
                "",
                "Bring it back, or see why the Sentinels do not fail over: their log says it (too few of them up, replicas that \
              lag behind), and so does SENTINEL CKQUORUM.",
            )
        } else {
            (
                "; no replica is fit to replace it",
                "Bring it back, or a replica: the Sentinels have none that could replace it.",
            )
        };
        let name = Context::group_in_commands(&group.name);
        verdicts.fail(Problem {
            title: format!(
                "the primary of {} is down, say {by} of {} Sentinels, and from here{state}",
                group.name,
                told.len()
            ),
            subjects: vec![context.node(node)],
            expected: format!("an answer at {}, seen from {}", node.address, context.vantage()),
            presented: in_words(failure),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: text.to_owned(),
                lines: vec![format!("SENTINEL CKQUORUM {name}"), format!("SENTINEL REPLICAS {name}")],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
