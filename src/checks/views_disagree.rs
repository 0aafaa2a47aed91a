//! Nodes describe the cluster differently.

use std::{collections::HashSet, net::IpAddr};

use crate::{
    diagnosis::{Apart, Audience, Check, Context, OddView, Problem, Remedy, Severity, Subject, Verdicts, has_slots},
    facts::{Difference, Node, NodeId, SlotRange, Slots, Topology, View, ViewNode},
};

pub(super) const CHECK: Check = Check {
    code: "views-disagree",
    severity: Severity::Error,
    expects: "All nodes agree on who is in the cluster, where, and who owns which slot.",
    explain: "What a client learns depends on the node it happens to ask. Views part company when a node was forgotten on some \
              nodes only, when a handshake ended on one side, when an old nodes.conf came back, or while a failover is under \
              way (then they agree again within seconds). Replica order, ping times and suspicions differ legitimately and \
              are not compared. Where clients are sent (CLUSTER SLOTS) is asked of 128 nodes, evenly spread, where there are more. The nodes named are those outside the largest group that agrees.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some((topology, views)) = context.topology().zip(context.views()) else { return };
    let lost: HashSet<&NodeId> = topology.sights.iter().flat_map(|sight| &sight.lost).collect();
    if topology.views.iter().all(|view| is_told_elsewhere(context, &lost, view)) {
        (0..views.members).for_each(|_| verdicts.pass());
        return;
    }
    let (members, larger) = (views.members, views.largest.members.len());
    (0..larger).for_each(|_| verdicts.pass());
    for odd in &views.odd {
        let OddView { view, differences, is_seed, apart } = *odd;
        if apart != Apart::Mind {
            view.members.iter().for_each(|_| verdicts.pass());
            continue;
        }
        verdicts.fail(Problem {
            title: format!("nodes disagree: {} of {members} see the cluster differently", view.members.len()),
            subjects: view.members.iter().map(|id| subject(context, id)).collect(),
            expected: format!("one view; {larger} of {members} share the larger one"),
            presented: describe(topology, differences, is_seed),
            remedies: remedies(context, topology, view, differences, is_seed),
            ..Problem::default()
        });
    }
}

/// True where all that differs is about nodes whose address somebody has lost, or of which one address is known not to lead there.
fn is_told_elsewhere(context: &Context<'_>, lost: &HashSet<&NodeId>, view: &View) -> bool {
    let lost = |id: &NodeId| lost.contains(id);
    // What a node says of itself is no look for it.
    let in_vain = context.is_announced_in_vain();
    let astray = |id: &NodeId| in_vain || (!view.members.contains(id) && context.is_astray_in(view, id));
    let as_it_is = |said: &ViewNode| {
        context.node_of(&said.id).is_some_and(|known| known.role == said.role && has_slots(known, said))
    };
    view.more == 0
        && view.differences.iter().all(|difference| match difference {
            Difference::Says(node) => lost(&node.id) || (as_it_is(node) && astray(&node.id)),
            Difference::Endpoint(id, _) => lost(id) || astray(id),
            Difference::Lacks(_) | Difference::Extra(_) => false,
        })
}

/// How many nodes are mended line by line; more are the same once more.
const LINES: usize = 8;

/// What brings `odd` into line. Its differences are those of the other views where it is the seed's.
fn remedies(context: &Context<'_>, topology: &Topology, odd: &View, differences: &View, is_seed: bool) -> Vec<Remedy> {
    let cli = |id: &NodeId| context.redis_cli(context.met(id)?);
    let (mut lacking, mut surplus, mut dropped, mut other) = (Vec::new(), Vec::new(), Vec::new(), false);
    for difference in &differences.differences {
        match difference {
            Difference::Lacks(id) if !is_seed => {
                lacking.extend(context.node_of(id).and_then(|node| context.meet(node)));
            }
            Difference::Lacks(id) => surplus.push(id),
            Difference::Extra(node) if is_seed => lacking.extend(meet(&node.address)),
            Difference::Extra(node) => surplus.push(&node.id),
            Difference::Says(node) if !is_seed && odd.members.contains(&node.id) => {
                let lines = disowned(topology, node);
                other |= lines.is_empty();
                dropped.extend(lines.iter().filter_map(|line| Some(format!("{} {line}", cli(&node.id)?))));
            }
            _ => other = true,
        }
    }
    let on_the_odd = |what: &[String]| -> Vec<String> {
        let all = odd.members.iter().flat_map(|id| what.iter().map(move |line| (id, line)));
        all.take(LINES).filter_map(|(id, line)| Some(format!("{} {line}", cli(id)?))).collect()
    };
    // Who has lost everybody hears of the others from the first one that it meets.
    if lacking.len() + 1 == topology.nodes.len() {
        lacking.truncate(1);
    }
    let forget: Vec<String> = surplus.iter().map(|id| format!("CLUSTER FORGET {}", id.in_commands())).collect();
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    let introduce = "If it stays so: introduce to each odd node whom it does not know (a node that was forgotten everywhere else is \
                     forgotten there, instead).";
    let take_back = "Slots that the others have it for, and that it does not know of: it was reset, or lost its nodes.conf. If it still \
                     holds the keys, let it take them again.";
    let drop = "If it stays so: what only these nodes know is gone elsewhere. Have them forget it, within a minute; or, where it \
                belongs to the cluster, introduce it to the others (CLUSTER MEET).";
    let wait = "Wait for cluster-node-timeout (15 s by default): after a failover, or while slots move, views come together by \
                themselves. If it stays so, have redis-cli compare the nodes.";
    let compare = context.redis_cli_cluster("check");
    let dropped_none = dropped.is_empty();
    let remedies = [
        (!lacking.is_empty()).then(|| server(introduce, on_the_odd(&lacking))),
        (!dropped.is_empty()).then(|| server(take_back, dropped)),
        (!forget.is_empty()).then(|| server(drop, on_the_odd(&forget))),
        (other || (lacking.is_empty() && forget.is_empty() && dropped_none))
            .then(|| server(wait, compare.into_iter().collect())),
    ];
    remedies.into_iter().flatten().collect()
}

