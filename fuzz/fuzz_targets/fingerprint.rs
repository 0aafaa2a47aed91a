//! The beginning of what a port says: recognised or not, it is told in print and in few characters.

#![no_main]

use libfuzzer_sys::fuzz_target;
use redis_doctor::{facts::Transport, wire::fingerprint};

fuzz_target!(|bytes: &[u8]| {
    if let Some(stranger) = fingerprint::stranger(bytes, Transport::Plaintext) {
        assert_eq!(fingerprint::service(bytes), Some(stranger.service));
        assert!(stranger.says.len() < 1024 && stranger.says.bytes().all(|b| (32..127).contains(&b)));
    }
});
