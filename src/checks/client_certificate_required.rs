//! The server wants a client certificate, and none was given.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Affected, Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, SubjectKind, Verdicts},
    facts::{Attempt, Failure, FailureKind},
};

pub(super) const CHECK: Check = Check {
    code: "client-certificate-required",
    severity: Severity::Error,
    expects: "The server does without a client certificate, or one is given.",
    explain: "With `tls-auth-clients yes`, which is the default, Redis demands a client certificate. Over TLS 1.3 the client's \
              handshake completes all the same: the refusal comes with the first read, as alert 116 or as a reset, so clients \
              report a lost connection instead of a missing certificate. Over TLS 1.2 the handshake itself fails, with alert 40 \
              (handshake_failure), which says no more.",
    transient: false,
    explains: &["endpoint-unreachable", "node-unreachable", "tls-handshake-failed"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.snapshot.target.client_certificate_given {
        return;
    }
    let mut found = Alike::default();
    let mut note = |attempt: Option<&Attempt>, subject: Subject| match attempt.and_then(refused) {
        Some(failure) => found.add(&failure.alert().map_or(failure.detail.clone(), |a| format!("alert {a}")), subject),
        None => verdicts.pass(),
    };
    note(Some(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    for (said, subjects) in found {
        let others = if subjects.iter().all(|s| s.kind == SubjectKind::Node) { let_in(context) } else { 0 };
        let demanding = subjects.len();
        let verb = if demanding == 1 { "demands" } else { "demand" };
        let (title, place, remedies) = match others {
            0 => (
                "the server demands a client certificate".to_owned(),
                Where::Seed,
                vec![give(), like_the_others(false)],
            ),
            _ => (
                format!(
                    "{demanding} of the nodes {verb} a client certificate, and {others} let clients in without one"
                ),
                Where::SomeNodes,
                vec![like_the_others(true), give()],
            ),
        };
        verdicts.fail(Problem {
            title,
            subjects,
            expected: "no client certificate is needed".to_owned(),
            clients: affected(context, &said, place),
            presented: format!("CertificateRequest{}, then: {said}", issuers(context)),
            remedies,
        });
    }
}

/// How many nodes ask for none, or do without.
fn let_in(context: &Context<'_>) -> usize {
    let open = |attempt: &Attempt| attempt.tls().is_some() && attempt.failure().is_none();
    context.nodes().filter(|(_, attempts)| context.announced(attempts).is_some_and(open)).count()
}

fn give() -> Remedy {
    Remedy {
        audience: Audience::Client,
        text: "Give the client a certificate and key that the server's CA signed.".to_owned(),
        lines: vec!["--cert CLIENT.pem --key CLIENT.key".to_owned()],
        proof: None,
    }
}

/// `odd`: they are few, and the others have it so already.
fn like_the_others(odd: bool) -> Remedy {
    let text = if odd {
        "Have the named nodes let clients in without one, like the others (CONFIG REWRITE keeps it): passwords and ACLs stay in \
         force. Or have the others demand it, too, once every client has one."
    } else {
        "Or let clients in without one, on every node (CONFIG REWRITE keeps it; of a Sentinel in sentinel.conf): passwords and \
         ACLs stay in force."
    };
    Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: vec!["CONFIG SET tls-auth-clients optional".to_owned()],
        proof: None,
    }
}

/// The authorities whose certificates are asked for; Redis names none, proxies do.
fn issuers(context: &Context<'_>) -> String {
    let request = context.snapshot.all_attempts().filter_map(Attempt::tls).map(|tls| &tls.client_cert);
    match request.map(|request| &request.issuers).find(|issuers| !issuers.is_empty()) {
        Some(issuers) => format!(" for one by {}", issuers.iter().take(3).cloned().collect::<Vec<_>>().join(" or ")),
        None => String::new(),
    }
}

/// Libraries pass on the alert that they get; their texts are those of TLS 1.3, and TLS 1.2 has no alert of its own for this.
fn affected(context: &Context<'_>, said: &str, place: Where) -> Vec<Affected> {
    let mut clients = context.affected(&Symptom::ClientCertificate, place);
    if said.ends_with("(40)") {
        for client in &mut clients {
            for (tls13, tls12) in ALERTS {
                client.text = client.text.replace(tls13, tls12);
            }
        }
    }
    clients
}

/// `certificate_required` and `handshake_failure` in the words of OpenSSL, Go, rustls and Java.
const ALERTS: [(&str, &str); 4] = [
    ("tlsv13 alert certificate required", "alert handshake failure"),
    ("tls: certificate required", "tls: handshake failure"),
    ("CertificateRequired", "HandshakeFailure"),
    ("certificate_required", "handshake_failure"),
];

fn refused(attempt: &Attempt) -> Option<&Failure> {
    attempt.failure().filter(|f| f.kind == FailureKind::ClientCertificate)
}
