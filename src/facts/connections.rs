//! What a server says of its connections: how many there are, how many there may be, when it closes idle ones.

use serde::{Deserialize, Serialize};

/// INFO clients, and CONFIG GET where that is allowed. What is not told stays open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// `connected_clients`: of clients, this program's own among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// `cluster_connections` (6.2+): of the cluster bus, which count towards the limit, too (`acceptCommonHandler`,
    /// networking.c).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bus: Option<u64>,
    /// `maxclients` (INFO since 6.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `timeout`: seconds after which an idle client is disconnected; 0 never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<u64>,
    /// `tcp-keepalive`: seconds between the kernel's probes of an idle connection; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<u64>,
}

/// What became of a connection on which nothing was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idle {
    /// How long it was held, in milliseconds.
    pub held_ms: u64,
    /// How it ended.
    pub end: IdleEnd,
}

/// How an idle connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleEnd {
    /// It was still good when the time was over: a PING was answered.
    Open,
    /// The peer, or something before it, closed it.
    Closed,
    /// Nobody closed it, and a PING is not answered any more: something on the way has forgotten it.
    Forgotten,
}

impl Connections {
    /// True where nothing was told.
    pub fn is_untold(&self) -> bool {
        *self == Connections::default()
    }

    /// What this one leaves open, the other may say.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Connections {
            clients: self.clients.or(other.clients),
            bus: self.bus.or(other.bus),
            limit: self.limit.or(other.limit),
            idle_timeout: self.idle_timeout.or(other.idle_timeout),
            keepalive: self.keepalive.or(other.keepalive),
        }
    }
}
