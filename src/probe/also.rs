//! What was named beside the seed and that no node announces: who answers there; and, of a known node, how it sees the cluster.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{forms, server_name, unresolved},
    converse::Learnt,
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Also, Attempt, Candidate, Endpoint, Host, Node, Transport};

/// All of them at once, `--concurrency` at a time together with the nodes. The second part is true where the deadline
/// came first: those that were not done are left out.
pub(super) async fn look_at_also(
    shared: &Arc<Shared>,
    nodes: &[Node],
    transport: Transport,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> (Vec<(Attempt, Learnt)>, bool) {
    let mut running = JoinSet::new();
    let known = shared.target.known.iter().map(|endpoint| Also { endpoint: endpoint.clone(), server_name: None });
    let named = shared.target.also.iter().cloned().map(|also| (also, Ask::Identity));
    let asked: Vec<(Also, Ask)> = known.map(|also| (also, Ask::Known)).chain(named).collect();
    for (order, (also, ask)) in unannounced(shared, asked, nodes, transport).into_iter().enumerate() {
        let (shared, permits) = (Arc::clone(shared), Arc::clone(permits));
        running.spawn(async move {
            let _permit = permits.acquire().await;
            (order, look_at(&shared, also, transport, ask).await)
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
    (found.into_iter().map(|(_, seen)| seen).collect(), !running.is_empty())
}

/// Each once, without those that are looked at anyway; a name of its own makes it another question.
fn unannounced(shared: &Shared, asked: Vec<(Also, Ask)>, nodes: &[Node], transport: Transport) -> Vec<(Also, Ask)> {
    let target = &shared.target;
    let announced = nodes.iter().flat_map(|node| forms(node, target, transport));
    let announced = announced.filter(|form| form.transport == transport).map(|form| (form.endpoint, form.named));
    let seed = (target.endpoint.clone(), target.seed_name().cloned());
    let known: HashSet<(Endpoint, Option<Host>)> = announced.chain([seed]).collect();
    let mut taken = HashSet::new();
    let is_new = |also: &Also| !known.contains(&(also.endpoint.clone(), also.server_name.clone()));
    asked.into_iter().filter(|(also, _)| is_new(also) && taken.insert(also.clone())).collect()
}

async fn look_at(shared: &Shared, also: Also, transport: Transport, ask: Ask) -> (Attempt, Learnt) {
    let until = Instant::now() + shared.limits.timeout;
    let Also { endpoint, server_name: own_name } = also;
    let sockets = match shared.resolver.sockets_until(&endpoint, until).await {
        Ok(sockets) => sockets,
        Err(failure) => return (unresolved(Candidate::Also, endpoint, transport, failure), Learnt::default()),
    };
    // The name stands beside the endpoint as another host that leads here: it is what a client would verify.
    let named = own_name.as_ref().map(|name| (Candidate::Also, Endpoint::new(name.clone(), endpoint.port)));
    let mut dial = Dial {
        server_name: endpoint.host.clone(),
        candidates: [(Candidate::Also, endpoint)].into_iter().chain(named).collect(),
        named: None,
        sockets,
        transport,
        ask,
        undecided: false,
        until,
    };
    dial.server_name = own_name.unwrap_or_else(|| server_name(shared, &dial));
    look(shared, dial).await
}
