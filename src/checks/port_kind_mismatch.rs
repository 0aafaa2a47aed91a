//! An announced port speaks the other of TLS and plaintext.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Node, Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "port-kind-mismatch",
    severity: Severity::Error,
    expects: "A client that came over TLS is sent to TLS ports, one that came in plaintext to plaintext ports.",
    explain: "Before 6.2.2 one port was announced to everybody; since then the answer depends on the asking connection, \
              provided that `tls-cluster` and the announce options agree with the ports that are really open. A proxy that \
              adds TLS in front of a plaintext cluster has the same effect: the seed speaks TLS, and what the servers announce \
              does not, so clients leave the proxy and hang.",
    transient: false,
    explains: &["node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.is_plain() {
        return; // `replica-port-kind`: hardly any client follows there.
    }
    let seed = context.snapshot.seed.transport;
    let mut subjects = Vec::new();
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts) else { continue };
        let other = match seed {
            Transport::Tls => matches!(attempt.spoke, Some(Spoke::PlainRedis(_))),
            Transport::Plaintext => attempt.spoke == Some(Spoke::Tls),
        };
        if other { subjects.push(context.node(node)) } else { verdicts.pass() }
    }
    let (speaks, option, symptom) = match seed {
        Transport::Tls => ("plaintext", "cluster-announce-tls-port", Symptom::TlsNotSpoken),
        Transport::Plaintext => ("TLS", "cluster-announce-port", Symptom::TlsRequired),
    };
    if let Some(odd) = odd(context, subjects.len()) {
        return verdicts.fail(Problem {
            title: odd.title,
            subjects,
            expected: format!("{seed} on every announced port"),
            presented: format!("{speaks} answers there"),
            clients: context.affected(&symptom, Where::EveryNode),
            remedies: vec![odd.remedy],
        });
    }
    verdicts.fail(Problem {
        title: format!("the endpoint speaks {seed}, and the ports that its nodes announce speak {speaks}"),
        subjects,
        expected: format!("{seed} on every announced port"),
        presented: format!("{speaks} answers there"),
        clients: context.affected(&symptom, Where::EveryNode),
        remedies: if context.is_sentinel() { vec![apart(context)] } else if is_before_two_ports(context) { one_port(context) } else { vec![
            Remedy {
                audience: Audience::Server,
                text: "Let every node announce the ports that are really open: take the announced one back (0), and with both ports \
                       open tie the cluster to the TLS one (redis.conf, then a restart)."
                    .to_owned(),
                lines: vec![format!("CONFIG SET {option} 0"), "tls-cluster yes".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Network,
                text: "If a proxy adds or removes TLS, it has to stand in front of every node, with an address map to go with it."
                    .to_owned(),
                lines: Vec::new(),
                proof: None,
            },
        ]},
    });
}

/// Some nodes speak TLS, and the others plaintext.
struct Odd {
    title: String,
    remedy: Remedy,
}

/// The endpoint is a node that is reached as it announces itself, so that its own port is right: the nodes differ from each other.
fn odd(context: &Context<'_>, others: usize) -> Option<Odd> {
    let seed = context.snapshot.seed.transport;
    let as_announced = |(node, attempts): &(&Node, &[Attempt])| context.is_reached_as_announced(node, attempts);
    let alike = context.nodes().filter(as_announced).count();
    if others == 0 || alike == 0 || !context.is_cluster() {
        return None;
    }
    let (with, without) = match seed {
        Transport::Tls => (alike, others),
        Transport::Plaintext => (others, alike),
    };
    let nodes = |n: usize| if n == 1 { "1 node speaks".to_owned() } else { format!("{n} nodes speak") };
    let text = "Give the nodes without TLS the settings of the others in redis.conf, the certificate files with them, and restart them (or, to \
                do without TLS, take these lines from the others).";
    let lines = ["port 0", "tls-port PORT", "tls-cluster yes", "tls-replication yes"].map(str::to_owned).to_vec();
    Some(Odd {
        title: format!("{} TLS, and {} plaintext at the announced port", nodes(with), without),
        remedy: Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None },
    })
}

/// Sentinels and data nodes have TLS turned on apart from each other, and clients are told apart, too.
fn apart(context: &Context<'_>) -> Remedy {
    Remedy {
        audience: Audience::Client,
        text: "Say apart what the data nodes speak and what the Sentinels do, where the client can; without a scheme \
               redis-doctor goes by what answers."
            .to_owned(),
        lines: vec![context.checks_without_a_scheme()],
        proof: None,
    }
}

/// Before 6.2.2 a cluster tells everybody one port, whatever the announce options say.
fn is_before_two_ports(context: &Context<'_>) -> bool {
    let version = context.seed_server().and_then(|said| said.version.as_deref()).unwrap_or_default();
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next(), parts.next()), (Some(6), Some(minor), patch) if (minor, patch) < (2, Some(2)))
}

fn one_port(context: &Context<'_>) -> Vec<Remedy> {
    let first = context.nodes().find_map(|(node, _)| context.preferred(node));
    let upgrade = Remedy {
        audience: Audience::Server,
        text: "Upgrade to 6.2.2 or later, which sends each client to ports of its own kind. Before, every node tells one port alone: the \
               TLS one with tls-cluster yes, else the other."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    };
    let all_tls = Remedy {
        audience: Audience::Client,
        text: "Or let every client speak TLS from the start.".to_owned(),
        lines: first.map(|endpoint| format!("rediss://{endpoint}")).into_iter().collect(),
        proof: Some("the announced port answered a ClientHello".to_owned()),
    };
    let tls_cluster = Remedy {
        audience: Audience::Server,
        text: "Or have the nodes tell their TLS ports (redis.conf, then a restart): clients that speak plaintext are then lost.".to_owned(),
        lines: vec!["tls-cluster yes".to_owned()],
        proof: None,
    };
    match context.snapshot.seed.transport {
        Transport::Plaintext => vec![all_tls, upgrade],
        Transport::Tls => vec![tls_cluster, upgrade],
    }
}
