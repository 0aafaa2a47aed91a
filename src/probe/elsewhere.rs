//! Addresses that other Sentinels hand out and the seed does not: where Sentinels agree there is none, and nothing is dialled.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{server_name, unresolved},
    nodes::{dialled, is_free, look_as_spoken},
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Attempt, Candidate, Endpoint, Node, Role, Transport, Watched};

/// More of them say nothing new.
const MOST: usize = 64;

/// Looks at each once. The second part is true where the deadline came first.
pub(super) async fn look_elsewhere(
    shared: &Arc<Shared>,
    known: &Arc<Vec<Attempt>>,
    seen: impl Iterator<Item = &Attempt> + Clone,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> (Vec<Attempt>, bool) {
    let mut running = JoinSet::new();
    for (order, (endpoint, node)) in unseen(shared, seen).into_iter().enumerate() {
        let (shared, known, permits) = (Arc::clone(shared), Arc::clone(known), Arc::clone(permits));
        running.spawn(async move {
            let _permit = permits.acquire().await;
            (order, look_at(&shared, &known, endpoint, &node).await)
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

/// What some Sentinel names and nobody dialled; what a map leads elsewhere is no address that clients dial.
fn unseen<'a>(shared: &Shared, seen: impl Iterator<Item = &'a Attempt> + Clone) -> Vec<(Endpoint, Node)> {
    let candidates = seen.clone().flat_map(|attempt| &attempt.candidates);
    let mut taken: HashSet<Endpoint> = candidates.map(|(_, endpoint)| endpoint.clone()).collect();
    let watches =
        seen.filter(|attempt| shared.may_name(attempt)).filter_map(|attempt| attempt.opened()?.watch.as_ref());
    let nodes = watches.flat_map(|watch| &watch.groups).flat_map(Watched::nodes);
    let led = |endpoint: &Endpoint| shared.target.detours.as_ref().is_some_and(|map| map.at(endpoint).is_some());
    let mut unseen = Vec::new();
    for node in nodes {
        if let Some(endpoint) = node.address.preferred_endpoint()
            && unseen.len() < MOST
            && !led(&endpoint)
            && taken.insert(endpoint.clone())
        {
            unseen.push((endpoint, node.clone()));
        }
    }
    unseen
}

async fn look_at(shared: &Shared, known: &[Attempt], endpoint: Endpoint, node: &Node) -> Attempt {
    let until = Instant::now() + shared.limits.timeout;
    let transport = known.first().map_or(Transport::Plaintext, |seed| seed.transport);
    let sockets = match shared.resolver.sockets_until(&endpoint, until).await {
        Ok(sockets) => sockets,
        Err(failure) => return unresolved(Candidate::Also, endpoint, transport, failure),
    };
    let mut dial = Dial {
        server_name: endpoint.host.clone(),
        candidates: vec![(Candidate::Also, endpoint)],
        named: None,
        sockets,
        transport,
        ask: if node.role == Role::Sentinel { Ask::Sentinel } else { Ask::View },
        undecided: false,
        until,
    };
    dial.server_name = server_name(shared, &dial);
    match dialled(known, &dial, &node.id) {
        Some(attempt) => attempt,
        None if is_free(shared) => look_as_spoken(shared, dial).await.0,
        None => look(shared, dial).await.0,
    }
}
