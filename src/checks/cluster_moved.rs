//! The nodes came back with new addresses, and know each other by the old ones.

use std::collections::HashMap;

use crate::{
    diagnosis::{Audience, Check, Context, Moved, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Node, NodeId, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "cluster-moved",
    severity: Severity::Error,
    expects: "Nodes are at the addresses under which the cluster knows them.",
    explain: "nodes.conf holds the addresses of all nodes, and they are what a node dials after a restart. When the whole cluster \
              comes back with new ones (a StatefulSet, `docker compose down` and `up`, machines with changing leases), every node \
              looks for the others where nobody is, and where addresses were dealt out anew another node answers, upon which the \
              right one is marked `noaddr`. Nothing heals that by itself: each node has to be introduced once more (CLUSTER MEET; \
              ids, slots and data stay). `--node HOST:PORT`, once for each node, says where they are now, and the lines that \
              introduce them are printed. Fixed addresses, or cluster-announce-ip set at every start together with a start-up \
              script that rewrites nodes.conf, keep it from happening again.",
    transient: true,
    explains: &[
        "node-unreachable",
        "wrong-node",
        "node-failed",
        "views-disagree",
        "own-address-stale",
        "endpoint-unknown",
        "slots-uncovered",
        "bus-link-down",
        "bus-unreachable",
        "cluster-split",
        "node-handshake",
        "bus-unreachable",
        "primary-link-down",
        "announced-private",
        "announced-loopback",
        "balancer-endpoint",
        "map-incomplete",
        "tunnel-partial",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let seed = context.snapshot.seed.identity();
    let others: Vec<&Node> = context.nodes().map(|(node, _)| node).filter(|node| seed != Some(&node.id)).collect();
    let moved = context.moved();
    let lost = others.iter().filter(|node| context.is_missed_by_the_seed(node)).count();
    // Who answers in the other of TLS and plaintext is where it should be.
    let speaks = |node: &Node| {
        let attempts = context.snapshot.attempts(&node.id);
        context.announced(attempts).is_some_and(|attempt| attempt.spoke.as_ref().is_some_and(Spoke::is_redis))
    };
    let nowhere = others.iter().filter(|node| context.met(&node.id).is_none() && !speaks(node)).count();
    let (insisting, moved): (Vec<Moved<'_>>, Vec<Moved<'_>>) = moved.into_iter().partition(|m| context.insists(m));
    let told = !insisting.is_empty();
    verdicts.fail(announcing(context, &insisting, others.len() + 1));
    if !moved.is_empty() {
        verdicts.fail(found(context, &moved, &others, nowhere.min(lost)));
    } else if others.len() > 1 && lost == others.len() && nowhere == lost && is_alone(context) {
        verdicts.fail(not_found(context, others.len()));
    } else if !told {
        verdicts.pass();
    }
}

/// Nodes that are introduced in vain: what they say of themselves leads the others away again.
fn announcing(context: &Context<'_>, moved: &[Moved<'_>], all: usize) -> Problem {
    let is = |m: &Moved<'_>| {
        format!("{} answers at {}, and the others look for it in vain", context.called(m.node), m.now())
    };
    let line =
        |m: &Moved<'_>| Some(format!("{} CONFIG SET cluster-announce-ip {}", context.redis_cli(m.attempt)?, m.ip()));
    let text = "Have each announce the address at which the others reach it (\"\" for its own), in redis.conf or where it is \
                started, too; the others learn it from the next ping.";
    Problem {
        title: format!(
            "{} of {all} nodes announce an address at which nobody reaches it (cluster-announce-ip)",
            moved.len()
        ),
        subjects: moved.iter().map(|moved| context.node(moved.node)).collect(),
        expected: "every node at the address that it announces".to_owned(),
        presented: moved.iter().take(4).map(is).collect::<Vec<_>>().join("; "),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: text.to_owned(),
            lines: moved.iter().filter_map(line).collect(),
            proof: None,
        }],
        ..Problem::default()
    }
}

/// The node at the endpoint has not heard of any other one since it was started.
fn is_alone(context: &Context<'_>) -> bool {
    let seed = context.snapshot.seed.identity();
    seed.and_then(|seed| context.sight_of(seed)).is_some_and(|sight| sight.alone)
}

