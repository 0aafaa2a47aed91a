//! How each client library discovers, dials, verifies, remaps, and what it tells the application when that fails.
//!
//! A shelf: one file a library, named here. They are data, read from each library's source at the version its file names.

mod behaviour;
mod fred;
mod go_redis;
mod hiredis;
mod ioredis;
mod jedis;
mod lettuce;
mod libvalkey;
mod node_redis;
mod phpredis;
mod predis;
mod redis_cli;
mod redis_py;
mod redis_rb;
mod redis_rs;
mod redisson;
mod ruby;
mod stackexchange_redis;
mod symptom;
mod valkey_glide;
mod valkey_py;

use crate::{
    facts::{Announced, Endpoint, NodeAddress},
    names::Stack,
};

pub use behaviour::{
    Blank, Carries, Covers, Dials, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves, Sni, StrictProxy,
    Verifies, WithoutHello,
};
pub use symptom::{Symptom, Where};

/// How we know what an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The released package was run against servers that misbehave on purpose.
    Run,
    /// Its source was read; the texts are literals found there.
    Read,
}

/// One client library, over a range of versions in which it behaves alike.
pub struct Client {
    /// Stable id, as `address-map --for` and `clients --client` take it.
    pub id: &'static str,
    /// The versions this entry holds for, `>=4, <6`, and then the way it is set up, where that matters: `, rediss:// URL`.
    pub versions: &'static str,
    /// The version that was run or read: what the entry is most certain of.
    pub learnt_from: &'static str,
    /// The version this was learnt from, and where in its source the rule stands.
    pub source: &'static str,
    /// How it was learnt.
    pub evidence: Evidence,
    /// What it dials.
    pub dials: Dials,
    /// What it makes of a nil host.
    pub on_nil: Blank,
    /// What it makes of an empty host.
    pub on_empty: Blank,
    /// What it makes of `?`.
    pub on_question_mark: Blank,
    /// What it makes of port 0.
    pub on_port_zero: PortZero,
    /// Which of two ports it takes.
    pub port: Port,
    /// What it resolves first.
    pub resolves: Resolves,
    /// An announced loopback address gives way to the host of the seed, where that is none.
    pub loopback_is_seed: bool,
    /// What it verifies.
    pub verifies: Verifies,
    /// What it sends as server name.
    pub sni: Sni,
    /// The option that fixes one server name for every node, where there is one.
    pub fixed_name: Option<&'static str>,
    /// The TLS stack that judges for it.
    pub stack: &'static Stack,
    /// Commands without which it does not work, in the order in which it sends them; the one that [`Dials::command`] names
    /// comes before them where it does not stand among them.
    pub needs: &'static [&'static str],
    /// What one bad node does to it.
    pub one_bad_node: OneBadNode,
    /// It connects to replicas without being asked to read from them, so that a bad one counts.
    pub dials_replicas: bool,
    /// It asks for `cluster_state` first, and goes no further unless that is `ok`.
    pub heeds_state: bool,
    /// What the application sees where it asks a cluster for another database than 0, which has no other; `None` where the library
    /// goes on without it, or where that is not known.
    pub in_another_database: Option<&'static str>,
    /// Its form for one server, where that is another matter.
    pub plain: Plain,
    /// Its address map, if it has one.
    pub hook: Option<Hook>,
    /// How it follows Sentinels, if it does.
    pub follows: Option<Follows>,
    /// What the application sees; `None` where it is shown nothing. One contiguous stable piece of the text.
    pub text: fn(&Symptom, Where) -> Option<String>,
}

impl Client {
    /// The host field and port this client looks a node up by and dials, where they are usable as they stand.
    pub fn endpoint(&self, address: &NodeAddress) -> Option<Endpoint> {
        Some(Endpoint::new(self.dials.field(address).host()?.clone(), self.announced_port(address)?))
    }

    /// The announced port it takes; `None` where 0 was announced.
    pub fn announced_port(&self, address: &NodeAddress) -> Option<u16> {
        match self.port {
            Port::AsAsked => address.client_port(),
            Port::PlaintextFirst => address.tcp_port.or(address.tls_port).or(address.port),
        }
    }

