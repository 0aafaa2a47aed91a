//! Amazon ElastiCache, of nodes and serverless.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, NAMES, Ports, Provider, SILENT},
};

/// What both of AWS' services are behind.
pub(super) const SECURITY_GROUP: Advice = Advice::new(
    SILENT,
    Hand::Network,
    "Let the security group of the cache take the client's in at the cache's port (6379 unless chosen \
     otherwise), for every node and not for the first alone.",
);

/// Where the client is not in the VPC.
pub(super) const OUTSIDE: Advice = Advice::new(
    SILENT,
    Hand::Network,
    "The names resolve to addresses of the VPC: from outside it, run the client inside, or come in by VPN, \
     peering or Transit Gateway, or write a tunnel for every node.",
);

/// Where users are of type IAM.
pub(super) const TOKENS: Advice = Advice::new(
    &["credentials-refused"],
    Hand::Client,
    "Of a user of type IAM the password is a token, made for this very user and for the cluster's name in lower case, and good \
     for 15 minutes: make one for each connection, by a role that may elasticache:Connect (memorydb:Connect) to both.",
);

pub(super) const SERVERLESS: Provider = Provider {
    id: "elasticache-serverless",
    name: "Amazon ElastiCache Serverless",
    source: "phpredis/phpredis#2724; cloudposse/terraform-aws-elasticache-redis#250; \
             docs.aws.amazon.com/AmazonElastiCache",
    signs: &[
        Sign::strong(Mark::Name("*.serverless.*.cache.amazonaws.com")),
        Sign::strong(Mark::Name("*.serverless.*.cache.amazonaws.com.cn")),
    ],
    ports: &[Ports::one(6379, "reads and writes"), Ports::one(6380, "reads")],
    refuses: &["BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "SAVE", "SLAVEOF", "SHUTDOWN", "SYNC"],
    fixed_ports: true,
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "Let the cache's security group take the client's in at 6379 and at 6380: reads go to the second.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "The name resolves to addresses of the VPC: run the client inside it, or come in by VPN, peering or \
             Transit Gateway.",
        ),
        Advice::new(&["tls-required"], Hand::Client, "TLS is always on: use rediss://."),
        TOKENS,
    ],
    ..Provider::CLOSED
};

pub(super) const NODES: Provider = Provider {
    id: "elasticache",
    name: "Amazon ElastiCache",
    source: "docs.aws.amazon.com/AmazonElastiCache: Endpoints, network-type, ClientConfig.RestrictedCommands, \
             in-transit encryption",
    signs: &[
        Sign::strong(Mark::Name("**.cache.amazonaws.com")),
        Sign::strong(Mark::Name("**.cache.amazonaws.com.cn")),
        Sign::strong(Mark::Os("Amazon ElastiCache")),
        Sign::weak(Mark::NoCompiler),
    ],
    ports: &[Ports::one(6379, "all nodes, unless another port was chosen")],
    refuses: &["BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "SAVE", "SLAVEOF", "SHUTDOWN", "SYNC"],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Client,
            "With TLS, nodes announce names that their certificates hold: connect by the endpoint's own name, not by \
             an alias or an address, and keep the client from resolving it first (ioredis: dnsLookup: (address, \
             callback) => callback(null, address)).",
        ),
        SECURITY_GROUP,
        OUTSIDE,
        TOKENS,
        Advice::new(
            &["tls-not-spoken"],
            Hand::Service,
            "Encryption in transit is off: turn it on (transit encryption mode preferred, then required; the endpoints \
             get other names), or connect with redis://.",
        ),
        Advice::new(
            &["discovery-refused", "discovery-impossible", "credentials-refused"],
            Hand::Service,
            "Users and what they may do are set in the service: change the user's access string (modify-user), not by \
             ACL SETUSER.",
        ),
    ],
    ..Provider::CLOSED
};
