//! Who stands behind the other addresses of the endpoint's name: one connection each, and only for those at which no node
//! is looked for anyway.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{forms, server_name, unresolved},
    connect::Missed,
    dns::ADDRESSES,
    lookups::Own,
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Attempt, Candidate, Dns, Failure, Node, Transport};

/// What DNS says of the endpoint's name, and the attempts in the order of the addresses. Those that are not done by half
/// the time of an attempt are silent.
pub(super) async fn look_behind(
    shared: &Arc<Shared>,
    (seed, missed): (&Attempt, Vec<Missed>),
    nodes: &[Node],
    own: &mut Own,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> (Option<Dns>, Vec<Attempt>) {
    let dns = timeout_at(deadline, own.answer(shared, seed)).await.ok().flatten();
    let endpoint = &shared.target.endpoint;
    if !shared.resolver.is_free(endpoint) {
        return (dns, Vec::new());
    }
    let until = (Instant::now() + shared.limits.timeout / 2).min(deadline);
    let system = shared.resolver.sockets_until(endpoint, until).await.unwrap_or_default();
    let known = known(shared, seed, nodes);
    let mut found: Vec<Attempt> = Vec::new();
    let mut running = JoinSet::new();
    for socket in system.iter().copied().filter(|socket| !known.contains(socket)) {
        match failure(seed, &missed, socket) {
            Some(failure) => found.push(failed(shared, seed, socket, failure)),
            None => _ = running.spawn(ask(Arc::clone(shared), dial(shared, seed, socket, until), Arc::clone(permits))),
        }
    }
    for socket in further(shared, seed, &system, dns.as_ref()).filter(|socket| !known.contains(socket)) {
        running.spawn(ask(Arc::clone(shared), dial(shared, seed, socket, until), Arc::clone(permits)));
    }
    while let Ok(Some(done)) = timeout_at(deadline, running.join_next()).await {
        found.extend(done);
    }
    found.sort_by_key(|attempt| {
        (system.iter().position(|socket| Some(*socket) == attempt.socket).unwrap_or(usize::MAX), attempt.socket)
    });
    (dns, found)
}

/// Where somebody looks anyway.
fn known(shared: &Shared, seed: &Attempt, nodes: &[Node]) -> HashSet<SocketAddr> {
    let announced = nodes.iter().flat_map(|node| forms(node, &shared.target, seed.transport));
    let announced = announced.filter(|form| form.transport == seed.transport && form.candidate != Candidate::SeedHost);
    let sockets =
        announced.filter_map(|form| shared.resolver.known(&form.endpoint)).filter(|sockets| sockets.len() == 1);
    sockets.flatten().chain(seed.socket).collect()
}

/// What is known of an address already: it lost the race to the seed's, or none of them could be opened.
fn failure(seed: &Attempt, missed: &[Missed], socket: SocketAddr) -> Option<Failure> {
    let known = missed.iter().find(|(at, _)| *at == socket).map(|(_, failure)| failure.clone());
    known.or_else(|| seed.failure().filter(|_| seed.opened().is_none()).cloned())
}

fn failed(shared: &Shared, seed: &Attempt, socket: SocketAddr, failure: Failure) -> Attempt {
    let endpoint = shared.target.endpoint.clone();
    Attempt { socket: Some(socket), ..unresolved(Candidate::Seed, endpoint, seed.transport, failure) }
}

/// Addresses that DNS alone has. No password goes there in plaintext, by its word.
fn further(
    shared: &Shared,
    seed: &Attempt,
    system: &[SocketAddr],
    dns: Option<&Dns>,
) -> impl Iterator<Item = SocketAddr> {
    let secret = shared.credentials(Ask::Everything).is_some() && seed.transport == Transport::Plaintext;
    let addresses: &[IpAddr] = dns.map_or(&[], |dns| &dns.answer.addresses);
    let port = shared.target.endpoint.port;
    let sockets: Vec<SocketAddr> = addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
    // Where both have some in common, what one of them leaves out is left out of a part that is shown at a time.
    let is_other = !sockets.iter().any(|socket| system.contains(socket));
    let most = if secret || !is_other { 0 } else { ADDRESSES };
    sockets.into_iter().take(most)
}

fn dial(shared: &Shared, seed: &Attempt, socket: SocketAddr, until: Instant) -> Dial {
    let mut dial = Dial {
        candidates: vec![(Candidate::Seed, shared.target.endpoint.clone())],
        sockets: vec![socket],
        transport: seed.transport,
        server_name: shared.target.endpoint.host.clone(),
        named: seed.named.clone(),
        ask: Ask::Identity,
        undecided: false,
        until,
    };
    dial.server_name = server_name(shared, &dial);
    dial
}

async fn ask(shared: Arc<Shared>, dial: Dial, permits: Arc<Semaphore>) -> Attempt {
    let _permit = permits.acquire().await;
    look(&shared, dial).await.0
}
