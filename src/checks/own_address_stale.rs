//! A node believes itself at an address where the others do not see it.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Host, Node, announced_host},
};

pub(super) const CHECK: Check = Check {
    code: "own-address-stale",
    severity: Severity::Error,
    expects: "A node's own line of CLUSTER NODES names the address under which the others know it.",
    explain: "nodes.conf keeps addresses. A pod or machine that comes back with another address and its old nodes.conf still \
              announces the old one for itself, while its peers have learnt the new one; clients that learn the topology \
              from that node are sent nowhere. Announce the address at start, or let host names do it.",
    transient: true,
    explains: &["views-disagree", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    // Where no node answers at what is announced, it is not that one of them has an old address.
    if !context.is_cluster() || context.is_announced_in_vain() {
        return;
    }
    let mut subjects = Vec::new();
    let mut presented = Vec::new();
    let mut addresses = Vec::new();
    let mut lines = Vec::new();
    for (node, attempts) in context.nodes() {
        let itself = attempts.iter().find(|a| context.snapshot.leads_to(a, node));
        let own = itself.and_then(Attempt::opened).and_then(|c| c.own_address.as_deref()).and_then(announced_host);
        let (Some(own), Some(known)) = (own, known(context, node)) else { continue };
        if own == known || is_asked_for(&own, &known, itself) {
            verdicts.pass();
        } else {
            presented.push(format!("{} says {own}, the others say {known}", node.id.short()));
            let cli = itself.and_then(|attempt| context.redis_cli(attempt)).unwrap_or_default();
            lines.push(format!("{cli} CONFIG SET cluster-announce-ip {known}").trim_start().to_owned());
            addresses.push(known);
            subjects.push(context.node(node));
        }
    }
    let one = if let [only] = &addresses[..] { Some(format!("CONFIG SET cluster-announce-ip {only}")) } else { None };
    verdicts.fail(Problem {
        title: "nodes believe themselves at an address under which the others do not know them".to_owned(),
        subjects,
        expected: "the same address from the node and from its peers".to_owned(),
        presented: presented.join("; "),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Announce the present address on the named nodes, at start too (cluster-announce-ip in redis.conf)."
                .to_owned(),
            lines: one.map_or(lines, |line| vec![line]),
            proof: None,
        }],
        ..Problem::default()
    });
}

/// Clients of each family are told addresses of it (`cluster-announce-client-ipv4` and `-ipv6` of Valkey 8.1), and this is of the one
/// over which the node was asked, where the others were asked over the other one.
fn is_asked_for(own: &Host, known: &Host, itself: Option<&Attempt>) -> bool {
    let is_ipv4 = |host: &Host| host.ip().map(|ip| ip.is_ipv4());
    let asked = itself.and_then(|attempt| attempt.socket).map(|at| at.ip().to_canonical().is_ipv4());
    is_ipv4(own).is_some() && is_ipv4(own) == asked && is_ipv4(known).is_some_and(|ipv4| Some(ipv4) != asked)
}

/// Where the others see a node. What the seed says of itself counts for nothing here: another view has to say it.
fn known(context: &Context<'_>, node: &Node) -> Option<Host> {
    if context.snapshot.seed.identity() != Some(&node.id) {
        return node.address.ip.host().cloned();
    }
    let mut views = context.topology().into_iter().flat_map(|t| &t.views);
    let said = views.find_map(|view| view.said_of(&node.id));
    said.or_else(|| node.address.ip.host().cloned())
}
