//! Credentials were given and not sent, because the connection was not safe.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, Observed, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "credentials-withheld",
    severity: Severity::Error,
    expects: "Every connection is safe to send the credentials over.",
    explain: "redis-doctor looks at servers whose certificates are bad, so it completes such handshakes; but it sends a password \
              only where the chain is trusted and the certificate speaks for what was dialled, for the endpoint, or for the \
              name given by --server-name, and in plaintext only where the endpoint was given as plaintext. What could not be \
              asked for want of a password is listed as skipped.",
    transient: false,
    explains: &["discovery-impossible", "discovery-refused"],
    examine,
};

/// In the reason for nodes that get no password because the endpoint, which named them, got none.
const BY_THE_ENDPOINT: &str = "the endpoint that named this node";

/// In the reason for servers that speak plaintext where the endpoint speaks TLS.
const BESIDE_TLS: &str = "plaintext and the endpoint speaks TLS";

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut note = |attempt: &Attempt, subject: Subject| {
        let Some(Observed::NotTried(why)) = attempt.opened().map(|c| &c.auth) else { return verdicts.pass() };
        if !why.starts_with("credentials withheld") {
            return;
        }
        if why.contains(BY_THE_ENDPOINT) {
            return verdicts.skip(subject, why.clone());
        }
        found.add(why, subject);
    };
    note(&context.snapshot.seed, context.endpoint());
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node));
        }
    }
    for (why, subjects) in found {
        verdicts.fail(problem(context, why, subjects));
    }
}

fn problem(context: &Context<'_>, why: String, subjects: Vec<Subject>) -> Problem {
    let plaintext = context.snapshot.seed.transport == Transport::Plaintext;
    let (title, expected, text, line) = if why.contains(BESIDE_TLS) {
        (
            "the password was not sent: the endpoint speaks TLS, and these servers do not",
            "TLS, as at the endpoint",
            "Turn TLS on for these servers too; who listens on the way would read the password.",
            "tls-port PORT".to_owned(),
        )
    } else if plaintext {
        (
            "the password was not sent: the server speaks plaintext, and nobody said that this is meant",
            "a scheme that allows it, or TLS",
            "If plaintext is meant, say so with the scheme; everybody on the way can read the password then.",
            format!("redis://{}", context.snapshot.target.endpoint),
        )
    } else {
        (
            "the password was not sent: the connection is not safe",
            "a verified connection",
            "Mend the certificate first; or say which CA and name to accept.",
            "--cacert CA.pem --server-name NAME".to_owned(),
        )
    };
    Problem {
        title: title.to_owned(),
        subjects,
        expected: expected.to_owned(),
        presented: why,
        remedies: vec![Remedy { audience: Audience::Client, text: text.to_owned(), lines: vec![line], proof: None }],
        ..Problem::default()
    }
}
