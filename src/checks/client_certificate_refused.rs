//! The server refuses the client certificate that was given, or would: the pair is no pair.

mod fault;

use fault::{Fault, faults, remedy};

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Severity, Subject, Verdicts},
    facts::{Alert, Attempt, ClientCertificate, Failure, FailureKind},
};

pub(super) const CHECK: Check = Check {
    code: "client-certificate-refused",
    severity: Severity::Error,
    expects: "The server accepts the client certificate that it is given.",
    explain: "A server that asks for a client certificate refuses one that it does not like, also where it would do without \
              (`tls-auth-clients optional`). The alert says why: certificate_expired (45) or bad_certificate (42, not valid yet), \
              unsupported_certificate (43: extendedKeyUsage without clientAuth), unknown_ca (48: signed by none of \
              tls-ca-cert-file, or the client sends no intermediate), decrypt_error (51: the key is another certificate's). \
              The server's log says only \"certificate verify failed\". The same is looked for beforehand in the files that were \
              given; of the server's CAs only those are known that are given as --cacert.",
    transient: false,
    explains: &["endpoint-unreachable", "node-unreachable", "tls-handshake-failed"],
    examine,
};

/// What titles begin with.
const REFUSED: &str = "the server refuses the client certificate";

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let target = &context.snapshot.target;
    if !target.client_certificate_given {
        return;
    }
    let given = target.client_certificate.as_ref();
    let faults = given.map(|given| faults(context, given)).unwrap_or_default();
    let mut found = Alike::default();
    let mut passed = 0;
    let mut note = |attempt: Option<&Attempt>, subject: Subject| match attempt.and_then(refused) {
        Some(failure) => found.add(&failure.detail, subject),
        None => passed += 1,
    };
    note(Some(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    let mut found = found.into_iter().peekable();
    if found.peek().is_none() && given.is_some_and(|given| given.key_fits == Some(false)) {
        // Whether or not the server asks: most clients do not even start with such a pair.
        let unasked = problem(given, &faults, "the server did not ask for it", vec![context.endpoint()]);
        let title = unasked.title.replacen(REFUSED, "the client certificate is of no use", 1);
        return verdicts.fail(Problem { title, ..unasked });
    }
    (0..passed).for_each(|_| verdicts.pass());
    for (detail, subjects) in found {
        let alert = Alert::read(&detail);
        let faults = told_by(alert, &faults, given);
        verdicts.fail(problem(given, &faults, &said(alert, &detail), subjects));
    }
}

fn refused(attempt: &Attempt) -> Option<&Failure> {
    attempt.failure().filter(|f| f.kind == FailureKind::ClientCertificate)
}

/// The alert, and what OpenSSL and others mean by it (RFC 8446 §6.2).
fn said(alert: Option<Alert>, detail: &str) -> String {
    let Some(alert) = alert else { return format!("the server says no more than: {detail}") };
    let meaning = match alert {
        Alert(40) => "it does not say what it does not like",
        Alert(42) => "it is not valid yet, or does not verify",
        Alert(43) => "it may not be used by clients, or is of a kind that the server does not take",
        Alert(44) => "it was revoked",
        Alert(45) => "it, or one of its issuers, has expired",
        Alert(48) => "the server does not trust its issuer, or misses an intermediate certificate",
        Alert(49) => "it is valid, and this client is not let in",
        Alert(51) => "the client did not prove that it holds the certificate's key",
        Alert(116) => "none arrived, although one was given",
        _ => "the server does not accept it",
    };
    format!("the server says {alert}: {meaning}")
}

/// The faults with the one in front that the server speaks of: it names one, and OpenSSL comes to the issuer first.
fn told_by(alert: Option<Alert>, faults: &[Fault], given: Option<&ClientCertificate>) -> Vec<Fault> {
    let fits = |fault: &&Fault| match alert {
        Some(Alert(42)) => matches!(fault, Fault::NotYetValid(_) | Fault::OtherKey | Fault::Other(..)),
        Some(Alert(43)) => matches!(fault, Fault::Purpose(_) | Fault::Other(..)),
        Some(Alert(45)) => matches!(fault, Fault::Expired(_) | Fault::NotYetValid(_)),
        Some(Alert(48)) => matches!(fault, Fault::Incomplete(..) | Fault::Foreign(_) | Fault::Other(..)),
        Some(Alert(51)) => matches!(fault, Fault::OtherKey | Fault::Other(..)),
        Some(Alert(44 | 49)) => false,
        _ => true,
    };
    let told = faults.iter().find(fits).cloned();
    // What is trusted here and not there: the server has other CAs.
    let elsewhere =
        || given.filter(|_| alert == Some(Alert(48))).map(|given| Fault::Foreign(given.chain.last().clone()));
    let first = told.or_else(elsewhere);
    let others = faults.iter().filter(|fault| Some(*fault) != first.as_ref()).cloned();
    first.clone().into_iter().chain(others).collect()
}

fn problem(given: Option<&ClientCertificate>, faults: &[Fault], said: &str, subjects: Vec<Subject>) -> Problem {
    let file = given.map_or("CLIENT.pem", |given| given.file.as_str());
    let shown = given.map(|given| format!("{} ({file})", given.chain.leaf.subject));
    let besides = faults.iter().skip(1).map(|fault| format!("besides, {}", fault.words()));
    let presented: Vec<String> = shown.into_iter().chain([said.to_owned()]).chain(besides).collect();
    let (why, expected, remedies) = if let Some(fault) = faults.first() {
        (format!(": {}", fault.words()), fault.expected(), fault.remedies(file, given))
    } else {
        let text = "Use a certificate that a CA in the server's tls-ca-cert-file signed, that is valid today and that \
                    allows clientAuth, and send its intermediates with it.";
        let lines = vec![format!("openssl verify -purpose sslclient -CAfile SERVERS-CA.pem {file}")];
        let expected = "the client certificate is accepted".to_owned();
        (String::new(), expected, vec![remedy(Audience::Certificate, text, lines)])
    };
    let title = format!("{REFUSED}{why}");
    Problem { title, subjects, expected, presented: presented.join("; "), remedies, ..Problem::default() }
}
