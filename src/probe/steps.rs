//! The steps of a look, each a method: what it needs of those before is in [`Found`], and what it finds goes there.

use std::sync::{Arc, atomic::Ordering};

use tokio::{sync::Semaphore, task::JoinHandle, time::Instant};

use super::{
    again::{look_again, look_again_at_replication},
    alias::look_at_aliases,
    also::look_at_also,
    begin::{Begun, begin, scope},
    behind::look_behind,
    bus::look_at_buses,
    by_name::ask_by_name,
    connect::Missed,
    converse::Learnt,
    elsewhere::look_elsewhere,
    gather::Event,
    idle,
    looks::look_further,
    lookups::{Own, ask_further, lookups},
    nodes::{Views, look_at_nodes, tell_apart},
    questions::Ask,
    record::{Beside, snapshot},
    redact::redact,
    replicas,
    shared::{Seed, Shared},
};
use crate::facts::{
    Alias, Attempt, BusLook, Dns, Endpoint, Idle, Kind, Names, Node, NodeProbe, Observed, Snapshot, Topology,
};

/// What every step needs.
pub(super) struct Steps {
    /// The endpoint that was given; the look may have begun elsewhere.
    given: Endpoint,
    shared: Arc<Shared>,
    /// Sockets that were dialled already: the seed's first, then those of the Sentinels that were named beside it.
    known: Arc<Vec<Attempt>>,
    permits: Arc<Semaphore>,
    deadline: Instant,
}

/// What the first step leaves to the next.
pub(super) struct First {
    topology: Observed<Topology>,
    missed: Vec<Missed>,
    own: Own,
}

/// What the steps have found so far.
pub(super) struct Found {
    /// The endpoint, as deep as it was looked into.
    seed: Attempt,
    topology: Observed<Topology>,
    nodes: Vec<NodeProbe>,
    /// Until the nodes are told apart by them.
    views: Option<Views>,
    beside: Vec<(Attempt, Learnt)>,
    elsewhere: Vec<Attempt>,
    again: Vec<Attempt>,
    dns: Option<Dns>,
    names: Names,
    aliases: Vec<Alias>,
    buses: Vec<BusLook>,
    /// What became of the connection that was left alone.
    pub(super) idle: Option<Idle>,
    cut_short: bool,
}

impl Found {
    fn announced(&self) -> &[Node] {
        self.topology.seen().map_or(&[], |topology| &topology.nodes)
    }

    /// Puts the nodes of a cluster that see it alike together.
    pub(super) fn tell_apart(&mut self) {
        let Found { seed, topology: Observed::Seen(topology), views, beside, .. } = self else { return };
        let Some(mut views) = views.take().filter(|_| topology.kind == Kind::Cluster) else { return };
        for (attempt, learnt) in beside {
            if let (Some(id), Some(view)) = (attempt.identity(), learnt.view.take()) {
                views.add(id.clone(), view);
            }
        }
        tell_apart(seed, topology, views);
    }
}

impl Steps {
    /// Asks the endpoint, and DNS about its name; from its answer on everybody knows what is looked at.
    pub(super) async fn begin(mut shared: Shared) -> (Self, First) {
        let deadline = Instant::now() + shared.limits.deadline;
        let mut own = Own::ask(&shared);
        let given = shared.target.endpoint.clone();
        let Begun { seed, topology, reference, missed, others } = begin(&mut shared).await;
        // Of several Sentinels, another one than the first may have answered.
        if shared.target.endpoint != given {
            own = Own::ask(&shared);
        }
        let kind = topology.seen().map(|t| t.kind);
        let scope = scope(&seed, topology.seen());
        let _ = shared.seed.set(Seed { kind, transport: seed.transport, reference, scope });
        let withheld = shared.credentials(Ask::Everything).is_some()
            && seed.opened().is_none_or(|c| matches!(c.auth, Observed::NotTried(_)));
        shared.seed_is_unsafe.store(withheld, Ordering::Relaxed);
        let permits = Arc::new(Semaphore::new(shared.limits.concurrency.max(1)));
        let known = Arc::new([seed].into_iter().chain(others).collect());
        (Steps { shared: Arc::new(shared), given, known, permits, deadline }, First { topology, missed, own })
    }

    fn seed(&self) -> &Attempt {
        &self.known[0]
    }

    /// Opens a connection and leaves it alone, beside all that follows, where that is asked for.
    pub(super) fn leave_alone(&self) -> Option<JoinHandle<Option<Idle>>> {
        self.shared.limits.idle?;
        let (shared, known, deadline) = (Arc::clone(&self.shared), Arc::clone(&self.known), self.deadline);
        Some(tokio::spawn(async move { idle::look(&shared, &known[0], deadline).await }))
    }

