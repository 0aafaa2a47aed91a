//! A replica copies the whole data set just now.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{NodeId, Role},
};

pub(super) const CHECK: Check = Check {
    code: "replica-copying",
    severity: Severity::Warning,
    expects: "Replicas have copied the data of their primary.",
    explain: "After a start, a failover or a long break, a replica copies everything from its primary \
              (`master_sync_in_progress:1`; on the primary `state=wait_bgsave` or `send_bulk`). Meanwhile it serves old data, \
              or `MASTERDOWN`, and at the end `LOADING`; nobody can fail over to it. It heals by itself; `--wait 2m` waits for it. \
              Where it begins again and again, the primary's `client-output-buffer-limit replica` or `repl-timeout` is \
              too small for the data.",
    transient: true,
    explains: &["primary-link-down"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let hopeless = context.cut_off().into_iter().filter(|one| !one.is_copying(context)).map(|one| &one.replica.id);
    let hopeless: HashSet<&NodeId> = hopeless.collect();
    let mut subjects = Vec::new();
    for (node, attempts) in context.nodes().filter(|(node, _)| node.role == Role::Replica) {
        let copies = context.said_by(node, attempts).is_some_and(|said| said.replication.syncing);
        if copies && !hopeless.contains(&node.id) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    let text = "Wait for it; INFO replication tells how far it is (master_sync_left_bytes).";
    verdicts.fail(Problem {
        title: "replicas are copying the whole data set of their primary just now".to_owned(),
        subjects,
        expected: "master_sync_in_progress:0".to_owned(),
        presented: "master_sync_in_progress:1".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: text.to_owned(),
            lines: vec!["INFO replication".to_owned()],
            proof: None,
        }],
        ..Problem::default()
    });
}
