//! A node announces no address that a client could dial.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Announced, Kind, Node, NodeId, Topology},
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
    let mut meets: Vec<String> = Vec::new();
    let (mut said, mut portless) = (String::new(), false);
    for (node, _) in context.nodes().filter(|(n, _)| !n.flags.handshake) {
        match &node.address.preferred {
            // That it failed says more, and is told.
            _ if node.flags.fail && node.flags.noaddr && !context.has_only_lost_its_address(node) => {}
            _ if losers.contains_key(&node.id) => {
                if lost.len() < LINES {
                    meets.extend(meet(context, node, &losers[&node.id]));
                }
                lost.push(node);
            }
            Announced::QuestionMark => unnamed.push(node),
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
    verdicts.fail(of_no_name(context, &unnamed));
    verdicts.fail(Problem {
        title: if portless {
            "these nodes announce port 0, where no client can dial them".to_owned()
        } else {
            "what these nodes announce is no address that can be dialled".to_owned()
        },
        subjects: unusable,
        expected: "a host name or an IP address, and a port from 1 to 65535".to_owned(),
        presented: format!("\"{said}\""),
        remedies: if portless { of_port_zero() } else { vec![of_no_address()] },
        ..Problem::default()
    });
    verdicts.fail(of_lost(context, &lost, by, meets));
}

/// Nodes whose address others have lost.
fn of_lost(context: &Context<'_>, lost: &[&Node], by: Vec<&Node>, meets: Vec<String>) -> Problem {
    let server = |text: &str, lines: Vec<String>| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines,
        proof: None,
    };
    let gone: Vec<&Node> = lost.iter().copied().filter(|node| context.met(&node.id).is_none()).collect();
    let owners: Vec<&Node> = gone.iter().copied().filter(|node| !node.slots.is_empty()).collect();
    let slots: u32 = owners.iter().map(|node| node.slots.count()).sum();
    let with = if slots == 0 { String::new() } else { format!("; clients are sent nowhere for {slots} slots") };
    let promote = owners.iter().filter_map(|owner| {
        let copy = context.replicas_of(&owner.id).iter().find_map(|replica| context.met(&replica.id))?;
        Some(format!("{} CLUSTER FAILOVER TAKEOVER", context.redis_cli(copy)?))
    });
    let promote: Vec<String> = promote.take(LINES).collect();
    let call = context.redis_cli_cluster("call").unwrap_or_default();
    let forget = |node: &&Node| format!("{call} CLUSTER FORGET {}", node.id.in_commands()).trim_start().to_owned();
    let forgets = lost.iter().take(LINES).map(forget).collect();
    let fix = context.redis_cli_cluster("fix").filter(|_| !owners.is_empty());
    let dealt = fix.map(|fix| {
        server(
            "Where it is gone for good, and its data with it: deal its slots out to the primaries that are left, empty (6.2+; it asks, \
             and \"yes\" is the answer).",
            vec![format!("{fix} --cluster-fix-with-unreachable-masters")],
        )
    });
    let remedies = [
        Some(server(
            "Introduce the node again, where it is now (once --node HOST:PORT says where, the line is printed).",
            meets,
        )),
        Some(server(
            "Where it came back without its nodes.conf (emptyDir, a lost volume), it is another node now, and empty: promote a replica \
             of the old one (CLUSTER FAILOVER TAKEOVER on it), forget the old id as below, then introduce the new one and let it copy.",
            promote,
        )),
        dealt,
        Some(server("Where it is gone: forget it, on all nodes within a minute (this does).", forgets)),
    ];
    Problem {
        title: format!(
            "{} lost the address of {} (noaddr){with}",
            words(by.len()),
            if lost.len() == 1 { "another one".to_owned() } else { format!("{} others", lost.len()) }
        ),
        subjects: lost.iter().map(|node| context.node(node)).collect(),
        expected: "an address in CLUSTER NODES".to_owned(),
        presented: format!(
            ":0 with the flag noaddr, in CLUSTER NODES of {}: another server answered on the cluster bus at the address where it was",
            context.all_called(by)
        ),
        remedies: remedies.into_iter().flatten().collect(),
        ..Problem::default()
    }
}

/// Names are preferred, and these have none.
fn of_no_name(context: &Context<'_>, unnamed: &[&Node]) -> Problem {
    let all = context.nodes().count();
    let cli = |node: &&Node| context.met(&node.id).and_then(|attempt| context.redis_cli(attempt));
    let line =
        |node: &&Node, set: &str| format!("{} CONFIG SET {set}", cli(node).unwrap_or_default()).trim_start().to_owned();
    let lines = |set: &str| unnamed.iter().take(LINES).map(|node| line(node, set)).collect::<Vec<_>>();
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    let name = server(
        "Announce a name on each of these nodes (7.0+), one by which clients reach it alone.",
        lines("cluster-announce-hostname NAME"),
    );
    let address = server(
        "Or prefer addresses again, on every node, where clients reach them.",
        vec!["CONFIG SET cluster-preferred-endpoint-type ip".to_owned()],
    );
    let places = unnamed.iter().filter_map(|node| node.address.ip_endpoint()).map(|at| at.to_string());
    let mut places: Vec<String> = places.take(LINES).collect();
    places.sort();
    let at = if places.is_empty() { String::new() } else { format!(" for {}", places.join(", ")) };
    Problem {
        title: match unnamed.len() {
            n if n == all => "host names are preferred, and no node announces one".to_owned(),
            n => format!(
                "host names are preferred, and {n} of {all} nodes {} none",
                if n == 1 { "announces" } else { "announce" }
            ),
        },
        subjects: unnamed.iter().map(|node| context.node(node)).collect(),
        expected: "a host name in CLUSTER SLOTS".to_owned(),
        presented: format!("?{at}"),
        remedies: vec![name, address],
        ..Problem::default()
    }
}

fn of_port_zero() -> Vec<Remedy> {
    let server = |text: &str, line: &str| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: vec![line.to_owned()],
        proof: None,
    };
    vec![
        server(
            "Announce the port that clients dial, on each of these nodes; CONFIG REWRITE keeps it.",
            "CONFIG SET cluster-announce-port PORT",
        ),
        server(
            "Or, with TLS alone (port 0), let the cluster speak TLS, too, on all nodes (redis.conf, then a restart): before 7.2 nodes \
             announce their TLS port only then.",
            "tls-cluster yes",
        ),
    ]
}

fn of_no_address() -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Announce a real address or name.".to_owned(),
        lines: vec!["CONFIG SET cluster-announce-ip ADDRESS".to_owned()],
        proof: None,
    }
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
    let (client, bus) = context.place_by_others(&node.id)?.split_once('@')?;
    let (ip, port) = client.rsplit_once(':')?;
    let (ip, port, bus) = (ip.parse::<IpAddr>().ok()?, port.parse::<u16>().ok()?, bus.parse::<u16>().ok()?);
    Some(format!("CLUSTER MEET {ip} {port} {bus}"))
}

fn words(nodes: usize) -> String {
    if nodes == 1 { "a node has".to_owned() } else { format!("{nodes} nodes have") }
}
