//! The names that were met: what the system's resolver said of them, and what DNS says of the endpoint's and of those with
//! which something is wrong. A name that leads where it should costs nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    alias,
    dns::{PATIENCE, key, nothing},
    shared::Shared,
};
use crate::facts::{Attempt, Candidate, Dns, Host, Lookup, Node, NodeProbe, Observed, Outcome};

/// How many names are asked for beside the endpoint's.
const NAMES: usize = 16;

/// How many names are kept.
const KEPT: usize = 64;

/// How long a look that has all it needs waits for DNS.
const GRACE: Duration = Duration::from_millis(250);

/// From when on it is worth telling how long the system took.
const SLOW: Duration = Duration::from_millis(1500);

/// What DNS said, by what names are compared by.
pub(super) type Asked = HashMap<String, Dns>;

/// The endpoint's name, of which DNS is asked from the first moment on, beside everything else.
pub(super) struct Own {
    asking: JoinSet<Dns>,
    since: Instant,
}

impl Own {
    /// Asks, where there is something to ask: an address is no name, what was told in place of the resolver's answer is
    /// taken as it is, and `localhost` is nobody's but this machine's (RFC 6761 §6.3).
    pub(super) fn ask(shared: &Shared) -> Self {
        let endpoint = &shared.target.endpoint;
        let mut asking = JoinSet::new();
        if shared.resolver.is_free(endpoint) && !endpoint.host.is_loopback() {
            let (servers, name) = (Arc::clone(&shared.name_servers), endpoint.host.clone());
            asking.spawn(async move { servers.ask(&name).await });
        }
        Own { asking, since: Instant::now() }
    }

    /// What it said. Whoever got where it wanted does not wait long.
    pub(super) async fn answer(&mut self, shared: &Shared, seed: &Attempt) -> Option<Dns> {
        let settled = seed.identity().is_some() && alias::unproved(shared, seed).next().is_none();
        let until = if settled { Instant::now() + GRACE } else { self.since + PATIENCE };
        match timeout_at(until, self.asking.join_next()).await {
            Ok(answer) => answer?.ok(),
            Err(_) => Some(nothing(Outcome::TimedOut)),
        }
    }
}

/// What DNS says of announced names behind which something is wrong, and of those that a certificate does not speak for.
pub(super) async fn ask_further(
    shared: &Arc<Shared>,
    (seed, own): (&Attempt, Option<&Dns>),
    nodes: (&[Node], &[NodeProbe]),
    deadline: Instant,
) -> Asked {
    let mut asked: Asked = own.map(|dns| (key(&shared.target.endpoint.host), dns.clone())).into_iter().collect();
    let mut taken: HashSet<String> = asked.keys().cloned().collect();
    let mut asking = JoinSet::new();
    let of_nodes = nodes.0.iter().zip(nodes.1);
    let of_nodes = of_nodes.flat_map(|(node, probe)| probe.attempts.iter().flat_map(|a| doubtful(shared, node, a)));
    for name in alias::unproved(shared, seed).chain(of_nodes) {
        if asking.len() < NAMES && taken.insert(key(name)) {
            let (servers, name) = (Arc::clone(&shared.name_servers), name.clone());
            asking.spawn(async move { (key(&name), servers.ask(&name).await) });
        }
    }
    while let Ok(Some(answer)) = timeout_at(deadline, asking.join_next()).await {
        asked.extend(answer);
    }
    asked
}

/// The names of an attempt that came to nothing, led to somebody else, or are not what the certificate is for.
fn doubtful<'a>(shared: &Shared, node: &Node, attempt: &'a Attempt) -> impl Iterator<Item = &'a Host> {
    let has_id = !node.id.as_str().contains(':');
    let astray = attempt.opened().is_none() || has_id && attempt.identity().is_some_and(|id| *id != node.id);
    let announced = |(candidate, _): &&(Candidate, _)| matches!(candidate, Candidate::Preferred | Candidate::Hostname);
    let led = attempt.candidates.iter().filter(announced).filter(move |_| astray);
    let led = led.filter(|(_, endpoint)| shared.resolver.is_free(endpoint)).map(|(_, endpoint)| &endpoint.host);
    led.chain(alias::unproved(shared, attempt))
}

/// Everything that was said, with what is wrong before what is not.
pub(super) fn lookups(shared: &Shared, seed: &Attempt, mut asked: Asked) -> Vec<Lookup> {
    let given = &shared.target.endpoint;
    let mut said: HashMap<String, _> = HashMap::new();
    for (name, answer, took) in shared.resolver.said() {
        let slow = Some(took).filter(|took| *took >= SLOW).and_then(|took| u64::try_from(took.as_millis()).ok());
        said.insert(name, (answer.map_or_else(Observed::Failed, Observed::Seen), slow));
    }
    if let Some(failure) = seed.failure().filter(|_| seed.socket.is_none() && shared.resolver.is_free(given)) {
        said.entry(given.host.to_string().to_ascii_lowercase()).or_insert((Observed::Failed(failure.clone()), None));
    }
    let lookup = |(name, (system, slow_ms)): (String, _)| {
        let is_given = name.eq_ignore_ascii_case(&given.host.to_string());
        let name: Host = if is_given { given.host.clone() } else { name.parse().ok()? };
        Some(Lookup { dns: asked.remove(&key(&name)), name, system, in_hosts_file: false, slow_ms })
    };
    let mut lookups: Vec<Lookup> = said.into_iter().filter_map(lookup).collect();
    let order = |lookup: &Lookup| {
        let fine = lookup.system.seen().is_some();
        (key(&lookup.name) != key(&given.host), lookup.dns.is_none(), fine, lookup.name.clone())
    };
    lookups.sort_by_cached_key(order);
    lookups.truncate(KEPT);
    for lookup in &mut lookups {
        lookup.in_hosts_file = shared.name_servers.is_in_hosts_file(&lookup.name);
    }
    lookups
}
