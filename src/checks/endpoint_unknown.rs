//! A node announces no address that a client could dial.

use std::net::IpAddr;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Announced, Difference, Kind, Node},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-unknown",
    severity: Severity::Error,
    expects: "Every node announces an address that a client can dial.",
    explain: "`?` means that host names are preferred (cluster-preferred-endpoint-type hostname) and that this node has none: \
              set cluster-announce-hostname on it. It must not be read as \"the same host\": that is what nil and the empty \
              string mean (unknown-endpoint), which several clients get wrong all the same. A node with `noaddr` was \
              lost from sight by the node that answers; anything else that is no host name or address cannot be dialled.",
    transient: false,
    explains: &["node-unreachable", "wrong-node", "san-mismatch"],
    examine,
};

/// How many nodes are mended line by line.
const LINES: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.topology().is_some_and(|t| t.kind == Kind::Cluster) {
        return;
    }
    let (mut unnamed, mut unusable, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    let (mut meets, mut forgets): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut said = String::new();
    for (node, _) in context.nodes().filter(|(n, _)| !n.flags.handshake) {
        match &node.address.preferred {
            _ if node.flags.noaddr => {
                meets.extend(seen_at(context, node).filter(|_| meets.len() < LINES));
                forgets.extend((forgets.len() < LINES).then(|| format!("CLUSTER FORGET {}", node.id)));
                lost.push(context.node(node));
            }
            Announced::QuestionMark => unnamed.push(context.node(node)),
            Announced::Unusable(text) => {
                said.clone_from(text);
                unusable.push(context.node(node));
            }
            _ if node.address.client_port().is_none() => {
                said = node.address.to_string();
                unusable.push(context.node(node));
            }
            _ => verdicts.pass(),
        }
    }
    if meets.is_empty() {
        meets.push("CLUSTER MEET ADDRESS PORT".to_owned());
    }
    let server = |text: &str, lines: &[&str]| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: lines.iter().map(|l| (*l).to_owned()).collect(),
        proof: None,
    };
    verdicts.fail(Problem {
        title: "host names are preferred, and these nodes announce none".to_owned(),
        subjects: unnamed,
        expected: "a host name in CLUSTER SLOTS".to_owned(),
        presented: "?".to_owned(),
        remedies: vec![server(
            "Announce a name on each of these nodes (7.0+), or prefer addresses again.",
            &["CONFIG SET cluster-announce-hostname NAME", "CONFIG SET cluster-preferred-endpoint-type ip"],
        )],
        ..Problem::default()
    });
    verdicts.fail(Problem {
        title: "what these nodes announce is no address that can be dialled".to_owned(),
        subjects: unusable,
        expected: "a host name or an IP address, and a port from 1 to 65535".to_owned(),
        presented: format!("\"{said}\""),
        remedies: vec![server("Announce a real address or name.", &["CONFIG SET cluster-announce-ip ADDRESS"])],
        ..Problem::default()
    });
    verdicts.fail(Problem {
        title: "the cluster has lost the address of these nodes".to_owned(),
        subjects: lost,
        expected: "an address in CLUSTER NODES".to_owned(),
        presented: ":0 with the flag noaddr".to_owned(),
        remedies: vec![
            server(
                "Introduce the node again, where it is now (once --node HOST:PORT says where, the line is printed).",
                &meets.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
            server(
                "Where it is gone: forget it, on all nodes within a minute.",
                &forgets.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
        ],
        ..Problem::default()
    });
}

/// Where another node still sees it, and what introduces it there to the one that answers.
fn seen_at(context: &Context<'_>, node: &Node) -> Option<String> {
    let views = &context.topology()?.views;
    let address = views.iter().flat_map(|view| &view.differences).find_map(|difference| match difference {
        Difference::Says(other) if other.id == node.id && !other.failed => other.address.split(',').next(),
        _ => None,
    })?;
    let (client, bus) = address.split_once('@')?;
    let (ip, port) = client.rsplit_once(':')?;
    let (ip, port, bus) = (ip.parse::<IpAddr>().ok()?, port.parse::<u16>().ok()?, bus.parse::<u16>().ok()?);
    Some(format!("{} CLUSTER MEET {ip} {port} {bus}", context.redis_cli(&context.snapshot.seed)?))
}
