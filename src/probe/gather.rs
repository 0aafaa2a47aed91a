//! The whole look: the seed, then every node at once, until all answered or the deadline passed.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{sync::Semaphore, time::Instant};

use super::{
    again::look_again,
    alias,
    also::look_at_also,
    begin::{Begun, begin, scope},
    behind::look_behind,
    bus::look_at_buses,
    elsewhere::look_elsewhere,
    idle,
    looks::look_further,
    lookups::{Own, ask_further, lookups},
    nodes::{look_at_nodes, tell_apart},
    questions::Ask,
    record::{Beside, snapshot},
    redact::redact,
    replicas,
    shared::{Seed, Shared},
};
use crate::facts::{Attempt, Kind, Limits, Names, Observed, Snapshot, Target};

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
        let is_sentinel = !shared.target.sentinels.is_empty();
        snapshot.target.given = Some(given).filter(|given| !is_sentinel && *given != shared.target.endpoint);
        for credentials in [&shared.target.credentials, &shared.target.sentinel_credentials].into_iter().flatten() {
            redact(&mut snapshot, credentials.password.reveal());
        }
        snapshot
    }
}
