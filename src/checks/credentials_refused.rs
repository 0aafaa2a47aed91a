//! A server wants credentials and did not accept what it got.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, AuthOutcome, Observed},
};

pub(super) const CHECK: Check = Check {
    code: "credentials-refused",
    severity: Severity::Error,
    expects: "The same credentials are accepted by every node.",
    explain: "NOAUTH means that the server wants credentials and got none; WRONGPASS that it does not know this user with this \
              password, or that the user is disabled. ACLs are not replicated: a user that was created on one node exists on \
              that node alone unless the ACL file or `requirepass` is the same everywhere.",
    transient: false,
    explains: &["discovery-impossible", "discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut accepted = 0;
    // A Sentinel without a password of its own says nothing of credentials that are for the servers.
    let counts = |outcome: &AuthOutcome| !context.is_sentinel() || *outcome == AuthOutcome::Accepted;
    let mut note = |attempt: &'_ Attempt, subject: Subject| -> bool {
        match attempt.opened().map(|c| &c.auth) {
            Some(Observed::Seen(outcome)) => accepted += usize::from(counts(outcome)),
            Some(Observed::Failed(_)) => return true,
            Some(Observed::NotTried(why)) if attempt.tls().is_some() => verdicts.skip(subject, why.clone()),
            _ => {}
        }
        false
    };
    let mut refused: Vec<(&Attempt, Subject)> = Vec::new();
    if note(&context.snapshot.seed, context.endpoint()) {
        refused.push((&context.snapshot.seed, context.endpoint()));
    }
    // The endpoint is one of the nodes: where those are known, they count.
    let seed_counted = match context.snapshot.seed.opened().map(|c| &c.auth) {
        Some(Observed::Seen(outcome)) => counts(outcome) && context.topology().is_some(),
        _ => false,
    };
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts)
            && note(attempt, context.node(node))
        {
            refused.push((attempt, context.node(node)));
        }
    }
    for (attempt, subject) in refused {
        let Some(Observed::Failed(failure)) = attempt.opened().map(|c| &c.auth) else { continue };
        found.add(&failure.detail, subject);
    }
    let accepted = accepted - usize::from(seed_counted);
    for _ in 0..accepted {
        verdicts.pass();
    }
    for (text, subjects) in found {
        verdicts.fail(problem(context, &text, subjects, accepted));
    }
}

fn problem(context: &Context<'_>, text: &str, subjects: Vec<Subject>, accepted: usize) -> Problem {
    let wanted = text.starts_with("NOAUTH");
    let user = context.snapshot.target.username.as_deref().unwrap_or("default");
    let title = match (wanted, accepted) {
        (true, _) => "the server wants credentials, and none were sent".to_owned(),
        (false, 0) => format!("the server refuses the credentials of user \"{user}\""),
        (false, n) => {
            format!("user \"{user}\" gets in at {n} of the nodes and is refused by {}", subjects.len())
        }
    };
    let (audience, text_out, lines) = if accepted > 0 && !wanted {
        (
            Audience::Server,
            "Give every node the same users: ACLs are not replicated.",
            vec!["ACL LIST".to_owned(), format!("ACL SETUSER {user} RULES-AS-ON-THE-OTHERS")],
        )
    } else {
        let line = "REDISCLI_AUTH=PASSWORD redis-doctor check ENDPOINT --user NAME";
        (
            Audience::Client,
            "Give the user and password (in the environment, not on the command line).",
            vec![line.to_owned()],
        )
    };
    Problem {
        title,
        subjects,
        expected: "AUTH is accepted".to_owned(),
        presented: text.to_owned(),
        clients: context.affected(if wanted { &Symptom::NoAuth } else { &Symptom::WrongPass }, Where::Seed),
        remedies: vec![Remedy { audience, text: text_out.to_owned(), lines, proof: None }],
    }
}
