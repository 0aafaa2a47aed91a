//! A map that somebody wrote.

use redis_doctor::address_map::written::{Entry, MOST, parse};

/// One input.
pub fn run(bytes: &[u8]) {
    match parse(bytes) {
        Ok(written) => {
            assert!((1..=MOST).contains(&written.entries.len()));
            let detours = written.detours("map");
            assert!(written.entries.iter().flat_map(Entry::keys).all(|key| detours.at(key).is_some()));
            // Read again from the plainest form, it is the same map.
            let lines: Vec<String> = written.entries.iter().map(|e| format!("{}={}", e.key, e.target)).collect();
            let again = parse(lines.join("\n").as_bytes()).unwrap();
            assert!(
                written.entries.iter().zip(&again.entries).all(|(a, b)| (&a.key, &a.target) == (&b.key, &b.target))
            );
        }
        Err(malformed) => assert!(malformed.to_string().chars().count() < 600),
    }
}
