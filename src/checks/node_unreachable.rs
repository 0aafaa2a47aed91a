//! A node does not answer at the address that clients are sent to.

mod remedies;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use crate::{
    diagnosis::{
        Check, Context, Extent, NoRoute, Place, Problem, Severity, Subject, Verdicts, in_words, outlook::Step,
    },
    facts::{Attempt, Candidate, Failure, FailureKind, Node, NodeId, Role, Spoke, Stage},
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

/// Where a client may stop at a node that is out of reach; at another service with TLS that is its certificate.
const STEPS: [Step; 7] =
    [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther, Step::TlsChain, Step::TlsName];

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
        FailureKind::Unreachable => NoRoute::of(failure).in_words(),
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
fn presented(attempt: &Attempt, failure: &Failure, nodes: &[(&Node, &[Attempt])]) -> String {
    match &attempt.spoke {
        Some(Spoke::Other(stranger)) if is_everywhere(nodes) => format!(
            "every one of these machines says \"{}\": something on the way (a transparent proxy, a VPN) may answer in the place of \
             addresses that lead nowhere",
            stranger.says
        ),
        Some(Spoke::Other(stranger)) => format!("it says \"{}\"", stranger.says),
        _ => in_words(failure),
    }
}

/// `led`: a map is in use, and it is what leads there.
fn problem(context: &Context<'_>, how: &str, led: bool, group: Group<'_>) -> Problem {
    let extent = extent(context, &group);
    let Group { subjects, nodes, attempt } = group;
    let all = context.topology().map_or(0, |t| t.nodes.len());
    let failure = attempt.and_then(Attempt::failure);
    let ids: Vec<_> = nodes.iter().map(|(node, _)| &node.id).collect();
    let is_a_stranger = attempt.is_some_and(Attempt::is_with_a_stranger);
    let clients = context.affected_at_nodes(&ids, if is_a_stranger { &STEPS } else { &STEPS[..5] });
    let clients = match failure.filter(|failure| failure.kind == FailureKind::Unreachable) {
        Some(failure) => NoRoute::of(failure).as_printed(clients),
        None => clients,
    };
    let place = if led { "where the map leads" } else { "at the announced address" };
    let reach = extent.as_ref().map(|extent| told(extent, failure)).unwrap_or_default();
    let sought = if led { "where the map leads" } else { "at the announced addresses" };
    let seen = attempt.zip(failure).map(|(attempt, failure)| presented(attempt, failure, &nodes)).unwrap_or_default();
    Problem {
        title: format!("{} of {all} nodes out of reach {place}: {how}{reach}", subjects.len()),
        expected: format!("an answer {sought}, seen from {}", context.vantage()),
        presented: format!("{seen}{}{}", elsewhere(context, &nodes), by_the_others(context, &nodes)),
        clients,
        remedies: if led {
            vec![remedies::mend_the_way(context)]
        } else {
            remedies::of(context, &nodes, failure, extent.as_ref())
        },
        subjects,
    }
}

/// What these nodes have in common, held against those that answer where they are announced, and against whatever else
/// opened.
fn extent(context: &Context<'_>, group: &Group<'_>) -> Option<Extent> {
    let place = |node: &Node, attempts: &[Attempt]| {
        let ip = context.announced(attempts).and_then(|attempt| attempt.socket).map(|socket| socket.ip());
        context.followed(node).map(|endpoint| Place::new(&endpoint, ip))
    };
    let opened = |attempts: &[Attempt]| context.announced(attempts).is_some_and(|attempt| attempt.opened().is_some());
    let lost: Vec<Place> = group.nodes.iter().filter_map(|(node, attempts)| place(node, attempts)).collect();
    let answering = context.nodes().filter(|(_, attempts)| opened(attempts));
    let answering: Vec<Place> = answering.filter_map(|(node, attempts)| place(node, attempts)).collect();
    let beside = context.snapshot.all_attempts().filter(|attempt| attempt.opened().is_some());
    let open = beside.filter_map(|attempt| {
        let (_, endpoint) = attempt.candidates.first()?;
        Some(Place::new(endpoint, attempt.socket.map(|socket| socket.ip())))
    });
    Extent::of(&lost, &answering, &open.collect::<Vec<_>>())
}

fn told(extent: &Extent, failure: Option<&Failure>) -> String {
    let preposition = match failure.map(|failure| failure.kind) {
        Some(FailureKind::Unreachable) if failure.is_some_and(|f| NoRoute::of(f) == NoRoute::Network) => "to",
        Some(FailureKind::Unreachable) => "for",
        _ if extent.lost.contains('/') => "in",
        _ => "at",
    };
    let answers = extent.answers.as_ref().map(|answers| {
        let several = [" ports ", " and ", ", "].iter().any(|sign| answers.contains(sign));
        format!(", while {answers} {}", if several { "answer" } else { "answers" })
    });
    format!(" {preposition} {}{}", extent.lost, answers.unwrap_or_default())
}

/// Where else they were looked for, and what came of it.
fn elsewhere(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> String {
    let answers = |(node, attempts): &&(&Node, &[Attempt])| attempts.iter().any(|a| context.snapshot.leads_to(a, node));
    let all = context.topology().map_or(0, |t| t.nodes.len());
    match nodes.iter().filter(answers).count() {
        0 => [
            (Candidate::Hostname, "under the announced name"),
            (Candidate::Ip, "at the announced IP"),
            (Candidate::SeedHost, "at the endpoint's host with the same ports"),
        ]
        .into_iter()
        .filter(|(candidate, _)| *candidate != Candidate::SeedHost || all == nodes.len())
        .filter_map(|(candidate, place)| Some(format!("; {place}: {}", alike(nodes, candidate)?)))
        .chain(called_healthy(context, nodes).map(str::to_owned))
        .collect(),
        1 if nodes.len() == 1 => "; it answers at another address".to_owned(),
        n if n == nodes.len() => "; all of them answer at another address".to_owned(),
        n => format!("; {n} of {} answer at another address", nodes.len()),
    }
}

/// Where the other nodes look for them in vain, too, it is not where this machine stands.
fn by_the_others(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> &'static str {
    if is_missed(context, nodes) { "; the other nodes do not reach what is announced, either" } else { "" }
}

fn is_missed(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> bool {
    let sights = context.topology().into_iter().flat_map(|topology| &topology.sights);
    let missed: HashSet<&NodeId> = sights.flat_map(|sight| sight.silent.iter().chain(&sight.failed)).collect();
    let met = nodes.iter().all(|(node, _)| context.met(&node.id).is_some());
    met && nodes.iter().any(|(node, _)| missed.contains(&node.id))
}

/// What came of all attempts for a form other than the preferred one, where it was the same everywhere.
fn alike(nodes: &[(&Node, &[Attempt])], candidate: Candidate) -> Option<&'static str> {
    let beside = |attempt: &&Attempt| attempt.is_for(candidate) && !attempt.is_for(Candidate::Preferred);
    let attempts = nodes.iter().flat_map(|(_, attempts)| *attempts).filter(beside);
    let mut kinds = attempts.map(|attempt| match (attempt.failure().map(|failure| failure.kind), attempt.identity()) {
        (Some(FailureKind::Refused), _) => Some("refused"),
        (Some(FailureKind::TimedOut), _) => Some("no answer"),
        (Some(FailureKind::Unreachable), _) => Some("no route"),
        (Some(FailureKind::NoSuchName), _) => Some("it does not resolve here"),
        (_, Some(_)) => Some("another server answers"),
        _ => None,
    });
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

/// That it is not the nodes: the cluster's view is one thing, and what is reached from here another.
fn called_healthy(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> Option<&'static str> {
    let well = |(node, _): &(&Node, &[Attempt])| {
        let flags = node.flags;
        !(flags.fail || flags.pfail || flags.link_down || flags.noaddr || flags.handshake || flags.loading)
    };
    let told = if nodes.len() == 1 {
        "; the cluster itself calls it healthy"
    } else {
        "; the cluster itself calls them healthy"
    };
    (context.is_cluster() && nodes.iter().all(well)).then_some(told)
}

/// True where several machines have the same answer.
fn is_everywhere(nodes: &[(&Node, &[Attempt])]) -> bool {
    let mut hosts = nodes.iter().filter_map(|(node, _)| node.address.ip.host());
    hosts.next().is_some_and(|first| hosts.any(|host| host != first))
}
