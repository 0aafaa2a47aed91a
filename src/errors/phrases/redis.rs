//! What servers say, and what libraries say of an answer.

use super::{GO, JAVA, MANY, Meaning, NODE, PYTHON, Says, lead, leads};

/// The server does not have it.
pub(super) const UNKNOWN_COMMAND: Meaning = Meaning {
    phrases: &[("unknown command", MANY), ("unknown subcommand", MANY), ("ERR unknown", MANY)],
    says: Says::TheCause,
    leads: &[
        lead("command-unsupported", "a proxy, a service or an old server lacks a command that this library sends"),
        lead("discovery-refused", "a proxy, a renamed command or an old server: it does not know what is asked"),
        lead("discovery-impossible", "no command that tells where the nodes are is left"),
        lead("unexpected-kind", "a Sentinel knows few commands"),
    ],
    tls: false,
};

/// A cluster client, and no cluster.
pub(super) const NO_CLUSTER: Meaning = Meaning {
    phrases: &[
        ("cluster support disabled", MANY),
        ("is not configured as a cluster", MANY),
        ("unsupported command 'CLUSTER'", MANY),
    ],
    says: Says::TheCause,
    leads: &[leads::KIND],
    tls: false,
};

/// Keys of several slots in one command.
pub(super) const SEVERAL_SLOTS: Meaning = Meaning {
    phrases: &[
        ("CROSSSLOT", MANY),
        ("don't hash to the same slot", MANY),
        ("do not hash to the same slot", MANY),
        ("All keys must map to the same slot", MANY),
        ("All the keys must belong to the same slots allocation", &["ioredis"]),
    ],
    says: Says::TheKind,
    leads: &[lead(
        "unexpected-kind",
        "an application that was written for one server, at a cluster: what one command, transaction or script touches needs \
         one slot there, which keys share by a part in braces, {user:1}:name",
    )],
    tls: false,
};

/// Nobody has the slot.
pub(super) const UNCOVERED: Meaning = Meaning {
    phrases: &[
        ("CLUSTERDOWN", MANY),
        ("The cluster is down", PYTHON),
        ("Hash slot not served", MANY),
        ("Invalid or missing cluster state", &["fred"]),
        ("All slots are not covered", PYTHON),
        ("Not all # slots are covered by nodes", &["redis-cli"]),
        ("Node for slot … hasn't been discovered yet", MANY),
        ("Cannot determine a partition", &["lettuce"]),
    ],
    says: Says::TheCause,
    leads: &[leads::SLOTS, leads::FAILED],
    tls: false,
};

/// Not ready yet.
pub(super) const LOADING: Meaning = Meaning {
    phrases: &[("is loading the dataset in memory", MANY), ("LOADING Redis", MANY), ("LOADING Valkey", MANY)],
    says: Says::TheCause,
    leads: &[lead("loading", "the server has not finished loading its data")],
    tls: false,
};

/// The wrong one of two.
pub(super) const READ_ONLY: Meaning = Meaning {
    phrases: &[
        ("READONLY You can't write against a read only", MANY),
        ("UNBLOCKED force unblock from blocking operation", MANY),
        ("the node does not hold any slot", &["stackexchange-redis"]),
    ],
    says: Says::TheCause,
    leads: &[
        lead(
            "name-leads-to-replica",
            "the name leads to a replica, as after a failover; `--expect primary` makes an error of it",
        ),
        lead("endpoint-is-replica", "the address is a replica's"),
        lead("dns-answer-replica", "behind the name stand the primary and replicas"),
        lead("roles-mixed", "a balancer sends connections to the primary and to a replica in turn"),
        lead("primary-missing", "all servers are replicas, of each other"),
        lead("stale-primary", "a Sentinel still names the primary from before a failover"),
        lead("sentinels-disagree", "some of the Sentinels name another primary"),
        leads::DISAGREE,
        leads::STRANGER,
        lead("own-address-stale", "one node goes by two addresses"),
    ],
    tls: false,
};

/// A replica without its primary.
pub(super) const ORPHANED: Meaning = Meaning {
    phrases: &[("MASTERDOWN", MANY), ("Link with MASTER is down", MANY)],
    says: Says::TheCause,
    leads: &[
        lead("masterdown", "the replica has lost its primary, and serves no old data"),
        lead("primary-lost", "the primary is down"),
    ],
    tls: false,
};

/// A script that does not end.
pub(super) const BUSY: Meaning = Meaning {
    phrases: &[("is busy running a script", MANY), ("RedisBusyException", &["redisson", "lettuce"])],
    says: Says::TheCause,
    leads: &[lead("script-running", "a script or function keeps the server from answering")],
    tls: false,
};

/// A primary that has no room.
pub(super) const FULL: Meaning = Meaning {
    phrases: &[("OOM command not allowed", MANY)],
    says: Says::TheCause,
    leads: &[lead("memory-full", "the memory is full, and nothing may be evicted")],
    tls: false,
};

