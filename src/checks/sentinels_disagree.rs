//! Sentinels name different primaries for one group.

use std::collections::BTreeSet;

use crate::{
    diagnosis::{Answer, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, Witness},
    facts::{Host, Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "sentinels-disagree",
    severity: Severity::Error,
    expects: "Every Sentinel names the same primary for a group.",
    explain: "A client asks the first Sentinel that answers and believes it. One that was started with another address for the \
              primary (127.0.0.1 or 127.0.1.1 on the primary's own machine, an old one out of a copied file), that was cut off \
              during a failover, or that belongs to another deployment with a group of the same name, sends its clients \
              elsewhere: to their own machine, to a replica (READONLY), to other data. Which of them is asked depends on the \
              order in a list, so it fails for some and not for others.\n\n\
              A name and the address that it leads to are one answer. The right primary is the one that says itself that it \
              is one, then the one that more Sentinels name, then the one of the later configuration epoch. Right after a \
              failover the Sentinels agree again within seconds.",
    transient: true,
    explains: &[
        "announced-loopback",
        "stale-primary",
        "node-unreachable",
        "wrong-node",
        "sentinel-lists-differ",
        "sentinel-mixed-names",
        "announced-private",
    ],
    examine,
};

/// Answers that are told before the rest is counted.
const TOLD: usize = 6;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let answers = context.answers(&witnesses, &group.name);
        match &answers[..] {
            [] => {}
            [only] => verdicts.pass_each(&only.by),
            [right, odd @ ..] => {
                verdicts.pass_each(&right.by);
                verdicts.fail(problem(context, &group.name, right, odd, &witnesses));
            }
        }
    }
}

fn problem(
    context: &Context<'_>,
    group: &str,
    right: &Answer<'_>,
    odd: &[Answer<'_>],
    witnesses: &[Witness<'_>],
) -> Problem {
    let same = |answer: &&Answer<'_>| {
        let ids =
            [*answer, right].map(|answer| context.server_at(answer.primary).and_then(|server| server.run_id.as_ref()));
        ids[0].is_some() && ids[0] == ids[1]
    };
    let all = right.by.len() + odd.iter().map(|answer| answer.by.len()).sum::<usize>();
    let few = all - right.by.len();
    let quorum = witnesses.iter().find(|w| right.by.contains(&w.subject)).and_then(|w| w.of(group)?.quorum);
    let told = std::iter::once(right).chain(odd).map(|answer| said(context, answer));
    let mut presented: Vec<String> = told.take(TOLD).collect();
    if odd.len() >= TOLD {
        presented.push(format!("and {} more answers", odd.len() + 1 - TOLD));
    }
    if odd.iter().all(|answer| same(&answer)) {
        presented.push("it is one server, from here".to_owned());
    }
    Problem {
        title: title(context, group, odd, few, all),
        subjects: subjects(context, odd),
        expected: format!(
            "one primary of {group}: {}, as {} of {all} Sentinels say",
            right.primary.address,
            right.by.len()
        ),
        presented: presented.join("; "),
        remedies: remedies(context, group, right, odd, quorum),
        ..Problem::default()
    }
}

fn title(context: &Context<'_>, group: &str, odd: &[Answer<'_>], few: usize, all: usize) -> String {
    let loopback = odd.iter().all(|answer| is_loopback(answer.primary));
    let stale = odd.iter().all(|answer| is_replica(context, answer.primary));
    let where_to = if loopback {
        "a loopback address, where every client finds its own machine"
    } else if stale {
        "a server that is a replica by now"
    } else {
        "another primary than the others"
    };
    format!("{few} of {all} Sentinels hand out {where_to} ({group})")
}

/// `10.0.0.1:6379 (primary, by its own word) say 10.0.0.7:26379, …`.
fn said(context: &Context<'_>, answer: &Answer<'_>) -> String {
    let by: Vec<&str> = answer.by.iter().map(|subject| subject.address.as_str()).take(TOLD).collect();
    let more = if answer.by.len() > by.len() { ", …" } else { "" };
    let says = if answer.by.len() == 1 { "says" } else { "say" };
    let own = match context.server_at(answer.primary).and_then(|server| server.role.as_deref()) {
        Some("master") => "; it is a primary",
        Some("slave") => "; it is a replica",
        _ => "; no Redis was met there",
    };
    format!("{}{more} {says} {} (epoch {}{own})", by.join(", "), answer.primary.address, answer.epoch)
}

/// The Sentinels that are wrong, and what they alone name.
fn subjects(context: &Context<'_>, odd: &[Answer<'_>]) -> Vec<Subject> {
    let wrong: BTreeSet<String> = context.places(odd.iter().map(|answer| answer.primary));
    let primaries = context.nodes().map(|(node, _)| node).filter(|node| node.role == Role::Primary);
    let named = primaries.filter(|node| wrong.contains(&context.place(node)));
    odd.iter().flat_map(|answer| answer.by.iter().cloned()).chain(named.map(|node| context.node(node))).collect()
}

fn remedies(
    context: &Context<'_>,
    group: &str,
    right: &Answer<'_>,
    odd: &[Answer<'_>],
    quorum: Option<u32>,
) -> Vec<Remedy> {
    let sentinels: Vec<&str> =
        odd.iter().flat_map(|answer| &answer.by).map(|subject| subject.address.as_str()).take(TOLD).collect();
    let text = format!(
        "Have {} watch the right primary, at an address that every client can dial. Options of the group that were set \
         there (down-after-milliseconds, notification-script and so on) are set anew afterwards.",
        sentinels.join(", ")
    );
    let again = Remedy {
        audience: Audience::Server,
        text,
        lines: context.watch_again(group, right.primary, quorum),
        proof: None,
    };
    let primaries = odd.iter().chain([right]).filter_map(|answer| context.server_at(answer.primary));
    let primaries = primaries.filter(|server| server.role.as_deref() == Some("master"));
    let separate = primaries.map(|server| &server.run_id).collect::<BTreeSet<_>>().len() > 1;
    let apart = separate.then(|| Remedy {
        audience: Audience::Server,
        text: "If they watch different data on purpose, give each group a name of its own, and let no Sentinel of one \
               deployment know those of the other (the same name makes them one)."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    });
    [again].into_iter().chain(apart).collect()
}

fn is_loopback(node: &Node) -> bool {
    node.address.preferred.host().is_some_and(Host::is_loopback)
}

fn is_replica(context: &Context<'_>, node: &Node) -> bool {
    context.server_at(node).is_some_and(|server| server.role.as_deref() == Some("slave"))
}
