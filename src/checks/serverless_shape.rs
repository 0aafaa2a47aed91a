//! One name, two ports, and all slots behind it: a serverless cache.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Endpoint, Host, Node, Role, Slots},
};

pub(super) const CHECK: Check = Check {
    code: "serverless-shape",
    severity: Severity::Info,
    expects: "Nodes differ by more than their ports.",
    explain: "A serverless cache calls itself a cluster of one shard: the name that you connect to, with one port that \
              reads and writes (6379) and one that reads (6380). Clients that tell nodes apart by host alone take the \
              two for one, and find no node for the slots (\"Couldn't map cluster keyspace using any provided seed\"). \
              Both ports have to be open. A plain client needs only the first.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|_| context.is_cluster()) else { return };
    let Some((primary, replica)) = shape(context, &topology.nodes) else { return verdicts.pass() };
    verdicts.fail(Problem {
        title: format!("one name with two ports: {} reads and writes, {} reads", primary.port, replica.port),
        subjects: vec![context.endpoint()],
        expected: "a client that tells nodes apart by host and port".to_owned(),
        presented: "one host, and all slots behind it".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Where a cluster client fails here, use a plain one on the first port, and another for reads on the \
                   second."
                .to_owned(),
            lines: vec![format!("{}://{primary}", if context.is_tls() { "rediss" } else { "redis" })],
            proof: None,
        }],
        ..Problem::default()
    });
}

/// A primary with every slot and its replicas, all called by the name that was given.
fn shape(context: &Context<'_>, nodes: &[Node]) -> Option<(Endpoint, Endpoint)> {
    let given = &context.snapshot.target.endpoint;
    let endpoint = |node: &Node| node.address.preferred_endpoint().map(|endpoint| endpoint.plain());
    let same = |node: &Node| endpoint(node).is_some_and(|endpoint| endpoint.host == given.plain().host);
    let is_name = matches!(given.host, Host::Name(_)) && !given.host.is_loopback();
    let primary = nodes.iter().find(|node| node.slots.count() == u32::from(Slots::TOTAL))?;
    let replica = nodes.iter().find(|node| node.role == Role::Replica)?;
    (is_name && nodes.iter().all(same)).then_some((endpoint(primary)?, endpoint(replica)?))
}
