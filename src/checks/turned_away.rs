//! The server turns every connection away before it listens: protected mode, or its connection limit.

use crate::diagnosis::{
    Affected, Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, turned_away,
};

pub(super) const CHECK: Check = Check {
    code: "turned-away",
    severity: Severity::Error,
    expects: "The server lets clients in.",
    explain: "In protected mode (a default user without a password; up to 6.2 also no explicit bind) a server writes `-DENIED` to every client that is not on its \
              own machine and closes. At its connection limit it writes `-ERR max number of clients reached`. Both lines come \
              unasked and in plaintext, so a TLS client that meets them reports `wrong version number` or nothing at all. \
              Sentinel has a protected mode of its own, set in sentinel.conf.",
    transient: false,
    explains: &["not-redis", "tls-not-spoken", "endpoint-unreachable", "node-unreachable", "credentials-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut note = |line: Option<String>, subject: Subject| match line {
        Some(line) => found.add(&line, subject),
        None => verdicts.pass(),
    };
    note(turned_away(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        let line = context.announced(attempts).and_then(turned_away);
        note(line, context.node(node));
    }
    for (line, subjects) in found {
        let protected = line.contains("DENIED");
        let (title, text, lines) = if protected {
            (
                "the server is in protected mode and turns away clients from other machines",
                "Give the default user a password, or turn it off and make users of your own, and let the server listen on the \
                 address that clients use and no other; protected mode stays on and steps aside then. (From 7.0 a bind alone \
                 does not lift it. Of a Sentinel, in sentinel.conf: redis.conf is not read there.)",
                vec![
                    "requirepass PASSWORD".to_owned(),
                    "bind 127.0.0.1 -::1 ADDRESS-FOR-CLIENTS".to_owned(),
                    "protected-mode yes".to_owned(),
                ],
            )
        } else {
            (
                "the server has reached its connection limit",
                "Find the client that opens connections without closing them (CLIENT LIST tells by address and age), let the server \
                 close idle ones, or raise maxclients (with the system's limit of open files) or the plan.",
                vec!["CLIENT LIST".to_owned(), "CONFIG GET maxclients".to_owned(), "CONFIG SET timeout 300".to_owned()],
            )
        };
        verdicts.fail(Problem {
            title: title.to_owned(),
            subjects,
            expected: "the server answers commands".to_owned(),
            presented: line,
            clients: affected(context),
            remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
        });
    }
}

/// What TLS clients say of a line of plaintext; others mostly print it.
fn affected(context: &Context<'_>) -> Vec<Affected> {
    let seed = &context.snapshot.seed;
    let garbled = turned_away(seed).is_some() && seed.opened().is_some_and(|c| c.tls.failure().is_some());
    if garbled { context.affected_at_the_endpoint() } else { Vec::new() }
}
