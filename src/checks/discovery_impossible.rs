//! The server talks, and tells nothing of the deployment.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Observed,
};

pub(super) const CHECK: Check = Check {
    code: "discovery-impossible",
    severity: Severity::Error,
    expects: "The endpoint tells who it is and which nodes belong to it.",
    explain: "Every command by which a client could learn the topology was refused: the ACL user may not run any of them, or \
              they were renamed away (`rename-command CLUSTER \"\"`). A cluster client cannot start without CLUSTER SLOTS (or \
              SHARDS, or NODES); beyond the connection itself nothing could be checked.",
    transient: false,
    explains: &["discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_some() {
        return verdicts.pass();
    }
    let seed = &context.snapshot.seed;
    let Some(connection) = seed.opened() else { return };
    // Where something failed before, or credentials were withheld, that is what has to be mended.
    if seed.failure().is_some() || !matches!(connection.auth, Observed::Seen(_)) {
        return;
    }
    let denied = context.grant();
    let clustered = connection.server.seen().is_some_and(|s| s.mode.as_deref() == Some("cluster"));
    let user = context.snapshot.target.username.as_deref().unwrap_or("default");
    let title = match (&denied, clustered) {
        (Some(_), _) => format!("user \"{user}\" may not ask for the topology"),
        (None, true) => "the server is a cluster node, and refuses the CLUSTER command".to_owned(),
        (None, false) => "the server refuses every command that tells the topology".to_owned(),
    };
    let (text, lines) = match denied {
        Some(line) => ("Grant it, on every node; these commands read the topology and no data.", vec![line]),
        None => ("Give the commands their names back: take the rename-command lines out and restart.", Vec::new()),
    };
    let answers = connection.refusals.iter().map(|r| format!("{}: {}", r.command, r.answer));
    verdicts.fail(Problem {
        title,
        subjects: vec![context.endpoint()],
        expected: "an answer to CLUSTER SLOTS, SHARDS or NODES, or to INFO".to_owned(),
        presented: answers.collect::<Vec<_>>().join("; "),
        remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
        ..Problem::default()
    });
}
