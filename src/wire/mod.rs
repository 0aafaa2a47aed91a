//! Bytes to facts, without IO: RESP, cluster replies, INFO, certificates.

pub mod bundle;
pub mod certificate;
pub mod cluster;
pub mod comparison;
pub mod fingerprint;
pub mod hello;
pub mod info;
mod memory;
pub mod nodes_line;
pub mod replication;
pub mod resp;
pub mod sentinel;
pub mod server_hello;
pub mod sight;
pub mod tls_names;

use crate::facts::Limits;

/// Text from the wire: what is no UTF-8 replaced, and no longer than `limits.text` characters.
fn bounded_text(bytes: &[u8], limits: &Limits) -> String {
    // A character takes at most four bytes, so nothing beyond this can be kept.
    let most = bytes.len().min(limits.text.saturating_mul(4));
    String::from_utf8_lossy(&bytes[..most]).chars().take(limits.text).collect()
}
