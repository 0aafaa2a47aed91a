//! Connections that are idle for a while are closed.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Idle, IdleEnd},
};

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
    let told = connection.server.seen().and_then(|server| server.connections.idle_timeout);
    let measured = context.snapshot.idle.filter(|idle| idle.end != IdleEnd::Open);
    match (told, measured) {
        (Some(seconds @ 1..), _) => verdicts.fail(of_the_server(context, seconds)),
        (_, Some(idle)) => verdicts.fail(of_somebody(context, idle)),
        (None, None) if context.snapshot.idle.is_none() => {}
        _ => verdicts.pass(),
    }
}

/// `timeout` is set.
fn of_the_server(context: &Context<'_>, seconds: u64) -> Problem {
    let measured = context.snapshot.idle.map(|idle| format!("; {}", measured(idle))).unwrap_or_default();
    let server = Remedy {
        audience: Audience::Server,
        text: "Or let idle connections stay, on every node; tcp-keepalive still finds dead peers.".to_owned(),
        lines: vec!["CONFIG SET timeout 0".to_owned()],
        proof: None,
    };
    Problem {
        title: format!("the server closes connections that were idle for {}", in_words(seconds)),
        subjects: vec![context.endpoint()],
        expected: "timeout 0, or clients that are never idle for so long".to_owned(),
        presented: format!("timeout {seconds}{measured}"),
        remedies: vec![keep_busy(seconds), server],
        ..Problem::default()
    }
}

/// The server says nothing of it, or that it does not: a balancer or proxy, a NAT, or the service around it.
fn of_somebody(context: &Context<'_>, idle: Idle) -> Problem {
    let seconds = idle.held_ms.div_ceil(1000);
    let told = context.snapshot.seed.opened().and_then(|c| c.server.seen()).and_then(|s| s.connections.idle_timeout);
    let who =
        if told == Some(0) { "something between here and the server" } else { "the server, or something before it," };
    let verb = if idle.end == IdleEnd::Forgotten { "forgets" } else { "closes" };
    let network = Remedy {
        audience: Audience::Network,
        text: "Or raise the idle timeout of the balancer, proxy or NAT on the way, or set the client's TCP keep-alive below it \
               (60 s is below nearly all)."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    };
    Problem {
        title: format!("{who} {verb} connections that were idle for {}", in_words(seconds)),
        subjects: vec![context.endpoint()],
        expected: "a connection that stays open".to_owned(),
        presented: format!("{}, seen from {}", measured(idle), context.vantage()),
        remedies: vec![keep_busy(seconds), network],
        ..Problem::default()
    }
}

fn measured(idle: Idle) -> String {
    let after = format!("{}.{} s", idle.held_ms / 1000, idle.held_ms % 1000 / 100);
    match idle.end {
        IdleEnd::Open => format!("a connection that was left alone (not logged in) was still open after {after}"),
        IdleEnd::Closed => format!("a connection that was left alone (not logged in) was closed after {after}"),
        IdleEnd::Forgotten => format!("on a connection that was left alone for {after} nothing was answered any more"),
    }
}

fn keep_busy(seconds: u64) -> Remedy {
    let interval = seconds.saturating_mul(500).clamp(1_000, 60_000);
    let text = format!(
        "Have the client say something more often than that (node-redis: pingInterval: {interval}; go-redis: \
         ConnMaxIdleTime below it; Jedis, Lettuce, redis-py: check connections before use), or take the close as it comes: \
         with an error handler, and a new connection."
    );
    Remedy { audience: Audience::Client, text, lines: Vec::new(), proof: None }
}

/// `5 seconds`, `10 minutes`.
fn in_words(seconds: u64) -> String {
    let (number, unit) =
        if seconds >= 120 && seconds.is_multiple_of(60) { (seconds / 60, "minute") } else { (seconds, "second") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}
