//! The lines of INFO about memory and its limit.

use super::bounded_text;
use crate::facts::{Limits, Memory};

/// Takes a line where it is one of these; false for any other. The first line of a key wins.
pub(super) fn told(memory: &mut Memory, key: &[u8], value: &[u8], limits: &Limits) -> bool {
    let text = || std::str::from_utf8(value).ok();
    let number = || text()?.parse::<u64>().ok();
    match key {
        b"maxmemory" if memory.limit == 0 => memory.limit = number().unwrap_or(0),
        b"used_memory" => memory.used = memory.used.or_else(number),
        b"mem_not_counted_for_evict" => memory.uncounted = memory.uncounted.or_else(number),
        b"maxmemory_policy" => _ = memory.policy.get_or_insert_with(|| bounded_text(value, limits)),
        b"errorstat_OOM" => {
            let count = || text()?.strip_prefix("count=")?.parse().ok();
            memory.refused = memory.refused.or_else(count);
        }
        _ if is_database(key) => {
            let expires = || text()?.split(',').find_map(|part| part.strip_prefix("expires="))?.parse::<u64>().ok();
            memory.expiring = Some(memory.expiring.unwrap_or(0).saturating_add(expires().unwrap_or(0)));
        }
        _ => return false,
    }
    true
}

/// `db0`, `db1`, and so on.
fn is_database(key: &[u8]) -> bool {
    key.strip_prefix(b"db").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Memory {
        let mut memory = Memory::default();
        for line in lines.lines() {
            let (key, value) = line.split_once(':').unwrap();
            told(&mut memory, key.as_bytes(), value.as_bytes(), &Limits::default());
        }
        memory
    }

    #[test]
    fn a_limit_and_what_counts_towards_it() {
        let memory = read(
            "used_memory:2100\nmaxmemory:2000\nmaxmemory_policy:volatile-lru\nmem_not_counted_for_evict:50\n\
             errorstat_OOM:count=7\ndb0:keys=5,expires=0,avg_ttl=0\ndb15:keys=2,expires=1,avg_ttl=9\n",
        );
        assert_eq!((memory.counted(), memory.limit, memory.refused), (Some(2050), 2000, Some(7)));
        assert_eq!((memory.expiring, memory.keeps_everything()), (Some(1), false));
        assert!(read("maxmemory:1\nmaxmemory_policy:volatile-ttl\ndb0:keys=5,expires=0\n").keeps_everything());
        assert!(read("maxmemory:1\nmaxmemory_policy:noeviction\n").keeps_everything());
        assert!(!read("maxmemory:1\nmaxmemory_policy:allkeys-lru\n").keeps_everything());
        assert!(read("used_memory:5\n").is_unlimited());
    }
}
