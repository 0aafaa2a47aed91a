//! How each client library discovers, dials, verifies, remaps, and what it tells the application when that fails.
//!
//! A shelf: one file a library, named here. They are data, read from each library's source at the version its file names.

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
mod redis_rs;
mod redisson;
mod ruby;
mod stack_texts;
mod stackexchange_redis;
mod valkey_glide;
mod valkey_py;

use crate::facts::{ChainProblem, Endpoint, Host, NodeAddress, SubjectAltName};

/// Which announced field a client dials for a discovered node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dials {
    /// The preferred endpoint of CLUSTER SLOTS.
    Preferred,
    /// The announced host name if there is one, else the preferred endpoint (SLOTS metadata).
    HostnameElsePreferred,
    /// The announced host name if there is one, else the IP (CLUSTER NODES).
    HostnameElseIp,
    /// The IP of CLUSTER NODES, whatever else is announced.
    Ip,
    /// The preferred endpoint; where that is blank, the announced host name, else the IP (CLUSTER SHARDS).
    PreferredElseIp,
}

/// Which name a client compares with the certificate of a discovered node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verifies {
    /// The host it dialled.
    Dialled,
    /// The host of the seed, on every node.
    Seed,
    /// None: the chain only.
    Nothing,
}

/// What a client's own address map can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The option, as its documentation spells it.
    pub option: &'static str,
    /// First version that has it; the month it was merged, or "or before", where the release was not established.
    pub since: &'static str,
    /// What it does not cover, in one sentence; empty where it covers everything.
    pub gaps: &'static str,
}

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
    /// Stable id, as `address-map --for` takes it.
    pub id: &'static str,
    /// The versions this entry holds for.
    pub versions: &'static str,
    /// The version this was learnt from, and where in its source the rule stands.
    pub source: &'static str,
    /// How it was learnt.
    pub evidence: Evidence,
    /// What it dials.
    pub dials: Dials,
    /// What it verifies.
    pub verifies: Verifies,
    /// A self-signed CA:TRUE certificate as its own anchor is accepted (OpenSSL, Go, JSSE: yes; rustls: no).
    pub accepts_ca_as_leaf: bool,
    /// A name in the common name alone is accepted where there is no DNS SAN.
    pub accepts_common_name: bool,
    /// Its address map, if it has one.
    pub hook: Option<Hook>,
    /// What the application sees; `None` where it notices nothing.
    pub text: fn(&Symptom<'_>) -> Option<String>,
}

/// What goes wrong, as a client meets it.
#[derive(Clone, Copy, Debug)]
pub enum Symptom<'a> {
    /// The certificate does not speak for the host it verifies.
    NameMismatch {
        /// What it verifies.
        verified: &'a Host,
        /// What the certificate holds.
        names: &'a [SubjectAltName],
        /// The common name.
        common_name: Option<&'a str>,
    },
    /// The chain is not accepted.
    Chain {
        /// Why.
        problem: ChainProblem,
        /// The leaf is self-signed.
        self_signed: bool,
        /// A self-signed root was sent along.
        root_sent: bool,
    },
    /// A plaintext client on a TLS port.
    TlsRequired,
    /// A TLS client on a plaintext Redis port.
    TlsNotSpoken,
    /// The server wants a client certificate.
    ClientCertificate,
    /// Nobody listens at the address of a discovered node.
    Refused(&'a Endpoint),
    /// The address of a discovered node does not answer.
    TimedOut(&'a Endpoint),
    /// The server wants credentials and got none.
    NoAuth,
    /// The credentials are wrong.
    WrongPass,
    /// CLUSTER is refused: cluster mode is off.
    ClusterDisabled,
}

impl Client {
    /// The endpoint this client dials for a node, when it can.
    pub fn endpoint(&self, address: &NodeAddress) -> Option<Endpoint> {
        let hostname = address.hostname_endpoint();
        match self.dials {
            Dials::Preferred => address.preferred_endpoint(),
            Dials::HostnameElsePreferred => hostname.or_else(|| address.preferred_endpoint()),
            Dials::HostnameElseIp => {
                hostname.or_else(|| address.ip_endpoint()).or_else(|| address.preferred_endpoint())
            }
            Dials::Ip => address.ip_endpoint().or_else(|| address.preferred_endpoint()),
            Dials::PreferredElseIp => address.preferred_endpoint().or(hostname).or_else(|| address.ip_endpoint()),
        }
    }
}

/// Every client, most used first, the newest behaviour of a library before the older ones. Reports keep this order.
pub const ALL: &[&Client] = &[
    &node_redis::CLIENT,
    &ioredis::CLIENT,
    &redis_py::CLIENT,
    &redis_py::BEFORE_6,
    &go_redis::OWN_TLS_CONFIG,
    &go_redis::FROM_URL,
    &lettuce::CLIENT,
    &lettuce::BEFORE_6_3,
    &jedis::CLIENT,
    &jedis::BEFORE_7_5,
    &redisson::ONE_SEED,
    &redisson::SEVERAL_SEEDS,
    &redis_rs::CLIENT,
    &fred::CLIENT,
    &stackexchange_redis::ONE_HOST,
    &stackexchange_redis::SEVERAL_HOSTS,
    &valkey_glide::CLIENT,
    &valkey_glide::BEFORE_2_3,
    &valkey_py::CLIENT,
    &phpredis::CLIENT,
    &predis::CLIENT,
    &ruby::CLIENT,
    &libvalkey::CLIENT,
    &hiredis::CLIENT,
    &redis_cli::CLIENT,
];

/// The entries of one library, newest behaviour first; none for an id that is not on the shelf.
pub fn by_id(id: &str) -> impl Iterator<Item = &'static Client> {
    ALL.iter().copied().filter(move |client| client.id == id)
}

#[cfg(test)]
mod tests;
