//! A front that ends the handshake of whoever sends no server name, or another one, and answers to a name that is known.

use std::collections::BTreeMap;

use super::{KNOWN, send, sent};
use crate::{
    diagnosis::{Audience, Context, Problem, Remedy, Subject, Verdicts, in_words, outlook::Step},
    facts::{Attempt, Candidate, Node},
};

/// Names that are written out.
const SHOWN: usize = 3;

/// One that was turned away.
struct Turned<'a> {
    subject: Subject,
    node: Option<&'a Node>,
    /// The names that are answered, and the addresses that are dialled by them.
    answers: Vec<(String, bool)>,
    /// Other names were tried here.
    asked: bool,
}

/// Tells of them, and returns them all. Only so many are asked: those that ended alike belong to them.
pub(super) fn examine(context: &Context<'_>, verdicts: &mut Verdicts) -> Vec<Subject> {
    let mut groups: BTreeMap<(String, String), Vec<Turned<'_>>> = BTreeMap::new();
    let seed = (context.endpoint(), None, std::slice::from_ref(&context.snapshot.seed));
    let nodes = context.nodes().map(|(node, attempts)| (context.node(node), Some(node), attempts));
    for (subject, node, attempts) in std::iter::once(seed).chain(nodes) {
        let attempt = if node.is_some() { context.announced(attempts) } else { attempts.first() };
        let Some(attempt) = attempt.filter(|attempt| attempt.is_turned_away()) else { continue };
        let Some(failure) = attempt.failure() else { continue };
        let answers = answers(attempt, attempts);
        let asked = !attempt.by_name.is_empty();
        let turned = Turned { subject, node, answers, asked };
        groups.entry((sent(context, attempt), in_words(failure))).or_default().push(turned);
    }
    let mut told = Vec::new();
    for ((sent, end), mut group) in groups {
        group.retain(|turned| !turned.asked || !turned.answers.is_empty());
        if group.iter().all(|turned| turned.answers.is_empty()) {
            continue;
        }
        told.extend(group.iter().map(|turned| turned.subject.clone()));
        verdicts.fail(problem(context, &sent, &end, &group));
    }
    told
}

/// The names under which a certificate came here; true for those that are announced for this node.
fn answers(attempt: &Attempt, attempts: &[Attempt]) -> Vec<(String, bool)> {
    let beside = attempts.iter().filter(|other| other.socket == attempt.socket && other.tls().is_some());
    let own =
        beside.filter_map(|other| Some((other.server_name.name()?.to_owned(), other.is_for(Candidate::Hostname))));
    let tried = attempt.by_name.iter().filter(|look| look.chain.seen().is_some());
    own.chain(tried.filter_map(|look| Some((look.sni.clone()?, false)))).collect()
}

fn problem(context: &Context<'_>, sent: &str, end: &str, group: &[Turned<'_>]) -> Problem {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in group.iter().filter_map(|turned| turned.answers.first()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let answered = match names[..] {
        [] => String::new(),
        [name] => format!("it answers to {name}"),
        _ => "each node has a name of its own there".to_owned(),
    };
    let (title, before) = if sent.is_empty() {
        let title = format!("the front chooses by the server name (SNI), and an IP address sends none: {answered}");
        (title, "no server name".to_owned())
    } else {
        let title = format!("the front knows no service by the server name {sent}: {answered}");
        (title, format!("the server name {sent}"))
    };
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let ids: Vec<_> = group.iter().filter_map(|turned| Some(&turned.node?.id)).collect();
    let announced = group.iter().all(|turned| turned.answers.iter().any(|(_, announced)| *announced));
    let server = match names[..] {
        _ if ids.is_empty() => None,
        _ if announced => Some(announce(None)),
        [name] if context.is_cluster() => Some(announce(Some(name))),
        _ => context.announce_remedy(&ids),
    };
    let client = (names.len() == 1).then(|| send(names[0]));
    Problem {
        title,
        subjects: group.iter().map(|turned| turned.subject.clone()).collect(),
        expected: KNOWN.to_owned(),
        presented: format!("{before}: {end}; {shown}{more}: a certificate"),
        clients: context.affected_at_nodes(&ids, &[Step::Protocol, Step::TlsOther]),
        remedies: context.map_remedy(&ids).into_iter().chain(server).chain(client).collect(),
    }
}

/// Clients that follow names send them. `name`: where nodes announce none yet.
fn announce(name: Option<&str>) -> Remedy {
    let text = match name {
        None => {
            "Have clients sent to the host names that are announced beside the addresses: who dials a name sends it."
        }
        Some(_) => "Let every node announce the name, and send clients there: who dials a name sends it.",
    };
    let name = name.map(|name| format!("CONFIG SET cluster-announce-hostname {name}"));
    let preferred = "CONFIG SET cluster-preferred-endpoint-type hostname".to_owned();
    let text =
        format!("{text} On each node (7.0+), and CONFIG REWRITE to keep it; the nodes go on by their addresses.");
    Remedy { audience: Audience::Server, text, lines: name.into_iter().chain([preferred]).collect(), proof: None }
}
