//! The seed's own socket, dialled again: one server, or a balancer before several; and at which address of its own the
//! server was reached there. Beside everything else, and only where the node that answered announces another address.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{Form, forms},
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Attempt, Candidate, Endpoint, Kind, Node, NodeProbe, Server, Topology};

/// How often: of servers that take turns, up to four are met with the seed's own connection.
const TIMES: usize = 3;

/// The further connections, in any order. Those that are not done by half the time of an attempt, or by the deadline, are
/// evidence that nobody waits for.
pub(super) async fn look_again(
    shared: &Arc<Shared>,
    seed: &Attempt,
    nodes: &[Node],
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<Attempt> {
    let until = (Instant::now() + shared.limits.timeout / 2).min(deadline);
    let mut found = Vec::new();
    let Some(dial) = dial(shared, seed, until).filter(|_| shared.kind() == Some(Kind::Cluster)) else { return found };
    if !is_announced(shared, seed, nodes, until).await {
        dial_often(shared, dial, permits, &mut found).await;
    }
    found
}

/// The same outside clusters, once it is known at which addresses primary and replicas name each other: where none of them
/// is the one that was dialled, a balancer may stand there.
pub(super) async fn look_again_at_replication(
    shared: &Arc<Shared>,
    seed: &Attempt,
    topology: &Topology,
    probes: &[NodeProbe],
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<Attempt> {
    let until = (Instant::now() + shared.limits.timeout / 2).min(deadline);
    let mut found = Vec::new();
    let is_asked = topology.kind == Kind::Replication && is_named_elsewhere(shared, seed, probes);
    if let Some(dial) = dial(shared, seed, until).filter(|_| is_asked) {
        dial_often(shared, Dial { ask: Ask::Identity, ..dial }, permits, &mut found).await;
    }
    found
}

/// True where those that name the server which answered do so at other addresses, and not at this one.
fn is_named_elsewhere(shared: &Shared, seed: &Attempt, probes: &[NodeProbe]) -> bool {
    let Some(own) = seed.opened().and_then(|connection| connection.server.seen()) else { return false };
    let others =
        probes.iter().flat_map(|probe| &probe.attempts).filter(|attempt| attempt.identity() != seed.identity());
    let said = others.filter_map(|attempt| attempt.opened()?.server.seen());
    let same = |server: &&Server| server.replication_id.is_some() && server.replication_id == own.replication_id;
    let is_primary = own.role.as_deref() == Some("master");
    let names: Vec<&Endpoint> = said
        .filter(same)
        .flat_map(|server| if is_primary { server.primary.iter().collect() } else { listed(server) })
        .collect();
    let here = |endpoint: &&Endpoint| {
        let socket = endpoint.host.ip().map(|ip| SocketAddr::new(ip.to_canonical(), endpoint.port));
        **endpoint == shared.target.endpoint || socket.is_some() && socket == seed.socket
    };
    !names.is_empty() && !names.iter().any(here)
}

fn listed(server: &Server) -> Vec<&Endpoint> {
    server.replicas.iter().collect()
}

async fn dial_often(shared: &Arc<Shared>, dial: Dial, permits: &Arc<Semaphore>, found: &mut Vec<Attempt>) {
    let until = dial.until;
    let mut running = JoinSet::new();
    for _ in 0..TIMES {
        let (shared, permits, dial) = (Arc::clone(shared), Arc::clone(permits), dial.clone());
        running.spawn(async move {
            let _permit = permits.acquire().await;
            look(&shared, dial).await.0
        });
    }
    while let Ok(Some(done)) = timeout_at(until, running.join_next()).await {
        found.extend(done);
    }
}

/// The same once more; `None` where nobody said there who it is.
fn dial(shared: &Shared, seed: &Attempt, until: Instant) -> Option<Dial> {
    seed.identity()?;
    Some(Dial {
        candidates: vec![(Candidate::Seed, shared.target.endpoint.clone())],
        sockets: vec![seed.socket?],
        transport: seed.transport,
        server_name: seed.server_name.clone(),
        named: seed.named.clone(),
        ask: Ask::Behind,
        undecided: false,
        until,
    })
}

/// True where the node that answered sends clients to this very socket.
async fn is_announced(shared: &Shared, seed: &Attempt, nodes: &[Node], until: Instant) -> bool {
    let own = nodes.iter().find(|node| seed.identity() == Some(&node.id));
    let forms = own.map(|node| forms(node, &shared.target, seed.transport)).unwrap_or_default();
    for Form { candidate, endpoint, transport, .. } in forms {
        let is_guess = matches!(candidate, Candidate::SeedHost | Candidate::OtherPort);
        if is_guess || transport != seed.transport {
            continue;
        }
        let sockets = shared.resolver.sockets_until(&endpoint, until).await.unwrap_or_default();
        if seed.socket.is_some_and(|socket| sockets.contains(&socket)) {
            return true;
        }
    }
    false
}
