//! What libraries say in place of the cause.

use super::{GO, JAVA, MANY, Meaning, PYTHON, Says, lead, leads};

/// No seed told the topology.
pub(super) const DISCOVERY: Meaning = Meaning {
    phrases: &[
        ("Failed to refresh slots cache", &["ioredis"]),
        ("ClusterAllFailedError", &["ioredis"]),
        ("None of startup nodes is available", &["ioredis"]),
        ("Connection is closed", &["ioredis"]),
        ("All the root nodes are unavailable", &["node-redis"]),
        ("Cannot read properties of undefined (reading 'replicas')", &["node-redis"]),
        ("The client is closed", &["node-redis"]),
        ("Please provide at least one reachable node", PYTHON),
        ("Redis Cluster cannot be connected", PYTHON),
        ("Could not initialize cluster slots cache", &["jedis"]),
        ("Cannot retrieve initial cluster partitions", &["lettuce"]),
        ("Unable to establish a connection to Redis Cluster", &["lettuce"]),
        ("Cannot retrieve cluster partitions", &["lettuce"]),
        ("Can't connect to servers", &["redisson"]),
        ("No connections found", &["redis-rs"]),
        ("ClusterConnectionNotFound", &["redis-rs"]),
        ("It failed to check startup nodes", &["redis-rs"]),
        ("Failed to create initial connections", &["redis-rs", "valkey-glide"]),
        ("could not fetch cluster information", &["redis-cluster-client"]),
        ("InitialSetupError", &["redis-cluster-client"]),
    ],
    says: Says::Hides,
    leads: &[
        leads::NAME,
        leads::UNTRUSTED,
        leads::TLS,
        leads::PLAINTEXT,
        leads::OWN,
        leads::AUTH,
        leads::ACL,
        leads::KIND,
    ],
    tls: false,
};

/// Three causes, one sentence.
pub(super) const NO_MODE: Meaning = Meaning {
    phrases: &[("Cluster mode is not enabled on this node", PYTHON)],
    says: Says::Nothing,
    leads: &[leads::KIND, leads::ACL, leads::AWAY],
    tls: false,
};

/// Sent on and on.
pub(super) const REDIRECTIONS: Meaning = Meaning {
    phrases: &[
        ("Too many Cluster redirections", &["ioredis", "node-redis"]),
        ("MaxCommandRedirectionsError", &["node-redis"]),
        ("Too many redirections", &["redis-cluster-client", "jedis"]),
        ("No more cluster attempts left", &["jedis"]),
        ("Cluster retry deadline exceeded", &["jedis"]),
        ("TTL exhausted", PYTHON),
    ],
    says: Says::Nothing,
    leads: &[
        leads::NODES,
        leads::FORWARD,
        leads::NAME,
        leads::STRANGER,
        leads::DISAGREE,
        leads::UNTRUSTED,
        leads::SLOTS,
        leads::OWN,
    ],
    tls: false,
};

/// A node that the client knows and has no connection to.
pub(super) const ONE_NODE: Meaning = Meaning {
    phrases: &[
        ("is not reachable at this point of time", &["stackexchange-redis"]),
        ("Not all slots covered", &["redisson"]),
        ("Unable to connect to", &["lettuce", "redisson"]),
        ("Failed to connect to", &["jedis"]),
        ("NodeMightBeDown", &["redis-cluster-client"]),
        ("Could not connect to Redis at", &["redis-cli"]),
        ("Error connecting to Redis on", &["redis-rb"]),
        ("Error # connecting to", PYTHON),
    ],
    says: Says::Hides,
    leads: &[leads::NODES, leads::NAME, leads::UNTRUSTED, leads::SEED, leads::PLAINTEXT, leads::SLOTS],
    tls: false,
};

/// The same, from a client that keeps every reason why for its debug log.
pub(super) const NO_ROUTE: Meaning = Meaning {
    phrases: &[
        ("ConnectionNotFoundForRoute", &["valkey-glide"]),
        ("Connection in recovery", &["valkey-glide"]),
        ("No random connection found", &["valkey-glide"]),
    ],
    says: Says::Nothing,
    leads: &[
        leads::NODES,
        leads::NAME,
        leads::UNTRUSTED,
        leads::SEED,
        leads::PLAINTEXT,
        leads::SLOTS,
        leads::OWN,
        leads::AUTH,
        leads::TLS,
        leads::BLANK,
        leads::UNNAMED,
        leads::STRANGER,
        leads::DATES,
        leads::LEAF,
    ],
    tls: false,
};