    /// Every node that is announced, what was named beside the endpoint, and the endpoint itself once more.
    pub(super) async fn look_at_all(&self, first: First, tell: &impl Fn(Event)) -> Found {
        let First { topology, missed, mut own } = first;
        let Steps { shared, known, permits, deadline, .. } = self;
        let (seed, deadline) = (self.seed(), *deadline);
        let announced = topology.seen().map_or(&[][..], |t| &t.nodes);
        if topology.seen().is_some() {
            tell(Event::Nodes(announced.len()));
        }
        let ((nodes, views, cut), (beside, also_cut), again, (dns, behind)) = tokio::join!(
            look_at_nodes(shared, known, announced, permits, deadline, tell),
            look_at_also(shared, announced, seed.transport, permits, deadline),
            look_again(shared, seed, announced, permits, deadline),
            // On the heap: hardly any run has one.
            Box::pin(look_behind(shared, (seed, missed), announced, &mut own, permits, deadline)),
        );
        Found {
            seed: seed.clone(),
            topology,
            nodes,
            views: Some(views),
            beside,
            elsewhere: Vec::new(),
            again,
            dns,
            names: Names { lookups: Vec::new(), behind },
            aliases: Vec::new(),
            buses: Vec::new(),
            idle: None,
            cut_short: cut || also_cut,
        }
    }

    /// Replicas that only their primary tells of.
    pub(super) async fn follow_replicas(&self, found: &mut Found, tell: &impl Fn(Event)) {
        let Observed::Seen(topology) = &mut found.topology else { return };
        let both = (&mut *topology, &mut found.nodes);
        // On the heap: most deployments are clusters.
        let followed = replicas::follow(&self.shared, &self.known, both, &self.permits, self.deadline, tell);
        found.cut_short |= Box::pin(followed).await;
        let again =
            look_again_at_replication(&self.shared, self.seed(), topology, &found.nodes, &self.permits, self.deadline);
        found.again.extend(Box::pin(again).await);
    }

    /// What DNS says of the names that nodes announce, and who answers at names that stand for others.
    pub(super) async fn ask_for_names(&self, found: &mut Found) {
        let (shared, seed) = (&self.shared, self.seed());
        let nodes = (found.announced(), &found.nodes[..]);
        let asked = ask_further(shared, (seed, found.dns.as_ref()), nodes, self.deadline).await;
        found.aliases = look_at_aliases(shared, seed, &found.nodes, &asked, &self.permits, self.deadline).await;
        found.names.lookups = lookups(shared, seed, asked);
    }

    /// Servers that something pointed at, and that nobody has looked at yet.
    pub(super) async fn look_elsewhere(&self, found: &mut Found) {
        let beside = found.beside.iter().map(|(attempt, _)| attempt);
        let seen = found.nodes.iter().flat_map(|node| &node.attempts).chain(&*self.known).chain(beside);
        let (elsewhere, cut) = look_elsewhere(&self.shared, &self.known, seen, &self.permits, self.deadline).await;
        found.elsewhere = elsewhere;
        found.cut_short |= cut;
    }

    /// The cluster bus of nodes that others miss.
    pub(super) async fn look_at_buses(&self, found: &mut Found) {
        if let Some(topology) = found.topology.seen().filter(|topology| topology.kind == Kind::Cluster) {
            // On the heap: clusters that are well have none.
            let looks = look_at_buses(&self.shared, topology, &found.nodes, &self.permits, self.deadline);
            found.buses = Box::pin(looks).await;
        }
    }

    /// Handshakes that were ended, by other names.
    pub(super) async fn ask_by_name(&self, found: &mut Found) {
        let Found { seed, topology, nodes, dns, .. } = found;
        let announced = topology.seen().map_or(&[][..], |topology| &topology.nodes);
        let leads_to = dns.as_ref().map_or(&[][..], |dns| &dns.leads_to);
        // On the heap: hardly any run asks.
        let asked = ask_by_name(&self.shared, seed, (announced, nodes), leads_to, &self.permits, self.deadline);
        Box::pin(asked).await;
    }

    /// More handshakes with each, where they are asked for.
    pub(super) async fn look_further(&self, found: &mut Found) {
        look_further(&self.shared, &mut found.seed, &mut found.nodes, &self.permits, self.deadline).await;
    }

    /// Writes down what was found, without what nobody may read.
    pub(super) fn record(self, found: Found) -> Snapshot {
        let Found { seed, topology, nodes, beside, elsewhere, again, names, aliases, buses, idle, cut_short, .. } =
            found;
        let others = self.known.iter().skip(1).cloned();
        let also = others.chain(beside.into_iter().map(|(attempt, _)| attempt)).chain(elsewhere).collect();
        let beside = Beside { also, again, aliases, names, idle, buses };
        let mut snapshot = snapshot(&self.shared, seed, topology, nodes, beside, cut_short);
        let target = &self.shared.target;
        let elsewhere = target.sentinels.is_empty() && self.given != target.endpoint;
        snapshot.target.given = elsewhere.then_some(self.given);
        for credentials in [&target.credentials, &target.sentinel_credentials].into_iter().flatten() {
            redact(&mut snapshot, credentials.password.reveal());
        }
        snapshot
    }
}
