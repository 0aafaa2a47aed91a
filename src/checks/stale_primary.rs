//! The server that Sentinels name as the primary is a replica.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Endpoint, Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "stale-primary",
    severity: Severity::Error,
    expects: "The server that a Sentinel names as the primary says itself that it is one.",
    explain: "Clients that ask a server for its role (ioredis, redis-rb, predis) see a replica and ask again; the others connect, and get \
              READONLY for every write. A Sentinel holds on to an old primary when it was cut off during a failover, when its file was copied or \
              restored, when somebody changed roles by hand (REPLICAOF) behind its back, or for the seconds that a failover \
              takes.",
    transient: true,
    explains: &["wrong-node"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|_| context.is_sentinel()) else { return };
    for group in &topology.groups {
        let Some(node) = group.primary.as_ref().and_then(|id| context.node_of(id)) else { continue };
        let Some(server) = context.server_at(node) else { continue };
        if server.role.as_deref() != Some("slave") {
            verdicts.pass();
            continue;
        }
        let copies = server.primary.as_ref();
        let from = copies.map_or_else(String::new, |primary| format!(" of {primary}"));
        if let Some(up) = copies.filter(|up| copies_itself(context, up)) {
            verdicts.fail(no_primary(context, &group.name, node, up));
            continue;
        }
        let listed = copies.is_some_and(|primary| lists(context, &group.replicas, primary));
        verdicts.fail(Problem {
            title: format!("the primary that the Sentinel names for {} is a replica{from}", group.name),
            subjects: vec![context.node(node)],
            expected: "role:master, as it says itself".to_owned(),
            presented: format!("role:slave{from} (INFO replication)"),
            clients: context.affected(&Symptom::IsReplica, Where::EveryNode),
            remedies: remedies(context, &group.name, copies, group.quorum, listed),
        });
    }
}

/// The server that is copied is a replica itself, as it says.
fn copies_itself(context: &Context<'_>, at: &Endpoint) -> bool {
    let server = context.attempt_at(at).and_then(|attempt| attempt.opened()?.server.seen());
    server.is_some_and(|server| server.role.as_deref() == Some("slave"))
}

/// Servers copy from each other in a ring, or from one that copies from another: nobody takes writes.
fn no_primary(context: &Context<'_>, group: &str, node: &Node, up: &Endpoint) -> Problem {
    let text = "Make a primary of the server that the Sentinel names, unless another one has newer data (INFO replication: \
                master_repl_offset); the Sentinel makes the others its replicas.";
    let lines = vec![format!("# on {}", node.address), "REPLICAOF NO ONE".to_owned()];
    Problem {
        title: format!("no server of {group} is a primary: {} copies from {up}, which copies, too", node.address),
        subjects: vec![context.node(node)],
        expected: "role:master of one of them".to_owned(),
        presented: format!("role:slave of both {} and {up} (INFO replication)", node.address),
        clients: context.affected(&Symptom::IsReplica, Where::EveryNode),
        remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
    }
}

/// The Sentinel knows the server that is copied, as a replica.
fn lists(context: &Context<'_>, replicas: &[crate::facts::NodeId], primary: &Endpoint) -> bool {
    let nodes = context.nodes().map(|(node, _)| node).filter(|node| node.role == Role::Replica);
    nodes
        .filter(|node| replicas.contains(&node.id))
        .any(|node| node.address.preferred_endpoint().as_ref() == Some(primary))
}

fn remedies(
    context: &Context<'_>,
    group: &str,
    copies: Option<&Endpoint>,
    quorum: Option<u32>,
    listed: bool,
) -> Vec<Remedy> {
    let (host, port) = copies.map_or_else(
        || ("ADDRESS-OF-THE-PRIMARY".to_owned(), "PORT".to_owned()),
        |primary| (primary.host.to_string(), primary.port.to_string()),
    );
    let lines = context.watching(group, &host, &port, quorum);
    let wait =
        if listed { "A failover may be under way: look again in half a minute. If it stays so, have" } else { "Have" };
    let text = format!("{wait} the Sentinel watch the server that the others copy from.");
    vec![Remedy { audience: Audience::Server, text, lines, proof: None }]
}
