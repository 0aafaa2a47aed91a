//! Somebody is being introduced, and does not answer.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, SubjectKind, Verdicts, in_words},
    facts::{Attempt, Node, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "node-handshake",
    severity: Severity::Warning,
    expects: "Nobody waits to be introduced.",
    explain: "After CLUSTER MEET (or when it hears of a node that it does not know) a node dials the cluster bus of the new one, and \
              keeps it under a made-up id with the flag `handshake` until it answers or cluster-node-timeout has passed. One that \
              stays, with another id at each look, is a port that is filtered (the bus is the client port + 10000), a mistyped \
              address, or a node that was forgotten here and not elsewhere. `Waiting for the cluster to join ....` without end is \
              the same thing.",
    transient: true,
    explains: &[],
    examine,
};

/// Newcomers that are told of one by one.
const TOLD: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|_| context.is_cluster()) else { return };
    for (node, attempts) in context.newcomers().take(TOLD) {
        let seed = context.snapshot.seed.identity();
        verdicts.fail(problem(context, &node.address.to_string(), node.address.bus_port, seed, attempts));
    }
    let elsewhere = topology.sights.iter().filter(|sight| context.snapshot.seed.identity() != Some(&sight.node));
    let told = elsewhere.flat_map(|sight| sight.newcomers.iter().map(|newcomer| (&newcomer.address[..], &sight.node)));
    let at = |node: &Node| node.address.bus_port.map(|bus| format!("{}@{bus}", node.address));
    let mut known: HashSet<Cow<'_, str>> =
        context.newcomers().filter_map(|(node, _)| at(node)).map(Cow::Owned).collect();
    for (address, by) in told.filter(|(address, _)| known.insert(Cow::Borrowed(address))).take(TOLD) {
        let (client, bus) = address.split_once('@').unwrap_or((address, ""));
        verdicts.fail(problem(context, client, bus.parse().ok(), Some(by), &[]));
    }
}

/// `by`: who waits for the answer, or the first of them.
fn problem(
    context: &Context<'_>,
    address: &str,
    bus: Option<u16>,
    by: Option<&NodeId>,
    attempts: &[Attempt],
) -> Problem {
    let who = by.and_then(|id| context.node_of(id));
    let waits = who.map_or_else(|| "a node".to_owned(), |node| context.called(node));
    let port = bus.map_or_else(|| "the client port + 10000".to_owned(), |bus| format!("port {bus}"));
    let answered = attempts.iter().find_map(Attempt::identity);
    let failed = attempts.iter().find_map(Attempt::failure);
    let here = match (answered, failed) {
        (Some(id), _) => match context.node_of(id) {
            Some(node) => format!("; the node that answers clients there is known as {}", context.called(node)),
            None => format!("; clients are answered there, by a node with the id {}", id.short()),
        },
        (None, Some(failure)) => format!("; clients are not answered there, either: {}", in_words(failure)),
        (None, None) => String::new(),
    };
    let gone = answered.is_none() && failed.is_some();
    let open = Remedy {
        audience: Audience::Network,
        text: format!(
            "Open the way between the nodes to the cluster bus of {address} ({port}), and back; then meet it again."
        ),
        lines: meet(context, who, address, bus),
        proof: None,
    };
    let wait = Remedy {
        audience: Audience::Server,
        text: "Where the address is wrong or the node is gone: wait. It is given up after cluster-node-timeout (15 s by default), \
               unless other nodes still know it; then forget it on all of them within a minute."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    };
    Problem {
        title: format!("{waits} waits for {address} to answer on the cluster bus, and it does not"),
        subjects: vec![Subject { kind: SubjectKind::Node, id: None, address: address.to_owned() }],
        expected: format!("an answer at {port}"),
        presented: format!("the flag handshake{here}"),
        remedies: if gone { vec![wait, open] } else { vec![open, wait] },
        ..Problem::default()
    }
}

fn meet(context: &Context<'_>, who: Option<&Node>, address: &str, bus: Option<u16>) -> Vec<String> {
    let line = || {
        let attempt = context.met(&who?.id)?;
        let (ip, port) = address.rsplit_once(':')?;
        let (ip, port) = (ip.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok()?, port.parse::<u16>().ok()?);
        let bus = bus.filter(|bus| u32::from(*bus) != u32::from(port) + 10_000).map(|bus| format!(" {bus}"));
        Some(format!("{} CLUSTER MEET {ip} {port}{}", context.redis_cli(attempt)?, bus.unwrap_or_default()))
    };
    line().into_iter().collect()
}
