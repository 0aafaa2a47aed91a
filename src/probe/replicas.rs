//! A replication that is not told by the endpoint alone: a replica names its primary, that one all of its replicas, and any
//! of them may have replicas of its own.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
};

use tokio::{sync::Semaphore, time::Instant};

use super::{gather::Event, nodes::look_at_nodes, shared::Shared};
use crate::{
    facts::{Attempt, Candidate, Endpoint, Kind, Node, NodeId, NodeProbe, Role, Server, Topology},
    wire::replication::{self, address_id},
};

/// How often those that were named last are asked whom they know: two steps up a chain from a replica, and two down.
const WAVES: usize = 4;

/// Looks at the servers that are named by those that were looked at, and adds them. True where the deadline came first.
pub(super) async fn follow(
    shared: &Arc<Shared>,
    known: &Arc<Vec<Attempt>>,
    (topology, probes): (&mut Topology, &mut Vec<NodeProbe>),
    permits: &Arc<Semaphore>,
    deadline: Instant,
    tell: &impl Fn(Event),
) -> bool {
    let Some(seed) = known.first() else { return false };
    let mut asked = 0;
    for _ in 0..WAVES {
        if topology.kind != Kind::Replication {
            return false;
        }
        correct_roles(topology, probes);
        let new = named(shared, seed, topology, &probes[asked..], probes);
        asked = probes.len();
        if new.is_empty() {
            break;
        }
        tell(Event::Nodes(topology.nodes.len() + new.len()));
        let (mut found, _, cut) = look_at_nodes(shared, known, &new, permits, deadline, tell).await;
        topology.nodes.extend(new);
        probes.append(&mut found);
        if cut {
            break;
        }
    }
    merge_the_seed(seed, topology, probes);
    in_order(topology, probes);
    topology.announced = topology.nodes.len();
    Instant::now() >= deadline
}

/// What one server says of itself, where it is of the seed's replication. Of a seed that has lost its primary, or never had
/// it, nobody can tell.
fn said<'p>(shared: &Shared, seed: &Attempt, probe: &'p NodeProbe) -> Option<&'p Server> {
    let own = seed.opened()?.server.seen()?;
    let cut_off = own.primary_link.as_deref() == Some("down");
    let vouched = probe.attempts.iter().filter(|attempt| shared.may_name(attempt));
    let mut servers = vouched.filter_map(|attempt| attempt.opened()?.server.seen());
    servers.find(|server| {
        let same = server.replication_id.is_some() && server.replication_id == own.replication_id;
        same || cut_off && server.role.is_some()
    })
}

/// The primary that a replica names is itself a replica in a chain.
fn correct_roles(topology: &mut Topology, probes: &[NodeProbe]) {
    for (node, probe) in topology.nodes.iter_mut().zip(probes) {
        let servers = probe.attempts.iter().filter_map(|attempt| attempt.opened()?.server.seen());
        let is_replica = |server: &&Server| server.role.as_deref() == Some("slave") && server.primary.is_some();
        if node.role == Role::Primary
            && let Some(server) = servers.into_iter().find(is_replica)
        {
            node.role = Role::Replica;
            node.primary = server.primary.as_ref().and_then(address_id);
        }
    }
}

/// The servers that these name and that are not known, each once.
fn named(shared: &Shared, seed: &Attempt, topology: &Topology, asked: &[NodeProbe], probes: &[NodeProbe]) -> Vec<Node> {
    let mut known: HashSet<NodeId> = topology.nodes.iter().flat_map(ids).collect();
    let sockets: HashSet<SocketAddr> = probes.iter().flat_map(|p| &p.attempts).filter_map(answering).collect();
    let is_known = |endpoint: &Endpoint| {
        let socket = endpoint.host.ip().map(|ip| SocketAddr::new(ip, endpoint.port));
        socket.is_some_and(|socket| sockets.contains(&socket))
    };
    let mut new = Vec::new();
    for (probe, node) in asked.iter().zip(&topology.nodes[probes.len() - asked.len()..]) {
        let Some(server) = said(shared, seed, probe) else { continue };
        // Who listed a replica is its primary, by whatever address that one reaches it.
        let is_known_up = |endpoint: &&Endpoint| node.primary == address_id(endpoint);
        let up = server.primary.iter().filter(is_known_up).map(|endpoint| (endpoint, Role::Primary, None));
        let down = server.replicas.iter().map(|endpoint| (endpoint, Role::Replica, Some(probe.id.clone())));
        for (endpoint, role, primary) in up.chain(down).filter(|(endpoint, ..)| !is_known(endpoint)) {
            let room = topology.nodes.len() + new.len() < shared.limits.nodes;
            if let Some(id) = address_id(endpoint).filter(|id| room && known.insert(id.clone())) {
                new.push(replication::node(id, endpoint, role, primary));
            }
        }
    }
    new
}

