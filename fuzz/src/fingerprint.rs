//! The beginning of what a port says: recognised or not, it is told in print and in few characters.

use redis_doctor::{facts::Transport, wire::fingerprint};

/// One input.
pub fn run(bytes: &[u8]) {
    if let Some(stranger) = fingerprint::stranger(bytes, Transport::Plaintext) {
        assert_eq!(fingerprint::service(bytes), Some(stranger.service));
        assert!(stranger.says.len() < 1024 && stranger.says.bytes().all(|b| (32..127).contains(&b)));
    }
}
