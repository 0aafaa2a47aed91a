//! The server wants a client certificate and did not get one it likes.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, Failure, FailureKind},
};

pub(super) const CHECK: Check = Check {
    code: "client-certificate-required",
    severity: Severity::Error,
    expects: "The server accepts the client's certificate, or asks for none.",
    explain: "With `tls-auth-clients yes`, which is the default, Redis demands a client certificate. Over TLS 1.3 the client's \
              handshake completes all the same: the refusal comes with the first read, as alert 116 or as a reset, so clients \
              report a lost connection instead of a missing certificate. A certificate that is sent may be refused too: \
              expired (alert 45), from an unknown CA (48), or without the clientAuth usage (43).",
    transient: false,
    explains: &["endpoint-unreachable", "node-unreachable", "tls-handshake-failed"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let given = context.snapshot.target.client_certificate_given;
    let mut subjects = Vec::new();
    let mut said = String::new();
    let mut note = |attempt: Option<&Attempt>, subject: Subject| match attempt.and_then(refused) {
        Some(failure) => {
            subjects.push(subject);
            said.clone_from(&failure.detail);
        }
        None => verdicts.pass(),
    };
    note(Some(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    let (title, text) = if given {
        (
            "the server refuses the client certificate",
            "Use a certificate that the server's CA signed, that is valid today and that allows clientAuth.",
        )
    } else {
        (
            "the server demands a client certificate",
            "Give the client a certificate and key that the server's CA signed.",
        )
    };
    verdicts.fail(Problem {
        title: title.to_owned(),
        subjects,
        expected: if given { "the client certificate is accepted" } else { "no client certificate is needed" }
            .to_owned(),
        presented: format!("CertificateRequest, then: {said}"),
        clients: if given { Vec::new() } else { context.affected(&Symptom::ClientCertificate, Where::Seed) },
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: text.to_owned(),
                lines: vec!["--cert CLIENT.pem --key CLIENT.key".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Server,
                text: "Let clients in without one; passwords and ACLs stay in force.".to_owned(),
                lines: vec!["tls-auth-clients optional".to_owned()],
                proof: None,
            },
        ],
    });
}

fn refused(attempt: &Attempt) -> Option<&Failure> {
    attempt.failure().filter(|f| f.kind == FailureKind::ClientCertificate)
}
