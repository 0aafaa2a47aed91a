//! The seed's own socket, dialled again: one server, or a balancer before several; and at which address of its own the
//! server was reached there. Beside everything else, and only where the node that answered announces another address.

use std::sync::Arc;

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
use crate::facts::{Attempt, Candidate, Kind, Node};

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
    if is_announced(shared, seed, nodes, until).await {
        return found;
    }
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
    found
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
