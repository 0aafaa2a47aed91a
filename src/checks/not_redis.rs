//! Something answers at the endpoint that is neither TLS nor Redis.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{FailureKind, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "not-redis",
    severity: Severity::Error,
    expects: "What answers at the endpoint speaks RESP.",
    explain: "The port belongs to another service (an HTTP server answers `HTTP/1.1 400`), or to one end of a tunnel such as \
              spiped, whose bytes look random to everybody but its other end.",
    transient: false,
    explains: &["endpoint-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    let Some(connection) = seed.opened() else { return };
    let failure = connection.tls.failure().or(connection.identity.failure());
    let spoken = matches!(seed.spoke, Some(Spoke::PlainRedis(_) | Spoke::Tls));
    let Some(failure) = failure.filter(|f| f.kind == FailureKind::NotSpoken && !spoken) else { return verdicts.pass() };
    let endpoint = &context.snapshot.target.endpoint;
    let presented = match &seed.spoke {
        Some(Spoke::Unknown(start)) => format!("it answers an inline PING with \"{start}\""),
        _ => in_words(failure),
    };
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
