//! Names as they stand in a certificate. They are made from hosts alone, so that nothing else can get into a configuration.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use super::{demand::Demand, hosts::Why, trial::Trial};
use crate::{facts::Host, names::STACKS};

/// One subject alternative name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A dNSName: lower case, without the root's dot.
    Dns(String),
    /// A dNSName whose left-most label is `*`; what is kept is what follows it.
    Wildcard(String),
    /// An iPAddress.
    Ip(IpAddr),
}

impl Name {
    /// What a certificate holds for this host.
    ///
    /// # Errors
    /// In a sentence, where programs do not agree on what such a host is.
    pub(super) fn of(host: &Host) -> Result<Self, String> {
        let name = match host {
            Host::Ip(ip) if is_many(ip.to_canonical()) => {
                return Err(format!("{ip} is not the address of one machine"));
            }
            Host::Ip(ip) => return Ok(Name::Ip(*ip)),
            Host::Name(name) => name.trim_end_matches('.').to_ascii_lowercase(),
        };
        // Resolvers take 127.1 and 0x7f000001 for addresses, and nobody issues certificates for them.
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.starts_with("0x")
            || last.bytes().all(|b| b.is_ascii_digit())
            || name.split('.').any(|l| l.ends_with('-'))
        {
            return Err(format!("{name} is not read as a host name everywhere; rename it"));
        }
        Ok(Name::Dns(name))
    }

    /// Without its type.
    pub fn value(&self) -> String {
        match self {
            Name::Dns(name) => name.clone(),
            Name::Wildcard(parent) => format!("*.{parent}"),
            Name::Ip(ip) => ip.to_string(),
        }
    }

    /// The address, where it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Name::Ip(ip) => Some(*ip),
            Name::Dns(_) | Name::Wildcard(_) => None,
        }
    }
}

/// In OpenSSL's notation, `DNS:*.example.com`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", if self.ip().is_some() { "IP" } else { "DNS" }, self.value())
    }
}

/// A name of a certificate, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// What the hosts behind it are to clients.
    pub why: Vec<Why>,
    /// The names that a wildcard stands for; empty for others.
    pub covers: Vec<String>,
}

fn is_many(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(std::net::Ipv4Addr::BROADCAST)
}

/// The names of one certificate while they are found.
pub(super) struct Entries(BTreeMap<Name, Entry>);

impl Entries {
    /// A name for each host that is demanded.
    pub(super) fn of<'a>(demands: impl Iterator<Item = &'a Demand>) -> Self {
        let mut entries: BTreeMap<Name, Entry> = BTreeMap::new();
        for demand in demands {
            let empty = || Entry { name: demand.name.clone(), why: Vec::new(), covers: Vec::new() };
            let why = &mut entries.entry(demand.name.clone()).or_insert_with(empty).why;
            why.extend(demand.why.iter().filter(|new| !why.contains(new)).copied().collect::<Vec<_>>());
            why.sort_unstable();
        }
        Entries(entries)
    }

    /// Puts a wildcard in the place of two or more names, where every stack takes it for each of them.
    pub(super) fn cover(&mut self, trial: &Trial) -> Result<(), String> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, parent) in self.0.keys().filter_map(below) {
            groups.entry(parent.to_owned()).or_default().push(name.to_owned());
        }
        for (parent, names) in groups.into_iter().filter(|(_, names)| names.len() > 1) {
            let wildcard = Name::Wildcard(parent);
            let chain = trial.chain(std::slice::from_ref(&wildcard))?;
            let taken = |name: &String| {
                let host = Host::Name(name.clone());
                STACKS.iter().all(|stack| stack.refusal(&chain, Some(&host)).is_none())
            };
            let covers: Vec<String> = names.into_iter().filter(taken).collect();
            if covers.len() > 1 {
                self.replace(wildcard, covers);
            }
        }
        Ok(())
    }

    fn replace(&mut self, wildcard: Name, covers: Vec<String>) {
        let replaced = covers.iter().filter_map(|name| self.0.remove(&Name::Dns(name.clone())));
        let mut why: Vec<Why> = replaced.flat_map(|entry| entry.why).collect();
        why.sort_unstable();
        why.dedup();
        self.0.insert(wildcard.clone(), Entry { name: wildcard, why, covers });
    }

    /// What is given first, then names, then addresses.
    pub(super) fn sorted(self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.0.into_values().collect();
        entries.sort_by_key(|entry| (entry.name.ip().is_some(), entry.why.first().copied(), entry.name.clone()));
        entries
    }
}

/// The name and what stands behind its first label, where a wildcard could stand for that (RFC 9525 §6.3): two labels or
/// more behind it, and no underscore anywhere, for which OpenSSL takes no wildcard.
fn below(name: &Name) -> Option<(&str, &str)> {
    let Name::Dns(name) = name else { return None };
    let (first, parent) = name.split_once('.')?;
    (parent.contains('.') && !name.contains('_') && !first.starts_with("xn--")).then_some((name, parent))
}
