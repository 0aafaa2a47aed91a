//! Credentials were given and not sent, because the connection was not safe.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, Observed},
};

pub(super) const CHECK: Check = Check {
    code: "credentials-withheld",
    severity: Severity::Warning,
    expects: "Every connection is safe to send the credentials over.",
    explain: "redis-doctor looks at servers whose certificates are bad, so it completes such handshakes; but it sends a password \
              only where the chain is trusted and the certificate speaks for what was dialled, for the endpoint, or for the \
              name given by --server-name, and in plaintext only where the endpoint was given as plaintext. What could not be \
              asked for want of a password is listed as skipped.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found: Vec<(String, Vec<Subject>)> = Vec::new();
    let mut note = |attempt: &Attempt, subject: Subject| {
        let Some(Observed::NotTried(why)) = attempt.opened().map(|c| &c.auth) else { return verdicts.pass() };
        if !why.starts_with("credentials withheld") {
            return;
        }
        match found.iter_mut().find(|(known, _)| known == why) {
            Some((_, subjects)) => subjects.push(subject),
            None => found.push((why.clone(), vec![subject])),
        }
    };
    note(&context.snapshot.seed, context.endpoint());
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node));
        }
    }
    for (why, subjects) in found {
        verdicts.fail(Problem {
            title: "credentials were not sent: the connection is not safe".to_owned(),
            subjects,
            expected: "a verified connection".to_owned(),
            presented: why,
            remedies: vec![Remedy {
                audience: Audience::Client,
                text: "Mend the certificate first; or say which CA and name to accept.".to_owned(),
                lines: vec!["--cacert CA.pem --server-name NAME".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
