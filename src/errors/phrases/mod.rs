//! The table: phrases that are stable, who says them, and what they mean.
//!
//! To add a phrase, put it into the group that means the same: a piece that no version, address or time changes. `…`
//! leaves something out, `#` is a number; case, quotes and punctuation do not count.

mod access;
mod certificates;
mod hidden;
mod leads;
mod network;
mod redis;
mod sentinel;
mod tls;

use super::Lead;

/// How much a phrase tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// What is wrong.
    TheCause,
    /// What kind of thing is wrong.
    TheKind,
    /// Nothing: several causes end so.
    Nothing,
    /// Less than nothing: the library keeps the cause to itself, whatever it is.
    Hides,
}

/// Phrases that mean the same.
#[derive(Debug)]
pub struct Meaning {
    /// Each with the libraries that say it; none where most do.
    pub phrases: &'static [(&'static str, &'static [&'static str])],
    /// How much they tell.
    pub says: Says,
    /// The findings, most likely first. Behind a text that hides its cause may be any other, too.
    pub leads: &'static [Lead],
    /// It comes about on TLS connections only.
    pub tls: bool,
}

/// Every group. Of those that tell equally much, the first that is found is named first.
pub const MEANINGS: &[&Meaning] = &[
    &certificates::NAME,
    &certificates::ADDRESS,
    &certificates::COMMON_NAME,
    // An alert that says so is about the certificate of whoever hears it.
    &tls::REFUSED_CERTIFICATE,
    &certificates::EXPIRED,
    &certificates::CA_AS_LEAF,
    &certificates::SELF_SIGNED,
    &certificates::UNKNOWN_ISSUER,
    &certificates::WEAK_SIGNATURE,
    &certificates::WEAK_KEY,
    &certificates::VERSION,
    &certificates::STRICT,
    &certificates::CHAIN,
    &tls::SERVERS_LOG,
    &tls::CLIENT_CERTIFICATE,
    &tls::KEY_MISMATCH,
    &tls::NOT_TLS,
    &tls::HANDSHAKE,
    &access::TURNED_AWAY,
    &access::NO_CREDENTIALS,
    &access::LONE_WORD,
    &access::WRONG_CREDENTIALS,
    &access::SUPERFLUOUS_CREDENTIALS,
    &access::KEYS_NOT_PERMITTED,
    &access::NOT_PERMITTED,
    &redis::UNKNOWN_COMMAND,
    &redis::NO_CLUSTER,
    &redis::SEVERAL_SLOTS,
    &redis::UNCOVERED,
    &redis::LOADING,
    &redis::BUSY,
    &redis::READ_ONLY,
    &redis::ORPHANED,
    &redis::NO_WRITES,
    &redis::FULL,
    &redis::MOVING,
    &redis::DISSENT,
    &redis::UNHEARD,
    &redis::NO_ADDRESS,
    &sentinel::NO_PRIMARY,
    &sentinel::NO_FAILOVER,
    &access::DATABASE,
    &redis::NO_NAME,
    &redis::NIL,
    &redis::NO_RESP,
    &network::NO_SUCH_NAME,
    &network::REFUSED,
    &network::NO_ROUTE,
    &certificates::DOTNET_CHAIN,
    &certificates::VERIFICATION,
    &tls::SSL_CONNECT,
    &redis::MOVED,
    &network::TIMED_OUT,
    &network::CLOSED_IDLE,
    &network::CLOSED,
    &sentinel::UNREACHABLE,
    &hidden::DISCOVERY,
    &hidden::NO_MODE,
    &hidden::REDIRECTIONS,
    &hidden::ONE_NODE,
    &hidden::NO_ROUTE,
    &hidden::NO_TOPOLOGY,
    &hidden::NIL,
    &hidden::DOTNET,
    &hidden::PHP,
    &hidden::PHP_TLS,
    &hidden::NO_CONNECTION,
    &hidden::POOL,
    &hidden::STRANGE_NODE,
];

/// Whatever keeps clients away, most likely first.
pub(super) const ANYTHING: &[Lead] = &[
    leads::NAME,
    leads::UNTRUSTED,
    leads::NODES,
    leads::SEED,
    leads::TLS,
    leads::PLAINTEXT,
    leads::OWN,
    leads::AUTH,
    leads::ACL,
    leads::KIND,
    leads::AWAY,
    leads::BLANK,
    leads::UNNAMED,
    leads::SLOTS,
    leads::DATES,
    leads::INCOMPLETE,
    leads::LEAF,
    leads::STRANGER,
    leads::PORT,
    leads::HANDSHAKE,
    leads::FORWARD,
    leads::BYPASS,
    leads::BALANCER,
    leads::SPIPED,
    leads::OTHER,
];

/// What an announced loopback address comes to.
pub(super) const LOOPBACK: &[Lead] = &[
    lead("announced-loopback", "a node announced 127.0.0.1, and clients dial their own machine"),
    lead("endpoint-nil", "a node announced no host at all, and this library dials localhost then"),
];

/// What an announced private address comes to.
pub(super) const PRIVATE: &[Lead] =
    &[lead("announced-private", "nodes announce addresses that mean nothing outside their own network")];

const fn lead(code: &'static str, why: &'static str) -> Lead {
    Lead { code, why }
}

const NODE: &[&str] = &["node-redis", "ioredis"];
const PYTHON: &[&str] = &["redis-py", "valkey-py"];
const GO: &[&str] = &["go-redis"];
const JAVA: &[&str] = &["lettuce", "jedis", "redisson"];
const RUSTLS: &[&str] = &["redis-rs", "fred", "valkey-glide"];
const PHP: &[&str] = &["phpredis", "predis"];
const RUBY: &[&str] = &["redis-cluster-client", "redis-rb"];
const DOTNET: &[&str] = &["stackexchange-redis"];
const MANY: &[&str] = &[];
