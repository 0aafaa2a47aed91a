//! A node believes itself at an address where the others do not see it.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Announced, Attempt},
};

pub(super) const CHECK: Check = Check {
    code: "own-address-stale",
    severity: Severity::Error,
    expects: "A node's own line of CLUSTER NODES names the address under which the others know it.",
    explain: "nodes.conf keeps addresses. A pod or machine that comes back with another address and its old nodes.conf still \
              announces the old one for itself, while its peers have learnt the new one; clients that learn the topology \
              from that node are sent nowhere. Announce the address at start, or let host names do it.",
    transient: false,
    explains: &["views-disagree", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let mut subjects = Vec::new();
    let mut presented = Vec::new();
    for (node, attempts) in context.nodes() {
        let itself = attempts.iter().find(|a| context.snapshot.leads_to(a, node));
        let own = itself.and_then(Attempt::opened).and_then(|c| c.own_address.as_deref()).and_then(own_host);
        let (Some(own), Announced::Host(known)) = (own, &node.address.ip) else { continue };
        if own == known.to_string() {
            verdicts.pass();
        } else {
            presented.push(format!("{} says {own}, the others say {known}", node.id.short()));
            subjects.push(context.node(node));
        }
    }
    verdicts.fail(Problem {
        title: "nodes announce an address of their own that the others do not know".to_owned(),
        subjects,
        expected: "the same address from the node and from its peers".to_owned(),
        presented: presented.join("; "),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Announce the present address on the named nodes, and introduce them again if their peers lost them."
                .to_owned(),
            lines: vec!["CONFIG SET cluster-announce-ip ADDRESS".to_owned(), "CLUSTER MEET ADDRESS PORT".to_owned()],
            proof: None,
        }],
        ..Problem::default()
    });
}

/// The host of `ip:port@bus,hostname`; `None` where the node does not know its own address.
fn own_host(address: &str) -> Option<&str> {
    let place = address.split(',').next()?.split('@').next()?;
    place.rsplit_once(':').map(|(host, _)| host).filter(|host| !host.is_empty())
}