/// What gives a node back the slots that others have it for and that it does not claim itself (7.0+).
fn disowned(topology: &Topology, itself: &ViewNode) -> Vec<String> {
    let Some(known) = topology.node(&itself.id).filter(|known| known.role == itself.role) else { return Vec::new() };
    let claimed = ranges(&itself.slots);
    let others = topology.nodes.iter().filter(|node| node.id != itself.id).map(|node| &node.slots);
    let free = Slots::missing(others.chain([&claimed]));
    let free: Vec<String> = free.ranges().iter().map(|SlotRange(from, to)| format!("{from} {to}")).collect();
    if known.slots.is_empty() {
        return Vec::new();
    }
    free.chunks(8).map(|ranges| format!("CLUSTER ADDSLOTSRANGE {}", ranges.join(" "))).collect()
}

/// What introduces a node at `ip:port@bus`.
fn meet(address: &str) -> Option<String> {
    let (client, bus) = address.split(',').next()?.split_once('@')?;
    let (ip, port) = client.rsplit_once(':')?;
    let (ip, port, bus) = (ip.parse::<IpAddr>().ok()?, port.parse::<u16>().ok()?, bus.parse::<u16>().ok()?);
    let bus = Some(bus).filter(|bus| u32::from(*bus) != u32::from(port) + 10_000);
    Some(format!("CLUSTER MEET {ip} {port}{}", bus.map(|bus| format!(" {bus}")).unwrap_or_default()))
}

fn subject(context: &Context<'_>, id: &NodeId) -> Subject {
    context.node_of(id).map_or_else(|| context.whole(), |node| context.node(node))
}

/// In which slots what is said of a node departs from what the endpoint's says of it: of both lists only that is of interest.
fn slots_apart(known: &Node, said: &ViewNode) -> Option<String> {
    let theirs = ranges(&said.slots);
    let beyond = |these: &Slots, those: &Slots| Slots::missing([&Slots::missing([these]), those]);
    let (more, less) = (beyond(&theirs, &known.slots), beyond(&known.slots, &theirs));
    // The text of very many ranges is cut off: what is not in it may be so all the same.
    let less = if said.slots.len() < KEPT { less } else { Slots::default() };
    let words = |slots: &Slots, which: &str| {
        (!slots.is_empty()).then(|| {
            format!(
                "{} slot{} {which} ({})",
                slots.count(),
                if slots.count() == 1 { "" } else { "s" },
                short(&slots.to_string())
            )
        })
    };
    match (words(&more, "more"), words(&less, "less")) {
        (Some(more), Some(less)) => Some(format!("{more} and {less}")),
        (more, less) => {
            let unlike = said.slots.len() >= KEPT && !known.slots.to_string().starts_with(&said.slots);
            more.or(less).or_else(|| unlike.then(|| "other slots".to_owned()))
        }
    }
}

/// Characters of a list of slots that are kept of another node's view.
const KEPT: usize = 300;

/// The slots that a text names.
fn ranges(text: &str) -> Slots {
    let range = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some(SlotRange(from.parse().ok()?, to.parse().ok()?))
    };
    Slots::new(text.split(',').filter_map(range).collect())
}

/// Slots, as far as a sentence holds them.
fn short(slots: &str) -> String {
    let shown: String = slots.chars().take(40).collect();
    if shown.len() < slots.len() { format!("{shown}…") } else { shown }
}

/// The differences in words. They are the other views' against the seed's; where the seed is the odd one, the other way round.
fn describe(topology: &Topology, view: &View, seed_is_odd: bool) -> String {
    let (odd, rest, s) = if seed_is_odd { ("the others", "it does", "") } else { ("it", "the others do", "s") };
    let does = if seed_is_odd { "do" } else { "does" };
    let whom = if seed_is_odd { "it" } else { "the others" };
    let place = |id: &NodeId| topology.node(id).map_or_else(|| id.short().to_owned(), |n| n.address.to_string());
    let sentence = |d: &Difference| match d {
        Difference::Lacks(id) => format!("{odd} {does} not know {}", place(id)),
        Difference::Extra(node) => format!("{odd} know{s} {} at {}, {rest} not", node.id.short(), node.address),
        Difference::Endpoint(id, endpoint) => format!("{odd} send{s} clients of {} to {endpoint}", place(id)),
        Difference::Says(node) => {
            let state = if node.failed { ", failed" } else { "" };
            let known = topology.node(&node.id);
            let apart = known.and_then(|known| slots_apart(known, node));
            if let (Some(apart), Some(known)) = (&apart, known)
                && (known.role, node.failed) == (node.role, known.flags.fail)
            {
                return format!("{odd} give{s} {} {apart} than {whom}", known.address);
            }
            let slots = apart.map(|apart| format!(", with {apart}")).unwrap_or_default();
            let otherwise = known.map(|n| format!(" ({whom}: {} at {})", n.role, n.address)).unwrap_or_default();
            format!("{odd} say{s} {} is a {}{state} at {}{slots}{otherwise}", node.id.short(), node.role, node.address)
        }
    };
    let mut words: Vec<String> = view.differences.iter().take(4).map(sentence).collect();
    let more = view.differences.len().saturating_sub(4).saturating_add(view.more);
    if more > 0 {
        words.push(format!("and {more} more differences"));
    }
    words.join("; ")
}
