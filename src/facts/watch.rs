//! What one Sentinel says of the groups that it watches, kept apart for each Sentinel that was asked.

use serde::{Deserialize, Serialize};

use super::Node;

/// What one Sentinel says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Its groups, by name: those that were asked about, of which it may know none.
    pub groups: Vec<Watched>,
    /// It is in tilt mode (`sentinel_tilt` of INFO): its clock jumped, and it acts on nothing for 30 s.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tilt: bool,
    /// How it treats host names (SENTINEL CONFIG GET, 6.2+); `None` where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Hostnames>,
}

/// A Sentinel's options for host names; both are `no` by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hostnames {
    /// `resolve-hostnames`: it takes names in the place of IPs.
    pub resolve: bool,
    /// `announce-hostnames`: it hands out the names that it was given.
    pub announce: bool,
}

/// One group, as one Sentinel sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The name that clients ask for. Untrusted text.
    pub name: String,
    /// The primary.
    pub primary: Option<Node>,
    /// How many Sentinels have to agree that it is down.
    pub quorum: Option<u32>,
    /// The epoch of its configuration: the higher one is the newer one.
    pub epoch: Option<u64>,
    /// It is failing the primary over (`failover_in_progress`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failing_over: bool,
    /// After how long without an answer it calls the primary down (`down-after-milliseconds`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_after_ms: Option<u64>,
    /// The replicas, by address.
    pub replicas: Vec<Node>,
    /// How many of them it never promotes: their `replica-priority` is 0.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub never_promoted: usize,
    /// The other Sentinels, by address.
    pub peers: Vec<Node>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none_of_them(count: &usize) -> bool {
    *count == 0
}

impl Watched {
    /// True where there are replicas, and it may promote none of them.
    pub fn promotes_nobody(&self) -> bool {
        !self.replicas.is_empty() && self.never_promoted >= self.replicas.len()
    }

    /// Every node that it names.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.primary.iter().chain(&self.replicas).chain(&self.peers)
    }
}
