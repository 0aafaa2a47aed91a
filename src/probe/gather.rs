//! The whole look: the seed, then every node at once, until all answered or the deadline passed.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{shared::Shared, steps::Steps};
use crate::facts::{Limits, Snapshot, Target};

/// What the probe tells while it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The endpoint answered; so many nodes are to be looked at.
    Nodes(usize),
    /// One more node is done.
    Done,
}

/// A look that is ready to begin.
pub struct Probe {
    shared: Shared,
}

impl Probe {
    /// Prepares a look. The only error is a client key that cannot be used, in a sentence.
    pub fn new(target: Target, mut limits: Limits) -> Result<Self, String> {
        limits.timeout = limits.timeout.min(limits.deadline);
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Ok(Probe { shared: Shared::new(target, limits, now)? })
    }

    /// Looks. Whatever happens is in the snapshot: a dead endpoint is a snapshot with bad news.
    pub async fn gather(self, tell: impl Fn(Event)) -> Snapshot {
        let (steps, first) = Steps::begin(self.shared).await;
        let left_alone = steps.leave_alone();
        let mut found = steps.look_at_all(first, &tell).await;
        steps.follow_replicas(&mut found, &tell).await;
        steps.ask_for_names(&mut found).await;
        steps.look_elsewhere(&mut found).await;
        found.tell_apart();
        steps.look_at_buses(&mut found).await;
        steps.ask_by_name(&mut found).await;
        steps.look_further(&mut found).await;
        if let Some(connection) = left_alone {
            found.idle = connection.await.ok().flatten();
        }
        steps.record(found)
    }
}
