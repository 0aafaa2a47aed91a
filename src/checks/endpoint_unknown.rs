//! A node announces no address that a client could dial.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Announced, Difference, Kind, Node, NodeId, Topology},
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
    explains: &["tunnel-partial", "node-unreachable", "wrong-node", "san-mismatch"],
    examine,
};

/// How many nodes are mended line by line.
const LINES: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.topology().is_some_and(|t| t.kind == Kind::Cluster) {
        return;
    }
    let (mut unnamed, mut unusable, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    let losers = context.topology().map(|t| losers(t, context.snapshot.seed.identity())).unwrap_or_default();
    let (mut meets, mut forgets): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut said, mut portless) = (String::new(), false);
    for (node, _) in context.nodes().filter(|(n, _)| !n.flags.handshake) {
        match &node.address.preferred {
            _ if losers.contains_key(&node.id) => {
                if lost.len() < LINES {
                    meets.extend(meet(context, node, &losers[&node.id]));
                    forgets.push(format!("CLUSTER FORGET {}", node.id.in_commands()));
                }
                lost.push(context.node(node));
            }
            Announced::QuestionMark => unnamed.push(context.node(node)),
            Announced::Unusable(text) => {
                said.clone_from(text);
                unusable.push(context.node(node));
            }
            _ if node.address.client_port().is_none() => {
                said = node.address.to_string();
                portless = node.address.preferred.host().is_some();
                unusable.push(context.node(node));
            }
            _ => verdicts.pass(),
        }
    }
    meets.truncate(LINES);
    if meets.is_empty() {
        meets.push("CLUSTER MEET ADDRESS PORT".to_owned());
    }
    let by: BTreeSet<&NodeId> = losers.values().flatten().copied().collect();
    let by: Vec<&Node> = by.into_iter().filter_map(|id| context.node_of(id)).collect();
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
        title: if portless {
            "these nodes announce port 0, where no client can dial them".to_owned()
        } else {
            "what these nodes announce is no address that can be dialled".to_owned()
        },
        subjects: unusable,
        expected: "a host name or an IP address, and a port from 1 to 65535".to_owned(),
        presented: format!("\"{said}\""),
        remedies: if portless {
            vec![
                server(
                    "Announce the port that clients dial, on each of these nodes; CONFIG REWRITE keeps it.",
                    &["CONFIG SET cluster-announce-port PORT"],
                ),
                server(
                    "Or, with TLS alone (port 0), let the cluster speak TLS, too, on all nodes (redis.conf, then a restart): before 7.2 nodes \
                     announce their TLS port only then.",
                    &["tls-cluster yes"],
                ),
            ]
        } else {
            vec![server("Announce a real address or name.", &["CONFIG SET cluster-announce-ip ADDRESS"])]
        },
        ..Problem::default()
    });
    verdicts.fail(Problem {
        title: format!(
            "{} lost the address of {} (noaddr)",
            words(by.len()),
            if lost.len() == 1 { "another one".to_owned() } else { format!("{} others", lost.len()) }
        ),
        subjects: lost,
        expected: "an address in CLUSTER NODES".to_owned(),
        presented: format!(
            ":0 with the flag noaddr, in CLUSTER NODES of {}: another server answered on the cluster bus at the address where it was",
            context.all_called(by)
        ),
        remedies: vec![
            server(
                "Introduce the node again, where it is now (once --node HOST:PORT says where, the line is printed).",
                &meets.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
            server(
                "Where it came back without its nodes.conf (emptyDir, a lost volume), it is another node now, and empty: promote a replica \
                 of the old one (CLUSTER FAILOVER FORCE on it), forget the old id as below, then introduce the new one and let it copy.",
                &[],
            ),
            server(
                "Where it is gone: forget it, on all nodes within a minute.",
                &forgets.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
        ],
        ..Problem::default()
    });
}

/// Who has lost the address of whom: nodes of old snapshots, too, which have the seed's flags alone.
fn losers<'a>(topology: &'a Topology, seed: Option<&'a NodeId>) -> HashMap<&'a NodeId, Vec<&'a NodeId>> {
    let mut losers: HashMap<&NodeId, Vec<&NodeId>> = HashMap::new();
    for (id, who) in topology.sights.iter().flat_map(|sight| sight.lost.iter().map(|id| (id, &sight.node))) {
        losers.entry(id).or_default().push(who);
    }
    if let Some(seed) = seed {
        let flagged = topology.nodes.iter().filter(|node| node.flags.noaddr);
        flagged.for_each(|node| _ = losers.entry(&node.id).or_insert_with(|| vec![seed]));
    }
    losers
}

/// What introduces the node again to those that have lost it, by what anybody else still knows of it.
fn meet(context: &Context<'_>, node: &Node, losers: &[&NodeId]) -> Vec<String> {
    let line = context.meet(node).or_else(|| seen_by_others(context, node));
    let who = losers.iter().filter_map(|who| context.met(who)).take(LINES);
    let cli = who.filter_map(|attempt| context.redis_cli(attempt));
    line.map(|line| cli.map(|cli| format!("{cli} {line}")).collect()).unwrap_or_default()
}

fn seen_by_others(context: &Context<'_>, node: &Node) -> Option<String> {
    let views = &context.topology()?.views;
    let address = views.iter().flat_map(|view| &view.differences).find_map(|difference| match difference {
        Difference::Says(other) if other.id == node.id && !other.failed => other.address.split(',').next(),
        _ => None,
    })?;
    let (client, bus) = address.split_once('@')?;
    let (ip, port) = client.rsplit_once(':')?;
    let (ip, port, bus) = (ip.parse::<IpAddr>().ok()?, port.parse::<u16>().ok()?, bus.parse::<u16>().ok()?);
    Some(format!("CLUSTER MEET {ip} {port} {bus}"))
}

fn words(nodes: usize) -> String {
    if nodes == 1 { "a node has".to_owned() } else { format!("{nodes} nodes have") }
}
