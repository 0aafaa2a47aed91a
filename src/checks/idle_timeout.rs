//! Connections that are idle for a while are closed.

use crate::diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "idle-timeout",
    severity: Severity::Info,
    expects: "Idle connections stay open.",
    explain: "With `timeout N` a server closes connections on which nothing was said for N seconds; hosted services (10 minutes \
              as a rule) and balancers (2 to 6 minutes) do so, too, whatever the server is told. Applications then see \
              `Socket closed unexpectedly` or `ECONNRESET` every few minutes, or with the first command after a pause: nothing \
              is broken, and a client that keeps the connection busy, or takes the close as it comes, never notices. \
              `--idle 10m` holds one more connection idle and measures when it is closed.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(connection) = context.snapshot.seed.opened() else { return };
    let told = connection.server.seen().map(|server| server.connections).unwrap_or_default();
    match told.idle_timeout {
        Some(0) => verdicts.pass(),
        Some(seconds) => verdicts.fail(problem(context, seconds)),
        None => {}
    }
}

fn problem(context: &Context<'_>, seconds: u64) -> Problem {
    Problem {
        title: format!("the server closes connections that were idle for {}", in_words(seconds)),
        subjects: vec![context.endpoint()],
        expected: "timeout 0, or clients that are never idle for so long".to_owned(),
        presented: format!("timeout {seconds}"),
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: format!(
                    "Have the client say something more often than that (node-redis: pingInterval: {}; go-redis: \
                     ConnMaxIdleTime below it; Jedis, Lettuce, redis-py: validate or check health on borrow), or handle the \
                     close as an event and reconnect.",
                    seconds.saturating_mul(500).min(60_000)
                ),
                lines: Vec::new(),
                proof: None,
            },
            Remedy {
                audience: Audience::Server,
                text: "Or let idle connections stay, on every node; tcp-keepalive still finds dead peers.".to_owned(),
                lines: vec!["CONFIG SET timeout 0".to_owned()],
                proof: None,
            },
        ],
        ..Problem::default()
    }
}

/// `5 seconds`, `10 minutes`.
fn in_words(seconds: u64) -> String {
    let (number, unit) =
        if seconds >= 120 && seconds.is_multiple_of(60) { (seconds / 60, "minute") } else { (seconds, "second") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}
