//! A node that others miss answers clients, and its cluster bus port does not open.

use std::collections::{BTreeMap, HashSet};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{BusLook, FailureKind, Node, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "bus-unreachable",
    severity: Severity::Warning,
    expects: "The cluster bus port of a node that the others miss can be opened, as far as that can be seen from here.",
    explain: "Nodes talk to each other on a port of their own: the client port + 10000, cluster-port (7.0+), or what \
              cluster-announce-bus-port says. Where some node misses another one, its bus port is dialled from here, and the bus \
              ports of nodes that nobody misses beside it. That is this machine's view: the bus is often closed to clients on \
              purpose, so this is no fault by itself, and nothing is said where the ports of the others are closed as well. Refused \
              means that the announced port is not the one that the node listens on (or is published); no answer means a \
              firewall. In a cluster without missing links nothing is dialled.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let looks = &context.snapshot.buses;
    let missed = missed(context);
    let (suspects, others): (Vec<&BusLook>, Vec<&BusLook>) = looks.iter().partition(|look| missed.contains(&look.node));
    // Closed for everybody here: that is how it should be for a client.
    let on_purpose = !others.is_empty() && others.iter().all(|look| look.failure.is_some());
    let mut groups: BTreeMap<&'static str, Vec<(&BusLook, &Node)>> = BTreeMap::new();
    for look in suspects {
        let node = context.node_of(&look.node);
        match (look.failure.as_ref().and_then(|failure| how(failure.kind)), node) {
            (Some(how), Some(node)) if !on_purpose => groups.entry(how).or_default().push((look, node)),
            (None, _) => verdicts.pass(),
            (Some(_), Some(node)) => verdicts.skip(context.node(node), "bus ports are closed to this machine"),
            (Some(_), None) => {}
        }
    }
    let beside = others.iter().filter(|look| look.failure.is_none()).count();
    for (how, nodes) in groups {
        verdicts.fail(problem(context, how, &nodes, beside));
    }
}

/// Nodes that most of the others have no word from: who is cut off itself misses everybody, and says nothing of their ports.
/// Where nobody but the endpoint told, what that one flags.
fn missed<'a>(context: &Context<'a>) -> HashSet<&'a NodeId> {
    if let Some(bus) = context.bus() {
        let by_most = |by: usize| by * 2 > bus.nodes.len().saturating_sub(1);
        return bus.missed().filter(|(_, by)| by_most(*by)).map(|(id, _)| id).collect();
    }
    let flagged = |node: &&Node| {
        let flags = node.flags;
        flags.link_down || flags.handshake || flags.pfail || flags.fail
    };
    context.topology().into_iter().flat_map(|t| &t.nodes).filter(flagged).map(|node| &node.id).collect()
}

fn how(kind: FailureKind) -> Option<&'static str> {
    Some(match kind {
        FailureKind::Refused => "refused",
        FailureKind::TimedOut => "no answer",
        FailureKind::Unreachable => "no route",
        FailureKind::Closed => "closed",
        _ => return None,
    })
}

fn problem(context: &Context<'_>, how: &str, nodes: &[(&BusLook, &Node)], beside: usize) -> Problem {
    let sockets: Vec<String> = nodes.iter().map(|(look, _)| look.socket.to_string()).collect();
    let shown = sockets.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    let more = if sockets.len() > 4 { format!(" and {} more", sockets.len() - 4) } else { String::new() };
    let others = match beside {
        0 => String::new(),
        n => format!("; {n} bus port{} of other nodes opened", if n == 1 { "" } else { "s" }),
    };
    let (whose, they) =
        if nodes.len() == 1 { ("1 node that the others miss", "it") } else { ("nodes that the others miss", "them") };
    let count = if nodes.len() == 1 { String::new() } else { format!("{} ", nodes.len()) };
    Problem {
        title: format!("the bus port of {count}{whose} does not open, seen from here: {how}"),
        subjects: nodes.iter().map(|(_, node)| context.node(node)).collect(),
        expected: format!("an open port where the nodes send each other, seen from {}", context.vantage()),
        presented: format!("{how} at {shown}{more}, while the client port of {they} answers{others}"),
        remedies: remedies(how, nodes),
        ..Problem::default()
    }
}

fn remedies(how: &str, nodes: &[(&BusLook, &Node)]) -> Vec<Remedy> {
    let line = |(look, _): &(&BusLook, &Node)| format!("{} {}", look.socket.ip(), look.socket.port());
    let lines: Vec<String> = nodes.iter().map(line).collect();
    let remedy = |audience, text: &str, lines| Remedy { audience, text: text.to_owned(), lines, proof: None };
    let open = "Open these ports between the nodes (address, port).";
    if how != "refused" {
        return vec![remedy(Audience::Network, open, lines)];
    }
    let announce = "The machine is there, and nobody listens on this port: announce the one that the bus listens on (or that is \
                    published); 0 is its own, on the node itself.";
    let zero = vec!["CONFIG SET cluster-announce-bus-port 0".to_owned()];
    vec![remedy(Audience::Server, announce, zero), remedy(Audience::Network, open, lines)]
}