fn found(context: &Context<'_>, moved: &[Moved<'_>], others: &[&Node], nowhere: usize) -> Problem {
    let all = others.len() + 1;
    let whole = moved.len() + nowhere == others.len();
    let was = |m: &Moved<'_>| format!("{} answers at {}", context.called(m.node), m.now());
    let mut presented: Vec<String> = moved.iter().take(4).map(was).collect();
    if moved.len() > 4 {
        presented.push(format!("{} more", moved.len() - 4));
    }
    if nowhere > 0 {
        presented.push(format!("{nowhere} were not found yet"));
    }
    Problem {
        title: if whole {
            format!("the whole cluster is at new addresses, and its {all} nodes look for each other at the old ones")
        } else {
            format!("{} of {all} nodes are at other addresses than the cluster knows", moved.len())
        },
        subjects: if whole {
            vec![context.whole()]
        } else {
            moved.iter().map(|moved| context.node(moved.node)).collect()
        },
        expected: "every node at the address that the others have for it".to_owned(),
        presented: presented.join("; "),
        remedies: introduce(context, moved).into_iter().chain((nowhere > 0).then(|| look(context, nowhere))).collect(),
        ..Problem::default()
    }
}

/// The node at the endpoint meets every other one; what it is met with tells a node its own address.
fn introduce(context: &Context<'_>, moved: &[Moved<'_>]) -> Option<Remedy> {
    let seed = context.redis_cli(&context.snapshot.seed)?;
    let back = moved.first().and_then(|first| {
        let line = context.meet_the_seed()?;
        Some(format!("{} {line}", context.redis_cli(first.attempt)?))
    });
    // First: a replica that learns its primary's address from others goes on copying from the old one (`clusterProcessGossipSection`).
    let by_id: HashMap<&NodeId, &Moved<'_>> = moved.iter().map(|moved| (&moved.node.id, moved)).collect();
    let replicas = moved.iter().filter_map(|replica| {
        let primary = by_id.get(replica.node.primary.as_ref()?)?;
        Some(format!("{} {}", context.redis_cli(replica.attempt)?, primary.meet()))
    });
    let all = moved.iter().map(|moved| format!("{seed} {}", moved.meet()));
    let lines = replicas.chain(all).chain(back).collect();
    let text = "Introduce the nodes to each other once more. Ids, slots and data stay as they are; within cluster-node-timeout (15 s) \
                the others learn the new addresses from each other; a cluster-announce-ip that is set on a node is to be corrected \
                first. Where a password is needed, REDISCLI_AUTH holds it.";
    Some(Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None })
}

fn look(context: &Context<'_>, nowhere: usize) -> Remedy {
    let nodes = " --node HOST:PORT".repeat(nowhere.min(3));
    Remedy {
        audience: Audience::Server,
        text: "Say where the others are now: what introduces them is then printed.".to_owned(),
        lines: vec![format!("redis-doctor check {}{nodes}", context.endpoint_with_scheme())],
        proof: None,
    }
}

fn not_found(context: &Context<'_>, others: usize) -> Problem {
    let uptime = context.snapshot.seed.opened().and_then(|c| c.server.seen()).and_then(|server| server.uptime);
    let since =
        uptime.map_or_else(|| "since it was started".to_owned(), |s| format!("since it was started {} ago", ago(s)));
    let find = Remedy {
        text: "Where they run at new addresses: say which (once for each node), and what introduces them again is printed."
            .to_owned(),
        ..look(context, others)
    };
    let start = Remedy {
        audience: Audience::Server,
        text: "Where they are down: start them, at the addresses that this node has for them.".to_owned(),
        lines: Vec::new(),
        proof: None,
    };
    Problem {
        title: format!(
            "none of the {others} other nodes is where this one looks for it: they came back elsewhere, or not at all"
        ),
        subjects: vec![context.whole()],
        expected: "an answer from the other nodes, to this node and here".to_owned(),
        presented: format!(
            "{since}, the node that answered has not heard of any other one; at {} nobody answers here, either",
            addresses(context)
        ),
        remedies: vec![find, start],
        ..Problem::default()
    }
}

fn addresses(context: &Context<'_>) -> String {
    let seed = context.snapshot.seed.identity();
    let others = context.nodes().filter(|(node, _): &(&Node, &[Attempt])| seed != Some(&node.id));
    context.all_called(others.map(|(node, _)| node))
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
