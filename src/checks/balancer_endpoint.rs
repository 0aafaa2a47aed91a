//! The endpoint is a balancer before several nodes.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, outlook::Step},
    facts::{Attempt, Node},
};

pub(super) const CHECK: Check = Check {
    code: "balancer-endpoint",
    severity: Severity::Info,
    expects: "The endpoint leads to one server, or clients reach every node where it announces itself.",
    explain: "One load balancer, Kubernetes Service or virtual address before all nodes lets a client in anywhere, and that is all it \
              is good for: which node owns a key is told by redirects, and they name the nodes' own addresses. Inside the network \
              that is well. From outside, where only the balancer can be reached, no client can work and no address map \
              helps, since behind one address stand several nodes. Every node needs a way of its own, with an address or \
              a port of its own that it announces.",
    transient: false,
    explains: &["hostname-unresolvable", "hostname-in-metadata", "node-unreachable"],
    examine,
};

/// Where a client may stop that leaves the balancer.
const STEPS: [Step; 5] = [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther];

/// How many nodes of a plan are shown.
const SHOWN: usize = 12;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut answering = context.answering_at_the_endpoint();
    if answering.len() < 2 || context.behind_the_endpoint().is_none() {
        return verdicts.pass();
    }
    let met = answering.len();
    let lost: Vec<&Node> =
        context.nodes().filter(|(node, attempts)| is_lost(context, node, attempts)).map(|(n, _)| n).collect();
    // A node that is down while the others are well has a cause of its own.
    let cut_off = answering.iter().any(|node| lost.contains(node));
    if cut_off {
        answering = context.nodes().map(|(n, _)| n).filter(|n| lost.contains(n) || answering.contains(n)).collect();
    }
    let ids: Vec<_> = answering.iter().map(|node| &node.id).collect();
    let endpoint = &context.snapshot.target.endpoint;
    let follow = if cut_off { "and clients cannot follow where they are sent" } else { "all of them at this address" };
    verdicts.fail(Problem {
        title: format!("{endpoint} is a balancer: {met} different nodes answered there, {follow}"),
        subjects: answering.iter().map(|node| context.node(node)).collect(),
        expected: "the same node id on every connection, or announced addresses that lead to the nodes".to_owned(),
        presented: format!("{met} node ids at one address"),
        clients: if cut_off { context.affected_at_nodes(&ids, &STEPS) } else { Vec::new() },
        remedies: if cut_off { remedies(context, &lost) } else { Vec::new() },
    });
}

/// True where nothing but the balancer led to the node, if that did.
fn is_lost(context: &Context<'_>, node: &Node, attempts: &[Attempt]) -> bool {
    let past = |attempt: &&Attempt| !context.is_at_the_endpoint(attempt);
    !attempts.iter().filter(past).any(|attempt| context.snapshot.leads_to(attempt, node))
}

fn remedies(context: &Context<'_>, lost: &[&Node]) -> Vec<Remedy> {
    let way = |(n, node): (usize, &&Node)| {
        let port = node.address.client_port().unwrap_or_default();
        format!("{} <- ADDRESS-{n}:{port}", node.in_lines())
    };
    let mut plan: Vec<String> = (1..).zip(lost).map(way).take(SHOWN).collect();
    if lost.len() > SHOWN {
        plan.push(format!("and so on for {} more", lost.len() - SHOWN));
    }
    let ids: Vec<_> = lost.iter().map(|node| &node.id).collect();
    let each = "Give every node a way of its own (a Service or listener for each pod, replicas included), with an address, or a port, \
                that leads to this node alone.";
    let inside = "Or run the client inside the network, where the announced addresses lead to the nodes.";
    let tunnel = "Or write a tunnel to every node, around the balancer (this says which kind fits).";
    let recommended = vec![format!("redis-doctor tunnel {}", context.endpoint_with_scheme())];
    let remedy = |audience, text: &str, lines| Remedy { audience, text: text.to_owned(), lines, proof: None };
    let own_way = remedy(Audience::Network, each, plan);
    let announced = context.announce_remedy(&ids);
    let others = [remedy(Audience::Network, tunnel, recommended), remedy(Audience::Client, inside, Vec::new())];
    [own_way].into_iter().chain(announced).chain(others).collect()
}
