//! Azure Managed Redis: Redis Enterprise with a name of its own.

use super::{
    Mark, Sign, azure_cache,
    provider::{Advice, CHAIN, Hand, NAMES, Ports, Provider, SILENT},
};

pub(super) const MANAGED: Provider = Provider {
    id: "azure-managed-redis",
    name: "Azure Managed Redis",
    source: "learn.microsoft.com/azure/redis/architecture; redis/node-redis#2903; StackExchange.Redis, \
             AzureManagedRedisOptionsProvider",
    signs: &[
        Sign::strong(Mark::Name("**.redis.azure.net")),
        Sign::strong(Mark::Name("**.redis.chinacloudapi.cn")),
        Sign::strong(Mark::Name("**.redis.usgovcloudapi.net")),
    ],
    ports: &[Ports::one(10000, "the entry"), Ports::range(8500, 8599, "the shards")],
    fixed_ports: true,
    advice: &[
        azure_cache::IDENTITY,
        Advice::new(
            NAMES,
            Hand::Client,
            "The ports of the shards move (85xx), and a list of them grows old: where the client takes a function as \
             its map, let it answer every announced IP with the name you connect to, and the same port.",
        ),
        Advice::new(
            NAMES,
            Hand::Service,
            "Let the service hide the nodes: make the cache with the Enterprise clustering policy (one endpoint, for \
             clients that know nothing of clusters), or the non-clustered one.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "Allow 10000 and all of 8500-8599 (TCP) from the client to the cache in every network security group, \
             firewall and proxy on the way: the shards listen there, at ports that change.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "With a private endpoint, the name has to resolve to its address where the client runs: link the private \
             DNS zone of this very service to the client's network; the zone of another Azure cache does not count.",
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

pub(super) const ENTERPRISE: Provider = Provider {
    id: "azure-redis-enterprise",
    name: "Azure Cache for Redis Enterprise",
    source: "MicrosoftDocs/azure-docs: cache-best-practices-enterprise-tiers.md, pull 126707; redis/node-redis#2903",
    signs: &[Sign::strong(Mark::Name("**.redisenterprise.cache.azure.net"))],
    ports: MANAGED.ports,
    fixed_ports: true,
    advice: MANAGED.advice,
    ..Provider::CLOSED
};
