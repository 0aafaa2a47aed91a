//! From the nodes that a client would meet to what becomes of it as a whole.

use super::{Leg, Outcome, Outlook, Step};
use crate::clients::{Dials, OneBadNode, Symptom, Where};

/// What is left when the seed is well: every node that counts, in the order in which CLUSTER SLOTS names them.
pub(super) fn conclude(outlook: &mut Outlook) {
    let client = outlook.client;
    let counting: Vec<&Leg> = outlook.nodes.iter().filter(|leg| leg.counts).collect();
    let failed: Vec<&Leg> = counting.iter().copied().filter(|leg| leg.outcome == Outcome::Fails).collect();
    let fails_all = match client.one_bad_node {
        OneBadNode::FailsAll => failed.iter().any(|leg| stops_connecting(leg, true)),
        OneBadNode::FailsAllButUnasked => failed.iter().any(|leg| stops_connecting(leg, false)),
        OneBadNode::FailsThere => false,
        OneBadNode::FailsThereUnlessFirst => counting.first().is_some_and(|leg| fails_in_tls(leg)),
    };
    let outcome = match failed.len() {
        0 if counting.is_empty() || counting.iter().any(|leg| leg.outcome == Outcome::Unknown) => Outcome::Unknown,
        0 => Outcome::Ok,
        failing if failing == counting.len() || fails_all => Outcome::Fails,
        _ => Outcome::Partly,
    };
    let told = told(outlook, failed, fails_all);
    (outlook.outcome, outlook.eager) = (outcome, fails_all);
    (outlook.step, outlook.symptom, outlook.text) = told;
}

/// False for what only commands meet: connecting went well. `asked`: it says AUTH or HELLO in any case.
fn stops_connecting(leg: &Leg, asked: bool) -> bool {
    match leg.symptom {
        None | Some(Symptom::WrongNode | Symptom::ClusterDown) => false,
        Some(Symptom::NoAuth) => asked,
        Some(_) => true,
    }
}

fn fails_in_tls(leg: &Leg) -> bool {
    matches!(leg.step, Some(Step::TlsChain | Step::TlsName | Step::TlsOther))
}

/// Where it stops, why, and what the application sees.
fn told(outlook: &Outlook, mut failed: Vec<&Leg>, fails_all: bool) -> (Option<Step>, Option<Symptom>, Option<String>) {
    let client = outlook.client;
    // Where a node took the cluster down with it, that node is the reason, and most clients tell of the cluster. A cluster
    // that is down redirects nobody, so that who waits for redirects does not get there.
    let down = failed.iter().any(|leg| is_down(leg.symptom.as_ref()));
    let is_told = |leg: &Leg| is_down(leg.symptom.as_ref()) == (client.dials == Dials::Redirects);
    if down && failed.iter().any(|leg| is_told(leg)) {
        failed.retain(|leg| is_told(leg));
    }
    let Some(first) = failed.first() else { return (None, None, None) };
    let of_the_cluster = (down && !fails_all).then(|| (client.text)(&Symptom::ClusterDown, Where::EveryNode)).flatten();
    let own = || if fails_all { of_any(&failed) } else { first.text.clone() };
    (first.step, first.symptom.clone(), of_the_cluster.or_else(own))
}

/// What several texts have in common: which of the bad nodes a client tells of is a matter of chance.
fn of_any(failed: &[&Leg]) -> Option<String> {
    let texts = failed.iter().map(|leg| leg.text.clone().unwrap_or_default());
    texts.reduce(|one, other| common(&one, &other)).filter(|text| !text.is_empty())
}

/// How two texts begin. No word or address is cut.
fn common(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let alike = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a);
    let alike: String = alike.collect();
    alike.trim_end_matches(|c: char| !c.is_whitespace()).to_owned()
}

/// The cluster calls itself down.
pub(super) fn is_down(symptom: Option<&Symptom>) -> bool {
    matches!(symptom, Some(Symptom::ClusterDown))
}
