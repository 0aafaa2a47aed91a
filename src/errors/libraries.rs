//! Which library a text comes from.

use super::plain::Plain;

/// Names of classes, packages and modules that stand in traces and prefixes, the narrower before the wider.
const MARKS: &[(&str, &[&str])] = &[
    ("iovalkey", &["ioredis"]),
    ("ioredis", &["ioredis"]),
    ("ClusterAllFailedError", &["ioredis"]),
    ("@redis/client", &["node-redis"]),
    ("node_modules/redis", &["node-redis"]),
    ("RootNodesUnavailableError", &["node-redis"]),
    ("valkey.exceptions", &["valkey-py"]),
    ("site-packages/valkey", &["valkey-py"]),
    ("redis.exceptions", &["redis-py"]),
    ("site-packages/redis", &["redis-py"]),
    ("go-redis", &["go-redis"]),
    ("io.lettuce", &["lettuce"]),
    ("redis.clients.jedis", &["jedis"]),
    ("JedisConnectionException", &["jedis"]),
    ("org.redisson", &["redisson"]),
    ("StackExchange.Redis", &["stackexchange-redis"]),
    ("RedisConnectionException … UnableToConnect", &["stackexchange-redis"]),
    ("RedisClient::", &["redis-cluster-client"]),
    ("Predis", &["predis"]),
    ("RedisClusterException … keyspace", &["phpredis"]),
    ("glide", &["valkey-glide"]),
    ("redis-cli", &["redis-cli"]),
];

/// By what stands beside the phrase, else by who says the phrase; nobody where too many do.
pub(super) fn of(plain: &Plain, said_by: impl Iterator<Item = &'static [&'static str]>) -> Vec<&'static str> {
    if let Some((_, clients)) = MARKS.iter().find(|(mark, _)| plain.says(mark)) {
        return clients.to_vec();
    }
    let fewest = said_by.filter(|clients| !clients.is_empty()).min_by_key(|clients| clients.len());
    fewest.map(<[&str]>::to_vec).unwrap_or_default()
}
