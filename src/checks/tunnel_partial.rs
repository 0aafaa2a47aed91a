//! One forward, and a cluster behind it.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, outlook::Step},
    facts::{Attempt, Endpoint, Host, Node, NodeFlags, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "tunnel-partial",
    severity: Severity::Error,
    expects: "A tunnel to a cluster leads to every node of it.",
    explain: "A forward (ssh -L, kubectl port-forward, a session manager, a published port, stunnel or spiped) leads to one node. A \
              plain client works through it; a cluster client asks that node where the others are and dials the addresses that it is \
              told, which mean nothing on this side. Every node needs a forward of its own, replicas included, each with \
              its own local port, and the client a map from announced to forwarded addresses. A balancer that keeps each client on one node (session affinity, a hash of the source address) looks the same from one machine. Forwards to a service in place of a pod, or \
              to a configuration endpoint, lead to whichever node answers: name the nodes.\n\n\
              `redis-doctor tunnel ENDPOINT` says which kind fits, and with `--with KIND --out DIR` writes the forwards and the map.",
    transient: false,
    explains: &[
        "announced-loopback",
        "hostname-unresolvable",
        "hostname-in-metadata",
        "node-unreachable",
        "wrong-node",
    ],
    examine,
};

/// How many nodes are asked for in one line.
const NAMED: usize = 6;

/// Where a client may stop that leaves the tunnel.
const STEPS: [Step; 5] = [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    // Of a map that leads nowhere other checks speak.
    if context.snapshot.target.detours.is_some() {
        return verdicts.pass();
    }
    let Some((own, _)) = context.behind_the_endpoint().filter(|_| context.answering_at_the_endpoint().len() == 1)
    else {
        return verdicts.pass();
    };
    let alive: Vec<_> = context.nodes().filter(|(node, _)| is_alive(node.flags)).collect();
    // At an address that the user gave (--node), too.
    let mapped: HashSet<&NodeId> = context.map().mappings.iter().map(|mapping| &mapping.node_id).collect();
    let met = |(node, attempts): &&(&Node, &[Attempt])| {
        node.id == own.id
            || mapped.contains(&node.id)
            || attempts.iter().any(|attempt| context.snapshot.leads_to(attempt, node))
    };
    let reached: Vec<_> = alive.iter().filter(met).map(|(node, _)| &node.id).collect();
    // Who is met where it says it is needs no tunnel; another protocol there is a fault of the port; and a loopback address
    // that is announced to a network is wrong by itself.
    let known = |(node, attempts): &(&Node, &[Attempt])| {
        let spoke = context.announced(attempts).is_some_and(|attempt| attempt.spoke.is_some());
        spoke || context.is_reached_as_announced(node, attempts)
    };
    let loopback = !context.is_near() && context.followed(own).is_some_and(|endpoint| endpoint.host.is_loopback());
    let entry = context.is_entry_of_a_service();
    // Names that mean nothing here are told as such, unless a tunnel ends on this machine.
    let is_lost = |attempts: &[Attempt]| context.announced(attempts).is_some_and(|attempt| attempt.socket.is_none());
    let nameless = !context.is_near() && alive.iter().all(|(_, attempts)| is_lost(attempts));
    // Its own ports are closed on the machine whose endpoint is open: a firewall, and no way around it.
    let same_machine = context.followed(own).is_some_and(|endpoint| is_the_machine_of_the_endpoint(context, &endpoint));
    let known_otherwise = loopback || same_machine || entry || nameless;
    if reached.len() == alive.len() || known_otherwise || alive.iter().any(known) {
        return verdicts.pass();
    }
    let all: Vec<_> = alive.iter().map(|(node, _)| &node.id).collect();
    let (endpoint, count) = (&context.snapshot.target.endpoint, alive.len());
    let behind = context.accepted_at().map(|at| format!(" (which says that it was reached at {at})"));
    verdicts.fail(Problem {
        title: match reached.len() {
            1 => format!("reached 1 of {count} nodes through {endpoint}: a forward to one node is no way to a cluster"),
            some => format!("reached {some} of {count} nodes through {endpoint}: the others have no forward, or are down"),
        },
        subjects: alive.iter().map(|(node, _)| context.node(node)).collect(),
        expected: format!("a way to every node, seen from {}", context.vantage()),
        presented: format!(
            "{endpoint} leads to {}{}; the others answer neither where they announce themselves nor at {} with their own ports",
            own.address,
            behind.unwrap_or_default(),
            endpoint.host
        ),
        clients: context.affected_at_nodes(&all, &STEPS),
        remedies: context.map_remedy(&reached).into_iter().chain([forward_each(context)]).chain(say_where(context, own)).collect(),
    });
}

