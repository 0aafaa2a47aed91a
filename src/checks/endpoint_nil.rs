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
    let mut subjects = Vec::new();
    for (node, _) in context.nodes() {
        match node.address.preferred {
            Announced::Nil | Announced::Empty if !node.flags.noaddr => subjects.push(context.node(node)),
            _ => verdicts.pass(),
        }
    }
    let seed = &context.snapshot.target.endpoint.host;
    verdicts.fail(Problem {
        title: "nodes announce no host, which means the host that was dialled".to_owned(),
        subjects,
        expected: "an address or a name, which every client reads alike".to_owned(),
        presented: format!("nil or empty: clients that know it dial {seed} with each node's port"),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Where clients fail on it, let the nodes announce names or addresses (7.0+).".to_owned(),
            lines: match seed {
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
