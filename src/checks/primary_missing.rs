//! All servers of a replication are replicas, of each other.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, Role},
};

pub(super) const CHECK: Check = Check {
    code: "primary-missing",
    severity: Severity::Error,
    expects: "One server of a replication is a primary.",
    explain: "Two servers that each have the other for their primary (REPLICAOF or `replicaof` on both), a ring of more, or one that \
              copies from itself: nobody takes writes (READONLY). Links may be up all the same, or refused (`NOMASTERLINK`). It comes of a redis.conf that is the same everywhere, of a failover by hand that was done half, and of Sentinel or a script rewriting one side. One of them has to become the primary.",
    transient: true,
    explains: &[
        "name-leads-to-replica",
        "endpoint-is-replica",
        "primary-link-down",
        "masterdown",
        "replica-copying",
        "unexpected-kind",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_none_or(|topology| topology.kind != Kind::Replication) {
        return;
    }
    let places: HashSet<String> = context.nodes().map(|(node, _)| node.address.to_string()).collect();
    let copies_within = |said: &crate::facts::Server| {
        let within = said.primary.as_ref().is_some_and(|primary| places.contains(&primary.to_string()));
        said.role.as_deref() == Some("slave") && within
    };
    let in_a_ring = context.nodes().all(|(node, attempts)| {
        // Who has lost the other's data shares no replication id with it by which to prove who it is.
        let there = context.announced(attempts).and_then(|attempt| attempt.opened()?.server.seen());
        let own = context.seed_server().filter(|_| context.snapshot.seed.identity() == Some(&node.id));
        node.role == Role::Replica && there.or(own).is_some_and(copies_within)
    });
    if !in_a_ring || places.is_empty() {
        return verdicts.pass();
    }
    let alone = places.len() == 1;
    let all = if places.len() == 2 { "both".to_owned() } else { format!("all {}", places.len()) };
    let title = if alone {
        "the server is a replica of itself: there is no primary, and nobody takes writes".to_owned()
    } else {
        format!("{all} servers are replicas, of each other: there is no primary, and nobody takes writes")
    };
    let text = if alone {
        "Make it a primary, and take the line `replicaof` out of its redis.conf (CONFIG REWRITE does)."
    } else {
        "Make the one with the newest data the primary (of INFO replication the larger slave_repl_offset; DBSIZE), on that one \
         alone: the others copy it then, and lose what they have beyond it. CONFIG REWRITE keeps it."
    };
    verdicts.fail(Problem {
        title,
        subjects: context.nodes().map(|(node, _)| context.node(node)).collect(),
        expected: "role:master on one of them".to_owned(),
        presented: "role:slave on every one, and the primary that each names is one of them".to_owned(),
        clients: Vec::new(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: text.to_owned(),
            lines: vec!["REPLICAOF NO ONE".to_owned()],
            proof: None,
        }],
    });
}
