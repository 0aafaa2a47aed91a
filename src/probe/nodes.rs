//! Every node at once: its announced addresses, the seed's host where they come to nothing, and who sees the cluster how.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    attempt::{Dial, look},
    candidates::{Candidates, candidates},
    converse::Learnt,
    crowd::{look_together, shared_with},
    gather::Event,
    questions::Ask,
    shared::Shared,
    tls,
};
use crate::facts::{
    Attempt, Difference, Kind, Node, NodeId, NodeProbe, Role, Scheme, Sight, Spoke, Topology, Transport, View,
};

/// How long announced addresses may take before the seed's host is tried beside them: one SYN retransmission (RFC 6298).
const PATIENCE: Duration = Duration::from_secs(1);

/// The differences of a view that were kept, and how many more there were.
type Departure = (Vec<Difference>, usize);

/// Who sees the cluster how. Views that are alike are kept once, and only so many different ones.
pub(super) struct Views {
    /// Distinct views by number; 0 is the seed's.
    numbers: HashMap<Departure, usize>,
    /// Which one each node has.
    of: BTreeMap<NodeId, usize>,
    /// What they complain of.
    sights: BTreeMap<NodeId, Sight>,
    max: usize,
}

impl Views {
    fn new(max: usize) -> Self {
        Views {
            numbers: HashMap::from([((Vec::new(), 0), 0)]),
            of: BTreeMap::new(),
            sights: BTreeMap::new(),
            max: max.max(2),
        }
    }

