//! A node that answers clients and not the other nodes.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Bus, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{FailureKind, Node, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "bus-link-down",
    severity: Severity::Warning,
    expects: "Every node is heard by every other one on the cluster bus.",
    explain: "Nodes talk to each other on a port of their own (the client port + 10000, cluster-port, or what \
              cluster-announce-bus-port says). Every node was asked for its links: who answers clients and is missed by the others \
              has a bus port that is filtered, not published, or announced wrongly. As long as it reaches the others itself it is \
              not even called failed, and cluster_state stays ok; but a failover may not see its votes, and the next restart cuts \
              it off. Links that are being opened again look the same for a moment.",
    transient: true,
    explains: &["views-disagree", "bus-unreachable"],
    examine,
};

/// Links that are told of one by one.
const SHOWN: usize = 4;

/// How a node is cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nobody reaches it, and it reaches nobody.
    Both,
    /// Nobody reaches it.
    In,
    /// It reaches nobody.
    Out,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(bus) = context.bus() else { return };
    let deaf = bus.deaf();
    let heard = bus.nodes.iter().filter(|node| !deaf.contains(&node.id)).count();
    let cut = bus.nodes.iter().filter_map(|node| Some((*node, way(&bus, node, &deaf, heard)?)));
    let cut: Vec<(&Node, Way)> = cut.collect();
    for way in [Way::Both, Way::In, Way::Out] {
        let nodes: Vec<&Node> = cut.iter().filter(|(_, is)| *is == way).map(|(node, _)| *node).collect();
        verdicts.fail(cut_off(context, way, &nodes, bus.nodes.len()));
    }
    let explained: HashSet<&NodeId> = cut.iter().map(|(node, _)| &node.id).collect();
    verdicts.fail(single_links(context, &bus, &explained));
}

/// Where it is missed by all others, or misses all of them: of several such nodes each counts the rest. `deaf`: whom all others
/// miss; so many are not.
fn way(bus: &Bus<'_>, node: &Node, deaf: &HashSet<&NodeId>, heard: usize) -> Option<Way> {
    let comes_in = deaf.contains(&node.id);
    let rest = heard - usize::from(!comes_in);
    let missed = bus.missed_by(&node.id).filter(|id| !deaf.contains(id)).count();
    let goes_out = rest > 0 && missed == rest && bus.nodes.len() > 2;
    match (comes_in, goes_out) {
        (true, true) => Some(Way::Both),
        (true, false) => Some(Way::In),
        (false, true) => Some(Way::Out),
        (false, false) => None,
    }
}

fn cut_off(context: &Context<'_>, way: Way, nodes: &[&Node], all: usize) -> Problem {
    let (who, one) = (context.all_called(nodes.iter().copied()), nodes.len() == 1);
    let others = match all - 1 {
        1 => "the other node".to_owned(),
        n => format!("all {n} others"),
    };
    let [its, reaches] = if one { ["its", "it reaches"] } else { ["their", "they reach"] };
    let said = match way {
        Way::Both => format!("cut off from {others}, both ways"),
        Way::In => format!("out of reach of {others}, and {reaches} them: one way is dead"),
        Way::Out => format!("heard by the others, and {reaches} none of them: one way is dead"),
    };
    let ports: Vec<String> = nodes.iter().take(8).filter_map(|node| bus_address(node)).collect();
    let network = match way {
        Way::Out => format!("Open the way from {who} to the cluster bus port of every other node."),
        _ => format!("Open the way from every other node to {its} cluster bus port."),
    };
    let open = Remedy { audience: Audience::Network, text: network, lines: ports, proof: None };
    let announce = Remedy {
        audience: Audience::Server,
        text: "Where this is not the port on which the bus listens (behind NAT: the one that is published): announce the right one, \
               on the named nodes; 0 is the one that it listens on."
            .to_owned(),
        lines: vec!["CONFIG SET cluster-announce-bus-port 0".to_owned()],
        proof: None,
    };
    Problem {
        title: format!(
            "on the cluster bus, {} {said}",
            if one { format!("{who} is") } else { format!("{} nodes are", nodes.len()) }
        ),
        subjects: subjects(context, nodes),
        expected: "a link from every node to every other one".to_owned(),
        presented: if way == Way::Out {
            format!("in CLUSTER NODES of {who} all others are disconnected, suspected or silent; clients are answered")
        } else {
            let seen = nodes.first().and_then(|node| seen_from_here(context, node)).unwrap_or_default();
            format!(
                "{who}: disconnected, suspected or silent in CLUSTER NODES of all others; clients are answered{seen}"
            )
        },
        remedies: match way {
            Way::Out => vec![open],
            // The machine is there and nobody listens on the port: it is another one.
            _ if nodes.iter().any(|node| is_refused(context, node)) => vec![announce, open],
            _ => vec![open, announce],
        },
        ..Problem::default()
    }
}

fn is_refused(context: &Context<'_>, node: &Node) -> bool {
    let look = context.snapshot.buses.iter().find(|look| look.node == node.id);
    look.and_then(|look| look.failure.as_ref()).is_some_and(|failure| failure.kind == FailureKind::Refused)
}

/// What came of dialling the bus port, which may be closed to clients on purpose.
fn seen_from_here(context: &Context<'_>, node: &Node) -> Option<String> {
    let look = context.snapshot.buses.iter().find(|look| look.node == node.id)?;
    let what = match look.failure.as_ref().map(|failure| failure.kind) {
        None => "opens",
        Some(FailureKind::Refused) => "is refused",
        Some(FailureKind::TimedOut) => "does not answer",
        Some(_) => "does not open",
    };
    Some(format!("; seen from here, its bus port {} {what}", look.socket))
}

/// Links between nodes that others reach.
fn single_links(context: &Context<'_>, bus: &Bus<'_>, explained: &HashSet<&NodeId>) -> Problem {
    let is_open = |node: &&Node| !explained.contains(&node.id);
    let from = |to: &Node| bus.missing(&to.id).iter().copied().filter(is_open);
    let missed = bus.nodes.iter().copied().filter(is_open).filter(|to| from(to).next().is_some());
    let missed: Vec<&Node> = missed.collect();
    let link = |to: &&Node| format!("{} does not answer {}", context.called(to), context.all_called(from(to)));
    let mut links: Vec<String> = missed.iter().take(SHOWN).map(link).collect();
    let more = missed.len().saturating_sub(SHOWN);
    links.extend((more > 0).then(|| format!("and {more} more")));
    Problem {
        title: format!("on the cluster bus, {} are down", words(missed.len())),
        subjects: subjects(context, &missed),
        expected: "a link from every node to every other one".to_owned(),
        presented: links.join("; "),
        remedies: vec![Remedy {
            audience: Audience::Network,
            text: "Open the way between these nodes, to the cluster bus port of each.".to_owned(),
            lines: missed.iter().take(8).filter_map(|node| bus_address(node)).collect(),
            proof: None,
        }],
        ..Problem::default()
    }
}

fn words(nodes: usize) -> String {
    if nodes == 1 { "links to one node".to_owned() } else { format!("links to {nodes} nodes") }
}

fn subjects(context: &Context<'_>, nodes: &[&Node]) -> Vec<Subject> {
    nodes.iter().map(|node| context.node(node)).collect()
}

fn bus_address(node: &Node) -> Option<String> {
    Some(format!("{} {}", node.address.ip.host()?, node.address.bus_port?))
}
