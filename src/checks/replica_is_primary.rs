//! A server that Sentinels list as a replica says that it is a primary.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Group, Node},
};

pub(super) const CHECK: Check = Check {
    code: "replica-is-primary",
    severity: Severity::Error,
    expects: "A server that Sentinels list as a replica says itself that it is one.",
    explain: "Two servers of one group take writes: who asks the Sentinels writes to one, and who has an address from before (a fixed \
              host, a Service, a connection that was never closed) to the other, whose writes are lost when it becomes a replica \
              again; reads from it are of other data. It was promoted by hand (REPLICAOF NO ONE), or came back from a failure as the \
              primary that its file says it is. Sentinels make a replica of such a server within some seconds; they cannot \
              where REPLICAOF, SLAVEOF or CONFIG are renamed there, where their user may not run them, or while they cannot log in.",
    transient: true,
    explains: &["primary-link-down"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().filter(|_| context.is_sentinel()).into_iter().flat_map(|t| &t.groups) {
        let failing_over = witnesses.iter().filter_map(|w| w.of(&group.name)).any(|watched| watched.failing_over);
        let replicas: Vec<&Node> = group.replicas.iter().filter_map(|id| context.node_of(id)).collect();
        let own_word =
            |node: &&&Node| context.server_at(node).is_some_and(|server| server.role.as_deref() == Some("master"));
        let found: Vec<&Node> = replicas.iter().filter(own_word).copied().collect();
        if failing_over || found.is_empty() {
            (0..replicas.len()).for_each(|_| verdicts.pass());
        } else {
            verdicts.fail(problem(context, group, &found));
        }
    }
}

fn problem(context: &Context<'_>, group: &Group, found: &[&Node]) -> Problem {
    let primary = group.primary.as_ref().and_then(|id| context.node_of(id));
    let known = primary.map_or_else(|| "the primary".to_owned(), |node| node.address.to_string());
    let others = if let [one] = found { one.address.to_string() } else { format!("{} others", found.len()) };
    Problem {
        title: format!("{} has more than one primary: {known}, as Sentinels say, and {others}", group.name),
        subjects: found.iter().map(|node| context.node(node)).collect(),
        expected: "role:slave, as the Sentinels list it".to_owned(),
        presented: "role:master (INFO replication): it takes writes, and copies from nobody".to_owned(),
        clients: Vec::new(),
        remedies: vec![back(primary), able(context, group)],
    }
}

/// What the Sentinels would have done.
fn back(primary: Option<&Node>) -> Remedy {
    let at = primary.and_then(|node| Some((node.address.preferred.host()?, node.address.client_port()?)));
    let line = at.map_or_else(|| "REPLICAOF HOST PORT".to_owned(), |(host, port)| format!("REPLICAOF {host} {port}"));
    let text = "See first which of them has the newer data (INFO replication, DBSIZE): what was written to the one that becomes a \
                replica is lost. If it is this one, look again in half a minute: a failover may have ended just now. Else, on it:";
    Remedy { audience: Audience::Server, text: text.to_owned(), lines: vec![line], proof: None }
}

/// Why they have not.
fn able(context: &Context<'_>, group: &Group) -> Remedy {
    let name = Context::group_in_commands(&group.name);
    let text = "If it stays so: see that the Sentinels may do it there (SLAVEOF and CONFIG under their own names, and a user that may \
                run them).";
    let login = context.snapshot.target.password_given;
    let lines = if login { vec![format!("SENTINEL SET {name} auth-pass PASSWORD-OF-THE-SERVERS")] } else { Vec::new() };
    Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }
}
