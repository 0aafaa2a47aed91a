//! The whole look: the seed, then every node at once, until all answered or the deadline passed.

use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{sync::Semaphore, time::Instant};

use super::{
    again::look_again,
    alias,
    also::look_at_also,
    attempt::{Dial, look},
    behind::look_behind,
    bus::look_at_buses,
    candidates::{server_name, unresolved},
    connect::Missed,
    converse::Learnt,
    elsewhere::look_elsewhere,
    idle,
    looks::look_further,
    lookups::{Own, ask_further, lookups},
    nodes::{look_at_nodes, tell_apart},
    questions::Ask,
    record::{Beside, snapshot},
    redact::redact,
    replicas,
    sentinel::Scope,
    shared::{Seed, Shared},
};
use crate::{
    facts::{
        Attempt, Candidate, Connection, Endpoint, Failure, FailureKind, Kind, Limits, Names, Observed, Refusal, Scheme,
        Snapshot, Spoke, Stage, Target, Topology, Transport,
    },
    wire::{comparison::Reference, replication},
};

/// What the probe tells while it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The endpoint answered; so many nodes are to be looked at.
    Nodes(usize),
    /// One more node is done.
    Done,
}

/// A look that is ready to begin.
pub struct Probe {
    shared: Shared,
}

impl Probe {
    /// Prepares a look. The only error is a client key that cannot be used, in a sentence.
    pub fn new(target: Target, mut limits: Limits) -> Result<Self, String> {
        limits.timeout = limits.timeout.min(limits.deadline);
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Ok(Probe { shared: Shared::new(target, limits, now)? })
    }

    /// Looks. Whatever happens is in the snapshot: a dead endpoint is a snapshot with bad news.
    pub async fn gather(self, tell: impl Fn(Event)) -> Snapshot {
        let mut shared = self.shared;
        let deadline = Instant::now() + shared.limits.deadline;
        let mut own = Own::ask(&shared);
        let given = shared.target.endpoint.clone();
        let Begun { seed, mut topology, reference, missed, others } = begin(&mut shared).await;
        if shared.target.endpoint != given {
            own = Own::ask(&shared);
        }
        let shared = Arc::new(shared);
        let kind = topology.seen().map(|t| t.kind);
        let scope = scope(&seed, topology.seen());
        let _ = shared.seed.set(Seed { kind, transport: seed.transport, reference, scope });
        let withheld = shared.credentials(Ask::Everything).is_some()
            && seed.opened().is_none_or(|c| matches!(c.auth, Observed::NotTried(_)));
        shared.seed_is_unsafe.store(withheld, Ordering::Relaxed);
        // Sockets that were dialled already: the seed's, and those of the Sentinels that were named beside it.
        let known: Arc<Vec<Attempt>> = Arc::new([seed].into_iter().chain(others).collect());
        let idle = shared.limits.idle.map(|_| {
            let (shared, known) = (Arc::clone(&shared), Arc::clone(&known));
            tokio::spawn(async move { idle::look(&shared, &known[0], deadline).await })
        });
        let seed = &known[0];
        let announced = topology.seen().map_or(&[][..], |t| &t.nodes);
        if topology.seen().is_some() {
            tell(Event::Nodes(announced.len()));
        }
        let permits = Arc::new(Semaphore::new(shared.limits.concurrency.max(1)));
        let ((mut nodes, mut views, mut cut), (mut beside, also_cut), again, (dns, behind)) = tokio::join!(
            look_at_nodes(&shared, &known, announced, &permits, deadline, &tell),
            look_at_also(&shared, announced, seed.transport, &permits, deadline),
            look_again(&shared, seed, announced, &permits, deadline),
            // On the heap: hardly any run has one.
            Box::pin(look_behind(&shared, (seed, missed), announced, &mut own, &permits, deadline)),
        );
        if let Observed::Seen(topology) = &mut topology {
            // On the heap: most deployments are clusters.
            let followed = replicas::follow(&shared, &known, (topology, &mut nodes), &permits, deadline, &tell);
            cut |= Box::pin(followed).await;
        }
        let announced = topology.seen().map_or(&[][..], |t| &t.nodes);
        let asked = ask_further(&shared, (seed, dns.as_ref()), (announced, &nodes), deadline).await;
        let aliases = alias::look_at_aliases(&shared, seed, &nodes, &asked, &permits, deadline).await;
        let names = Names { lookups: lookups(&shared, seed, asked), behind };
        let attempts = nodes.iter().flat_map(|node| &node.attempts).chain(&*known);
        let attempts = attempts.chain(beside.iter().map(|(attempt, _)| attempt));
        let (elsewhere, elsewhere_cut) = look_elsewhere(&shared, &known, attempts, &permits, deadline).await;
        if let Observed::Seen(topology) = &mut topology
            && topology.kind == Kind::Cluster
        {
            for (attempt, learnt) in &mut beside {
                if let (Some(id), Some(view)) = (attempt.identity(), learnt.view.take()) {
                    views.add(id.clone(), view);
                }
            }
            tell_apart(seed, topology, views);
        }
        let idle = match idle {
            Some(held) => held.await.ok().flatten(),
            None => None,
        };
        // On the heap: clusters that are well have none.
        let buses = match topology.seen() {
            Some(topology) if topology.kind == Kind::Cluster => {
                Box::pin(look_at_buses(&shared, topology, &nodes, &permits, deadline)).await
            }
            _ => Vec::new(),
        };
        let mut others = Arc::unwrap_or_clone(known);
        let mut seed = others.remove(0);
        let also = beside.into_iter().map(|(attempt, _)| attempt);
        let also = others.into_iter().chain(also).chain(elsewhere).collect();
        look_further(&shared, &mut seed, &mut nodes, &permits, deadline).await;
        let mut snapshot = snapshot(
            &shared,
            seed,
            topology,
            nodes,
            Beside { also, again, aliases, names, idle, buses },
            cut || also_cut || elsewhere_cut,
        );
        for credentials in [&shared.target.credentials, &shared.target.sentinel_credentials].into_iter().flatten() {
            redact(&mut snapshot, credentials.password.reveal());
        }
        snapshot
    }
}