/// CLUSTER SLOTS told nothing that it could use.
pub(super) const NO_TOPOLOGY: Meaning = Meaning {
    phrases: &[("No topology views found", &["valkey-glide"])],
    says: Says::Nothing,
    leads: &[leads::UNNAMED, leads::KIND, leads::ACL, leads::NAME, leads::UNTRUSTED, leads::AUTH],
    tls: false,
};

/// A nil where addresses should be.
pub(super) const NIL: Meaning = Meaning {
    phrases: &[("redis: nil", &["go-redis"])],
    says: Says::Nothing,
    leads: &[lead(
        "endpoint-nil",
        "nodes announce no host, and go-redis fails every command so; of one missing key alone it is no error",
    )],
    tls: false,
};

/// Passwords or certificates, it says itself.
pub(super) const DOTNET: Meaning = Meaning {
    phrases: &[
        ("There was an authentication failure; check that passwords", &["stackexchange-redis"]),
        ("It was not possible to connect to the redis server", &["stackexchange-redis"]),
        ("No connection is active/available to service this operation", &["stackexchange-redis"]),
    ],
    says: Says::Hides,
    leads: &[leads::NAME, leads::UNTRUSTED, leads::AUTH, leads::OWN],
    tls: false,
};

/// One sentence for everything; the reason is in PHP's warnings.
pub(super) const PHP: Meaning = Meaning {
    phrases: &[
        ("Couldn't map cluster keyspace using any provided seed", &["phpredis"]),
        ("Can't communicate with any node", &["phpredis"]),
        ("Timed out attempting to find data in the correct node", &["phpredis"]),
        ("Error processing response from Redis node", &["phpredis"]),
        ("No connections available in the pool", &["predis"]),
    ],
    says: Says::Hides,
    leads: &[
        leads::NODES,
        leads::FORWARD,
        leads::NAME,
        leads::UNTRUSTED,
        leads::PLAINTEXT,
        leads::TLS,
        leads::AUTH,
        leads::ACL,
        leads::KIND,
    ],
    tls: false,
};

/// The handshake came to nothing; the reason is in PHP's warnings.
pub(super) const PHP_TLS: Meaning = Meaning {
    phrases: &[
        ("Error while switching to encrypted communication", &["predis"]),
        ("Failed to enable crypto", &["phpredis", "predis"]),
    ],
    says: Says::Hides,
    leads: &[
        leads::UNTRUSTED,
        leads::NAME,
        leads::INCOMPLETE,
        leads::DATES,
        leads::PLAINTEXT,
        leads::OTHER,
        leads::OWN,
        leads::HANDSHAKE,
    ],
    tls: true,
};

/// The same of one server.
pub(super) const NO_CONNECTION: Meaning = Meaning {
    phrases: &[
        ("max retries per request limit", &["ioredis"]),
        ("Could not get a resource from the pool", &["jedis"]),
        ("no available Redis entries", &["redisson"]),
        ("Unable to init enough connections amount", &["redisson"]),
        ("UnableToConnect", &["stackexchange-redis"]),
        ("SocketFailure", &["stackexchange-redis"]),
        ("read error on connection", &["phpredis"]),
        ("Redis server went away", &["phpredis"]),
        ("Could not connect to any of the nodes", MANY),
    ],
    says: Says::Hides,
    leads: &[
        leads::SEED,
        leads::NODES,
        leads::PLAINTEXT,
        leads::TLS,
        leads::NAME,
        leads::UNTRUSTED,
        leads::AUTH,
        leads::AWAY,
        leads::IDLE,
    ],
    tls: false,
};

/// All connections are taken: by commands that wait, or by the application, which does not give them back.
pub(super) const POOL: Meaning = Meaning {
    phrases: &[
        ("pool is exhausted", &["jedis"]),
        ("Pool exhausted", JAVA),
        ("connection pool timeout", GO),
        ("connection pool exhausted", GO),
        ("MaxConnectionsError", PYTHON),
        ("Too many connections", PYTHON),
        ("No connection available", PYTHON),
    ],
    says: Says::Nothing,
    leads: &[
        leads::NODES,
        leads::PLAINTEXT,
        leads::IDLE,
        lead("script-running", "a script or function keeps the server from answering"),
        lead("connections-nearly-exhausted", "the server has hardly room for more connections"),
        lead("dns-slow", "each new connection waits for a name server"),
    ],
    tls: false,
};

/// A node answers under an address that the view does not have.
pub(super) const STRANGE_NODE: Meaning = Meaning {
    phrases: &[("This partition is not known in the cluster view", &["lettuce"])],
    says: Says::Nothing,
    leads: &[
        lead("endpoint-forms-differ", "nodes announce names to some and addresses to others"),
        lead("own-address-stale", "one node goes by two addresses"),
        lead("views-converging", "a node is new, and not all know of it yet"),
        leads::DISAGREE,
    ],
    tls: false,
};
