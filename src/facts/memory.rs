//! What a server says of the memory for its data.

use serde::{Deserialize, Serialize};

/// INFO memory, of a server with `maxmemory`. What is not told stays open; without that limit nothing is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// `maxmemory` in bytes; 0 is none.
    pub limit: u64,
    /// `used_memory` in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// `mem_not_counted_for_evict` (4.0+): bytes of it that the limit leaves out, buffers for replicas and the append-only file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<u64>,
    /// `maxmemory_policy`, untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Keys with a time to live in all databases (`expires=` of INFO keyspace): what `volatile-*` may evict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiring: Option<u64>,
    /// How many commands were answered `OOM` (`errorstat_OOM`, 6.2+), since it started or CONFIG RESETSTAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
}

impl Memory {
    /// True where there is no limit, or none was told.
    pub fn is_unlimited(&self) -> bool {
        self.limit == 0
    }

    /// Bytes that count towards the limit (`getMaxmemoryState`, evict.c of Redis 4.0 to 8).
    pub fn counted(&self) -> Option<u64> {
        self.used.map(|used| used.saturating_sub(self.uncounted.unwrap_or(0)))
    }

    /// True where nothing may be evicted to make room: by the policy, or since no key has a time to live.
    pub fn keeps_everything(&self) -> bool {
        match self.policy.as_deref() {
            Some("noeviction") => true,
            Some(policy) if policy.starts_with("volatile-") => self.expiring.unwrap_or(0) == 0,
            _ => false,
        }
    }
}
