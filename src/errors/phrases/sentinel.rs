//! What is said of Sentinels, and by them.

use super::{MANY, Meaning, PYTHON, Says, lead, leads};

/// No Sentinel that was asked names a primary.
pub(super) const NO_PRIMARY: Meaning = Meaning {
    phrases: &[
        ("No such master with that name", MANY),
        ("No master found for", PYTHON),
        ("seems to be not monitored", &["jedis"]),
        ("Master node is undefined", &["redisson"]),
        ("Cannot provide redisAddress using sentinel for masterId", &["lettuce"]),
        ("MasterNameNotFoundBySentinel", &["redis-rs"]),
        ("Missing primary address in response from sentinel", &["fred"]),
        ("Failed connecting to configured primary for service", &["stackexchange-redis"]),
    ],
    says: Says::TheKind,
    leads: &[
        lead("sentinel-group-unknown", "the Sentinels watch no group of this name: SENTINEL MASTERS lists theirs"),
        lead("primary-down", "the Sentinels call the primary down, and have no other one"),
        lead("sentinel-unreachable", "a Sentinel does not answer"),
        lead("sentinels-disagree", "the Sentinels name different primaries, or one belongs to another deployment"),
    ],
    tls: false,
};

/// There will be no new primary.
pub(super) const NO_FAILOVER: Meaning = Meaning {
    phrases: &[("NOQUORUM", MANY), ("NOGOODSLAVE", MANY), ("No suitable replica to promote", MANY)],
    says: Says::TheCause,
    leads: &[
        lead("quorum-unreachable", "too few Sentinels hear each other to agree on a failover"),
        lead("server-suspected", "the Sentinels do not reach servers that clients reach"),
        lead("replica-down", "no replica is fit to be promoted"),
        lead("replica-address-wrong", "the replicas are listed at addresses where nobody answers"),
    ],
    tls: false,
};

/// No Sentinel could be asked; why is not told.
pub(super) const UNREACHABLE: Meaning = Meaning {
    phrases: &[
        ("All sentinels are unreachable", &["ioredis"]),
        ("Failed to connect to all sentinel nodes", &["fred"]),
        ("Cannot connect to a Redis Sentinel", &["lettuce"]),
        ("all sentinels specified in configuration are unreachable", &["go-redis"]),
        ("All sentinels down", &["jedis"]),
        ("No sentinels available", &["redis-rb"]),
        ("No sentinel server available for autodiscovery", &["predis"]),
    ],
    says: Says::Hides,
    leads: &[
        lead("sentinel-unreachable", "a Sentinel does not answer"),
        leads::SEED,
        leads::AUTH,
        leads::TLS,
        leads::PLAINTEXT,
        lead("sentinel-group-unknown", "the Sentinels watch no group of this name"),
        lead("unexpected-kind", "the port is a server's and not a Sentinel's (26379, as a rule)"),
    ],
    tls: false,
};