    pub(super) fn add(&mut self, id: NodeId, (differences, more, sight): (Vec<Difference>, usize, Option<Sight>)) {
        let departure = (differences, more);
        self.sights.extend(sight.map(|sight| (id.clone(), sight)));
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
pub(super) async fn look_at_nodes(
    shared: &Arc<Shared>,
    known: &Arc<Vec<Attempt>>,
    nodes: &[Node],
    permits: &Arc<Semaphore>,
    deadline: Instant,
    tell: &impl Fn(Event),
) -> (Vec<NodeProbe>, Views, bool) {
    let mut running = JoinSet::new();
    for (index, node) in nodes.iter().enumerate() {
        let (shared, known, permits, node) = (Arc::clone(shared), Arc::clone(known), Arc::clone(permits), node.clone());
        let ask = if node.role == Role::Sentinel {
            Ask::Sentinel
        } else if is_sampled(index, nodes.len(), shared.limits.routes) {
            Ask::Routes
        } else {
            Ask::View
        };
        running.spawn(async move { (index, look_at_node(&shared, &known, &permits, &node, ask).await) });
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

/// True for `most` of `all` indices, evenly spread; for all of them where they are no more.
pub(super) fn is_sampled(index: usize, all: usize, most: usize) -> bool {
    all <= most || index * most / all != (index + 1) * most / all
}

/// One node: its announced addresses, and where they come to nothing the seed's host. What is dialled at once takes a
/// permit each; the time of an attempt begins when it has them.
async fn look_at_node(
    shared: &Arc<Shared>,
    known: &Arc<Vec<Attempt>>,
    permits: &Semaphore,
    node: &Node,
    ask: Ask,
) -> Vec<(Attempt, Learnt)> {
    let mut permit = permits.acquire().await;
    let Candidates { mut announced, mut guessed, unresolved } = candidates(shared, node, known[0].transport, ask).await;
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
    let mut looks: Vec<(usize, Vec<(Attempt, Learnt)>)> = Vec::new();
    let mut running = JoinSet::new();
    let spawn = |running: &mut JoinSet<_>, order: usize, dial: Dial| {
        let (shared, known, id) = (Arc::clone(shared), Arc::clone(known), node.id.clone());
        running.spawn(async move {
            let reused = dialled(&known, &dial, &id).filter(|known| is_alike(&shared, known, &dial));
            let crowd = if reused.is_none() { shared.crowds.join(&dial) } else { None };
            // On the heap, since they are larger: there is a task for every node.
            let first = match (reused, crowd) {
                (Some(attempt), _) => (attempt, Learnt::default()),
                (None, Some(crowd)) => {
                    return (order, vec![(Box::pin(look_together(&shared, &crowd, dial)).await, Learnt::default())]);
                }
                (None, None) if is_free(&shared) => Box::pin(look_as_spoken(&shared, dial.clone())).await,
                (None, None) => look(&shared, dial.clone()).await,
            };
            (order, by_their_names(&shared, first, dial).await)
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
                None if !guessed.is_empty() && !looks.iter().flat_map(|(_, l)| l).any(|(a, _)| is_good(shared, a, node)) => true,
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
    looks.into_iter().flat_map(|(_, looks)| looks).chain(unresolved).collect()
}

/// Where a front ends the handshake of whoever dials the address, names that lead to the same socket are dialled, too: what
/// they send is another server name. Those that come to nothing, too, stay with the address.
async fn by_their_names(shared: &Shared, first: (Attempt, Learnt), dial: Dial) -> Vec<(Attempt, Learnt)> {
    let mut looks = vec![first];
    let mut sent = vec![tls::sni(&dial.server_name), None];
    let told = shared.target.sni.is_some() || shared.target.server_name.is_some() || dial.named.is_some();
    if told || !looks[0].0.is_turned_away() {
        return looks;
    }
    for host in dial.candidates.iter().map(|(_, endpoint)| &endpoint.host) {
        let sni = tls::sni(host);
        if sent.contains(&sni) {
            continue;
        }
        let candidates =
            dial.candidates.iter().filter(|(_, endpoint)| tls::sni(&endpoint.host) == sni).cloned().collect();
        sent.push(sni);
        let (attempt, learnt) = look(shared, Dial { candidates, server_name: host.clone(), ..dial.clone() }).await;
        if attempt.tls().is_some() {
            looks[0].0.candidates.retain(|candidate| !attempt.candidates.contains(candidate));
            looks.push((attempt, learnt));
        }
    }
    looks
}

/// True behind a Sentinel where no scheme was given: Sentinels and data nodes have TLS turned on apart.
pub(super) fn is_free(shared: &Shared) -> bool {
    shared.target.scheme == Scheme::Either && shared.kind() == Some(Kind::Sentinel)
}

/// Looks, and once more in the other protocol where that is what answers.
pub(super) async fn look_as_spoken(shared: &Shared, dial: Dial) -> (Attempt, Learnt) {
    let seen = look(shared, dial.clone()).await;
    let other = match &seen.0.spoke {
        Some(Spoke::PlainRedis(_)) => Transport::Plaintext,
        Some(Spoke::Tls) => Transport::Tls,
        _ => return seen,
    };
    if other == dial.transport { seen } else { look(shared, Dial { transport: other, ..dial }).await }
}

/// A connection that was there before, where a node's address is the one that was dialled for it.
pub(super) fn dialled(known: &[Attempt], dial: &Dial, node: &NodeId) -> Option<Attempt> {
    known.iter().find_map(|before| again(before, dial, node))
}

fn again(seed: &Attempt, dial: &Dial, node: &NodeId) -> Option<Attempt> {
    let same =
        seed.transport == dial.transport && dial.sockets.len() == 1 && seed.socket == dial.sockets.first().copied();
    // Where another node announces the very address of the seed, who answers there is worth a question of its own.
    let own = seed.identity().is_none_or(|identity| identity == node || node.as_str().contains(':'));
    (same && own && seed.opened().is_some()).then(|| shared_with(dial, seed))
}

/// True where who dials this meets what was met there. By another server name it may be another certificate, or nobody;
/// where the certificate speaks for the address, too, the server is meant to be met without one.
fn is_alike(shared: &Shared, known: &Attempt, dial: &Dial) -> bool {
    let same = tls::sni(&known.server_name) == tls::sni(&dial.server_name);
    let host = || std::iter::once(&dial.server_name);
    same || known.tls().is_none_or(|session| shared.speaks_for_any(session.chain, host()))
}

/// Right node, and a name that the certificate speaks for: nothing more to look for.
fn is_good(shared: &Shared, attempt: &Attempt, node: &Node) -> bool {
    let hosts = || attempt.named.iter().chain(attempt.candidates.iter().map(|(_, e)| &e.host));
    let named = |chain| shared.speaks_for_any(chain, hosts());
    let verified = attempt.transport == Transport::Plaintext || attempt.tls().is_some_and(|tls| named(tls.chain));
    let unnamed = shared.kind() != Some(Kind::Cluster) && node.id.as_str().contains(':');
    attempt.identity().is_some_and(|id| id == &node.id || unnamed) && verified
}

/// Who sees the cluster how, and who complains of what: beside what the seed itself said.
pub(super) fn tell_apart(seed: &Attempt, topology: &mut Topology, views: Views) {
    let Views { numbers, of, mut sights, .. } = views;
    let own = topology.sights.pop();
    sights.extend(own.map(|sight| (sight.node.clone(), sight)));
    topology.sights = topology.nodes.iter().filter_map(|node| sights.remove(&node.id)).collect();
    topology.views = grouped(seed, &topology.nodes, numbers, of);
}

/// Puts nodes that see the cluster alike together; the seed's own view comes first, the others in the order of the nodes.
fn grouped(
    seed: &Attempt,
    nodes: &[Node],
    numbers: HashMap<Departure, usize>,
    mut of: BTreeMap<NodeId, usize>,
) -> Vec<View> {
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

#[cfg(test)]
mod tests {
    use super::is_sampled;

    #[test]
    fn a_sample_is_as_large_as_it_may_be_and_evenly_spread() {
        for (all, most) in [(1, 128), (128, 128), (129, 128), (1000, 128), (20_000, 128)] {
            let sampled: Vec<usize> = (0..all).filter(|i| is_sampled(*i, all, most)).collect();
            assert_eq!(sampled.len(), all.min(most), "{all}");
            let widest = sampled.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(1);
            assert!(widest <= all / most + 1, "{all}: {widest}");
        }
    }
}
