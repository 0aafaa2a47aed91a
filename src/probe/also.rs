//! What was named beside the seed and that no node announces: who answers there.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{forms, server_name, unresolved},
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Also, Attempt, Candidate, Endpoint, Node, Transport};

/// All of them at once, `--concurrency` at a time together with the nodes. The second part is true where the deadline
/// came first: those that were not done are left out.
pub(super) async fn look_at_also(
    shared: &Arc<Shared>,
    nodes: &[Node],
    transport: Transport,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> (Vec<Attempt>, bool) {
    let mut running = JoinSet::new();
    for (order, also) in unannounced(shared, nodes, transport).into_iter().enumerate() {
        let (shared, permits) = (Arc::clone(shared), Arc::clone(permits));
        running.spawn(async move {
            let _permit = permits.acquire().await;
            (order, look_at(&shared, also, transport).await)
        });
    }
    let mut found = Vec::with_capacity(running.len());
    while !running.is_empty() {
        match timeout_at(deadline, running.join_next()).await {
            Ok(done) => found.extend(done.and_then(Result::ok)),
            Err(_) => break,
        }
    }
    found.sort_by_key(|(order, _)| *order);
    (found.into_iter().map(|(_, attempt)| attempt).collect(), !running.is_empty())
}

/// Each once, without those that are looked at anyway; a name of its own makes it another question.
fn unannounced(shared: &Shared, nodes: &[Node], transport: Transport) -> Vec<Also> {
    let seed = &shared.target.endpoint;
    let announced = nodes.iter().flat_map(|node| forms(node, seed, transport));
    let known: HashSet<Endpoint> =
        announced.filter(|(.., t)| *t == transport).map(|(_, e, _)| e).chain([seed.clone()]).collect();
    let mut taken = HashSet::new();
    let is_new = |also: &&Also| also.server_name.is_some() || !known.contains(&also.endpoint);
    shared.target.also.iter().filter(is_new).filter(|also| taken.insert(*also)).cloned().collect()
}

async fn look_at(shared: &Shared, also: Also, transport: Transport) -> Attempt {
    let until = Instant::now() + shared.limits.timeout;
    let Also { endpoint, server_name: own_name } = also;
    let sockets = match shared.resolver.sockets_until(&endpoint, until).await {
        Ok(sockets) => sockets,
        Err(failure) => return unresolved(Candidate::Also, endpoint, transport, failure),
    };
    // The name stands beside the endpoint as another host that leads here: it is what a client would verify.
    let named = own_name.as_ref().map(|name| (Candidate::Also, Endpoint::new(name.clone(), endpoint.port)));
    let mut dial = Dial {
        server_name: endpoint.host.clone(),
        candidates: [(Candidate::Also, endpoint)].into_iter().chain(named).collect(),
        sockets,
        transport,
        ask: Ask::Identity,
        undecided: false,
        until,
    };
    dial.server_name = own_name.unwrap_or_else(|| server_name(shared, &dial));
    look(shared, dial).await.0
}
