//! The TLS handshake fails for a reason that is not the certificate.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, FailureKind, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "tls-handshake-failed",
    severity: Severity::Error,
    expects: "Client and server have a TLS version and a cipher suite in common.",
    explain: "`protocol_version` means that the server has neither TLS 1.2 nor 1.3 enabled; `handshake_failure` that no suite, \
              group or signature scheme is shared, or (in TLS 1.2) that a client certificate is missing; \
              `unrecognized_name` that a front which routes by server name does not know the one that was sent.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut note = |failure: Option<&String>, subject: Subject| match failure {
        Some(detail) => found.add(detail, subject),
        None => verdicts.pass(),
    };
    note(handshake_failure(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts).and_then(handshake_failure), context.node(node));
    }
    for (detail, subjects) in found {
        let text = "Allow TLS 1.2 or 1.3 with a current suite on the server (tls-protocols, tls-ciphers, tls-ciphersuites), \
                    or send the server name that the front in between expects (--sni NAME).";
        verdicts.fail(Problem {
            title: "the TLS handshake fails".to_owned(),
            subjects,
            expected: "TLS 1.2 or 1.3 with a suite that both sides know".to_owned(),
            presented: detail,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: text.to_owned(),
                lines: Vec::new(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

fn handshake_failure(attempt: &Attempt) -> Option<&String> {
    let failure = attempt.opened()?.tls.failure()?;
    let spoken = matches!(attempt.spoke, Some(Spoke::PlainRedis(_)));
    // TLS that makes no sense is still TLS: nothing else speaks of it.
    let senseless = failure.kind == FailureKind::NotSpoken && attempt.spoke == Some(Spoke::Tls);
    let other = senseless || matches!(failure.kind, FailureKind::TlsAlert | FailureKind::Other | FailureKind::Hostile);
    (other && !spoken).then_some(&failure.detail)
}
