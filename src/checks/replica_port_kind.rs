//! A primary and its replicas know each other by ports of the other kind than the endpoint's.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Role, Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "replica-port-kind",
    severity: Severity::Warning,
    expects: "Primary and replicas list each other by ports that speak what the endpoint speaks.",
    explain: "With TLS and plaintext ports open, a replica tells its primary one port: the TLS one with `tls-replication yes`, the other \
              with `no`, which is the default. Clients that read the list (INFO replication, ROLE, a Sentinel) are sent there \
              whatever they speak. Clients that are given their addresses notice nothing.",
    transient: false,
    explains: &["node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_plain() {
        return;
    }
    let seed = context.snapshot.seed.transport;
    let mut subjects = Vec::new();
    let mut replicas = false;
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts) else { continue };
        let other = match seed {
            Transport::Tls => matches!(attempt.spoke, Some(Spoke::PlainRedis(_))),
            Transport::Plaintext => attempt.spoke == Some(Spoke::Tls),
        };
        if other {
            replicas |= node.role == Role::Replica;
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    let setting = if seed == Transport::Tls { "yes" } else { "no" };
    let whom = if replicas { "the primary lists its replicas by" } else { "it copies from its primary by" };
    let remedy = Remedy {
        audience: Audience::Server,
        text: format!(
            "On every replica (in redis.conf, too): copy over {seed}, from the primary's {seed} port. The port that a \
                       replica tells goes with it."
        ),
        lines: vec![format!("CONFIG SET tls-replication {setting}"), "REPLICAOF PRIMARY PORT".to_owned()],
        proof: None,
    };
    verdicts.fail(Problem {
        title: format!("the endpoint speaks {seed}, and {whom} {} ports", seed.other()),
        subjects,
        expected: format!("{seed} on every listed port"),
        presented: format!("{} answers there", seed.other()),
        clients: Vec::new(),
        remedies: vec![remedy],
    });
}
