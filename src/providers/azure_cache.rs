//! Azure Cache for Redis, Basic, Standard and Premium.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, NAMES, Ports, Provider, SILENT},
};

/// Keys, and what is in their place with Microsoft Entra ID.
pub(super) const IDENTITY: Advice = Advice::new(
    &["credentials-refused"],
    Hand::Client,
    "With an access key the password is the key, and no user is named; keys may have been made anew, or turned off. With \
     Microsoft Entra ID the user is the object id of the identity, which has to be among the cache's users, and the password a \
     token that lasts about an hour: have the client renew it.",
);

pub(super) const CACHE: Provider = Provider {
    id: "azure-cache",
    name: "Azure Cache for Redis (Basic, Standard, Premium)",
    source: "MicrosoftDocs/azure-docs: cache-configure.md, cache-how-to-premium-clustering.md, \
             cache-tls-configuration.md",
    signs: &[
        Sign::strong(Mark::Name("**.redis.cache.windows.net")),
        Sign::strong(Mark::Name("**.redis.cache.chinacloudapi.cn")),
        Sign::strong(Mark::Name("**.redis.cache.usgovcloudapi.net")),
    ],
    ports: &[
        Ports::one(6380, "the entry, TLS"),
        Ports::one(6379, "the entry, plaintext; off unless it was turned on"),
        Ports::range(15000, 15999, "the shards, TLS"),
        Ports::range(13000, 13999, "the shards, plaintext"),
    ],
    refuses: &["BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "SAVE", "SHUTDOWN", "SLAVEOF"],
    fixed_ports: true,
    advice: &[
        IDENTITY,
        Advice::new(
            NAMES,
            Hand::Client,
            "All nodes stand at the address of the cache's name, at ports of their own: have the client take the \
             cache's name for every announced IP and keep the port. For a cache with clustering only; a client of a \
             cache without it needs no map.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "Allow 6380 and, in a clustered cache, 15000-15999 (TLS; 13000-13999 plaintext) from the client to the \
             cache in every network security group and firewall: the shards listen there.",
        ),
        Advice::new(
            &["tls-required", "endpoint-unreachable"],
            Hand::Client,
            "TLS is at 6380. 6379 is plaintext and off unless it was turned on.",
        ),
        Advice::new(
            CHAIN,
            Hand::Client,
            "The certificate is issued by public CAs: use the system's trust store, and bring it up to date. Keep all \
             announced roots in it and pin none: the service changes them.",
        ),
    ],
    ..Provider::CLOSED
};
