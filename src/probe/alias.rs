//! Aliases: the canonical name of a name that the certificate does not speak for, and what answers to it.
//!
//! A certificate is issued for the name that a service has, and users give it another one by a CNAME record. What DNS says
//! is not vouched for by anybody: it explains a mismatch, and neither trust nor credentials ever go by it.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use hickory_resolver::{
    Hosts, Resolver, TokioResolver,
    config::ResolveHosts,
    proto::{
        op::Query,
        rr::{Name, RData, Record, RecordType},
    },
};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    attempt::{Dial, look},
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Alias, Attempt, Candidate, Endpoint, Host, NodeProbe, Transport};

/// How long DNS may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a name server may take before it is asked once more.
const ONCE: Duration = Duration::from_millis(400);

/// How many names are followed from one.
const LENGTH: usize = 16;

/// How many records of an answer are read.
const RECORDS: usize = 128;

/// How many names are asked for.
const NAMES: usize = 16;

/// How many sockets are asked again.
const SOCKETS: usize = 64;

/// What the endpoint's own name leads to, while the nodes are looked at.
pub(super) async fn of_the_seed(shared: &Shared, seed: &Attempt) -> Option<Vec<Host>> {
    let (name, _) = unproved(shared, seed).next()?;
    follow(&[name]).await.remove(&key(name))
}

