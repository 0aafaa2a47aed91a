//! The ports of the cluster bus, where some node misses another one: does the port open, as seen from here?

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{connect, shared::Shared};
use crate::facts::{
    Attempt, BusLook, Candidate, Endpoint, Failure, FailureKind, Node, NodeId, NodeProbe, Stage, Topology,
};

/// How many nodes that are missed are looked at, and how many others to hold them against.
const MISSED: usize = 12;
const OTHERS: usize = 4;

/// Nobody waits longer for what only explains.
const PATIENCE: Duration = Duration::from_secs(2);

/// What lies between the client port and the bus port unless told otherwise (Redis 7.0 `CLUSTER_PORT_INCR`).
const OFFSET: u16 = 10_000;

/// Knocks at the bus ports of nodes that some node misses and that answer clients here, and at some of the others. In a
/// cluster that is well nobody is missed, and nothing is dialled.
pub(super) async fn look_at_buses(
    shared: &Arc<Shared>,
    topology: &Topology,
    nodes: &[NodeProbe],
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<BusLook> {
    let missed = missed(topology);
    // What a map leads elsewhere is not where the bus is.
    if missed.is_empty() || shared.target.detours.is_some() {
        return Vec::new();
    }
    let answering = topology.nodes.iter().zip(nodes).filter(|(_, probe)| answers(probe)).map(|(node, _)| node);
    let (suspects, others): (Vec<&Node>, Vec<&Node>) = answering.partition(|node| missed.contains(&node.id));
    if suspects.is_empty() {
        return Vec::new();
    }
    let until = (Instant::now() + PATIENCE.min(shared.limits.timeout)).min(deadline);
    let wanted = suspects.into_iter().take(MISSED).chain(others.into_iter().take(OTHERS));
    let mut running = JoinSet::new();
    for (order, (node, endpoint)) in wanted.filter_map(|node| Some((node, bus(node)?))).enumerate() {
        let (shared, permits, node) = (Arc::clone(shared), Arc::clone(permits), node.id.clone());
        running.spawn(async move {
            let _permit = permits.acquire().await;
            (order, knock(&shared, node, &endpoint, until).await)
        });
    }
    let mut looks = Vec::with_capacity(running.len());
    while let Some(done) = running.join_next().await {
        looks.extend(done);
    }
    looks.sort_by_key(|(order, _)| *order);
    looks.into_iter().filter_map(|(_, look)| look).collect()
}

/// Nodes that some other one has no word from.
fn missed(topology: &Topology) -> HashSet<&NodeId> {
    let by_seed = topology.nodes.iter().filter(|node| {
        let flags = node.flags;
        flags.link_down || flags.handshake || flags.pfail || flags.fail
    });
    let by_others = topology.sights.iter().flat_map(|sight| sight.silent.iter().chain(&sight.failed));
    by_seed.map(|node| &node.id).chain(by_others).collect()
}

/// Somebody answers clients at the announced address: of a machine that is out of reach the bus says nothing new.
fn answers(probe: &NodeProbe) -> bool {
    let announced = [Candidate::Preferred, Candidate::Hostname, Candidate::Ip];
    let here = |attempt: &Attempt| attempt.opened().is_some() && announced.iter().any(|c| attempt.is_for(*c));
    probe.attempts.iter().any(here)
}

/// Where the other nodes go; `None` where that is not known.
fn bus(node: &Node) -> Option<Endpoint> {
    let address = &node.address;
    let port = address.bus_port.or_else(|| address.client_port()?.checked_add(OFFSET)).filter(|port| *port != 0)?;
    Some(Endpoint::new(address.ip.host()?.clone(), port))
}

/// `None` where the name does not resolve here.
async fn knock(shared: &Shared, node: NodeId, endpoint: &Endpoint, until: Instant) -> Option<BusLook> {
    let sockets = shared.resolver.sockets_until(endpoint, until).await.ok()?;
    let first = *sockets.first()?;
    let failed = |failure| Some(BusLook { node: node.clone(), socket: first, failure: Some(failure) });
    match timeout_at(until, connect::open(&sockets, &mut Vec::new())).await {
        Ok(Ok((_, socket))) => Some(BusLook { node, socket, failure: None }),
        Ok(Err((failure, _))) => failed(failure),
        Err(_) => {
            let detail = format!("no answer within {} s", PATIENCE.min(shared.limits.timeout).as_secs_f64());
            failed(Failure { stage: Stage::Connect, kind: FailureKind::TimedOut, detail })
        }
    }
}
