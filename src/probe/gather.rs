//! The whole look: the seed, then every node at once, until all answered or the deadline passed.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{Candidates, candidates, server_name, unresolved},
    converse::{Ask, Learnt},
    redact::redact,
    shared::Shared,
};
use crate::{
    facts::{
        Asked, Attempt, Candidate, CertificateChain, Connection, Difference, Failure, FailureKind, Kind, Limits, Node,
        NodeId, NodeProbe, Observed, Refusal, SNAPSHOT_FORMAT, Scheme, Snapshot, Spoke, Stage, Target, TargetFacts,
        Topology, Transport, TrustSource, Vantage, View,
    },
    wire::{comparison::Reference, replication},
};

/// How long announced addresses may take before the seed's host is tried beside them: one SYN retransmission (RFC 6298).
const PATIENCE: Duration = Duration::from_secs(1);

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
        let kind = topology.seen().map_or(Kind::Standalone, |t| t.kind);
        let _ = shared.seed.set((kind, reference));
        let withheld = shared.target.credentials.is_some()
            && seed.opened().is_none_or(|c| matches!(c.auth, Observed::NotTried(_)));
        shared.seed_is_unsafe.store(withheld, Ordering::Relaxed);
        let seed = Arc::new(seed);
        let mut nodes = Vec::new();
        let mut cut_short = false;
        if let Observed::Seen(topology) = &mut topology {
            tell(Event::Nodes(topology.nodes.len()));
            let (found, views, cut) = look_at_nodes(&shared, &seed, &topology.nodes, deadline, &tell).await;
            (nodes, cut_short) = (found, cut);
            if topology.kind == Kind::Cluster {
                topology.views = grouped(&seed, &topology.nodes, views);
            }
        }
        let seed = Arc::unwrap_or_clone(seed);
        let mut snapshot = snapshot(&shared, seed, topology, nodes, cut_short);
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
    let transport = if shared.target.scheme == Scheme::Plaintext { Transport::Plaintext } else { Transport::Tls };
    let sockets = match shared.resolver.sockets_until(&endpoint, until).await {
        Ok(sockets) => sockets,
        Err(failure) => return (unresolved(Candidate::Seed, endpoint, transport, failure), Learnt::default()),
    };
    let mut dial = Dial {
        server_name: endpoint.host.clone(),
        candidates: vec![(Candidate::Seed, endpoint)],
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
    let (draft, reference) = learnt.draft.unzip();
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
            match replication::topology(server, &shared.target.endpoint, identity.seen()) {
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

/// The differences of a view that were kept, and how many more there were.
type Departure = (Vec<Difference>, usize);

/// Who sees the cluster how. Views that are alike are kept once, and only so many different ones.
struct Views {
    /// Distinct views by number; 0 is the seed's.
    numbers: HashMap<Departure, usize>,
    /// Which one each node has.
    of: BTreeMap<NodeId, usize>,
    max: usize,
}

impl Views {
    fn new(max: usize) -> Self {
        Views { numbers: HashMap::from([((Vec::new(), 0), 0)]), of: BTreeMap::new(), max: max.max(2) }
    }

    fn add(&mut self, id: NodeId, departure: Departure) {
        let next = self.numbers.len();
        let number = match self.numbers.get(&departure) {
            Some(number) => *number,
            // The last one takes all that depart in yet another way.
            None if next >= self.max => self.max - 1,
            None => *self.numbers.entry(departure).or_insert(next),
        };
        self.of.entry(id).or_insert(number);
    }
}

/// All nodes at once, `--concurrency` at a time.
async fn look_at_nodes(
    shared: &Arc<Shared>,
    seed: &Arc<Attempt>,
    nodes: &[Node],
    deadline: Instant,
    tell: &impl Fn(Event),
) -> (Vec<NodeProbe>, Views, bool) {
    let permits = Arc::new(Semaphore::new(shared.limits.concurrency.max(1)));
    let mut running = JoinSet::new();
    for (index, node) in nodes.iter().enumerate() {
        let (shared, seed, permits, node) = (Arc::clone(shared), Arc::clone(seed), Arc::clone(&permits), node.clone());
        running.spawn(async move { (index, look_at_node(&shared, &seed, &permits, &node).await) });
    }
    let mut found: Vec<NodeProbe> =
        nodes.iter().map(|n| NodeProbe { id: n.id.clone(), attempts: Vec::new() }).collect();
    let mut views = Views::new(shared.limits.views);
    let mut cut = false;
    while !running.is_empty() {
        match timeout_at(deadline, running.join_next()).await {
            Ok(Some(Ok((index, looks)))) => {
                tell(Event::Done);
                for (attempt, learnt) in looks {
                    if let (Some(id), Some(view)) = (attempt.identity(), learnt.view) {
                        views.add(id.clone(), view);
                    }
                    found[index].attempts.push(attempt);
                }
            }
            Ok(_) => {}
            Err(_) => {
                cut = true;
                running.abort_all();
                break;
            }
        }
    }
    (found, views, cut)
}

/// One node: its announced addresses, and where they come to nothing the seed's host. What is dialled at once takes a
/// permit each; the time of an attempt begins when it has them.
async fn look_at_node(
    shared: &Arc<Shared>,
    seed: &Arc<Attempt>,
    permits: &Semaphore,
    node: &Node,
) -> Vec<(Attempt, Learnt)> {
    let mut permit = permits.acquire().await;
    let Candidates { mut announced, mut guessed, unresolved } = candidates(shared, node, seed.transport).await;
    let most = u32::try_from(shared.limits.concurrency).unwrap_or(u32::MAX);
    let wanted = u32::try_from(announced.len()).unwrap_or(u32::MAX).min(most);
    if wanted > 1 {
        // Given back first: whoever holds some while waiting for more would wait for others that do the same.
        drop(permit);
        permit = permits.acquire_many(wanted).await;
    }
    let _permit = permit;
    let start = Instant::now();
    let until = start + shared.limits.timeout;
    announced.iter_mut().chain(&mut guessed).for_each(|dial| dial.until = until);
    let mut looks: Vec<(usize, Attempt, Learnt)> = Vec::new();
    let mut running = JoinSet::new();
    let spawn = |running: &mut JoinSet<_>, order: usize, dial: Dial| {
        let (shared, seed) = (Arc::clone(shared), Arc::clone(seed));
        running.spawn(async move {
            let (attempt, learnt) = match known(&seed, &dial) {
                Some(attempt) => (attempt, Learnt::default()),
                None => look(&shared, dial).await,
            };
            (order, attempt, learnt)
        });
    };
    announced.into_iter().enumerate().for_each(|(order, dial)| spawn(&mut running, order, dial));
    let patience = sleep_until(start + PATIENCE.min(shared.limits.timeout / 2));
    tokio::pin!(patience);
    loop {
        let guess = tokio::select! {
            done = running.join_next() => match done {
                Some(Ok(done)) => { looks.push(done); false }
                Some(Err(_)) => false,
                None if !guessed.is_empty() && !looks.iter().any(|(_, a, _)| is_good(shared, a, node)) => true,
                None => break,
            },
            () = &mut patience, if !guessed.is_empty() => true,
        };
        if guess {
            guessed.drain(..).enumerate().for_each(|(i, dial)| spawn(&mut running, 100 + i, dial));
        }
    }
    looks.sort_by_key(|(order, ..)| *order);
    let unresolved = unresolved.into_iter().map(|attempt| (attempt, Learnt::default()));
    looks.into_iter().map(|(_, attempt, learnt)| (attempt, learnt)).chain(unresolved).collect()
}

/// The seed's own connection, where a node's address is the one that was dialled for the seed.
fn known(seed: &Attempt, dial: &Dial) -> Option<Attempt> {
    let same =
        seed.transport == dial.transport && dial.sockets.len() == 1 && seed.socket == dial.sockets.first().copied();
    let mut attempt = (same && seed.opened().is_some()).then(|| seed.clone())?;
    attempt.candidates.clone_from(&dial.candidates);
    // The seed's list of replicas is told once; every node may announce the seed's address.
    if let Observed::Seen(Connection { server: Observed::Seen(server), .. }) = &mut attempt.connection {
        server.replicas.clear();
    }
    Some(attempt)
}

/// Right node, and a name that the certificate speaks for: nothing more to look for.
fn is_good(shared: &Shared, attempt: &Attempt, node: &Node) -> bool {
    let named = |chain| shared.speaks_for_any(chain, attempt.candidates.iter().map(|(_, e)| &e.host));
    let verified = attempt.transport == Transport::Plaintext || attempt.tls().is_some_and(|tls| named(tls.chain));
    attempt.identity().is_some_and(|id| id == &node.id || shared.kind() != Some(Kind::Cluster)) && verified
}

/// Puts nodes that see the cluster alike together; the seed's own view comes first, the others in the order of the nodes.
fn grouped(seed: &Attempt, nodes: &[Node], views: Views) -> Vec<View> {
    let Views { numbers, mut of, .. } = views;
    let mut departures: HashMap<usize, Departure> = numbers.into_iter().map(|(view, number)| (number, view)).collect();
    let mut groups = vec![View::default()];
    if let Some(id) = seed.identity() {
        of.remove(id);
        groups[0].members.push(id.clone());
    }
    let mut places: HashMap<usize, usize> = HashMap::from([(0, 0)]);
    for node in nodes {
        let Some(number) = of.remove(&node.id) else { continue };
        let place = *places.entry(number).or_insert_with(|| {
            let (differences, more) = departures.remove(&number).unwrap_or_default();
            groups.push(View { members: Vec::new(), differences, more });
            groups.len() - 1
        });
        groups[place].members.push(node.id.clone());
    }
    groups
}

fn snapshot(
    shared: &Shared,
    mut seed: Attempt,
    topology: Observed<Topology>,
    mut nodes: Vec<NodeProbe>,
    cut_short: bool,
) -> Snapshot {
    let target = &shared.target;
    let chains = in_order_of_use(shared.take_chains(), &mut seed, &mut nodes);
    let attempts = || std::iter::once(&seed).chain(nodes.iter().flat_map(|n| &n.attempts));
    let mut addresses: Vec<IpAddr> = attempts().filter_map(|a| a.opened()?.local).map(|local| local.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let tls = attempts().any(|a| a.transport == Transport::Tls);
    Snapshot {
        format: SNAPSHOT_FORMAT,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: shared.now,
        vantage: Vantage { hostname: hostname(), addresses },
        target: TargetFacts {
            endpoint: target.endpoint.clone(),
            asked: match target.scheme {
                Scheme::Tls => Asked::Tls,
                Scheme::Plaintext => Asked::Plaintext,
                Scheme::Either => Asked::Either,
            },
            server_name: target.server_name.clone(),
            sni: target.sni.clone(),
            username: target.credentials.as_ref().and_then(|c| c.username.clone()),
            password_given: target.credentials.is_some(),
            client_certificate_given: target.identity.is_some(),
            trust: tls.then(|| TrustSource { label: target.trust.label.clone(), anchors: target.trust.anchors.len() }),
        },
        seed,
        topology,
        nodes,
        chains,
        cut_short,
    }
}

/// Chains were numbered as they came in; a snapshot numbers them as they are used, so that two runs compare equal.
fn in_order_of_use(
    chains: Vec<CertificateChain>,
    seed: &mut Attempt,
    nodes: &mut [NodeProbe],
) -> Vec<CertificateChain> {
    let mut chains: Vec<Option<CertificateChain>> = chains.into_iter().map(Some).collect();
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut ordered = Vec::new();
    for attempt in std::iter::once(seed).chain(nodes.iter_mut().flat_map(|n| &mut n.attempts)) {
        let Observed::Seen(connection) = &mut attempt.connection else { continue };
        let Observed::Seen(session) = &mut connection.tls else { continue };
        session.chain = *numbers.entry(session.chain).or_insert_with(|| {
            ordered.extend(chains[session.chain].take());
            ordered.len() - 1
        });
    }
    ordered
}

fn hostname() -> Option<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    kernel
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|n| n.trim().to_owned())
}