/// What a look begins with.
struct Begun {
    seed: Attempt,
    topology: Observed<Topology>,
    reference: Reference,
    /// Addresses of the seed that were dialled in vain before one that answered.
    missed: Vec<Missed>,
    /// The other Sentinels that were named.
    others: Vec<Attempt>,
}

/// The seed; of several Sentinels, which are all asked at once, the first one that knows its groups, as clients choose it.
async fn begin(shared: &mut Shared) -> Begun {
    let named = match &shared.target.sentinels[..] {
        [] => vec![shared.target.endpoint.clone()],
        several => several.to_vec(),
    };
    let looks = named.iter().map(|endpoint| look_at_seed(shared, endpoint));
    let mut looks = at_once(looks.collect()).await;
    let knows =
        |(_, learnt): &(Attempt, Learnt)| learnt.groups.as_ref().is_some_and(|groups| !groups.names().is_empty());
    let first = looks.iter().position(knows).unwrap_or(0);
    let (seed, mut learnt) = looks.remove(first);
    let missed = std::mem::take(&mut learnt.missed);
    shared.target.endpoint = named[first].clone();
    let (topology, reference) = topology(shared, &seed, learnt);
    let others = looks.into_iter().map(|(attempt, _)| as_another(attempt)).collect();
    Begun { seed, topology, reference, missed, others }
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
fn scope(seed: &Attempt, topology: Option<&Topology>) -> Scope {
    let groups = topology.into_iter().flat_map(|t| &t.groups).map(|group| group.name.clone()).collect();
    let version = seed.opened().and_then(|c| c.server.seen()?.version.as_deref());
    Scope::new(groups, version)
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
