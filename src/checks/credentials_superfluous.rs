//! A password is given, and a server has none.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, AuthOutcome, Node, Observed, Role},
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
    let target = &context.snapshot.target;
    if !(target.password_given || target.sentinel_password_given) {
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
    // Sentinels are sent the servers' password only where they ask for one, and credentials of their own always.
    let is_sent = |node: &Node| node.role != Role::Sentinel && target.password_given;
    for (node, attempts) in context.nodes().filter(|(node, _)| is_sent(node)) {
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
        text: if context.is_sentinel() {
            "Give the password to every Sentinel, then to these servers, for replication, too; CONFIG REWRITE keeps it there."
                .to_owned()
        } else {
            "Give these servers the password, for replication, too; CONFIG REWRITE keeps it.".to_owned()
        },
        lines: give_a_password(context),
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
    of_sentinels(context, verdicts);
}

/// Sentinels log in, too: they are told before the servers ask.
fn give_a_password(context: &Context<'_>) -> Vec<String> {
    let groups = context.topology().into_iter().flat_map(|topology| &topology.groups);
    let told =
        groups.map(|group| format!("SENTINEL SET {} auth-pass PASSWORD", Context::group_in_commands(&group.name)));
    let own = ["CONFIG SET masterauth PASSWORD", "CONFIG SET requirepass PASSWORD"].map(str::to_owned);
    told.chain(own).collect()
}

/// Credentials that were given for Sentinels, which want none.
fn of_sentinels(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.snapshot.target.sentinel_password_given {
        return;
    }
    let mut said = String::new();
    let mut open = Vec::new();
    for (node, attempts) in context.nodes().filter(|(node, _)| node.role == Role::Sentinel) {
        match context.announced(attempts).and_then(Attempt::opened).map(|connection| &connection.auth) {
            Some(Observed::Seen(AuthOutcome::Superfluous(answer))) => {
                said.clone_from(answer);
                open.push(context.node(node));
            }
            Some(_) => verdicts.pass(),
            None => {}
        }
    }
    verdicts.fail(Problem {
        title: "credentials are given for the Sentinels, and they want none: some clients stop at the answer to AUTH"
            .to_owned(),
        subjects: open,
        expected: "AUTH is accepted".to_owned(),
        presented: said,
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Leave them out (sentinelPassword, sentinel_kwargs, SentinelPassword); those of the servers stay."
                .to_owned(),
            lines: Vec::new(),
            proof: None,
        }],
        ..Problem::default()
    });
}