/// By its id, and by its address where that is another one.
fn ids(node: &Node) -> impl Iterator<Item = NodeId> {
    let address = node.address.preferred_endpoint().and_then(|endpoint| address_id(&endpoint));
    [Some(node.id.clone()), address].into_iter().flatten()
}

fn answering(attempt: &Attempt) -> Option<SocketAddr> {
    attempt.identity()?;
    let socket = attempt.socket?;
    Some(SocketAddr::new(socket.ip().to_canonical(), socket.port()))
}

/// The primary may list the seed under a name, or at another address of the same machine: it is one server.
fn merge_the_seed(seed: &Attempt, topology: &mut Topology, probes: &mut Vec<NodeProbe>) {
    let Some(own) = seed.identity() else { return };
    // Behind the guess of the seed's host it is the seed that answers, whoever is meant.
    let listed_there = |attempt: &&Attempt| attempt.is_for(Candidate::Preferred) && attempt.identity() == Some(own);
    let itself = |probe: &NodeProbe| probe.id != *own && probe.attempts.iter().any(|a| listed_there(&a));
    let listed = |probe: &NodeProbe| probe.attempts.iter().any(|a| listed_there(&a) && a.socket == seed.socket);
    let mut others = probes.iter().enumerate().filter(|(_, probe)| itself(probe));
    let Some((index, probe)) = others.next() else { return };
    if others.next().is_none()
        && topology.nodes[index].role == Role::Replica
        && (listed(probe) || !is_listed(seed, topology, own))
    {
        topology.nodes.remove(index);
        probes.remove(index);
    }
}

/// True where somebody names the very address at which the seed was dialled.
fn is_listed(seed: &Attempt, topology: &Topology, own: &NodeId) -> bool {
    let socket = seed.socket.map(|s| SocketAddr::new(s.ip().to_canonical(), s.port()));
    topology.nodes.iter().filter(|node| node.id != *own).any(|node| {
        let at = node.address.preferred_endpoint();
        at.and_then(|e| Some(SocketAddr::new(e.host.ip()?, e.port))).is_some_and(|at| Some(at) == socket)
    })
}

/// Primaries first, and whoever copies from them behind them.
fn in_order(topology: &mut Topology, probes: &mut Vec<NodeProbe>) {
    let by_id: HashMap<NodeId, usize> =
        topology.nodes.iter().enumerate().flat_map(|(index, node)| ids(node).map(move |id| (id, index))).collect();
    let steps = |node: &Node| {
        let mut steps = 0;
        let mut at = Some(node);
        while let Some(node) = at.filter(|_| steps <= WAVES) {
            steps += usize::from(node.role == Role::Replica);
            let primary = node.primary.as_ref().filter(|_| node.role == Role::Replica);
            at = primary.and_then(|id| by_id.get(id)).map(|index| &topology.nodes[*index]);
        }
        steps
    };
    let mut together: Vec<(usize, Node, NodeProbe)> =
        topology.nodes.iter().zip(probes.drain(..)).map(|(node, probe)| (steps(node), node.clone(), probe)).collect();
    together.sort_by_key(|(steps, ..)| *steps);
    (topology.nodes, *probes) = together.into_iter().map(|(_, node, probe)| (node, probe)).unzip();
}