    /// What it makes of a field that is no host.
    pub fn on_blank(&self, field: &Announced) -> Blank {
        match field {
            Announced::Nil => self.on_nil,
            Announced::Empty => self.on_empty,
            Announced::QuestionMark => self.on_question_mark,
            Announced::Absent => Blank::Skip,
            Announced::Host(_) | Announced::Unusable(_) => Blank::Literal,
        }
    }

    /// How it is set up, where entries of the same versions differ in that: `rediss:// URL`.
    pub fn form(&self) -> Option<&'static str> {
        self.versions.split(", ").find(|part| !part.starts_with(['>', '<']))
    }

    /// The bounds of its versions.
    fn range(&self) -> impl Iterator<Item = &'static str> {
        self.versions.split(", ").filter(|part| part.starts_with(['>', '<']))
    }

    /// The released package was run, and did what is said here.
    pub fn was_run(&self) -> bool {
        self.evidence == Evidence::Run
    }

    /// True where a version (`6`, `6.2.1`) lies in the range. A bare `7` means the newest 7.
    pub fn covers(&self, version: &str) -> bool {
        let asked = numbers(version, u32::MAX);
        self.range().all(|part| match part.strip_prefix(">=") {
            Some(from) => asked >= numbers(from, 0),
            None => part.strip_prefix('<').is_none_or(|below| asked < numbers(below, 0)),
        })
    }
}

/// Major, minor and patch number, and `missing` for those that are not there. What is no number counts as 0.
fn numbers(version: &str, missing: u32) -> [u32; 3] {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    std::array::from_fn(|_| parts.next().unwrap_or(missing))
}

/// Every client, most used first, the newest behaviour of a library before the older ones. Reports keep this order.
pub const ALL: &[&Client] = &[
    &node_redis::CLIENT,
    &node_redis::BEFORE_6,
    &node_redis::BEFORE_5,
    &ioredis::CLIENT,
    &ioredis::BEFORE_6,
    &redis_py::CLIENT,
    &redis_py::BEFORE_8,
    &redis_py::BEFORE_6,
    &go_redis::OWN_TLS_CONFIG,
    &go_redis::FROM_URL,
    &go_redis::OWN_TLS_CONFIG_BEFORE_9_20,
    &go_redis::FROM_URL_BEFORE_9_20,
    &go_redis::OWN_TLS_CONFIG_BEFORE_9_13,
    &go_redis::FROM_URL_BEFORE_9_13,
    &lettuce::CLIENT,
    &lettuce::BEFORE_6_2_7,
    &jedis::CLIENT,
    &jedis::BEFORE_7_5,
    &redisson::ONE_SEED,
    &redisson::SEVERAL_SEEDS,
    &redis_rs::BLOCKING,
    &redis_rs::ASYNC,
    &redis_rs::BLOCKING_BEFORE_1_5,
    &redis_rs::ASYNC_BEFORE_1_5,
    &fred::CLIENT,
    &fred::BEFORE_10,
    &stackexchange_redis::ONE_HOST,
    &stackexchange_redis::SEVERAL_HOSTS,
    &valkey_glide::CLIENT,
    &valkey_glide::BEFORE_2_4,
    &valkey_glide::BEFORE_2_2_6,
    &valkey_py::CLIENT,
    &phpredis::CLIENT,
    &predis::CLIENT,
    &predis::BEFORE_3,
    &ruby::CLIENT,
    &redis_rb::CLIENT,
    &libvalkey::CLIENT,
    &hiredis::CLIENT,
    &redis_cli::CLIENT,
    &redis_cli::BEFORE_7_2,
];

/// The entries of one library, newest behaviour first; none for an id that is not on the shelf.
pub fn by_id(id: &str) -> impl Iterator<Item = &'static Client> {
    ALL.iter().copied().filter(move |client| client.id == id)
}

/// The entries for a version of a library: those whose range it lies in, else those whose range ends nearest to it.
pub fn of_version(id: &str, version: &str) -> Vec<&'static Client> {
    let covering: Vec<_> = by_id(id).filter(|client| client.covers(version)).collect();
    if !covering.is_empty() {
        return covering;
    }
    // Ranges of one library leave nothing out between them, so that only what is older than all of them is left.
    let oldest = by_id(id).last().map(|client| client.range().collect::<Vec<_>>());
    by_id(id).filter(|client| Some(client.range().collect()) == oldest).collect()
}
