//! The answer by which clients learn the topology takes long.

use crate::{
    clients::{self, Client},
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
};

pub(super) const CHECK: Check = Check {
    code: "discovery-slow",
    severity: Severity::Info,
    expects: "CLUSTER SLOTS is answered within a second.",
    explain: "ioredis gives up on CLUSTER SLOTS after 1 s (slotsRefreshTimeout), connecting included, and says \"Failed to refresh \
              slots cache.\" whatever the reason was. A server answers one command at a time: a long script, KEYS, a large \
              DEL or a fork on a busy machine make the next answer wait; so does a long way. It was measured from where \
              redis-doctor runs.",
    transient: true,
    explains: &[],
    examine,
};

/// ioredis' `slotsRefreshTimeout`, in milliseconds.
const PATIENCE: u64 = 1000;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(took) = context.snapshot.seed.opened().filter(|_| context.is_cluster()).and_then(|c| c.slots_ms) else {
        return;
    };
    if took < PATIENCE {
        return verdicts.pass();
    }
    let seconds = took.div_ceil(100);
    let gives_up = |client: &Client| Affected {
        id: client.id,
        versions: client.versions,
        outcome: "fails",
        text: "Failed to refresh slots cache.".to_owned(),
    };
    verdicts.fail(Problem {
        title: format!("CLUSTER SLOTS took {}.{} s: ioredis gives up after 1 s", seconds / 10, seconds % 10),
        subjects: vec![context.endpoint()],
        expected: format!("an answer within {PATIENCE} ms"),
        presented: format!("{took} ms, seen from {}", context.vantage()),
        clients: clients::by_id("ioredis").map(gives_up).collect(),
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: "Give ioredis more time.".to_owned(),
                lines: vec![format!(
                    "slotsRefreshTimeout: {}",
                    took.saturating_mul(3).div_ceil(1000).saturating_mul(1000)
                )],
                proof: None,
            },
            Remedy {
                audience: Audience::Server,
                text: "And look what keeps the server busy.".to_owned(),
                lines: vec!["SLOWLOG GET 10".to_owned(), "LATENCY DOCTOR".to_owned()],
                proof: None,
            },
        ],
    });
}
