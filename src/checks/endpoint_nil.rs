//! Nodes announce "the host you dialled" instead of an address.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Announced, Host},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-nil",
    severity: Severity::Info,
    expects: "Nodes announce an address of their own.",
    explain: "With `cluster-preferred-endpoint-type unknown-endpoint` (and before a lone node has learnt its own address) the \
              host is nil or empty, which means: use the host that was dialled, with this port. It is right behind a front \
              that forwards each port to its node. Clients read it differently: redis-rs, fred and libvalkey do as meant; \
              node-redis and redis-py dial localhost, go-redis reports `redis: nil`, Jedis a NullPointerException, phpredis \
              crashes; Lettuce, Redisson and StackExchange.Redis never look and dial the IP of CLUSTER NODES.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    // A node that has met nobody does not know its own address, and has none to announce: that it is in no cluster is the matter.
    if context.nodes().count() == 1 && context.nodes().all(|(node, _)| node.slots.is_empty()) {
        return verdicts.pass();
    }
    let mut subjects = Vec::new();
    for (node, _) in context.nodes() {
        match node.address.preferred {
            Announced::Nil | Announced::Empty if !node.flags.noaddr => subjects.push(context.node(node)),
            _ => verdicts.pass(),
        }
    }
    let seed = &context.snapshot.target.endpoint.host;
    let own = context.accepted_at().or(context.snapshot.seed.socket);
    let nameless = context.nodes().count() == 1 && context.nodes().all(|(node, _)| node.address.ip.host().is_none());
    verdicts.fail(Problem {
        title: "nodes announce no host, which means the host that was dialled".to_owned(),
        subjects,
        expected: "an address or a name, which every client reads alike".to_owned(),
        presented: format!("nil or empty: clients that know it dial {seed} with each node's port"),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: if nameless {
                "It has met no other node, and does not know its own address: where clients fail on it, tell it."
                    .to_owned()
            } else {
                "Where clients fail on it, let the nodes announce names or addresses (7.0+).".to_owned()
            },
            lines: match seed {
                _ if nameless => vec![format!(
                    "CONFIG SET cluster-announce-ip {}",
                    own.map_or_else(|| "ADDRESS".to_owned(), |at| at.ip().to_string())
                )],
                Host::Name(name) => vec![
                    format!("CONFIG SET cluster-announce-hostname {name}"),
                    "CONFIG SET cluster-preferred-endpoint-type hostname".to_owned(),
                ],
                Host::Ip(_) => vec!["CONFIG SET cluster-preferred-endpoint-type ip".to_owned()],
            },
            proof: None,
        }],
        ..Problem::default()
    });
}
