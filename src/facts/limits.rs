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
    /// Groups of a Sentinel that are asked about; the rest are named.
    pub groups: usize,
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
    /// Nodes of each kind (silent, failed, lost, being introduced) and open slots that are kept of what one node complains of.
    pub sights: usize,
    /// Views of the cluster that are told apart; nodes with yet another one are put together.
    pub views: usize,
    /// Nodes that are asked where they send clients (CLUSTER SLOTS); of more nodes, so many evenly spread. The preferred
    /// endpoint type is the answering node's own, so it may differ; and 1,000 such answers are 130 MB.
    pub routes: usize,
    /// Characters kept of a text from the wire.
    pub text: usize,
    /// Bytes that all conversations together hold in buffers, beyond a small share for each.
    pub buffers: usize,
    /// Bytes of all distinct certificate chains that are kept.
    pub certificates: usize,
    /// Nodes at which further handshakes are made ([`super::TlsLooks`]); of more nodes, so many evenly spread.
    pub tls_looks: usize,
    /// How long one more connection to the endpoint is left alone, to see who closes it (`--idle`); the deadline still holds.
    pub idle: Option<Duration>,
}

impl Limits {
    /// For the servers that the endpoint announces: there may be thousands of them, so less is kept of what each says.
    #[must_use]
    pub fn for_nodes(&self) -> Self {
        Limits { text: self.text.min(128), nodes: self.nodes.min(16), ..self.clone() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
            concurrency: 256,
            nodes: 2_000,
            groups: 64,
            // SLOTS of 16,384 ranges of one slot with two replicas each is 7 MiB; nothing honest is longer.
            reply: 16 << 20,
            element: 1 << 20,
            depth: 8,
            chain: 10,
            sans: 256,
            differences: 32,
            sights: 128,
            views: 64,
            routes: 128,
            text: 512,
            buffers: 16 << 20,
            certificates: 24 << 20,
            // Only `tls-check` asks for them: each costs a node up to four connections.
            tls_looks: 0,
            idle: None,
        }
    }
}
