//! A node does not answer at the address that clients are sent to.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, in_words, outlook::Step},
    facts::{Attempt, Failure, FailureKind, Node, Role, Spoke, Stage},
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

/// Where a client may stop at a node that is out of reach.
const STEPS: [Step; 5] = [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther];

/// Nodes that are out of reach in the same way.
#[derive(Default)]
struct Group<'a> {
    subjects: Vec<Subject>,
    nodes: Vec<(&'a Node, &'a [Attempt])>,
    /// The first of the attempts, as an example.
    attempt: Option<&'a Attempt>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut groups: BTreeMap<(Cow<'static, str>, bool), Group<'_>> = BTreeMap::new();
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts) else {
            if attempts.is_empty() && context.snapshot.cut_short {
                verdicts.skip(context.node(node), "not looked at: the deadline passed");
            }
            continue;
        };
        let Some(failure) = attempt.failure() else {
            verdicts.pass();
            continue;
        };
        // Clients do without one of several Sentinels: `sentinel-unreachable`, `replica-down`.
        let spared = node.role == Role::Sentinel && !context.is_a_server_lost();
        if spared || context.is_sentinel() && Context::is_given_up(node) {
            continue;
        }
        let Some(how) = how(attempt, failure).filter(|_| !context.is_behind_the_replicas_tunnel(node)) else {
            continue;
        };
        let group = groups.entry((how, context.is_led(node))).or_default();
        group.subjects.push(context.node(node));
        group.nodes.push((node, attempts));
        group.attempt.get_or_insert(attempt);
    }
    for ((how, led), group) in groups {
        verdicts.fail(problem(context, &how, led, group));
    }
}

/// How a node is out of reach, in a word or two; `None` when another check speaks of it.
fn how(attempt: &Attempt, failure: &Failure) -> Option<Cow<'static, str>> {
    match &attempt.spoke {
        Some(spoke) if spoke.is_redis() => return None,
        Some(Spoke::Other(stranger)) => return Some(format!("{} answers", stranger.called()).into()),
        _ => {}
    }
    Some(Cow::Borrowed(match failure.kind {
        FailureKind::Refused => "connections are refused",
        FailureKind::TimedOut if failure.stage > Stage::Connect => "connected, then silence",
        FailureKind::TimedOut => "no answer",
        FailureKind::Unreachable => "no route from here",
        FailureKind::NoSuchName => "the names do not resolve here",
        FailureKind::Closed if attempt.tls().is_some() => "connections are closed behind the TLS handshake",
        FailureKind::Closed if attempt.spoke == Some(Spoke::Closes { unasked: true }) => {
            "connections are closed at once"
        }
        FailureKind::Closed => "connections are closed",
        FailureKind::Local => "this machine is out of sockets or file descriptors",
        FailureKind::NotSpoken => "something else than Redis answers",
        FailureKind::Other if failure.stage == Stage::Connect => "connections fail",
        _ => return None,
    }))
}

/// What was seen there, in words.
fn presented(attempt: &Attempt, failure: &Failure) -> String {
    match &attempt.spoke {
        Some(Spoke::Other(stranger)) => format!("it says \"{}\"", stranger.says),
        _ => in_words(failure),
    }
}

/// `led`: a map is in use, and it is what leads there.
fn problem(context: &Context<'_>, how: &str, led: bool, group: Group<'_>) -> Problem {
    let Group { subjects, nodes, attempt } = group;
    let all = context.topology().map_or(0, |t| t.nodes.len());
    let failure = attempt.and_then(Attempt::failure);
    let ids: Vec<_> = nodes.iter().map(|(node, _)| &node.id).collect();
    let answers = |(node, attempts): &&(&Node, &[Attempt])| attempts.iter().any(|a| context.snapshot.leads_to(a, node));
    let reached = nodes.iter().filter(answers).count();
    let elsewhere = match reached {
        0 => String::new(),
        1 if nodes.len() == 1 => "; it answers at another address".to_owned(),
        n if n == nodes.len() => "; all of them answer at another address".to_owned(),
        n => format!("; {n} of {} answer at another address", nodes.len()),
    };
    Problem {
        title: if led {
            format!("{} of {all} nodes out of reach where the map leads: {how}", subjects.len())
        } else {
            format!("{} of {all} nodes out of reach at the announced address: {how}", subjects.len())
        },
        expected: if led {
            format!("an answer where the map leads, seen from {}", context.vantage())
        } else {
            format!("an answer at the announced addresses, seen from {}", context.vantage())
        },
        presented: format!(
            "{}{elsewhere}",
            attempt.zip(failure).map(|(attempt, failure)| presented(attempt, failure)).unwrap_or_default()
        ),
        clients: context.affected_at_nodes(&ids, &STEPS),
        remedies: if led { vec![mend_the_way(context)] } else { remedies(context, &nodes, failure) },
        subjects,
    }
}

/// The announcement does not matter to a client with a map.
fn mend_the_way(context: &Context<'_>) -> Remedy {
    let text = "Mend the forwards, or the map that leads there; this dials each of them, and says what is wrong.";
    Remedy { audience: Audience::Network, text: text.to_owned(), lines: vec![context.proves_the_map()], proof: None }
}

fn remedies(context: &Context<'_>, nodes: &[(&Node, &[Attempt])], failure: Option<&Failure>) -> Vec<Remedy> {
    let ids: Vec<_> = nodes.iter().map(|(node, _)| &node.id).collect();
    let map = context.map_remedy(&ids);
    let mut remedies = Vec::new();
    let silent = failure.is_some_and(|f| f.kind == FailureKind::TimedOut && f.stage > Stage::Connect);
    let look = match failure.map(|f| f.kind) {
        Some(FailureKind::Refused) if map.is_none() => Some(
            "See whether these nodes run: a refusal means that the machine is there and nobody listens on the port.",
        ),
        Some(FailureKind::NotSpoken) => Some(
            "Another service listens on the port that is announced: see what it is, and announce the port of Redis.",
        ),
        _ if silent => Some(
            "Look at what keeps them busy (a long script or command, a fork, swapping), or at a proxy or tunnel in between \
             that has lost its far end.",
        ),
        _ => None,
    };
    remedies.extend(look.map(|text| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: Vec::new(),
        proof: None,
    }));
    // Where the other nodes are reached as announced, and these nowhere, the announcement is not what is wrong.
    let announced_wrongly = map.is_some() || context.topology().is_some_and(|t| t.nodes.len() == nodes.len());
    let is_led = map.is_some();
    remedies.extend(map);
    remedies.extend(context.announce_remedy(&ids).filter(|_| announced_wrongly));
    let online = |node: &Node| node.role == Role::Replica && context.is_online(node);
    if context.is_plain() && nodes.iter().all(|(node, _)| online(node)) {
        let replicas: Vec<&Node> = nodes.iter().map(|(node, _)| *node).collect();
        remedies.extend(context.replica_announce_remedy(&replicas, false));
    }
    // Who is reached elsewhere needs no way.
    if !silent && !is_led {
        remedies.push(Remedy {
            audience: Audience::Network,
            text: "Open the way: a route or firewall rule to these addresses, a client inside the network, or a tunnel to every \
                   node (this says which kind fits)."
                .to_owned(),
            lines: vec![format!("redis-doctor tunnel {}", context.endpoint_with_scheme())],
            proof: None,
        });
    }
    remedies
}
