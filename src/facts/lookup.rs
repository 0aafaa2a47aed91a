//! What names lead to: by the system's resolver, as clients ask it, and by the name servers themselves.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Attempt, Host, Observed};

/// What is known of the names that were met, and who stands behind the endpoint's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The endpoint's name first, then announced ones; of many, those with which something is wrong before others.
    #[serde(default)]
    pub lookups: Vec<Lookup>,
    /// Attempts at the further addresses of the endpoint's name, where no node announces them; one each.
    #[serde(default)]
    pub behind: Vec<Attempt>,
}

/// One name, and what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// As it was given or announced.
    pub name: Host,
    /// By getaddrinfo, in its order, which is the one in which clients take them.
    pub system: Observed<Answer>,
    /// The machine's own list of hosts has it, which comes before DNS.
    #[serde(default)]
    pub in_hosts_file: bool,
    /// By the name servers that the system is told to ask; `None` where they were not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Dns>,
    /// Milliseconds until getaddrinfo answered, where that was long: a server was waited for in vain, for a second at least
    /// (resolv.conf `timeout`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
}

/// Addresses in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// As many as are kept.
    pub addresses: Vec<IpAddr>,
    /// How many more there were.
    #[serde(default)]
    pub more: usize,
}

/// What name servers say. Nothing vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// What came of asking.
    pub outcome: Outcome,
    /// A and AAAA records.
    #[serde(default)]
    pub answer: Answer,
    /// The names it leads to by CNAME records, in their order, the canonical one last; before them the whole name, where it
    /// was found in a domain of the search list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads_to: Vec<Host>,
    /// The shortest time to live on the way, in seconds; a cache counts it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
}

/// How a question to DNS ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There are addresses.
    Answered,
    /// NXDOMAIN: there is no such name (RFC 8020).
    NoSuchName,
    /// NOERROR without an answer: the name is there, and has no address.
    NoAddress,
    /// SERVFAIL, or an answer that is none.
    ServerFailed,
    /// REFUSED: this name server does not answer us.
    ServerRefused,
    /// Nothing came.
    TimedOut,
    /// The system is told of no name server, or it cannot be reached.
    NoServer,
}

impl Names {
    /// True where nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.lookups.is_empty() && self.behind.is_empty()
    }

    /// What is known of a name, however it is spelled.
    pub fn of(&self, name: &Host) -> Option<&Lookup> {
        self.lookups.iter().find(|lookup| plain(&lookup.name) == plain(name))
    }
}

impl Lookup {
    /// The addresses that clients here are given; none where the system knows none.
    pub fn addresses(&self) -> &[IpAddr] {
        self.system.seen().map_or(&[], |answer| &answer.addresses)
    }

    /// The addresses that DNS has.
    pub fn in_dns(&self) -> &[IpAddr] {
        self.dns.as_ref().map_or(&[], |dns| &dns.answer.addresses)
    }

    /// Both have addresses, and not one in common. Names with many addresses show a part of them at a time; those that are
    /// shown whole say otherwise by one alone.
    pub fn is_split(&self) -> bool {
        let (system, dns) = (self.addresses(), self.in_dns());
        let same = |ip: &IpAddr| dns.iter().any(|other| other.to_canonical() == ip.to_canonical());
        !system.is_empty() && !dns.is_empty() && !system.iter().any(same)
    }
}

fn plain(host: &Host) -> String {
    host.to_string().trim_end_matches('.').to_ascii_lowercase()
}
