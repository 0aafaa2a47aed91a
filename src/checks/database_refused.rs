//! The server does not give the database that clients ask for.

use crate::{
    diagnosis::{
        Alike, Audience, Check, Context, ON_EVERY_NODE, Problem, Remedy, Severity, Subject, Verdicts, affected_by,
        is_denied,
    },
    facts::{Attempt, Refusal, Role, Server},
};

pub(super) const CHECK: Check = Check {
    code: "database-refused",
    severity: Severity::Error,
    expects: "The server has the database that clients ask for.",
    explain: "A number in a URL (`redis://HOST/3`), `db`, `database` or `-n` has clients send SELECT before anything else. A cluster has \
              database 0 alone (Valkey 9 may have more: `cluster-databases`), and so have many services and proxies; elsewhere there \
              are as many as `databases` says, 16 by default. Most libraries fail on connecting; ioredis tells of an error and \
              goes on in database 0, where the keys of others are; some cluster clients take no notice of the number. Without a \
              number nothing is asked.",
    transient: false,
    explains: &[],
    examine,
};

/// More databases than anybody sets up.
const MOST: u32 = 10_000;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let number = context.snapshot.target.database;
    if number == 0 {
        return;
    }
    let mut found = Alike::default();
    let mut note = |attempt: &Attempt, subject: Subject| match refusal(attempt) {
        Some(refusal) => found.add(&refusal.answer, subject),
        None => verdicts.pass(),
    };
    if context.is_sentinel() {
        for (node, attempts) in context.nodes().filter(|(node, _)| node.role != Role::Sentinel) {
            if let Some(attempt) = context.announced(attempts) {
                note(attempt, context.node(node));
            }
        }
    } else {
        note(&context.snapshot.seed, context.endpoint());
    }
    for (answer, subjects) in found {
        verdicts.fail(problem(context, number, &answer, subjects));
    }
}

/// What came in place of OK. What a server says that is loading, busy or out of room is of no database.
fn refusal(attempt: &Attempt) -> Option<&Refusal> {
    let select = attempt.opened()?.refusals.iter().find(|refusal| refusal.command == "SELECT")?;
    let about_it = select.answer.starts_with("ERR") || is_denied(select) || select.answer == Refusal::HANGS_UP;
    about_it.then_some(select)
}

fn problem(context: &Context<'_>, number: u32, answer: &str, subjects: Vec<Subject>) -> Problem {
    let denied = answer.starts_with("NOPERM");
    // Before 4.0: "invalid DB index".
    let too_high = answer.contains("out of range") || answer.contains("invalid DB index");
    let title = match () {
        () if denied => {
            format!("user \"{}\" may not run SELECT, and clients ask for database {number}", context.user())
        }
        () if too_high => format!("there is no database {number} here: the number is too high"),
        () if context.is_cluster() => format!("there is no database {number} here: a cluster has database 0 alone"),
        () => format!("there is no database {number} here: the server refuses SELECT"),
    };
    let grant = context.grant(["SELECT"]).filter(|_| denied).map(|line| Remedy {
        audience: Audience::Server,
        text: format!("Grant it, {ON_EVERY_NODE}"),
        lines: vec![line],
        proof: None,
    });
    let another = Remedy {
        audience: Audience::Client,
        text: format!(
            "{}, as here (db: 0). What the number kept apart then needs a prefix of its keys, or a deployment of its own; look first \
             whose keys are in database 0.",
            if too_high { "Ask for a lower one, or leave it out" } else { "Leave the number out" }
        ),
        lines: vec![context.endpoint_with_scheme()],
        proof: None,
    };
    let more = more(context, number).filter(|_| !denied);
    Problem {
        title,
        subjects,
        expected: format!("OK to SELECT {number}"),
        presented: answer.to_owned(),
        // Set up for a cluster; others show what the server says.
        clients: if context.is_cluster() && !denied {
            affected_by(|client| client.in_another_database)
        } else {
            Vec::new()
        },
        remedies: grant.into_iter().chain([another]).chain(more).collect(),
    }
}

/// The setting by which there are more, where it is known which one that is.
fn more(context: &Context<'_>, number: u32) -> Option<Remedy> {
    let server = context.seed_server();
    let setting = match (context.is_cluster(), server.is_some_and(has_databases_in_clusters)) {
        (true, true) => "cluster-databases",
        (true, false) => return None,
        (false, _) => "databases",
    };
    let own = context.provider().is_none() && server.is_some_and(|server| server.version.is_some());
    (own && number < MOST).then(|| Remedy {
        audience: Audience::Server,
        text: "Or let there be more, in the configuration file of every server, and start it anew (it cannot be set while it runs)."
            .to_owned(),
        lines: vec![format!("{setting} {}", number + 1)],
        proof: None,
    })
}

/// Valkey from 9.0 on.
fn has_databases_in_clusters(server: &Server) -> bool {
    server.product.as_deref() == Some("valkey") && server.major().is_some_and(|major| major >= 9)
}
