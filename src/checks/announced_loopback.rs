//! A node announces a loopback address to clients on other machines.

use std::collections::BTreeSet;

use crate::{
    diagnosis::{Check, Context, Problem, Remedy, Severity, Verdicts, outlook::Step},
    facts::{Attempt, Host, Node, NodeId, Role},
};

pub(super) const CHECK: Check = Check {
    code: "announced-loopback",
    severity: Severity::Error,
    expects: "A server that is reached over a network announces no loopback address.",
    explain: "A cluster that was created with 127.0.0.1 hands that address to every client, and each client then dials its own \
              machine; 0.0.0.0 and a name that the hosts file leads to 127.0.1.1 do the same. Worse, a Redis of its own may answer \
              there; so nothing is called reachable here unless the node id matches.",
    transient: false,
    explains: &["node-unreachable", "sentinel-unreachable", "wrong-node", "san-mismatch", "ip-in-dns-san"],
    examine,
};

/// Where a client may stop that dials itself.
const STEPS: [Step; 5] = [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther];

/// Hosts that are named before the rest is counted.
const HOSTS: usize = 3;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    let answers = |node: &Node, attempts: &[Attempt]| {
        context.announced(attempts).is_some_and(|attempt| snapshot.leads_to(attempt, node))
    };
    // Another protocol on the announced port is a fault of the port, not of the address.
    let lost = |node: &Node, attempts: &[Attempt]| {
        !answers(node, attempts) && context.announced(attempts).is_some_and(|attempt| attempt.spoke.is_none())
    };
    // A name that this machine's own hosts file leads home (127.0.1.1 on Debian) is no address for anybody else, either.
    let leads_home = |attempts: &[Attempt]| {
        let socket = context.announced(attempts).and_then(|attempt| attempt.socket);
        socket.is_some_and(|socket| socket.ip().to_canonical().is_loopback())
    };
    let is_own = |node: &Node, attempts: &[Attempt]| {
        let endpoint = context.followed_as_announced(node);
        endpoint.is_some_and(|endpoint| {
            let home = !context.is_near() && !answers(node, attempts) && leads_home(attempts);
            endpoint.host.is_everyones_own() || (endpoint.host.name().is_some() && home)
        })
    };
    // A tunnel ends on this machine too: the seed's own node, which is up, then does not answer at its loopback address.
    let tunnelled = context.nodes().any(|(node, attempts)| {
        snapshot.seed.identity() == Some(&node.id) && is_own(node, attempts) && !answers(node, attempts)
    });
    let mut found = Vec::new();
    for (node, attempts) in context.nodes() {
        if context.is_behind_the_replicas_tunnel(node) {
            verdicts.skip(
                context.node(node),
                "only the replica on the same machine is told this address: a tunnel to its primary",
            );
        } else if is_own(node, attempts) && (!context.is_near() || (tunnelled && lost(node, attempts))) {
            found.push((node, attempts));
        } else {
            verdicts.pass();
        }
    }
    let ids: Vec<_> = found.iter().map(|(node, _)| &node.id).collect();
    // What a client makes of another Redis depends on what it asks there.
    let unanswered =
        found.iter().filter(|(_, attempts)| context.announced(attempts).is_some_and(|a| a.identity().is_none()));
    let unanswered: Vec<_> = unanswered.map(|(node, _)| &node.id).collect();
    let all = context.topology().map_or(0, |t| t.nodes.len());
    verdicts.fail(Problem {
        title: format!(
            "{} of {all} nodes announce loopback addresses, where every client finds its own machine",
            found.len()
        ),
        subjects: found.iter().map(|(node, _)| context.node(node)).collect(),
        expected: format!("addresses at which other machines find the nodes, seen from {}", context.vantage()),
        presented: presented(context, &found),
        clients: if unanswered.is_empty() { Vec::new() } else { context.affected_at_nodes(&unanswered, &STEPS) },
        remedies: context.map_remedy(&ids).into_iter().chain(announce(context, &ids)).collect(),
    });
}

/// What is announced, and who answers there on this machine.
fn presented(context: &Context<'_>, found: &[(&Node, &[Attempt])]) -> String {
    let hosts: BTreeSet<Host> = found.iter().filter_map(|(node, _)| Some(context.preferred(node)?.host)).collect();
    let mut named: Vec<String> = hosts.iter().take(HOSTS).map(ToString::to_string).collect();
    if hosts.len() > HOSTS {
        named.push(format!("{} more", hosts.len() - HOSTS));
    }
    let met = |(node, attempts): &&(&Node, &[Attempt])| {
        let attempt = context.announced(attempts).filter(|attempt| attempt.identity().is_some());
        attempt.is_some_and(|attempt| !context.snapshot.leads_to(attempt, node))
    };
    let strangers = match found.iter().filter(met).count() {
        0 => String::new(),
        1 => "; at one of them another Redis answers on this machine, which is not the node (its id is another)"
            .to_owned(),
        n => {
            format!("; at {n} of them another Redis answers on this machine, which is not the node (its id is another)")
        }
    };
    let given_up = |(node, _): &(&Node, &[Attempt])| context.is_sentinel() && (node.flags.pfail || node.flags.fail);
    let down = if found.iter().any(given_up) { "; the Sentinel finds nobody there, either" } else { "" };
    format!("{}{strangers}{down}", named.join(", "))
}

/// What the servers could announce instead; a Sentinel announces what it reaches the primary from.
fn announce(context: &Context<'_>, ids: &[&NodeId]) -> Option<Remedy> {
    let mut nodes = context.nodes().map(|(node, _)| node).filter(|node| ids.contains(&&node.id)).peekable();
    let only_sentinels = nodes.peek().is_some() && nodes.all(|node| node.role == Role::Sentinel);
    if only_sentinels { context.sentinel_off_loopback() } else { context.announce_remedy(ids) }
}
