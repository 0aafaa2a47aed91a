//! DNS itself, asked beside the system's resolver: all addresses, aliases, times to live, and why there is no answer.
//!
//! What it says is not vouched for by anybody: it explains, and neither trust nor credentials ever go by it.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::OnceLock,
    time::Duration,
};

use hickory_resolver::{
    Hosts, Resolver, TokioResolver,
    config::ResolveHosts,
    net::{DnsError, NetError},
    proto::{
        op::{Query, ResponseCode},
        rr::{Name, RData, Record, RecordType},
    },
};
use tokio::time::timeout;

use crate::facts::{Answer, Dns, Host, Outcome};

/// How long DNS may take for a name.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How long a name server may take before it is asked once more.
const ONCE: Duration = Duration::from_millis(400);

/// How many names are followed from one.
const LENGTH: usize = 16;

/// How many addresses of a name are kept.
pub(super) const ADDRESSES: usize = 16;

/// The name servers of this machine, and its list of hosts; both are read when the first name is asked for.
#[derive(Default)]
pub(super) struct NameServers {
    resolver: OnceLock<Option<TokioResolver>>,
    hosts: OnceLock<Hosts>,
}

impl NameServers {
    /// What they say of a name, within [`PATIENCE`].
    pub(super) async fn ask(&self, name: &Host) -> Dns {
        let Some(resolver) = self.resolver.get_or_init(resolver) else { return nothing(Outcome::NoServer) };
        timeout(PATIENCE, answer(resolver, name)).await.unwrap_or_else(|_| nothing(Outcome::TimedOut))
    }

    /// True for a name that the system finds in its list of hosts, before it asks anybody.
    pub(super) fn is_in_hosts_file(&self, name: &Host) -> bool {
        let hosts = self.hosts.get_or_init(|| Hosts::from_system().unwrap_or_default());
        let Ok(name) = Name::from_ascii(key(name)) else { return false };
        let has = |kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)).is_some();
        has(RecordType::A) || has(RecordType::AAAA)
    }
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

/// A and AAAA at once. A dot at the end says that no domain of the search list is to be tried.
async fn answer(resolver: &TokioResolver, name: &Host) -> Dns {
    let text = name.to_string();
    let ask = |kind| resolver.lookup(text.as_str(), kind);
    let found = tokio::join!(ask(RecordType::A), ask(RecordType::AAAA));
    let mut records: Vec<Record> = Vec::new();
    let mut failures = Vec::new();
    for found in [found.0, found.1] {
        match found {
            Ok(found) => records.extend(found.answers().iter().cloned()),
            Err(error) => failures.push(outcome(&error)),
        }
    }
    if records.is_empty() {
        let outcome = worst(&failures);
        if !matches!(outcome, Outcome::NoSuchName | Outcome::NoAddress) {
            return nothing(outcome);
        }
        // The alias of a name that is not there is left out of such an answer.
        let alias = ask(RecordType::CNAME).await.map(|found| found.answers().to_vec());
        return Dns { outcome, ..said(&key(name), &alias.unwrap_or_default()) };
    }
    let dns = said(&key(name), &records);
    let outcome = if dns.answer.addresses.is_empty() { worst(&failures) } else { Outcome::Answered };
    Dns { outcome, ..dns }
}

/// No answer, for this reason.
pub(super) fn nothing(outcome: Outcome) -> Dns {
    Dns { outcome, answer: Answer::default(), leads_to: Vec::new(), ttl: None }
}

fn outcome(error: &NetError) -> Outcome {
    let by_code = |code| match code {
        ResponseCode::NXDomain => Outcome::NoSuchName,
        ResponseCode::NoError => Outcome::NoAddress,
        ResponseCode::Refused => Outcome::ServerRefused,
        _ => Outcome::ServerFailed,
    };
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => by_code(*code),
        NetError::Dns(DnsError::NoRecordsFound(none)) => by_code(none.response_code),
        NetError::Timeout => Outcome::TimedOut,
        NetError::NoConnections | NetError::Io(_) => Outcome::NoServer,
        _ => Outcome::ServerFailed,
    }
}

/// What is said of a name of which both families were asked: a family without an address says nothing of the name.
fn worst(failures: &[Outcome]) -> Outcome {
    let has = |outcome: &&Outcome| failures.contains(*outcome);
    let order =
        [Outcome::NoSuchName, Outcome::ServerFailed, Outcome::ServerRefused, Outcome::NoServer, Outcome::TimedOut];
    order.iter().find(has).copied().unwrap_or(Outcome::NoAddress)
}

/// The addresses at the end of the way, and the way.
fn said(name: &str, records: &[Record]) -> Dns {
    let leads_to = chain(name, records);
    let owners: HashSet<String> = leads_to.iter().map(key).chain([name.to_owned()]).collect();
    let is_on_the_way = |record: &&Record| host(&record.name).is_some_and(|owner| owners.contains(&key(&owner)));
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut seen = HashSet::new();
    let mut ttl: Option<u32> = None;
    for record in records.iter().filter(is_on_the_way) {
        let ip = match &record.data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        };
        ttl = Some(ttl.map_or(record.ttl, |least| least.min(record.ttl)));
        addresses.extend(ip.filter(|ip| seen.insert(*ip)));
    }
    let more = addresses.len().saturating_sub(ADDRESSES);
    addresses.truncate(ADDRESSES);
    Dns { outcome: Outcome::Answered, answer: Answer { addresses, more }, leads_to, ttl }
}

/// The names from one to the next, each once.
fn chain(name: &str, records: &[Record]) -> Vec<Host> {
    let mut next: HashMap<String, Host> = HashMap::new();
    let mut owners = Vec::new();
    for record in records {
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
pub(super) fn key(host: &Host) -> String {
    host.to_string().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, str::FromStr};

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
    fn addresses_are_counted_and_only_those_at_the_end_of_the_way_taken() {
        let many = (0..1_000_u32).map(|n| RData::A(A(Ipv4Addr::from_bits(0x0a00_0000 + n))));
        let many = many.map(|data| Record::from_rdata(Name::from_str("b.test.").unwrap(), 5, data));
        let records: Vec<Record> =
            [cname("a.test.", "b.test.")].into_iter().chain(many).chain([address("c.test.")]).collect();
        let found = said("a.test", &records);
        assert_eq!((found.answer.addresses.len(), found.answer.more), (ADDRESSES, 1_000 - ADDRESSES));
        assert_eq!((found.ttl, said("c.test", &records).answer.addresses.len()), (Some(5), 1));
    }

    #[test]
    fn what_is_no_host_name_is_left_alone() {
        let odd = Name::from_labels([&b"a b"[..], &b"\x1b[31m"[..], &b"test"[..]]).unwrap();
        let record = Record::from_rdata(Name::from_str("a.test.").unwrap(), 60, RData::CNAME(CNAME(odd)));
        assert!(names("a.test", &[record]).is_empty());
        assert!(names("a.test", &[cname("a.test.", "127.0.0.1.")]).is_empty());
    }
}
