//! What a look begins with: the seed, or of several Sentinels the first one that knows its groups, and what its answers make
//! of the deployment.

use std::{future::poll_fn, task::Poll};

use tokio::time::Instant;

use super::{
    attempt::{Dial, look},
    candidates::{server_name, unresolved},
    connect::Missed,
    converse::Learnt,
    questions::Ask,
    sentinel::Scope,
    shared::Shared,
};
use crate::{
    facts::{
        Attempt, Candidate, Connection, Endpoint, Failure, FailureKind, Observed, Refusal, Role, Scheme, Spoke, Stage,
        Topology, Transport,
    },
    wire::{comparison::Reference, replication},
};

/// Nodes that were named and that are asked in the endpoint's place, all at once.
const NAMED: usize = 16;

/// What a look begins with.
pub(super) struct Begun {
    pub(super) seed: Attempt,
    pub(super) topology: Observed<Topology>,
    pub(super) reference: Reference,
    /// Addresses of the seed that were dialled in vain before one that answered.
    pub(super) missed: Vec<Missed>,
    /// The other Sentinels that were named.
    pub(super) others: Vec<Attempt>,
}

/// The seed; of several Sentinels, which are all asked at once, the first one that knows its groups, as clients choose it.
pub(super) async fn begin(shared: &mut Shared) -> Begun {
    let named = match &shared.target.sentinels[..] {
        [] => vec![shared.target.endpoint.clone()],
        several => several.to_vec(),
    };
    let looks = named.iter().map(|endpoint| look_at_seed(shared, endpoint));
    let mut looks = at_once(looks.collect()).await;
    let knows =
        |(_, learnt): &(Attempt, Learnt)| learnt.groups.as_ref().is_some_and(|groups| !groups.names().is_empty());
    // Where none knows the group that was asked for, one that tells which there are.
    let tells =
        |(attempt, _): &(Attempt, Learnt)| attempt.opened().is_some_and(|connection| connection.watch.is_some());
    let first = looks.iter().position(knows).or_else(|| looks.iter().position(tells)).unwrap_or(0);
    let (mut seed, mut learnt) = looks.remove(first);
    shared.target.endpoint = named[first].clone();
    let mut others: Vec<Attempt> = looks.into_iter().map(|(attempt, _)| as_another(attempt)).collect();
    if is_lost(&seed, &learnt)
        && let Some((endpoint, member, knows)) = elsewhere(shared).await
    {
        others.push(as_another(std::mem::replace(&mut seed, member)));
        learnt = knows;
        shared.target.endpoint = endpoint;
    }
    let missed = std::mem::take(&mut learnt.missed);
    let (topology, reference) = topology(shared, &seed, learnt);
    Begun { seed, topology, reference, missed, others }
}

/// True where a look that begins here finds no cluster: nothing is open, or a node that knows none but itself. Whatever else
/// is wrong at the endpoint (its certificate, credentials) is to be told of it.
fn is_lost(seed: &Attempt, learnt: &Learnt) -> bool {
    seed.opened().is_none() || members(learnt) == 1
}

fn members(learnt: &Learnt) -> usize {
    learnt.draft.as_ref().map_or(0, |(draft, _)| draft.members())
}

/// The first of the nodes that were named (`--node`) that is part of a cluster of several.
async fn elsewhere(shared: &Shared) -> Option<(Endpoint, Attempt, Learnt)> {
    let named: Vec<Endpoint> =
        shared.target.known.iter().filter(|known| **known != shared.target.endpoint).take(NAMED).cloned().collect();
    let looks = at_once(named.iter().map(|endpoint| look_at_seed(shared, endpoint)).collect()).await;
    let mut looks = named.into_iter().zip(looks).map(|(endpoint, (attempt, learnt))| (endpoint, attempt, learnt));
    looks.find(|(_, _, learnt)| members(learnt) > 1)
}

/// All of them at once, in the task that waits for them: they borrow what a task of their own could not.
async fn at_once<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, done) in running.iter_mut().filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                *done = Some(output);
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}

/// An attempt at an endpoint that was named and that the look does not begin at.
fn as_another(mut attempt: Attempt) -> Attempt {
    attempt.candidates.iter_mut().for_each(|(candidate, _)| *candidate = Candidate::Also);
    attempt
}

