//! The Sentinels call the primary down, and it does not answer here either.

use crate::{
    diagnosis::{Audience, Check, Context, CutOff, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Attempt, Host, Node, Watched},
};

pub(super) const CHECK: Check = Check {
    code: "primary-down",
    severity: Severity::Error,
    expects: "The primary is up, as Sentinels see it and from here.",
    explain: "A Sentinel calls the primary down for itself (s_down) when it had no answer for down-after-milliseconds, and \
              `quorum` of them call it down together (o_down). Then one of them is elected and makes a replica the primary. \
              Where no replica is fit, or too few Sentinels are up, clients go on being sent to the dead one.",
    transient: true,
    explains: &["node-unreachable", "loading", "primary-link-down", "replicas-never-promoted"],
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
        // Who is meant by a loopback address, nobody can tell from elsewhere: `announced-loopback`.
        if node.address.preferred.host().is_some_and(Host::is_everyones_own) && !context.is_near() {
            verdicts.skip(
                context.node(node),
                "it is listed at a loopback address: which machine is meant cannot be told from here",
            );
            continue;
        }
        let replicas: Vec<&Node> = group.replicas.iter().filter_map(|id| context.topology()?.node(id)).collect();
        let with_replicas =
            || [node].into_iter().chain(replicas.iter().copied()).map(|node| context.node(node)).collect();
        let unnoticed = by == 0 && is_lost_to_its_replicas(context, node, &replicas);
        if !unnoticed && (by == 0 || by * 2 < told.len()) {
            continue;
        }
        let name = Context::group_in_commands(&group.name);
        if unnoticed {
            verdicts.fail(Problem {
                title: format!(
                    "the primary of {} is down: it does not answer here, its replicas have lost it, and no Sentinel says so{}",
                    group.name,
                    waiting(&told)
                ),
                subjects: with_replicas(),
                expected: format!("an answer at {}, seen from {}", node.address, context.vantage()),
                presented: in_words(failure),
                remedies: unnoticed_remedies(name, &told),
                ..Problem::default()
            });
            continue;
        }
        let nobody = told.iter().all(|watched| watched.promotes_nobody());
        let fit = told
            .iter()
            .flat_map(|watched| &watched.replicas)
            .any(|replica| !replica.flags.pfail && !replica.flags.fail);
        let failing_over = told.iter().any(|watched| watched.failing_over);
        let (state, text) = if nobody {
            (
                "; its replicas have replica-priority 0",
                "Bring it back, or let a replica take its place: the Sentinels promote none that has replica-priority 0. The first \
                 line on one of the replicas; 10 s later the second on one Sentinel, since by themselves they try again only \
                 after twice the failover-timeout (6 minutes by default).",
            )
        } else if failing_over {
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
        let lines = if nobody {
            vec!["CONFIG SET replica-priority 100".to_owned(), format!("SENTINEL FAILOVER {name}")]
        } else {
            vec![format!("SENTINEL CKQUORUM {name}"), format!("SENTINEL REPLICAS {name}")]
        };
        verdicts.fail(Problem {
            title: format!(
                "the primary of {} is down, say {by} of {} Sentinels, and from here{state}",
                group.name,
                told.len()
            ),
            subjects: if nobody { with_replicas() } else { vec![context.node(node)] },
            expected: format!("an answer at {}, seen from {}", node.address, context.vantage()),
            presented: in_words(failure),
            remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
            ..Problem::default()
        });
    }
}

/// How long the default makes Sentinels wait, in milliseconds.
const USUAL: u64 = 30_000;

/// True where every replica that answers has lost this primary, too.
fn is_lost_to_its_replicas(context: &Context<'_>, primary: &Node, replicas: &[&Node]) -> bool {
    let answers = |node: &&&Node| {
        context.announced(context.snapshot.attempts(&node.id)).is_some_and(|attempt| attempt.opened().is_some())
    };
    let of_it =
        |one: &CutOff<'_>| one.primary.is_some_and(|(node, _)| node.id == primary.id) && !one.said.replication.syncing;
    let (answering, lost) =
        (replicas.iter().filter(answers).count(), context.cut_off().iter().filter(|one| of_it(one)).count());
    answering > 0 && lost >= answering
}

/// How long they wait before they say so, where that is longer than anybody should.
fn waiting(told: &[&Watched]) -> String {
    match told.iter().filter_map(|watched| watched.down_after_ms).max() {
        Some(after) if after > USUAL => {
            format!(" before {} s have passed (down-after-milliseconds {after})", after / 1000)
        }
        _ => " yet".to_owned(),
    }
}

fn unnoticed_remedies(name: &str, told: &[&Watched]) -> Vec<Remedy> {
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    let is_late = told.iter().filter_map(|watched| watched.down_after_ms).any(|after| after > USUAL);
    let sooner = is_late.then(|| {
        let text = "Or have the Sentinels notice sooner, each of them: then they fail over.";
        server(text, vec![format!("SENTINEL SET {name} down-after-milliseconds {USUAL}")])
    });
    let back = "Bring it back; else wait until the Sentinels notice, and look again (--wait 60s).";
    let back = if is_late { "Bring it back." } else { back };
    [Some(server(back, Vec::new())), sooner].into_iter().flatten().collect()
}
