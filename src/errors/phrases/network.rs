//! What operating systems say, and what libraries make of it.

use super::{DOTNET, GO, JAVA, MANY, Meaning, NODE, PHP, PYTHON, RUSTLS, Says, lead, leads};

/// A name without an address.
pub(super) const NO_SUCH_NAME: Meaning = Meaning {
    phrases: &[
        ("ENOTFOUND", NODE),
        ("EAI_AGAIN", NODE),
        ("no such host", GO),
        ("Name or service not known", MANY),
        ("nodename nor servname provided", MANY),
        ("Temporary failure in name resolution", MANY),
        ("No address associated with hostname", MANY),
        ("getaddrinfo failed", PYTHON),
        ("UnknownHostException", JAVA),
        ("Failed to resolve", &["lettuce"]),
        ("failed to lookup address information", RUSTLS),
        ("php_network_getaddresses", PHP),
        ("getaddrinfo for … failed", PHP),
        ("No such host is known", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[
        lead("hostname-unresolvable", "a node announces a name that does not resolve where the application runs"),
        leads::SEED,
        lead("hostname-in-metadata", "a library that goes by names that nodes announce beside their addresses"),
    ],
    tls: false,
};

/// Nobody listens.
pub(super) const REFUSED: Meaning = Meaning {
    phrases: &[
        ("ECONNREFUSED", NODE),
        ("connection refused", MANY),
        ("ConnectionRefused", RUSTLS),
        ("os error 111", RUSTLS),
        ("Error 111 connecting", PYTHON),
        ("actively refused", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        leads::NODES,
        leads::FORWARD,
        leads::SEED,
        lead("localhost-ipv6", "localhost is ::1 to this library, and the server listens on 127.0.0.1 alone"),
        lead("dns-slow", "the resolver waits for a name server in vain, longer than the application does"),
        lead("dns-answer-dead", "one of the name's addresses leads to nobody"),
    ],
    tls: false,
};

/// No way there.
pub(super) const NO_ROUTE: Meaning = Meaning {
    phrases: &[
        ("ENETUNREACH", NODE),
        ("EHOSTUNREACH", NODE),
        ("network is unreachable", MANY),
        ("NetworkUnreachable", RUSTLS),
        ("os error 101", RUSTLS),
        ("os error 113", RUSTLS),
        ("no route to host", MANY),
        ("HostUnreachable", RUSTLS),
    ],
    says: Says::TheCause,
    leads: &[
        leads::NODES,
        lead("announced-private", "nodes announce addresses that mean nothing outside their own network"),
        leads::FORWARD,
        leads::BALANCER,
        leads::SEED,
        lead("address-family", "nodes announce IPv6 to clients that have IPv4 alone, or the other way round"),
    ],
    tls: false,
};

/// Silence: on the way, or of a server that waits for something else.
pub(super) const TIMED_OUT: Meaning = Meaning {
    phrases: &[
        ("ETIMEDOUT", NODE),
        ("Connection timeout", NODE),
        ("lastNodeError: timeout", &["ioredis"]),
        ("i/o timeout", GO),
        ("context deadline exceeded", GO),
        ("Timeout connecting to server", PYTHON),
        ("Timeout reading from", PYTHON),
        ("Read timed out", JAVA),
        ("SocketTimeoutException", JAVA),
        ("connection timed out", MANY),
        ("Command timed out", MANY),
        ("Handshake timed out", PHP),
        ("Request timed out", MANY),
        ("Timeout performing", DOTNET),
        ("Timeout awaiting response", DOTNET),
        ("still hasn't been written into connection", &["redisson"]),
        ("timed out", MANY),
        ("TimeoutException", MANY),
        ("TimeoutError", MANY),
        ("Resource temporarily unavailable", &["redis-rs", "redis-cli"]),
    ],
    says: Says::Nothing,
    leads: &[
        leads::NODES,
        leads::FORWARD,
        leads::PLAINTEXT,
        leads::SEED,
        leads::PORT,
        leads::BYPASS,
        leads::SLOTS,
        lead("dns-answer-dead", "one of the name's addresses leads to nobody"),
    ],
    tls: false,
};

/// The other side hung up.
pub(super) const CLOSED: Meaning = Meaning {
    phrases: &[
        ("ECONNRESET", NODE),
        ("EPIPE", NODE),
        ("socket hang up", NODE),
        ("Connection reset", MANY),
        ("ConnectionReset", RUSTLS),
        ("os error 104", RUSTLS),
        ("broken pipe", MANY),
        ("EOF occurred in violation of protocol", PYTHON),
        ("Connection closed by server", PYTHON),
        ("unexpected end of file", RUSTLS),
        ("UnexpectedEof", RUSTLS),
        ("unexpected eof", MANY),
        ("Unexpected end of stream", &["jedis"]),
        ("Multiplexed connection driver unexpectedly terminated", &["valkey-glide", "redis-rs"]),
        ("socket error on read socket", &["phpredis"]),
        ("Error while reading", &["predis"]),
        ("Error while writing", &["predis", "redis-py"]),
        ("Server closed the connection", &["redis-cli", "hiredis"]),
        ("SSL_ERROR_SYSCALL", MANY),
        ("EOF", MANY),
    ],
    says: Says::Nothing,
    leads: &[
        leads::TLS,
        lead(
            "client-certificate-required",
            "with TLS 1.3 a server that wants a client certificate is heard of only afterwards, as a reset",
        ),
        leads::AWAY,
        leads::SEED,
        leads::NODES,
        lead("credentials-refused", "some libraries end a connection whose credentials were refused like this"),
        leads::HANDSHAKE,
        leads::SPIPED,
        leads::OTHER,
        leads::IDLE,
    ],
    tls: false,
};

/// The other side hung up, mostly on a connection that had stood for a while.
pub(super) const CLOSED_IDLE: Meaning = Meaning {
    phrases: &[("Socket closed unexpectedly", &["node-redis"])],
    says: Says::Nothing,
    leads: &[
        leads::IDLE,
        leads::TLS,
        leads::OWN,
        leads::AWAY,
        leads::SEED,
        leads::NODES,
        leads::HANDSHAKE,
        leads::SPIPED,
        leads::OTHER,
    ],
    tls: false,
};
