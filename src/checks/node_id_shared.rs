//! Two processes with one node id.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "node-id-shared",
    severity: Severity::Error,
    expects: "One process answers to a node id.",
    explain: "A node keeps its id in nodes.conf. A machine image, a volume snapshot or a copied folder gives two servers the same \
              id: the others take them for one node that changes its address with each ping, and clients are led to whichever \
              spoke last. Servers are told apart by their run ids (INFO).",
    transient: false,
    explains: &["views-disagree", "own-address-stale", "wrong-node", "node-failed", "bus-link-down"],
    examine,
};

/// Ids that are told of one by one.
const TOLD: usize = 64;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let mut processes: BTreeMap<&NodeId, Vec<(&str, &Attempt)>> = BTreeMap::new();
    for attempt in context.snapshot.all_attempts() {
        let Some(connection) = attempt.opened() else { continue };
        // Only where the server itself says that it is the node: services answer for nodes at several places.
        let own = connection.own_address.as_ref().and(connection.identity.seen());
        let run = connection.server.seen().and_then(|server| server.run_id.as_deref()).filter(|id| id.len() == 40);
        let (Some(id), Some(run)) = (own, run) else { continue };
        let known = processes.entry(id).or_default();
        if known.iter().all(|(other, there)| *other != run && there.socket != attempt.socket) {
            known.push((run, attempt));
        }
    }
    let (shared, own): (Vec<_>, Vec<_>) = processes.into_iter().partition(|(_, processes)| processes.len() > 1);
    own.iter().for_each(|_| verdicts.pass());
    for (id, processes) in shared.into_iter().take(TOLD) {
        let places: Vec<String> = processes.iter().filter_map(|(_, a)| Some(a.socket?.to_string())).collect();
        let subject = context.node_of(id).map_or_else(|| context.whole(), |n| context.node(n));
        let reset = processes.iter().skip(1).filter_map(|(_, attempt)| context.redis_cli(attempt));
        verdicts.fail(Problem {
            title: format!("{} servers answer to the node id {}", processes.len(), id.short()),
            subjects: vec![subject],
            expected: "one server for each node id".to_owned(),
            presented: format!("{}: different run ids", places.join(", ")),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Keep the one that holds the data. Give the other a new id (it forgets the cluster, and a primary has to be \
                       emptied first), and introduce it as a new node."
                    .to_owned(),
                lines: reset.map(|cli| format!("{cli} CLUSTER RESET HARD")).collect(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