/// A primary that takes no writes.
pub(super) const NO_WRITES: Meaning = Meaning {
    phrases: &[
        ("MISCONF", MANY),
        ("unable to persist", MANY),
        ("NOREPLICAS", MANY),
        ("Not enough good replicas", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        lead("saving-failed", "MISCONF: the server could not save its data"),
        lead("replicas-too-few", "NOREPLICAS: fewer replicas follow than min-replicas-to-write"),
    ],
    tls: false,
};

/// A slot on its way.
pub(super) const MOVING: Meaning = Meaning {
    phrases: &[
        ("TRYAGAIN Multiple keys request", MANY),
        ("ASK #", MANY),
        ("Error: ASK", NODE),
        ("slots in importing", &["redis-cli"]),
        ("slots in migrating", &["redis-cli"]),
    ],
    says: Says::TheCause,
    leads: &[
        lead("slot-half-open", "a slot is open on one side only, and stays so until somebody closes it"),
        lead("slots-migrating", "a slot moves; it ends with the migration"),
    ],
    tls: false,
};

/// Nodes that do not agree.
pub(super) const DISSENT: Meaning = Meaning {
    phrases: &[("Nodes don't agree about configuration", &["redis-cli"])],
    says: Says::TheCause,
    leads: &[
        leads::DISAGREE,
        lead("cluster-moved", "nodes came back with other addresses, and look for each other at the old ones"),
        lead("node-handshake", "a node was introduced on one side only"),
    ],
    tls: false,
};

/// Nodes that do not hear each other.
pub(super) const UNHEARD: Meaning = Meaning {
    phrases: &[("Waiting for the cluster to join", &["redis-cli"])],
    says: Says::TheCause,
    leads: &[
        lead("node-handshake", "a node that was introduced does not answer on its cluster bus port"),
        lead(
            "bus-link-down",
            "the cluster bus (the client port + 10000) is filtered, not published, or announced wrongly",
        ),
        lead(
            "client-usage-missing",
            "over a TLS bus nodes are clients, too, and their certificates are for servers alone",
        ),
    ],
    tls: false,
};

/// A node whose address nobody knows.
pub(super) const NO_ADDRESS: Meaning = Meaning {
    phrases: &[("master,noaddr", MANY), ("slave,noaddr", MANY), ("fail,noaddr", MANY)],
    says: Says::TheCause,
    leads: &[
        lead("cluster-moved", "nodes came back with other addresses, and one is found by nobody"),
        lead("own-address-stale", "one node goes by two addresses"),
        leads::FAILED,
    ],
    tls: false,
};

/// A host that is a question mark.
pub(super) const NO_NAME: Meaning = Meaning {
    phrases: &[("ENOTFOUND ?", NODE), ("lookup ?", GO), ("?: Name or service not known", MANY), ("MOVED # ?", MANY)],
    says: Says::TheCause,
    leads: &[leads::UNNAMED],
    tls: false,
};

/// A host that is not there.
pub(super) const NIL: Meaning = Meaning {
    phrases: &[
        ("Cannot read the array length because \"bytes\" is null", &["jedis"]),
        ("You must set server_hostname when using ssl without a host", PYTHON),
        ("signal 11", &["phpredis"]),
        ("undefined method `empty?' for nil", &["redis-rb"]),
        ("Segmentation fault", &["phpredis"]),
    ],
    says: Says::TheCause,
    leads: &[leads::BLANK],
    tls: false,
};

/// What answers is no RESP.
pub(super) const NO_RESP: Meaning = Meaning {
    phrases: &[
        ("Unknown RESP type", &["node-redis"]),
        ("as reply type byte", MANY),
        ("Unknown sigil type", &["redis-cluster-client"]),
        ("Invalid frame type", &["fred"]),
        ("Unknown reply", JAVA),
        ("Unknown response prefix", &["predis"]),
        ("Parse error at #", &["redis-rs"]),
        ("invalid reply: \"HTTP", GO),
        ("redis: can't parse", GO),
        ("Protocol Error: b'", PYTHON),
        ("Invalid first byte: # … at buffer index", &["lettuce"]),
        ("Can't decode replay", &["redisson"]),
        ("Protocol Error: H", PYTHON),
        ("unknown prefix: #", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        leads::OTHER,
        leads::SPIPED,
        lead("tls-required", "a TLS port answers plaintext with an alert, which is no RESP"),
    ],
    tls: false,
};

/// A redirect that reached the application.
pub(super) const MOVED: Meaning = Meaning {
    phrases: &[("MOVED #", MANY), ("Error: MOVED", NODE), ("Too many failed write attempts", &["fred"])],
    says: Says::TheKind,
    leads: &[
        lead("unexpected-kind", "a client that is not made for clusters, at a cluster"),
        lead("node-unreachable", "a cluster client gave up following: it does not reach where it is sent"),
        leads::STRANGER,
        leads::DISAGREE,
    ],
    tls: false,
};
