//! What to do about nodes that are out of reach.

use std::collections::BTreeSet;

use super::{is_everywhere, is_missed};
use crate::{
    diagnosis::{Audience, Context, Extent, NoRoute, Remedy},
    facts::{Attempt, Failure, FailureKind, Node, Stage},
};

/// Ports that are written out.
const PORTS: usize = 4;

/// The announcement does not matter to a client with a map.
pub(super) fn mend_the_way(context: &Context<'_>) -> Remedy {
    let text = "Mend the forwards, or the map that leads there; this dials each of them, and says what is wrong.";
    Remedy { audience: Audience::Network, text: text.to_owned(), lines: vec![context.proves_the_map()], proof: None }
}

pub(super) fn of(
    context: &Context<'_>,
    nodes: &[(&Node, &[Attempt])],
    failure: Option<&Failure>,
    extent: Option<&Extent>,
) -> Vec<Remedy> {
    let ids: Vec<_> = nodes.iter().map(|(node, _)| &node.id).collect();
    let map = context.map_remedy(&ids);
    let silent = failure.is_some_and(|f| f.kind == FailureKind::TimedOut && f.stage > Stage::Connect);
    let is_led = map.is_some();
    // Where the other nodes are reached as announced, and these nowhere, the announcement is not what is wrong.
    // The Sentinel that answers stands where it was dialled, and announces nothing here.
    let seed = context.snapshot.seed.identity().filter(|_| context.is_sentinel());
    let others = context.nodes().filter(|(node, _)| seed != Some(&node.id));
    let announced_wrongly = is_led || others.count() == nodes.len();
    let filtered = extent.filter(|extent| extent.by_port && failure.is_some_and(|f| f.kind == FailureKind::TimedOut));
    let remedy = |audience, text: String, lines| Remedy { audience, text, lines, proof: None };
    let look = look(failure, is_led, silent, is_everywhere(nodes))
        .map(|text| remedy(Audience::Server, text.to_owned(), Vec::new()));
    let forbidden = failure.filter(|f| f.kind == FailureKind::Unreachable && !is_led).map(NoRoute::of);
    let allow = forbidden.filter(|why| *why != NoRoute::Network).map(|why| {
        let ports: BTreeSet<u16> = nodes.iter().filter_map(|(node, _)| Some(context.followed(node)?.port)).collect();
        let lines = why.lines(&ports.into_iter().take(PORTS).collect::<Vec<_>>());
        remedy(Audience::Network, why.advice().to_owned(), lines)
    });
    let open = filtered.filter(|_| !silent).map(|extent| {
        let text = format!(
            "Open TCP {} to {}, in whatever filters between them (firewall, security group, published ports): the machine answers, \
             and these ports do not.{}",
            extent.lost,
            context.vantage(),
            whole_range(context, nodes).unwrap_or_default()
        );
        remedy(Audience::Network, text, Vec::new())
    });
    let announce = context.announce_remedy(&ids).filter(|_| announced_wrongly && filtered.is_none());
    let replicas = context.replicas_elsewhere(&nodes.iter().map(|(node, _)| *node).collect::<Vec<_>>());
    let replicas = replicas.filter(|_| announce.is_none());
    // Who is reached elsewhere needs no way.
    let way = (!silent && !is_led).then(|| {
        let place = extent.map_or("these addresses", |extent| &extent.lost);
        let text = format!(
            "Open the way to {place}: a route or firewall rule, a client inside the network, or a tunnel to every node (this says \
             which kind fits)."
        );
        let line = format!("redis-doctor tunnel {}", context.endpoint_with_scheme());
        remedy(Audience::Network, text, vec![line])
    });
    let way = if filtered.is_some() { way.map(around) } else { way };
    // What keeps the nodes apart is not mended by a client.
    let (first, second) = if is_missed(context, nodes) { (announce, map) } else { (map, announce) };
    look.into_iter().chain(first).chain(allow).chain(open).chain(second).chain(replicas).chain(way).collect()
}

/// Nodes move within the range of a service's ports: all of it has to be open.
fn whole_range(context: &Context<'_>, nodes: &[(&Node, &[Attempt])]) -> Option<String> {
    let (provider, (node, _)) = (context.provider()?, nodes.first()?);
    let range = provider.ports_of(context.followed(node)?.port).filter(|ports| ports.first < ports.last)?;
    Some(format!(" {} uses any of {range}: open them all.", provider.name))
}

/// Where the way itself is what was told to be opened.
fn around(way: Remedy) -> Remedy {
    Remedy { text: "Or go around it: a tunnel to every node (this says which kind fits).".to_owned(), ..way }
}

/// What to look at on the servers.
fn look(failure: Option<&Failure>, is_led: bool, silent: bool, everywhere: bool) -> Option<&'static str> {
    match failure.map(|f| f.kind) {
        Some(FailureKind::Refused) if !is_led => Some(
            "See whether these nodes run: a refusal means that the machine is there and nobody listens on the port.",
        ),
        Some(FailureKind::NotSpoken) if !is_led && !everywhere => Some(
            "Another service listens on the port that is announced: see what it is, and announce the port of Redis.",
        ),
        _ if silent => Some(
            "Look at what keeps them busy (a long script or command, a fork, swapping), or at a proxy or tunnel in between \
             that has lost its far end.",
        ),
        _ => None,
    }
}
