//! Sentinels watch a group in which no replica may become the primary.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Role, Watched},
};

pub(super) const CHECK: Check = Check {
    code: "replicas-never-promoted",
    severity: Severity::Warning,
    expects: "A replica may replace the primary.",
    explain: "Sentinels promote no replica whose replica-priority is 0. It is set on purpose on copies for reports or backups in \
              another place; where every replica has it, a failover begins when the primary dies, finds nobody \
              (-failover-abort-no-good-slave in the Sentinels' log), and clients go on being sent to the dead one.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let told: Vec<&Watched> = witnesses.iter().filter_map(|witness| witness.of(&group.name)).collect();
        let nobody = told.iter().filter(|watched| watched.promotes_nobody()).count();
        // One that was changed a moment ago is known to some of them.
        if nobody == 0 || nobody * 2 <= told.len() {
            verdicts.pass();
            continue;
        }
        let replicas = group.replicas.iter().filter_map(|id| context.topology()?.node(id));
        let subjects: Vec<Subject> =
            replicas.filter(|node| node.role == Role::Replica).map(|node| context.node(node)).collect();
        verdicts.fail(Problem {
            title: format!(
                "no failover can ever happen in {}: {} replica-priority 0",
                group.name,
                if subjects.len() == 1 { "its one replica has" } else { "every replica has" }
            ),
            subjects,
            expected: "a replica-priority above 0 on one replica at least (100 by default)".to_owned(),
            presented: "slave-priority 0 (SENTINEL REPLICAS): the Sentinels promote none of them".to_owned(),
            remedies: vec![allow()],
            ..Problem::default()
        });
    }
}

fn allow() -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "On the replicas that may become the primary; CONFIG REWRITE keeps it, and the Sentinels know of it within 10 s. \
               Before 5.0 it is slave-priority."
            .to_owned(),
        lines: vec!["CONFIG SET replica-priority 100".to_owned()],
        proof: None,
    }
}
