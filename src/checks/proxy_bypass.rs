//! A proxy adds or removes TLS before the endpoint, and what the servers announce leads around it.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, outlook::Step},
    facts::{Attempt, Node, Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "proxy-bypass",
    severity: Severity::Warning,
    expects: "Servers behind a proxy that adds or removes TLS announce addresses that lead through the proxy.",
    explain: "stunnel, ghostunnel, haproxy, hitch or nginx before a server change what is spoken at the endpoint, and not what the \
              servers announce: those tell their own ports, which speak the other of TLS and plaintext. Works for one server; a cluster client \
              leaves the proxy at the first redirect and hangs, or fails at the handshake. It needs one proxy service for each \
              node, with a port of its own, and an address map; or servers that speak TLS themselves. It is told from \
              port-kind-mismatch, where the server has both ports open, by the port at which the server says it was reached (CLIENT INFO, \
              6.2 and later), and by the ports in CLUSTER SHARDS (7.0 and later).\n\n\
              `redis-doctor tunnel ENDPOINT --with stunnel --out DIR` writes such services and the map, where ENDPOINT is a node \
              itself: from behind the proxy nobody sees what the nodes speak.",
    transient: false,
    explains: &["port-kind-mismatch", "tunnel-partial", "announced-loopback", "node-unreachable"],
    examine,
};

/// Where a client may stop that goes around the proxy.
const STEPS: [Step; 5] = [Step::Resolve, Step::Connect, Step::Timeout, Step::Protocol, Step::TlsOther];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = context.snapshot.seed.transport;
    let Some((own, own_attempts)) = context.behind_the_endpoint() else { return verdicts.pass() };
    if !goes_around(context, seed, own, own_attempts) || is_direct(context, own) {
        return verdicts.pass();
    }
    let around = context.nodes().filter(|(node, attempts)| goes_around(context, seed, node, attempts));
    let around: Vec<&Node> = around.map(|(node, _)| node).collect();
    let ids: Vec<_> = around.iter().map(|node| &node.id).collect();
    let (endpoint, other) = (&context.snapshot.target.endpoint, seed.other());
    let behind =
        context.accepted_at().map(|at| format!("; the connection in {seed} came to it at {at}, its {other} port"));
    verdicts.fail(Problem {
        title: format!(
            "a proxy stands at {endpoint}: it speaks {seed}, and the nodes behind it announce {other} ports, past it"
        ),
        subjects: around.iter().map(|node| context.node(node)).collect(),
        expected: format!("addresses at which clients find {seed}, as at the endpoint"),
        presented: format!("{} announces {} for {other}{}", own.id.short(), own.address, behind.unwrap_or_default()),
        clients: context.affected_at_nodes(&ids, &STEPS),
        remedies: remedies(context, seed, own),
    });
}

/// True where clients that are sent to this node find the other transport there: it was met, or no other port is told. Who has
/// a map for it is not sent there.
fn goes_around(context: &Context<'_>, seed: Transport, node: &Node, attempts: &[Attempt]) -> bool {
    let (tcp, tls) = (node.address.tcp_port, node.address.tls_port);
    let announced = context.announced(attempts);
    let spoke = announced.and_then(|attempt| attempt.spoke.as_ref());
    // Which of the two a port is called does not matter where it was met: services tell one that speaks TLS as `port`.
    let is_spoken = announced.is_some_and(|attempt| match attempt.transport {
        Transport::Tls => seed == Transport::Tls && attempt.tls().is_some(),
        Transport::Plaintext => seed == Transport::Plaintext && attempt.identity().is_some(),
    });
    match seed {
        _ if context.is_led(node) || is_spoken => false,
        Transport::Tls => (tcp.is_some() && tls.is_none()) || matches!(spoke, Some(Spoke::PlainRedis(_))),
        Transport::Plaintext => (tls.is_some() && tcp.is_none()) || spoke == Some(&Spoke::Tls),
    }
}

/// True where the server itself accepted the connection at the port that was dialled: it has both, and announces one. Before
/// 6.2 it does not tell where it accepted; where the port that it calls its own was dialled, that is as good.
fn is_direct(context: &Context<'_>, own: &Node) -> bool {
    let dialled = context.snapshot.seed.socket.map(|socket| socket.port());
    let accepted = context.accepted_at().map(|at| at.port());
    let told = context.seed_server().and_then(|said| said.tcp_port);
    let port = accepted.or_else(|| told.filter(|_| context.snapshot.seed.transport == Transport::Plaintext));
    port.is_some_and(|port| Some(port) == dialled && Some(port) != own.address.client_port())
}

fn remedies(context: &Context<'_>, seed: Transport, own: &Node) -> Vec<Remedy> {
    let each = "Put one proxy service before every node, replicas included, each with a port of its own, and give the client the \
                address map that goes with them; this writes both. Look at a node itself, from where it can be reached: from behind \
                the proxy nobody sees what the nodes speak.";
    let scheme = if seed == Transport::Tls { "redis" } else { "rediss" };
    let node = context.preferred(own).map_or_else(|| "NODE:PORT".to_owned(), |endpoint| endpoint.to_string());
    let lines = vec![
        format!("redis-doctor check {scheme}://{node} --save seen.json"),
        "redis-doctor tunnel --from seen.json --with stunnel --out tunnel".to_owned(),
    ];
    let native = match seed {
        Transport::Tls => Remedy {
            audience: Audience::Server,
            text: "Or let the servers speak TLS themselves, and drop the proxy (redis.conf, then a restart)."
                .to_owned(),
            lines: [
                "tls-port PORT",
                "tls-cluster yes",
                "tls-cert-file FILE",
                "tls-key-file FILE",
                "tls-ca-cert-file FILE",
            ]
            .map(str::to_owned)
            .into(),
            proof: None,
        },
        Transport::Plaintext => Remedy {
            audience: Audience::Client,
            text: "Or let the client speak TLS to the servers themselves, and drop the proxy.".to_owned(),
            lines: Vec::new(),
            proof: None,
        },
    };
    vec![Remedy { audience: Audience::Network, text: each.to_owned(), lines, proof: None }, native]
}
