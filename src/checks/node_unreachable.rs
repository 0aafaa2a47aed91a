//! A node does not answer at the address that clients are sent to.

use std::collections::{BTreeMap, HashSet};

use crate::{
    clients::Symptom,
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, in_words},
    facts::{Attempt, Endpoint, FailureKind, Node, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "node-unreachable",
    severity: Severity::Error,
    expects: "Every node answers at the address it announces, seen from here.",
    explain: "Clients follow the addresses that the cluster announces. Containers, pods and machines behind NAT announce \
              addresses that mean nothing outside; a tunnel or a published port that covers the seed does not cover the \
              others. The cluster is healthy, and the client times out all the same. Announce what clients can reach \
              (cluster-announce-ip, -port, -hostname), run the client inside the network, or give it an address map.",
    transient: true,
    explains: &[],
    examine,
};

/// Nodes that are out of reach in the same way.
#[derive(Default)]
struct Group<'a> {
    subjects: Vec<Subject>,
    nodes: Vec<(&'a Node, &'a [Attempt])>,
    /// The first of the attempts, as an example.
    attempt: Option<&'a Attempt>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut groups: BTreeMap<&'static str, Group<'_>> = BTreeMap::new();
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts) else {
            if attempts.is_empty() && context.snapshot.cut_short {
                verdicts.skip(context.node(node), "not looked at: the deadline passed");
            }
            continue;
        };
        match how(attempt) {
            Some(how) => {
                let group = groups.entry(how).or_default();
                group.subjects.push(context.node(node));
                group.nodes.push((node, attempts));
                group.attempt.get_or_insert(attempt);
            }
            None => verdicts.pass(),
        }
    }
    for (how, group) in groups {
        verdicts.fail(problem(context, how, group));
    }
}

/// How a node is out of reach, in a word or two; `None` when it answers, or when another check speaks of it.
fn how(attempt: &Attempt) -> Option<&'static str> {
    let failure = attempt.failure()?;
    if matches!(attempt.spoke, Some(Spoke::PlainRedis(_) | Spoke::Tls)) {
        return Some("another protocol answers");
    }
    Some(match failure.kind {
        FailureKind::Refused => "connections are refused",
        FailureKind::TimedOut => "no answer",
        FailureKind::Unreachable => "no route from here",
        FailureKind::NoSuchName => "the names do not resolve here",
        FailureKind::Closed => "connections are closed",
        FailureKind::Local => "this machine is out of sockets or file descriptors",
        FailureKind::NotSpoken => "another protocol answers",
        _ => return None,
    })
}

fn problem(context: &Context<'_>, how: &str, group: Group<'_>) -> Problem {
    let Group { subjects, nodes, attempt } = group;
    let all = context.topology().map_or(0, |t| t.nodes.len());
    let failure = attempt.and_then(Attempt::failure);
    let dialled = attempt.and_then(|a| a.candidates.first()).map(|(_, endpoint)| endpoint);
    let symptom = |endpoint| match failure.map(|f| f.kind) {
        Some(FailureKind::Refused) => Symptom::Refused(endpoint),
        _ => Symptom::TimedOut(endpoint),
    };
    let leads_there = |(node, attempts): &&(&Node, &[Attempt])| {
        attempts.iter().any(|attempt| context.snapshot.leads_to(attempt, node))
    };
    let reached = nodes.iter().filter(leads_there).count();
    let elsewhere = match reached {
        0 => String::new(),
        n => format!("; {n} of them answer elsewhere"),
    };
    Problem {
        title: format!("{} of {all} nodes are out of reach where they announce themselves: {how}", subjects.len()),
        expected: format!("an answer at the announced addresses, seen from {}", context.vantage()),
        presented: format!("{}{elsewhere}", failure.map(in_words).unwrap_or_default()),
        clients: dialled.map(|endpoint| context.affected(&symptom(endpoint))).unwrap_or_default(),
        remedies: remedies(context, &nodes),
        subjects,
    }
}

fn remedies(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> Vec<Remedy> {
    let ids: HashSet<_> = nodes.iter().map(|(node, _)| &node.id).collect();
    let map = context.map();
    let mappings: Vec<_> = map.mappings.iter().filter(|m| m.is_needed() && ids.contains(&m.node_id)).collect();
    let mut remedies = Vec::new();
    if !mappings.is_empty() {
        remedies.push(Remedy {
            audience: Audience::Client,
            text: "Give the client this address map.".to_owned(),
            lines: mappings.iter().map(|m| format!("{} -> {}", m.announced, m.reachable)).collect(),
            proof: Some(format!("{} of {} nodes dialled there: CLUSTER MYID equal", mappings.len(), nodes.len())),
        });
    }
    let announce = |e: &Endpoint| {
        [format!("CONFIG SET cluster-announce-ip {}", e.host), format!("CONFIG SET cluster-announce-port {}", e.port)]
    };
    if context.is_cluster() {
        let lines = mappings.first().map_or_else(
            || {
                vec![
                    "CONFIG SET cluster-announce-ip ADDRESS".to_owned(),
                    "CONFIG SET cluster-announce-port PORT".to_owned(),
                ]
            },
            |m| announce(&m.reachable).to_vec(),
        );
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Let every node announce where clients reach it (the values of the first node are shown).".to_owned(),
            lines,
            proof: None,
        });
    }
    remedies.push(Remedy {
        audience: Audience::Network,
        text: "Open the way: a route or firewall rule to these addresses, a tunnel for every node, or a client inside the network."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    });
    remedies
}
