//! Nodes announce addresses of a family to which there is no way from here.

use std::net::{IpAddr, SocketAddr};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Attempt, FailureKind, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "address-family",
    severity: Severity::Error,
    expects: "Nodes announce addresses of a family (IPv4 or IPv6) that clients have a route to.",
    explain: "A node announces one address, of one family, to everybody, whichever family the client came by. Where servers have \
              both and clients one (or the other way round), the endpoint's name works, since it leads to both, and every node \
              that is discovered is out of reach. Announce host names that have an A and an AAAA record \
              (cluster-announce-hostname with cluster-preferred-endpoint-type hostname, 7.0+), the address of the family that all \
              clients have, or both: Valkey 8.1 tells IPv4 clients cluster-announce-client-ipv4 and IPv6 clients \
              cluster-announce-client-ipv6.",
    transient: false,
    explains: &["tunnel-partial", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(seed) = context.snapshot.seed.opened().and(context.snapshot.seed.socket) else { return };
    let is_v6 = seed.ip().to_canonical().is_ipv6();
    let mut subjects: Vec<Subject> = Vec::new();
    let mut ids: Vec<&NodeId> = Vec::new();
    let mut first: Option<IpAddr> = None;
    for (node, attempts) in context.nodes() {
        let followed = context.followed(node).and_then(|endpoint| endpoint.host.ip());
        let other = followed.filter(|ip| ip.to_canonical().is_ipv6() != is_v6 && !ip.to_canonical().is_loopback());
        let unrouted = context.announced(attempts).is_some_and(is_unrouted);
        match other.filter(|_| unrouted) {
            Some(ip) => {
                subjects.push(context.node(node));
                ids.push(&node.id);
                first.get_or_insert(ip);
            }
            None => verdicts.pass(),
        }
    }
    let Some(first) = first else { return };
    if is_met(context, first) {
        return;
    }
    let (family, own) = if is_v6 { ("IPv4", "IPv6") } else { ("IPv6", "IPv4") };
    let all = context.topology().map_or(0, |t| t.nodes.len());
    verdicts.fail(Problem {
        title: format!(
            "{} of {all} nodes announce {family} addresses, and there is no {family} route from here",
            subjects.len()
        ),
        expected: format!(
            "{own} addresses, by which the endpoint was reached, or names with both; seen from {}",
            context.vantage()
        ),
        presented: format!("{first}: no route from here; the endpoint answered at {seed}"),
        clients: context.affected_at_nodes(&ids, &[Step::Connect]),
        remedies: remedies(context, &ids, is_v6, family),
        subjects,
    });
}

fn is_unrouted(attempt: &Attempt) -> bool {
    attempt.failure().is_some_and(|failure| failure.kind == FailureKind::Unreachable)
}

/// Something of this family was reached, so that it is this network and not the family.
fn is_met(context: &Context<'_>, like: IpAddr) -> bool {
    let same = |socket: SocketAddr| {
        let ip = socket.ip().to_canonical();
        ip.is_ipv6() == like.to_canonical().is_ipv6() && !ip.is_loopback()
    };
    context.snapshot.all_attempts().any(|attempt| attempt.opened().is_some() && attempt.socket.is_some_and(same))
}

fn remedies(context: &Context<'_>, ids: &[&NodeId], is_v6: bool, family: &str) -> Vec<Remedy> {
    let product = context.snapshot.seed.opened().and_then(|c| c.server.seen()?.product.clone());
    let option = match (product.as_deref(), is_v6) {
        (Some("valkey"), true) => "cluster-announce-client-ipv6",
        (Some("valkey"), false) => "cluster-announce-client-ipv4",
        _ => "cluster-announce-ip",
    };
    let own = if is_v6 { "IPV6-ADDRESS" } else { "IPV4-ADDRESS" };
    let mut remedies: Vec<Remedy> = context.map_remedy(ids).into_iter().collect();
    if context.is_cluster() {
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Let every node announce a name with an A and an AAAA record (7.0+).".to_owned(),
            lines: vec![
                "CONFIG SET cluster-announce-hostname FULL-NAME".to_owned(),
                "CONFIG SET cluster-preferred-endpoint-type hostname".to_owned(),
            ],
            proof: None,
        });
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Or the address of the family that clients have, where the other nodes reach it, too.".to_owned(),
            lines: vec![format!("CONFIG SET {option} {own}")],
            proof: None,
        });
    }
    remedies.push(Remedy {
        audience: Audience::Network,
        text: format!("Or give the clients {family}: an address and a route (a container network needs it turned on)."),
        lines: Vec::new(),
        proof: None,
    });
    remedies
}
