//! Something answers at the endpoint that is neither TLS nor Redis.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Connection, FailureKind, Refusal, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "not-redis",
    severity: Severity::Error,
    expects: "What answers at the endpoint speaks RESP.",
    explain: "The port belongs to another service: an HTTP server answers `HTTP/1.1 400`, sshd `SSH-2.0-`. (The encrypted side \
              of spiped has a finding of its own, spiped-port.)",
    transient: false,
    explains: &[
        "endpoint-unreachable",
        "credentials-refused",
        "reply-out-of-bounds",
        "discovery-impossible",
        "discovery-refused",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    let Some(connection) = seed.opened() else { return };
    let failure = connection.tls.failure().or(connection.identity.failure());
    let spoken = matches!(seed.spoke, Some(Spoke::PlainRedis(_) | Spoke::Tls));
    let failure = failure.filter(|f| f.kind == FailureKind::NotSpoken && !spoken);
    let presented = match (failure, &seed.spoke) {
        (Some(_), Some(Spoke::Unknown(start))) => format!("it answers an inline PING with \"{start}\""),
        (Some(failure), _) => in_words(failure),
        (None, _) if is_nonsense(connection) => "its answers are RESP, and none is what the command gives".to_owned(),
        (None, _) => return verdicts.pass(),
    };
    let endpoint = &context.snapshot.target.endpoint;
    let text = "Give the port that Redis listens on; if this is a tunnel or proxy, dial the end that speaks Redis.";
    verdicts.fail(Problem {
        title: format!("what answers at {endpoint} is not Redis"),
        subjects: vec![context.endpoint()],
        expected: "RESP, in plaintext or over TLS".to_owned(),
        presented,
        remedies: vec![Remedy { audience: Audience::Network, text: text.to_owned(), lines: Vec::new(), proof: None }],
        ..Problem::default()
    });
}

/// Nothing that was asked got an answer with a meaning, not even an error.
fn is_nonsense(connection: &Connection) -> bool {
    let learnt = connection.identity.seen().is_some() || connection.server.seen().is_some();
    !learnt && !connection.refusals.is_empty() && connection.refusals.iter().all(Refusal::is_odd)
}
