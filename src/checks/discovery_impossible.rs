//! The server talks, and tells nothing of the deployment.

use crate::{
    diagnosis::{
        Audience, Check, Context, ON_EVERY_NODE, Problem, Remedy, Severity, Verdicts, answers, as_clients_ask,
        is_denied, outlook::Step,
    },
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
    explains: &["discovery-refused", "privileges-missing", "command-unsupported"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_some() {
        return verdicts.pass();
    }
    let seed = &context.snapshot.seed;
    let Some(connection) = seed.opened().filter(|_| !context.is_plain_front()) else { return };
    // Where something failed before, or credentials were withheld, that is what has to be mended.
    if seed.failure().is_some() || !matches!(connection.auth, Observed::Seen(_)) {
        return;
    }
    let clustered = connection.server.seen().is_some_and(|s| s.mode.as_deref() == Some("cluster"));
    let refused = context.refusals();
    let denied = || refused.iter().filter(|r| is_denied(r)).map(|r| as_clients_ask(&r.command));
    let grant = context.grant(denied());
    let title = match (&grant, clustered) {
        (Some(_), _) => format!("user \"{}\" may not ask for the topology", context.user()),
        (None, true) => "the server is a cluster node, and refuses the CLUSTER command".to_owned(),
        (None, false) => "the server refuses every command that tells the topology".to_owned(),
    };
    let all: Vec<_> = connection.refusals.iter().collect();
    verdicts.fail(Problem {
        title,
        subjects: vec![context.endpoint()],
        expected: "an answer to CLUSTER SLOTS, SHARDS or NODES, or to INFO".to_owned(),
        presented: answers(&all),
        clients: if clustered { context.affected_at_the_seed(&[Step::Acl, Step::Protocol]) } else { Vec::new() },
        remedies: remedies(context, grant, denied().any(|command| command == "CLUSTER SLOTS")),
    });
}

fn remedies(context: &Context<'_>, grant: Option<String>, slots: bool) -> Vec<Remedy> {
    let server = |text: String, lines| Remedy { audience: Audience::Server, text, lines, proof: None };
    let Some(line) = grant else {
        let text = "Give the commands their names back, on every node: take the rename-command lines out of redis.conf and \
                    restart. Before 6.0 there are no ACLs to do it with.";
        return vec![server(text.to_owned(), Vec::new())];
    };
    let mut remedies = vec![server(format!("Grant what clients ask, {ON_EVERY_NODE}"), vec![line])];
    if let Some(least) = context.grant(slots.then_some("CLUSTER SLOTS")) {
        let text = "The least: most libraries start with this alone; `redis-doctor clients ENDPOINT --client ID` has the \
                    line for one of them.";
        remedies.push(server(text.to_owned(), vec![least]));
    }
    remedies
}
