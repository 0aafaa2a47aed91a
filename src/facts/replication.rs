//! What a server says of the replication that it takes part in, and of what may keep it from taking writes.

use serde::{Deserialize, Serialize};

/// What a server says of the replication that it takes part in (INFO replication), and of what may keep it from taking
/// writes (INFO persistence, CONFIG GET). Empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    /// Of a primary: which of the replicas that it lists have not finished copying (`state` other than `online`), or have
    /// not been heard of for 20 s (`lag`), as indices into `Server::replicas`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<usize>,
    /// On a replica: it copies the whole data set of its primary just now (`master_sync_in_progress`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub syncing: bool,
    /// On a replica: seconds since the link to its primary is down (`master_link_down_since_seconds`); `None` while it
    /// is up, and where there never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_for: Option<u64>,
    /// The offset from which on it goes its own way, after that of another replication (`second_repl_offset`, 4.0+): it was
    /// promoted; on a replica, its primary was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoted_at: Option<u64>,
    /// On a replica: it refuses writes (`slave_read_only`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// On a primary with `min-replicas-to-write`: how many replicas lag little enough (`min_slaves_good_slaves`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_replicas: Option<u32>,
    /// What `min-replicas-to-write` is; asked only where it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_replicas: Option<u32>,
    /// The last snapshot, or the last write to the append-only file, failed (`rdb_last_bgsave_status`,
    /// `aof_last_write_status`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub save_failed: bool,
    /// What `tls-replication` is; asked only of a replica whose link is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_tls: Option<bool>,
}

impl Replication {
    /// True where nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Replication::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
