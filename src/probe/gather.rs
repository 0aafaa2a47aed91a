//! The whole look: the seed, then every node at once, until all answered or the deadline passed.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    again::look_again,
    alias,
    also::look_at_also,
    attempt::{Dial, look},
    candidates::{server_name, unresolved},
    converse::Learnt,
    looks::look_further,
    nodes::{grouped, look_at_nodes},
    questions::Ask,
    record::{Beside, snapshot},
    redact::redact,
    replicas,
    shared::{Seed, Shared},
};
use crate::{
    facts::{
        Attempt, Candidate, Connection, Failure, FailureKind, Kind, Limits, Observed, Refusal, Scheme, Snapshot, Spoke,
        Stage, Target, Topology, Transport,
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
    shared: Arc<Shared>,
}

impl Probe {
    /// Prepares a look. The only error is a client key that cannot be used, in a sentence.
    pub fn new(target: Target, mut limits: Limits) -> Result<Self, String> {
        limits.timeout = limits.timeout.min(limits.deadline);
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Ok(Probe { shared: Arc::new(Shared::new(target, limits, now)?) })
    }

    /// Looks. Whatever happens is in the snapshot: a dead endpoint is a snapshot with bad news.
    pub async fn gather(self, tell: impl Fn(Event)) -> Snapshot {
        let shared = self.shared;
        let deadline = Instant::now() + shared.limits.deadline;
        let (seed, learnt) = look_at_seed(&shared).await;
        let (mut topology, reference) = topology(&shared, &seed, learnt);
        let kind = topology.seen().map(|t| t.kind);
        let _ = shared.seed.set(Seed { kind, transport: seed.transport, reference });
        let withheld = shared.target.credentials.is_some()
            && seed.opened().is_none_or(|c| matches!(c.auth, Observed::NotTried(_)));
        shared.seed_is_unsafe.store(withheld, Ordering::Relaxed);
        let seed = Arc::new(seed);
        let announced = topology.seen().map_or(&[][..], |t| &t.nodes);
        if topology.seen().is_some() {
            tell(Event::Nodes(announced.len()));
        }
        let permits = Arc::new(Semaphore::new(shared.limits.concurrency.max(1)));
        let ((mut nodes, views, mut cut), (also, also_cut), again, leads_to) = tokio::join!(
            look_at_nodes(&shared, &seed, announced, &permits, deadline, &tell),
            look_at_also(&shared, announced, seed.transport, &permits, deadline),
            look_again(&shared, &seed, announced, &permits, deadline),
            // On the heap: hardly any run has one.
            Box::pin(timeout_at(deadline, alias::of_the_seed(&shared, &seed))),
        );
        if let Observed::Seen(topology) = &mut topology {
            // On the heap: most deployments are clusters.
            let followed = replicas::follow(&shared, &seed, (topology, &mut nodes), &permits, deadline, &tell);
            cut |= Box::pin(followed).await;
        }
        let aliases = alias::look_at_aliases(&shared, &seed, &nodes, leads_to.ok().flatten(), &permits, deadline).await;
        if let Observed::Seen(topology) = &mut topology
            && topology.kind == Kind::Cluster
        {
            topology.views = grouped(&seed, &topology.nodes, views);
        }
        let mut seed = Arc::unwrap_or_clone(seed);
        look_further(&shared, &mut seed, &mut nodes, &permits, deadline).await;
        let mut snapshot = snapshot(&shared, seed, topology, nodes, Beside { also, again, aliases }, cut || also_cut);
        if let Some(credentials) = &shared.target.credentials {
            redact(&mut snapshot, credentials.password.reveal());
        }
        snapshot
    }
}

/// The seed: with the transport that was asked for, or the one that the wire decides for.
async fn look_at_seed(shared: &Shared) -> (Attempt, Learnt) {
    let until = Instant::now() + shared.limits.timeout;
    let endpoint = shared.target.endpoint.clone();
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
        (_, Observed::NotTried(why), ..) if shared.target.credentials.is_some() => Observed::NotTried(why.clone()),
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
