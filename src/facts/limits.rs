//! Every bound in one place.

use std::time::Duration;

/// How long, how many and how much. Nothing from outside is waited for or kept beyond these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One attempt: connect, handshake and exchange together.
    pub timeout: Duration,
    /// The whole run.
    pub deadline: Duration,
    /// Attempts in flight.
    pub concurrency: usize,
    /// Nodes looked at; the rest are counted.
    pub nodes: usize,
    /// Bytes of one reply.
    pub reply: usize,
    /// Bytes of one element of a streamed reply (a shard, a slot range, a CLUSTER NODES line).
    pub element: usize,
    /// Nesting of a reply.
    pub depth: usize,
    /// Certificates of a chain that are kept.
    pub chain: usize,
    /// Subject alternative names of a certificate that are kept.
    pub sans: usize,
    /// Differences kept for each view.
    pub differences: usize,
    /// Characters kept of a text from the wire.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
            concurrency: 256,
            nodes: 2_000,
            reply: 64 << 20,
            element: 1 << 20,
            depth: 8,
            chain: 10,
            sans: 256,
            differences: 32,
            text: 512,
        }
    }
}