/// Every alias behind which a name is that its certificate speaks for, and those where none is. Nothing is asked where
/// every certificate speaks for the name that was dialled.
pub(super) async fn look_at_aliases(
    shared: &Arc<Shared>,
    seed: &Attempt,
    nodes: &[NodeProbe],
    of_the_seed: Option<Vec<Host>>,
    permits: &Arc<Semaphore>,
    deadline: Instant,
) -> Vec<Alias> {
    let attempts = || std::iter::once(seed).chain(nodes.iter().flat_map(|node| &node.attempts));
    let found: Vec<(&Host, Place<'_>)> = attempts().flat_map(|attempt| unproved(shared, attempt)).collect();
    let own = seed.candidates.first().map(|(_, endpoint)| key(&endpoint.host));
    let mut asked = HashSet::from([own.clone().unwrap_or_default()]);
    let others: Vec<&Host> =
        found.iter().map(|(name, _)| *name).filter(|name| asked.insert(key(name))).take(NAMES).collect();
    let mut chains = timeout_at(deadline, follow(&others)).await.unwrap_or_default();
    chains.extend(own.zip(of_the_seed));
    let mut aliases: Vec<(Alias, Vec<Dial>)> = Vec::new();
    let mut taken = HashSet::new();
    for (name, place) in found {
        let Some(chain) = chains.get(&key(name)) else { continue };
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

/// The names that clients verify at this attempt, and that its certificate does not speak for. Where the user or a map names
/// what to verify, that is no longer the name that is dialled.
fn unproved<'a>(shared: &Shared, attempt: &'a Attempt) -> impl Iterator<Item = (&'a Host, Place<'a>)> {
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

/// What these names lead to, as far as the system's name servers say so in time. Names of /etc/hosts lead nowhere.
async fn follow(names: &[&Host]) -> HashMap<String, Vec<Host>> {
    let mut chains = HashMap::new();
    if names.is_empty() {
        return chains;
    }
    let (Some(resolver), hosts) = (resolver(), Hosts::from_system().unwrap_or_default()) else { return chains };
    let until = Instant::now() + PATIENCE;
    let mut asking = JoinSet::new();
    for name in names.iter().filter(|name| !is_static(&hosts, name)) {
        for kind in [RecordType::A, RecordType::AAAA] {
            let (resolver, name) = (resolver.clone(), key(name));
            asking.spawn(async move {
                let chain = resolver.lookup(name.as_str(), kind).await.ok().map(|found| chain(&name, found.answers()));
                (name, chain.unwrap_or_default())
            });
        }
    }
    while let Ok(Some(answer)) = timeout_at(until, asking.join_next()).await {
        if let Ok((name, chain)) = answer
            && !chain.is_empty()
        {
            chains.entry(name).or_insert(chain);
        }
    }
    chains
}

/// True for a name that the system never asks name servers for.
fn is_static(hosts: &Hosts, name: &Host) -> bool {
    let Ok(name) = Name::from_ascii(key(name)) else { return true };
    let has = |kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)).is_some();
    has(RecordType::A) || has(RecordType::AAAA)
}

/// As the system is set up; `None` where that cannot be read.
fn resolver() -> Option<TokioResolver> {
    let mut builder = Resolver::builder_tokio().ok()?;
    let options = builder.options_mut();
    options.timeout = ONCE;
    options.attempts = 1;
    options.preserve_intermediates = true;
    options.use_hosts_file = ResolveHosts::Never;
    builder.build().ok()
}

/// The names from one to the next, each once.
fn chain(name: &str, records: &[Record]) -> Vec<Host> {
    let mut next: HashMap<String, Host> = HashMap::new();
    let mut owners = Vec::new();
    for record in records.iter().take(RECORDS) {
        owners.extend(host(&record.name));
        if let (Some(owner), RData::CNAME(target)) = (host(&record.name), &record.data)
            && let Some(target) = host(&target.0)
        {
            next.entry(key(&owner)).or_insert(target);
        }
    }
    // A short name was looked up in one of the domains of the search list.
    let longer = |owner: &&Host| key(owner).strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let mut chain: Vec<Host> = if owners.iter().any(|owner| key(owner) == name) {
        Vec::new()
    } else {
        owners.iter().find(longer).cloned().into_iter().collect()
    };
    let mut at = chain.first().map_or_else(|| name.to_owned(), key);
    while chain.len() < LENGTH
        && let Some(target) = next.remove(&at)
    {
        at = key(&target);
        chain.push(target);
    }
    chain.retain(|host| key(host) != name);
    chain
}

/// A name that may stand in a host's place; anything else from DNS is left alone.
fn host(name: &Name) -> Option<Host> {
    let text = name.to_ascii();
    text.trim_end_matches('.').parse::<Host>().ok().filter(|host| host.name().is_some())
}

/// What names are compared by.
fn key(host: &Host) -> String {
    host.to_string().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use hickory_resolver::proto::rr::rdata::{A, CNAME};

    use super::*;

    fn cname(from: &str, to: &str) -> Record {
        Record::from_rdata(Name::from_str(from).unwrap(), 60, RData::CNAME(CNAME(Name::from_str(to).unwrap())))
    }

    fn address(of: &str) -> Record {
        Record::from_rdata(Name::from_str(of).unwrap(), 60, RData::A(A::new(127, 0, 0, 1)))
    }

    fn names(name: &str, records: &[Record]) -> Vec<String> {
        chain(name, records).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_chain_is_followed_whatever_the_order_of_its_records() {
        let records = [
            address("node.example.net."),
            cname("b.example.com.", "Node.example.net."),
            cname("A.example.com.", "b.example.com."),
        ];
        assert_eq!(names("a.example.com", &records), ["b.example.com", "node.example.net"]);
        assert!(names("other.example.com", &records).is_empty());
        assert!(names("node.example.net", &records).is_empty());
    }

    #[test]
    fn short_names_become_long_ones() {
        let records = [cname("redis.svc.local.", "redis-0.svc.local."), address("redis-0.svc.local.")];
        assert_eq!(names("redis", &records), ["redis.svc.local", "redis-0.svc.local"]);
        assert_eq!(names("redis", &[address("redis.svc.local.")]), ["redis.svc.local"]);
        assert!(names("redis", &[address("rediss.svc.local.")]).is_empty());
    }

    #[test]
    fn loops_and_long_chains_end() {
        assert_eq!(names("a.test", &[cname("a.test.", "b.test."), cname("b.test.", "a.test.")]), ["b.test"]);
        assert!(names("a.test", &[cname("a.test.", "a.test.")]).is_empty());
        let long: Vec<Record> = (0..100).map(|n| cname(&format!("n{n}.test."), &format!("n{}.test.", n + 1))).collect();
        assert_eq!(names("n0.test", &long).len(), LENGTH);
    }

    #[test]
    fn what_is_no_host_name_is_left_alone() {
        let odd = Name::from_labels([&b"a b"[..], &b"\x1b[31m"[..], &b"test"[..]]).unwrap();
        let record = Record::from_rdata(Name::from_str("a.test.").unwrap(), 60, RData::CNAME(CNAME(odd)));
        assert!(names("a.test", &[record]).is_empty());
        assert!(names("a.test", &[cname("a.test.", "127.0.0.1.")]).is_empty());
    }
}
