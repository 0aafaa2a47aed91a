//! Aliases: the canonical name of a name that the certificate does not speak for, and what answers to it.
//!
//! A certificate is issued for the name that a service has, and users give it another one by a CNAME record. What DNS says
//! is not vouched for by anybody: it explains a mismatch, and neither trust nor credentials ever go by it.

use std::{collections::HashSet, net::SocketAddr, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    dns::key,
    lookups::Asked,
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Alias, Attempt, Candidate, Endpoint, Host, NodeProbe, Transport};

/// How many sockets are asked again.
const SOCKETS: usize = 64;

/// Every alias behind which a name is that its certificate speaks for, and those where none is: of the names that were
/// asked for, as [`unproved`] ones are.
pub(super) async fn look_at_aliases(
    shared: &Arc<Shared>,
    seed: &Attempt,
    nodes: &[NodeProbe],
    asked: &Asked,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<Alias> {
    let attempts = std::iter::once(seed).chain(nodes.iter().flat_map(|node| &node.attempts));
    let mut aliases: Vec<(Alias, Vec<Dial>)> = Vec::new();
    let mut taken = HashSet::new();
    for (name, place) in attempts.flat_map(|attempt| places(shared, attempt)) {
        // Names of the list of hosts lead nowhere.
        let dns = asked.get(&key(name)).filter(|_| !shared.name_servers.is_in_hosts_file(name));
        let Some(chain) = dns.map(|dns| &dns.leads_to).filter(|chain| !chain.is_empty()) else { continue };
        let certified = chain.iter().find(|host| shared.speaks_for_any(place.chain, std::iter::once(*host)));
        let at = aliases.iter().position(|(alias, _)| key(&alias.name) == key(name)).unwrap_or_else(|| {
            let alias = Alias { name: name.clone(), leads_to: chain.clone(), certified: None, looks: Vec::new() };
            aliases.push((alias, Vec::new()));
            aliases.len() - 1
        });
        let (alias, dials) = &mut aliases[at];
        alias.certified = alias.certified.take().or_else(|| certified.cloned());
        if let Some(certified) = certified
            && taken.len() < SOCKETS
            && taken.insert((place.socket, key(name)))
        {
            dials.push(place.dial(certified, Instant::now() + shared.limits.timeout));
        }
    }
    answered(shared, aliases, permits, deadline).await
}

/// The names that clients verify at this attempt, and that its certificate does not speak for.
pub(super) fn unproved<'a>(shared: &Shared, attempt: &'a Attempt) -> impl Iterator<Item = &'a Host> {
    places(shared, attempt).map(|(name, _)| name)
}

/// Asks by the other names, all at once.
async fn answered(
    shared: &Arc<Shared>,
    aliases: Vec<(Alias, Vec<Dial>)>,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<Alias> {
    let mut running = JoinSet::new();
    let mut found = Vec::with_capacity(aliases.len());
    for (index, (alias, dials)) in aliases.into_iter().enumerate() {
        found.push(alias);
        for dial in dials {
            let (shared, permits) = (Arc::clone(shared), Arc::clone(permits));
            running.spawn(async move {
                let _permit = permits.acquire().await;
                (index, look(&shared, dial).await.0)
            });
        }
    }
    while let Ok(Some(done)) = timeout_at(deadline, running.join_next()).await {
        if let Ok((index, attempt)) = done {
            found[index].looks.push(attempt);
        }
    }
    for alias in &mut found {
        alias.looks.sort_by_key(|attempt| attempt.socket);
    }
    found
}

/// Where a name led whose certificate does not speak for it.
struct Place<'a> {
    candidate: Candidate,
    endpoint: &'a Endpoint,
    socket: SocketAddr,
    chain: usize,
}

impl Place<'_> {
    fn dial(&self, name: &Host, until: Instant) -> Dial {
        Dial {
            candidates: vec![(self.candidate, self.endpoint.clone())],
            named: Some(name.clone()),
            sockets: vec![self.socket],
            transport: Transport::Tls,
            server_name: name.clone(),
            ask: Ask::Identity,
            undecided: false,
            until,
        }
    }
}

/// Where they led. Where the user or a map names what to verify, that is no longer the name that is dialled.
fn places<'a>(shared: &Shared, attempt: &'a Attempt) -> impl Iterator<Item = (&'a Host, Place<'a>)> {
    let told = shared.target.server_name.is_some() || attempt.named.is_some();
    let session = attempt.tls().filter(|_| !told).zip(attempt.socket);
    let mut found = Vec::new();
    for (candidate, endpoint) in &attempt.candidates {
        let is_followed = matches!(candidate, Candidate::Seed | Candidate::Preferred | Candidate::Hostname);
        if let (Some((session, socket)), Some(_), true) = (session, endpoint.host.name(), is_followed)
            && !shared.speaks_for_any(session.chain, std::iter::once(&endpoint.host))
        {
            found.push((&endpoint.host, Place { candidate: *candidate, endpoint, socket, chain: session.chain }));
        }
    }
    found.into_iter()
}
