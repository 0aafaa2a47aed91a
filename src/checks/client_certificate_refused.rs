//! The server refuses the client certificate that was given, or would: the pair is no pair.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, date},
    facts::{Alert, Attempt, Certificate, ChainProblem, ChainVerdict, ClientCertificate, Failure, FailureKind},
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
        Some(Alert(42)) => matches!(fault, Fault::NotYetValid(_) | Fault::OtherKey),
        Some(Alert(43)) => matches!(fault, Fault::Purpose(_)),
        Some(Alert(45)) => matches!(fault, Fault::Expired(_) | Fault::NotYetValid(_)),
        Some(Alert(48)) => matches!(fault, Fault::Incomplete(..) | Fault::Foreign(_)),
        Some(Alert(51)) => matches!(fault, Fault::OtherKey),
        Some(Alert(44 | 49)) => false,
        _ => true,
    };
    let told = faults.iter().find(fits).cloned();
    // What is trusted here and not there: the server has other CAs.
    let elsewhere = || given.filter(|_| alert == Some(Alert(48))).map(|given| Fault::Foreign(last(given).clone()));
    let first = told.or_else(elsewhere);
    let others = faults.iter().filter(|fault| Some(*fault) != first.as_ref()).cloned();
    first.clone().into_iter().chain(others).collect()
}

/// What is wrong with the files, as far as they tell.
#[derive(Clone, PartialEq)]
enum Fault {
    OtherKey,
    Expired(Certificate),
    NotYetValid(Certificate),
    Purpose(Certificate),
    /// The intermediate that is missing after this one; who has it.
    Incomplete(Certificate, String),
    /// Nothing that is trusted signed this one.
    Foreign(Certificate),
}

/// All of them, those first that need no knowledge of the server.
fn faults(context: &Context<'_>, given: &ClientCertificate) -> Vec<Fault> {
    let (leaf, now) = (&given.chain.leaf, context.snapshot.taken_at);
    let of_each = |certificate: &Certificate| {
        let expired = (certificate.not_after < now).then(|| Fault::Expired(certificate.clone()));
        expired.or_else(|| (certificate.not_before > now).then(|| Fault::NotYetValid(certificate.clone())))
    };
    let is_for_clients = |usage: &String| usage == "clientAuth" || usage == "any";
    let purpose = leaf.usages.as_ref().is_some_and(|usages| !usages.iter().any(is_for_clients));
    let key = (given.key_fits == Some(false)).then_some(Fault::OtherKey);
    let purpose = purpose.then(|| Fault::Purpose(leaf.clone()));
    let dates = given.chain.certificates().filter_map(of_each);
    key.into_iter().chain(dates).chain(purpose).chain(issuer(context, given)).collect()
}

/// Whether something is missing between the file and what is trusted here, or it has nothing to do with it.
fn issuer(context: &Context<'_>, given: &ClientCertificate) -> Option<Fault> {
    let ChainVerdict::Untrusted { problem: ChainProblem::UnknownIssuer, issuer_resembles_anchor, .. } =
        given.chain.verdict
    else {
        return None;
    };
    let last = last(given);
    let served = context.snapshot.chains.iter().flat_map(|chain| &chain.rest);
    let mut issuers = served.filter(|c| c.subject == last.issuer && c.is_ca && !c.is_self_issued());
    let evidence = match (issuers.next(), last.ca_issuers.first()) {
        (Some(_), _) => "a server sends it with its own".to_owned(),
        (None, Some(url)) => format!("{url} has it"),
        (None, None) if issuer_resembles_anchor && !last.is_self_issued() => {
            "a trusted CA of the same organisation is there".to_owned()
        }
        (None, None) => return Some(Fault::Foreign(last.clone())),
    };
    Some(Fault::Incomplete(last.clone(), evidence))
}

/// Where the file ends: follows issuers from the leaf.
fn last(given: &ClientCertificate) -> &Certificate {
    let mut last = &given.chain.leaf;
    for _ in &given.chain.rest {
        match given.chain.rest.iter().find(|c| c.subject == last.issuer && c != &last) {
            Some(next) if !last.is_self_issued() => last = next,
            _ => break,
        }
    }
    last
}

