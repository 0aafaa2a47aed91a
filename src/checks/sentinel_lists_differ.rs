//! Sentinels that name the same primary differ in what else they know of the group.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, Witness},
    facts::{Node, Watched},
};

pub(super) const CHECK: Check = Check {
    code: "sentinel-lists-differ",
    severity: Severity::Warning,
    expects: "Sentinels know the same replicas and the same Sentinels, and have the same quorum.",
    explain: "Each Sentinel has a file of its own, and what it once knew it never forgets by itself: replicas and Sentinels that \
              are gone for good stay in its lists and count for the majority, until SENTINEL RESET. One that cannot hear the \
              others (another primary, another password, a copied `sentinel myid`) lacks them. What a client learns then \
              depends on whom it asks, and how many have to agree on a failover is counted differently by each.",
    transient: true,
    explains: &[],
    examine,
};

/// What should be equal everywhere; nodes by their ids, or else by where they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lists {
    quorum: Option<u32>,
    replicas: BTreeSet<String>,
    sentinels: BTreeSet<String>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let told: Vec<(&Witness<'_>, &Watched)> =
            witnesses.iter().filter_map(|witness| Some((witness, witness.of(&group.name)?))).collect();
        let lists: Vec<Lists> = told.iter().map(|(witness, watched)| lists(context, witness, watched)).collect();
        let mut counts: BTreeMap<&Lists, usize> = BTreeMap::new();
        for lists in &lists {
            *counts.entry(lists).or_default() += 1;
        }
        let knows = |lists: &Lists| lists.replicas.len() + lists.sentinels.len();
        let Some((norm, _)) = counts.iter().max_by_key(|(lists, count)| (**count, knows(lists))) else { continue };
        let mut subjects = Vec::new();
        let mut presented = Vec::new();
        for ((witness, _), lists) in told.iter().zip(&lists) {
            if lists == *norm {
                verdicts.pass();
            } else {
                presented.push(format!("{}: {}", witness.subject.address, differences(context, lists, norm)));
                subjects.push(witness.subject.clone());
            }
        }
        presented.truncate(6);
        verdicts.fail(Problem {
            title: format!(
                "{} of {} Sentinels know other nodes of {} than the rest",
                subjects.len(),
                told.len(),
                group.name
            ),
            subjects,
            expected: format!("{}, as the others say", in_words(norm)),
            presented: presented.join("; "),
            remedies: vec![remedy(group.name.as_str(), &lists, norm)],
            ..Problem::default()
        });
    }
}

fn lists(context: &Context<'_>, witness: &Witness<'_>, watched: &Watched) -> Lists {
    let known = |nodes: &[Node]| nodes.iter().map(|node| called(context, node)).collect::<BTreeSet<_>>();
    let mut sentinels = known(&watched.peers);
    sentinels.insert(witness.subject.id.as_ref().map_or_else(|| witness.subject.address.clone(), ToString::to_string));
    Lists { quorum: watched.quorum, replicas: known(&watched.replicas), sentinels }
}

fn called(context: &Context<'_>, node: &Node) -> String {
    if node.id.as_str().contains(':') { context.place(node) } else { node.id.to_string() }
}

fn in_words(lists: &Lists) -> String {
    let quorum = lists.quorum.map_or_else(String::new, |quorum| format!(", quorum {quorum}"));
    format!("{} replicas, {} Sentinels{quorum}", lists.replicas.len(), lists.sentinels.len())
}

/// How one departs from the rest.
fn differences(context: &Context<'_>, lists: &Lists, norm: &Lists) -> String {
    let mut words = Vec::new();
    if let (Some(quorum), true) = (lists.quorum, lists.quorum != norm.quorum) {
        words.push(format!("quorum {quorum}"));
    }
    for (what, own, all) in
        [("replica", &lists.replicas, &norm.replicas), ("Sentinel", &lists.sentinels, &norm.sentinels)]
    {
        let name = |id: &String| context.address_of(id);
        words.extend(all.difference(own).take(3).map(|id| format!("lacks the {what} {}", name(id))));
        words.extend(own.difference(all).take(3).map(|id| format!("has the {what} {} beside", name(id))));
    }
    words.join(", ")
}

fn remedy(group: &str, lists: &[Lists], norm: &Lists) -> Remedy {
    let name = Context::group_in_commands(group);
    let quorum = norm.quorum.filter(|_| lists.iter().any(|lists| lists.quorum != norm.quorum));
    let same_lists = lists.iter().all(|l| l.replicas == norm.replicas && l.sentinels == norm.sentinels);
    let mut lines: Vec<String> =
        quorum.into_iter().map(|quorum| format!("SENTINEL SET {name} quorum {quorum}")).collect();
    if !same_lists {
        lines.push(format!("SENTINEL RESET {name}"));
    }
    let text = "If it stays so for a minute: on the Sentinels that are named, one after the other with 30 s in between, have \
                them learn the group anew.";
    Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }
}
