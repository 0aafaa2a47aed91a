//! The server turns every connection away before it listens: protected mode, or its connection limit.

use crate::diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, turned_away};

pub(super) const CHECK: Check = Check {
    code: "turned-away",
    severity: Severity::Error,
    expects: "The server lets clients in.",
    explain: "In protected mode (no password, no explicit bind) a server writes `-DENIED` to every client that is not on its \
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
                "Give the server a password or an ACL, and bind it to the address clients use (for a Sentinel: in sentinel.conf).",
                vec!["bind ADDRESS -::1".to_owned(), "requirepass PASSWORD".to_owned()],
            )
        } else {
            (
                "the server has reached its connection limit",
                "Find the client that opens connections without closing them (CLIENT LIST), or raise maxclients or the plan.",
                Vec::new(),
            )
        };
        verdicts.fail(Problem {
            title: title.to_owned(),
            subjects,
            expected: "the server answers commands".to_owned(),
            presented: line,
            remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
            ..Problem::default()
        });
    }
}
