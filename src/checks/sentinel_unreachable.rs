//! Some Sentinels do not answer, while others do.

use std::collections::BTreeSet;

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, in_words, turned_away},
    facts::{Attempt, Candidate, FailureKind, Observed, Role},
};

pub(super) const CHECK: Check = Check {
    code: "sentinel-unreachable",
    severity: Severity::Warning,
    expects: "Every Sentinel that is named or announced answers, and knows the group.",
    explain: "A client that is given several Sentinels goes on to the next one, after a time-out where the first is filtered; \
              who was given this one alone is lost, and so is everybody on the day when the others are gone. Seen from here: \
              that the other Sentinels reach it is another matter (quorum-unreachable).",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_sentinel() {
        return;
    }
    let mut found = Alike::default();
    let mut all = 0;
    for (subject, attempt) in sentinels(context) {
        all += 1;
        match why(context, attempt) {
            Some(why) => found.add(&why, subject),
            None => verdicts.pass(),
        }
    }
    // Where data nodes are out of reach as well, that is told of all of them at once.
    if context.is_a_server_lost() {
        return;
    }
    for (why, subjects) in found {
        let refused = why.contains("refused");
        let text = if why.starts_with("it knows") {
            "Have it watch the group as the others do (or take it out of the application's list)."
        } else if refused {
            "Start it, or take it out of the application's list. The other Sentinels go on counting it for the majority until \
             SENTINEL RESET is sent to each of them, one at a time."
        } else {
            "Open the way to it for clients, or take it out of the application's list."
        };
        let lines = if why.starts_with("it knows") { lines(context) } else { Vec::new() };
        verdicts.fail(Problem {
            title: format!("{} of {all} Sentinels {}", subjects.len(), what(&why)),
            subjects,
            expected: format!("an answer from every Sentinel, seen from {}", context.vantage()),
            presented: why,
            remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
            ..Problem::default()
        });
    }
}

/// The announced ones, where they are announced, and those that were named.
fn sentinels<'a>(context: &Context<'a>) -> impl Iterator<Item = (Subject, &'a Attempt)> {
    let announced = context.nodes().filter(|(node, _)| node.role == Role::Sentinel);
    let announced = announced.filter_map(|(node, attempts)| Some((context.node(node), context.announced(attempts)?)));
    let named = context.snapshot.also.iter().filter_map(|attempt| {
        let (candidate, endpoint) = attempt.candidates.first()?;
        let is_named = *candidate == Candidate::Also && context.snapshot.target.sentinels.contains(endpoint);
        is_named.then(|| (context.sentinel_at(attempt, endpoint), attempt))
    });
    let mut told: BTreeSet<Subject> = BTreeSet::new();
    let all: Vec<_> = announced.chain(named).filter(|(subject, _)| told.insert(subject.clone())).collect();
    all.into_iter()
}

/// What is wrong with one, in words; other checks speak of TLS, credentials and connection limits.
fn why(context: &Context<'_>, attempt: &Attempt) -> Option<String> {
    if let Some(failure) = attempt.failure() {
        let spoken_of = turned_away(attempt).is_some()
            || attempt.spoke.as_ref().is_some_and(crate::facts::Spoke::is_redis)
            || matches!(attempt.opened().map(|c| &c.auth), Some(Observed::Failed(_)))
            || matches!(
                failure.kind,
                FailureKind::TlsAlert | FailureKind::ClientCertificate | FailureKind::Refusal | FailureKind::Hostile
            );
        return (!spoken_of).then(|| in_words(failure));
    }
    let groups = context.topology().map_or(&[][..], |topology| &topology.groups);
    let watch = attempt.opened()?.watch.as_deref()?;
    let lacking: Vec<&str> = groups
        .iter()
        .map(|group| group.name.as_str())
        .filter(|name| !watch.groups.iter().any(|watched| watched.name == *name))
        .collect();
    (!lacking.is_empty()).then(|| format!("it knows no group {}", lacking.join(", ")))
}

fn what(why: &str) -> &'static str {
    if why.starts_with("it knows") { "know nothing of the group" } else { "do not answer" }
}

/// What the first group needs, as the Sentinel that answered has it.
fn lines(context: &Context<'_>) -> Vec<String> {
    let first = context.topology().and_then(|topology| Some((topology, topology.groups.first()?)));
    let primary = first.and_then(|(topology, group)| Some((group, topology.node(group.primary.as_ref()?)?)));
    primary.map_or_else(Vec::new, |(group, node)| {
        context.watch_again(&group.name, node, group.quorum).into_iter().skip(1).collect()
    })
}
