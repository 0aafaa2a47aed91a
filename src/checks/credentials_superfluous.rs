//! A password is given, and a server has none.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, AuthOutcome, Observed},
};

pub(super) const CHECK: Check = Check {
    code: "credentials-superfluous",
    severity: Severity::Warning,
    expects: "A password that is given is wanted.",
    explain: "A server whose default user has no password answers AUTH with an error (\"called without any password \
              configured\", before 6.0 \"no password is set\"). Some libraries take that for a failure, others warn and go on; \
              HELLO with AUTH passes. On one node of several it means that this node lets everybody in: `requirepass` was \
              set on the others and is not replicated.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.snapshot.target.password_given || context.is_sentinel() {
        return;
    }
    let mut said = String::new();
    let mut open: Vec<Subject> = Vec::new();
    let mut guarded = 0;
    let mut note = |attempt: &Attempt, subject: Subject| match attempt.opened().map(|c| &c.auth) {
        Some(Observed::Seen(AuthOutcome::Superfluous(answer))) => {
            said.clone_from(answer);
            open.push(subject);
        }
        Some(Observed::Seen(AuthOutcome::Accepted) | Observed::Failed(_)) => guarded += 1,
        _ => {}
    };
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node));
        }
    }
    if context.topology().is_none() {
        note(&context.snapshot.seed, context.endpoint());
    }
    (0..guarded).for_each(|_| verdicts.pass());
    let title = match (guarded, open.len()) {
        (0, _) => "a password is given, and the server has none: some clients stop at its answer to AUTH".to_owned(),
        (_, 1) => "one of the nodes has no password: it lets everybody in, and some clients stop there".to_owned(),
        (_, n) => format!("{n} of the nodes have no password: they let everybody in, and some clients stop there"),
    };
    let server = Remedy {
        audience: Audience::Server,
        text: "Give these servers the password, for replication, too; CONFIG REWRITE keeps it.".to_owned(),
        lines: vec!["CONFIG SET masterauth PASSWORD".to_owned(), "CONFIG SET requirepass PASSWORD".to_owned()],
        proof: None,
    };
    let client = Remedy {
        audience: Audience::Client,
        text: "Or leave the password out, where nobody else reaches the server.".to_owned(),
        lines: Vec::new(),
        proof: None,
    };
    verdicts.fail(Problem {
        title,
        subjects: open,
        expected: "AUTH is accepted".to_owned(),
        presented: said,
        remedies: if guarded == 0 { vec![server, client] } else { vec![server] },
        ..Problem::default()
    });
}
