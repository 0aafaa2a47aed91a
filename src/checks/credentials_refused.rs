//! A server wants credentials and did not accept what it got.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, AuthOutcome, Observed, Role},
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
    let servers = [Alike::default(), Alike::default()];
    let (mut found, mut accepted) = (servers, [0, 0]);
    // A Sentinel without a password of its own says nothing of credentials that are for the servers.
    let counts = |outcome: &AuthOutcome| !context.is_sentinel() || *outcome == AuthOutcome::Accepted;
    let mut note = |attempt: &'_ Attempt, subject: Subject, at_sentinel: bool| match attempt.opened().map(|c| &c.auth) {
        Some(Observed::Seen(outcome)) => accepted[usize::from(at_sentinel)] += usize::from(counts(outcome)),
        Some(Observed::Failed(failure)) => found[usize::from(at_sentinel)].add(&failure.detail, subject),
        Some(Observed::NotTried(why)) if attempt.tls().is_some() => verdicts.skip(subject, why.clone()),
        _ => {}
    };
    let seed = &context.snapshot.seed;
    let as_sentinel = context.is_sentinel() || !context.snapshot.target.sentinels.is_empty();
    note(seed, context.endpoint(), as_sentinel);
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            note(attempt, context.node(node), node.role == Role::Sentinel);
        }
    }
    // The endpoint is one of the nodes: where those are known, they count.
    if let Some(Observed::Seen(outcome)) = seed.opened().map(|c| &c.auth)
        && counts(outcome)
        && context.topology().is_some()
    {
        accepted[usize::from(as_sentinel)] -= 1;
    }
    for _ in 0..accepted[0] + accepted[1] {
        verdicts.pass();
    }
    let [servers, sentinels] = found;
    for (text, subjects) in servers {
        verdicts.fail(problem(context, &text, subjects, accepted[0]));
    }
    for (text, subjects) in sentinels {
        verdicts.fail(at_sentinels(context, &text, subjects));
    }
}

/// Sentinels have users of their own, in sentinel.conf: `requirepass` there (5.0.1+), or an ACL (6.2+).
fn at_sentinels(context: &Context<'_>, text: &str, subjects: Vec<Subject>) -> Problem {
    let target = &context.snapshot.target;
    let wanted = text.starts_with("NOAUTH");
    let (title, remedy) = if wanted && !target.sentinel_password_given && !target.password_given {
        ("the Sentinel wants credentials, and none were sent", "Give those of the Sentinels")
    } else if target.sentinel_password_given {
        ("the Sentinel refuses the credentials that were given for Sentinels", "Give those of the Sentinels")
    } else {
        (
            "the Sentinel refuses the credentials of the servers: it has its own",
            "Give those of the Sentinels beside those of the servers",
        )
    };
    Problem {
        title: title.to_owned(),
        subjects,
        expected: "AUTH is accepted".to_owned(),
        presented: text.to_owned(),
        clients: context.affected(if wanted { &Symptom::NoAuth } else { &Symptom::WrongPass }, Where::Seed),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: format!(
                "{remedy} (requirepass or user lines of sentinel.conf; in the environment, not on the command line). In an \
                 application they are options of their own: sentinelPassword, sentinel_kwargs, SentinelPassword."
            ),
            lines: vec!["REDISCLI_SENTINEL_AUTH=PASSWORD redis-doctor check ENDPOINT --sentinel-user NAME".to_owned()],
            proof: None,
        }],
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