/// What is announced is the very host that was given, and means one machine.
fn is_the_machine_of_the_endpoint(context: &Context<'_>, announced: &Endpoint) -> bool {
    let dialled = context.snapshot.seed.socket.map(|socket| Host::Ip(socket.ip().to_canonical()));
    let same = announced.host == context.snapshot.target.endpoint.host || Some(&announced.host) == dialled.as_ref();
    same && !announced.host.is_everyones_own()
}

/// Nobody of the cluster thinks otherwise: a node that is down needs no tunnel.
fn is_alive(flags: NodeFlags) -> bool {
    !(flags.fail || flags.pfail || flags.noaddr || flags.handshake)
}

fn forward_each(context: &Context<'_>) -> Remedy {
    let command =
        |kind: &str| format!("redis-doctor tunnel {} --with {kind} --out tunnel", context.endpoint_with_scheme());
    let (what, kind) = match Place::of(context) {
        Place::Kubernetes => ("one kubectl port-forward a pod", "kubectl"),
        Place::Aws => ("one session a node", "ssm --via INSTANCE"),
        Place::Elsewhere => ("one ssh forward a node", "ssh --via BASTION"),
    };
    let text = format!(
        "Make {what}, each with a local port of its own, and give the client the address map that goes with them; this writes both. \
         Or run the client inside the network."
    );
    Remedy { audience: Audience::Network, text, lines: vec![command(kind)], proof: None }
}

/// The port that was dialled is not the node's: each node may have one that was dealt out in front of it, as `docker run -p 7002:6379` does.
fn say_where(context: &Context<'_>, own: &Node) -> Option<Remedy> {
    let endpoint = &context.snapshot.target.endpoint;
    let dealt_out = own.address.client_port().is_some_and(|port| port != endpoint.port);
    let host = Endpoint::new(endpoint.host.clone(), 0).to_string();
    let host = host.strip_suffix(":0")?;
    let nodes: String = (2..=context.nodes().count().min(NAMED))
        .fold(String::new(), |nodes, n| format!("{nodes} --node {host}:PORT-{n}"));
    dealt_out.then(|| Remedy {
        audience: Audience::Client,
        text:
            "Where each node has a published port (docker -p) or a forward already: say which, and the map is written."
                .to_owned(),
        lines: vec![format!("redis-doctor address-map {}{nodes}", context.endpoint_with_scheme())],
        proof: None,
    })
}

/// Where the nodes are, by the names that they announce.
enum Place {
    Kubernetes,
    Aws,
    Elsewhere,
}

impl Place {
    fn of(context: &Context<'_>) -> Self {
        // `redis-0.redis.default.svc.cluster.local`, `cache.abc.0001.euw1.cache.amazonaws.com`: the labels tell.
        let within = |domain: &[&str]| {
            let fields = context.nodes().flat_map(|(node, _)| [&node.address.preferred, &node.address.hostname]);
            let mut names = fields.filter_map(|field| field.host()?.name()).map(str::to_ascii_lowercase);
            names.any(|name| {
                let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
                labels.windows(domain.len()).any(|part| part == domain)
            })
        };
        if within(&["svc"]) || within(&["pod", "cluster"]) {
            Place::Kubernetes
        } else if within(&["amazonaws", "com"]) || within(&["compute", "internal"]) {
            Place::Aws
        } else {
            Place::Elsewhere
        }
    }
}