fn problem(given: Option<&ClientCertificate>, faults: &[Fault], said: &str, subjects: Vec<Subject>) -> Problem {
    let file = given.map_or("CLIENT.pem", |given| given.file.as_str());
    let shown = given.map(|given| format!("{} ({file})", given.chain.leaf.subject));
    let besides = faults.iter().skip(1).map(|fault| format!("besides, {}", words(fault)));
    let presented: Vec<String> = shown.into_iter().chain([said.to_owned()]).chain(besides).collect();
    let (why, expected, remedies) = if let Some(fault) = faults.first() {
        (format!(": {}", words(fault)), expected(fault), remedies(fault, file, given))
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

fn words(fault: &Fault) -> String {
    match fault {
        Fault::OtherKey => "the key is not the one of the certificate".to_owned(),
        Fault::Expired(c) => format!("\"{}\" expired on {}", c.subject, date(c.not_after)),
        Fault::NotYetValid(c) => format!("\"{}\" is not valid before {}", c.subject, date(c.not_before)),
        Fault::Purpose(_) => "it may not be used by clients".to_owned(),
        Fault::Incomplete(..) => "an intermediate is missing in its file".to_owned(),
        Fault::Foreign(last) => format!("nobody who is trusted signed \"{}\"", last.subject),
    }
}

fn expected(fault: &Fault) -> String {
    match fault {
        Fault::OtherKey => "a certificate and the key that it was made for".to_owned(),
        Fault::Expired(_) | Fault::NotYetValid(_) => "a client certificate that is valid today".to_owned(),
        Fault::Purpose(leaf) => {
            let usages = leaf.usages.as_ref().map(|usages| usages.join(", ")).unwrap_or_default();
            format!("clientAuth in its extendedKeyUsage, which has {usages}")
        }
        Fault::Incomplete(last, evidence) => {
            format!("the certificate of \"{}\" after \"{}\" in the file; {evidence}", last.issuer, last.subject)
        }
        Fault::Foreign(last) => format!("\"{}\" among the CAs of the server, or one that it knows", last.issuer),
    }
}

fn remedies(fault: &Fault, file: &str, given: Option<&ClientCertificate>) -> Vec<Remedy> {
    let own = |text: &str, lines: Vec<String>| vec![remedy(Audience::Client, text, lines)];
    let issue = |text: &str, lines: Vec<String>| remedy(Audience::Certificate, text, lines);
    match fault {
        Fault::OtherKey => {
            let key = given.map_or("CLIENT.key", |given| given.key_file.as_str());
            let lines =
                vec![format!("openssl x509 -in {file} -noout -pubkey"), format!("openssl pkey -in {key} -pubout")];
            own("Give the key that the certificate was made for: these two print the same.", lines)
        }
        Fault::Expired(_) => vec![issue("Have the client certificate renewed.", Vec::new())],
        Fault::NotYetValid(_) => vec![issue("Wait, or set the clock right, or have it issued again.", Vec::new())],
        Fault::Purpose(_) => vec![issue("Have it issued again for clients.", vec![CLIENT_AUTH.to_owned()])],
        Fault::Incomplete(..) => own("Put the intermediate behind the client's own certificate.", behind(file)),
        Fault::Foreign(last) => {
            let lines =
                ["cat CA.pem CLIENT-CA.pem > ALL-CAS.pem", "tls-ca-cert-file ALL-CAS.pem"].map(str::to_owned).into();
            let server =
                remedy(Audience::Server, "Let the server trust the CA that signed the client certificate.", lines);
            let own = issue("Have it issued by a CA of the server's tls-ca-cert-file.", Vec::new());
            let text =
                format!("If \"{}\" is an intermediate, put it behind the client's own certificate.", last.issuer);
            let behind = (!last.is_self_issued()).then(|| remedy(Audience::Client, &text, behind(file)));
            [own, server].into_iter().chain(behind).collect()
        }
    }
}

fn behind(file: &str) -> Vec<String> {
    vec![format!("cat {file} INTERMEDIATE.pem > CLIENT-CHAIN.pem"), "--cert CLIENT-CHAIN.pem".to_owned()]
}

/// For `-extfile` of `openssl x509 -req`, and for the section of extensions of any other request.
const CLIENT_AUTH: &str = "extendedKeyUsage = clientAuth";

fn remedy(audience: Audience, text: &str, lines: Vec<String>) -> Remedy {
    Remedy { audience, text: text.to_owned(), lines, proof: None }
}
