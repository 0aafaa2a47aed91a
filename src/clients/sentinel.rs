//! What each client library asks of a Sentinel, as far as it is known.

/// The commands that a library sends to Sentinels to find the servers of a group, from its source (the versions of its card);
/// none where that was not established.
pub fn asked_of_a_sentinel(id: &str) -> &'static [&'static str] {
    match id {
        // sentinel/index.ts
        "node-redis" => &["SENTINEL SENTINELS", "SENTINEL MASTER", "SENTINEL REPLICAS"],
        // lib/connectors/SentinelConnector/index.ts; SLAVES for `role: "slave"`
        "ioredis" => &["SENTINEL GET-MASTER-ADDR-BY-NAME", "SENTINEL SENTINELS", "SENTINEL SLAVES"],
        // redis/sentinel.py of redis-py: SLAVES for `slave_for`
        "redis-py" | "valkey-py" | "redis-rs" => &["SENTINEL MASTERS", "SENTINEL SLAVES"],
        "redisson" => &["SENTINEL GET-MASTER-ADDR-BY-NAME", "SENTINEL SLAVES", "SENTINEL SENTINELS"],
        // src/router/sentinel.rs
        "fred" => &["SENTINEL SENTINELS", "SENTINEL GET-MASTER-ADDR-BY-NAME"],
        _ => &[],
    }
}