/// The seed: with the transport that was asked for, or the one that the wire decides for.
async fn look_at_seed(shared: &Shared, endpoint: &Endpoint) -> (Attempt, Learnt) {
    let until = Instant::now() + shared.limits.timeout;
    let endpoint = endpoint.clone();
    let named = shared.target.seed_name().cloned();
    let transport = if shared.target.scheme == Scheme::Plaintext { Transport::Plaintext } else { Transport::Tls };
    let sockets = match shared.resolver.sockets_until(&endpoint, until).await {
        Ok(sockets) => sockets,
        Err(failure) => {
            let attempt = Attempt { named, ..unresolved(Candidate::Seed, endpoint, transport, failure) };
            return (attempt, Learnt::default());
        }
    };
    let mut dial = Dial {
        server_name: endpoint.host.clone(),
        candidates: vec![(Candidate::Seed, endpoint)],
        named,
        sockets,
        transport,
        ask: Ask::Everything,
        undecided: shared.target.scheme == Scheme::Either,
        until,
    };
    dial.server_name = server_name(shared, &dial);
    let seen = look(shared, dial.clone()).await;
    if dial.undecided && matches!(seen.0.spoke, Some(Spoke::PlainRedis(_))) {
        return look(shared, Dial { transport: Transport::Plaintext, undecided: false, ..dial }).await;
    }
    seen
}

/// The groups that every Sentinel is asked about.
pub(super) fn scope(seed: &Attempt, topology: Option<&Topology>) -> Scope {
    let groups = topology.into_iter().flat_map(|t| &t.groups).map(|group| group.name.clone()).collect();
    let version = seed.opened().and_then(|c| c.server.seen()?.version.as_deref());
    let peers = topology.into_iter().flat_map(|t| &t.nodes).filter(|node| node.role == Role::Sentinel).count();
    Scope::new(groups, version, peers)
}

/// What the seed's answers make of the deployment.
fn topology(shared: &Shared, seed: &Attempt, learnt: Learnt) -> (Observed<Topology>, Reference) {
    let Learnt { draft, groups, .. } = learnt;
    let (draft, reference) = draft.unzip();
    let reference = reference.unwrap_or_default();
    let complaints = draft.as_ref().map(|d| d.complaints().join("; ")).unwrap_or_default();
    if let Some(draft) = draft.filter(|d| !d.is_empty()) {
        return (Observed::Seen(draft.finish()), reference);
    }
    let connection = match &seed.connection {
        Observed::Seen(connection) => connection,
        Observed::Failed(failure) => return (Observed::Failed(failure.clone()), reference),
        Observed::NotTried(why) => return (Observed::NotTried(why.clone()), reference),
    };
    let found = match (&connection.tls, &connection.auth, &connection.identity, &connection.server) {
        (Observed::Failed(failure), ..) | (_, Observed::Failed(failure), ..) => Observed::Failed(failure.clone()),
        (_, _, identity, Observed::Seen(server)) if server.mode.as_deref() != Some("cluster") => {
            if let Some(groups) = groups {
                return (Observed::Seen(groups.finish(&shared.target.endpoint, identity.seen())), reference);
            }
            // Such a server does not say where it is; a map that led to it does.
            let dialled = &shared.target.endpoint;
            let itself = shared.target.detours.as_ref().and_then(|map| map.behind(dialled)).unwrap_or(dialled);
            match replication::topology(server, itself, identity.seen()) {
                Some(topology) => Observed::Seen(topology),
                None => Observed::NotTried("the server does not say who it is".to_owned()),
            }
        }
        (_, Observed::NotTried(why), ..) if shared.credentials(Ask::Everything).is_some() => {
            Observed::NotTried(why.clone())
        }
        (_, _, Observed::Failed(failure), _) => Observed::Failed(failure.clone()),
        _ => Observed::Failed(no_topology(connection, complaints)),
    };
    (found, reference)
}

/// Why a server that may be a cluster gave no node: nonsense, silence about nodes, or refusals.
fn no_topology(connection: &Connection, complaints: String) -> Failure {
    let discovery = |r: &&Refusal| r.command.starts_with("CLUSTER ") && r.command != "CLUSTER MYID";
    let refused: Vec<_> = connection.refusals.iter().filter(discovery).collect();
    let (kind, detail) = if !complaints.is_empty() {
        (FailureKind::NotSpoken, complaints)
    } else if refused.iter().filter(|r| !r.is_odd()).count() < 3 {
        (FailureKind::NotSpoken, "the server calls itself a cluster and announces no node".to_owned())
    } else {
        let all: Vec<_> = refused.iter().map(|r| format!("{}: {}", r.command, r.answer)).collect();
        (FailureKind::Refusal, all.join("; "))
    };
    Failure { stage: Stage::Command, kind, detail }
}
