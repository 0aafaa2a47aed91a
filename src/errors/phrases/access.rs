//! What servers say to whom they do not let in, or not to what was asked for.

use super::{MANY, Meaning, PYTHON, RUSTLS, Says, lead, leads};

/// Not let in at all.
pub(super) const TURNED_AWAY: Meaning = Meaning {
    phrases: &[
        ("running in protected mode", MANY),
        ("max number of clients", MANY),
        ("max concurrent connections exceeded", MANY),
        ("max daily request limit exceeded", MANY),
        ("max requests limit exceeded", MANY),
        ("illegal address", MANY),
        ("IP address is not in the allowlist", MANY),
    ],
    says: Says::TheCause,
    leads: &[leads::AWAY, lead("connections-nearly-exhausted", "the server has hardly room for more connections")],
    tls: false,
};

/// Credentials are wanted.
pub(super) const NO_CREDENTIALS: Meaning = Meaning {
    phrases: &[
        ("NOAUTH", MANY),
        ("HELLO must be called with the client already authenticated", MANY),
        ("Authentication required", MANY),
        ("RedisAuthRequiredException", &["redisson"]),
        // Whoever has not logged in may send short commands alone.
        ("unauthenticated bulk length", MANY),
        ("unauthenticated multibulk length", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        lead(
            "credentials-refused",
            "the server wants credentials and got none; some libraries do not hand those of the seed on to other nodes",
        ),
        lead(
            "password-as-user",
            "the URL has the password without a colon before it, which most libraries take for a user",
        ),
    ],
    tls: false,
};

/// A word where a colon and a password should be.
pub(super) const LONE_WORD: Meaning = Meaning {
    phrases: &[("Password not provided in uri", &["jedis"])],
    says: Says::TheCause,
    leads: &[lead("password-as-user", "the URL has one word before the @, which most libraries take for a user")],
    tls: false,
};

/// Others are wanted.
pub(super) const WRONG_CREDENTIALS: Meaning = Meaning {
    phrases: &[
        ("WRONGPASS", MANY),
        ("invalid username-password pair", MANY),
        ("Password authentication failed", RUSTLS),
        ("RedisWrongPasswordException", &["redisson"]),
        ("invalid password", MANY),
        ("AUTH failed", MANY),
        // A user besides the password, at a server from before 6.0.
        ("wrong number of arguments for 'auth'", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        lead(
            "credentials-refused",
            "the server does not know this user with this password; ACLs are not replicated from node to node",
        ),
        lead(
            "password-as-user",
            "the URL has the password without a colon before it, which most libraries take for a user",
        ),
    ],
    tls: false,
};

/// None are wanted.
pub(super) const SUPERFLUOUS_CREDENTIALS: Meaning = Meaning {
    phrases: &[("Client sent AUTH, but no password is set", MANY), ("without any password configured", MANY)],
    says: Says::TheCause,
    leads: &[
        lead("credentials-superfluous", "the server has no password, and this library takes its word for a failure"),
        lead("credentials-refused", "nodes differ: requirepass is not replicated from node to node"),
    ],
    tls: false,
};

/// The ACL forbids the key, or the channel.
pub(super) const KEYS_NOT_PERMITTED: Meaning = Meaning {
    phrases: &[
        ("no permissions to access one of the keys", MANY),
        ("no permissions to access a key", MANY),
        ("no permissions to access one of the channels", MANY),
        ("no permissions to access a channel", MANY),
    ],
    says: Says::TheCause,
    leads: &[lead(
        "privileges-missing",
        "no pattern of the ACL user fits: ~PATTERN is for keys, &PATTERN for channels, and a user that was created without has none \
         (ACL GETUSER shows them). redis-doctor touches no keys, and does not see it",
    )],
    tls: false,
};

/// The ACL forbids it.
pub(super) const NOT_PERMITTED: Meaning = Meaning {
    phrases: &[
        ("NOPERM", MANY),
        ("no permissions to run", MANY),
        ("NoPermissionError", PYTHON),
        ("PermissionDenied", &["valkey-glide"]),
    ],
    says: Says::TheCause,
    leads: &[
        leads::ACL,
        lead("discovery-impossible", "the user may run none of the commands that tell where the nodes are"),
    ],
    tls: false,
};

/// A database that is not there.
pub(super) const DATABASE: Meaning = Meaning {
    phrases: &[
        ("SELECT is not allowed in cluster mode", MANY),
        ("DB index is out of range", MANY),
        ("refused to switch database", &["redis-rs"]),
        ("invalid DB index", MANY),
        ("invalid database index", MANY),
        ("Only 0th database is supported", MANY),
        ("option can only be 0 in cluster mode", PYTHON),
        ("Argument 'db' is not possible to use in cluster mode", PYTHON),
        ("Multiple databases are not supported on this server", &["stackexchange-redis"]),
    ],
    says: Says::TheCause,
    leads: &[
        lead("database-refused", "the client asks for a database that is not there: a cluster has database 0 alone"),
        lead("unexpected-kind", "a client that expects no cluster, at a cluster"),
    ],
    tls: false,
};
