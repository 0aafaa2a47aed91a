//! A slot was left open by a migration that did not end.

use std::collections::{BTreeMap, HashSet};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, NodeId, SlotRange, Slots},
};

pub(super) const CHECK: Check = Check {
    code: "slot-half-open",
    severity: Severity::Warning,
    expects: "A slot on its way is open on both sides: its owner hands it to the node that takes it in.",
    explain: "A slot is moved between two CLUSTER SETSLOT: MIGRATING on its owner and IMPORTING on the other side. When the program \
              that moves it dies in between, or one of the nodes is replaced, one side stays open: keys that are not there are \
              answered with ASK to a node that does not take them (`MOVED` back and forth, `TRYAGAIN`), and no further slots are \
              moved (`[ERR] Nodes have slots in importing/migrating state`).",
    transient: true,
    explains: &[],
    examine,
};

/// Pairs of nodes that are told of: more are hardly a migration.
const TOLD: usize = 64;

/// Slots that are open on one side, by who is open, in which direction and to whom.
type Open<'a> = BTreeMap<(&'a NodeId, bool, &'a NodeId), Vec<SlotRange>>;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|t| t.kind == Kind::Cluster) else { return };
    let answered: HashSet<&NodeId> = topology.views.iter().flat_map(|view| &view.members).collect();
    let mut open: Open<'_> = BTreeMap::new();
    for sight in &topology.sights {
        for slot in &sight.open {
            let back = context.sight_of(&slot.peer).into_iter().flat_map(|peer| &peer.open);
            let agreed = back
                .into_iter()
                .any(|other| other.slot == slot.slot && other.importing != slot.importing && other.peer == sight.node);
            // Who does not answer cannot tell its side; one that the cluster does not have any more will never.
            let gone = context.node_of(&slot.peer).is_none_or(|node| node.flags.fail);
            if agreed {
                verdicts.pass();
            } else if answered.contains(&slot.peer) || gone {
                let key = (&sight.node, slot.importing, &slot.peer);
                open.entry(key).or_default().push(SlotRange(slot.slot, slot.slot));
            }
        }
    }
    for ((node, importing, peer), slots) in open.into_iter().take(TOLD) {
        if let Some(problem) = problem(context, node, importing, peer, &Slots::new(slots)) {
            verdicts.fail(problem);
        }
    }
}

fn problem(context: &Context<'_>, id: &NodeId, importing: bool, peer: &NodeId, slots: &Slots) -> Option<Problem> {
    let node = context.node_of(id)?;
    let other = context.node_of(peer);
    let there = other.map_or_else(|| format!("{}, which is not in the cluster", peer.short()), |n| context.called(n));
    let gone = if other.is_some_and(|n| n.flags.fail) { ", which has failed" } else { "" };
    let how = if importing { "takes in from" } else { "hands over to" };
    let shown: String = slots.to_string().chars().take(120).collect();
    let cli = context.met(id).and_then(|attempt| context.redis_cli(attempt));
    let lines = cli.iter().flat_map(|cli| {
        let all = slots.ranges().iter().flat_map(|range| range.0..=range.1);
        all.map(move |slot| format!("{cli} CLUSTER SETSLOT {slot} STABLE"))
    });
    let fix = context.redis_cli_cluster("fix").into_iter().collect();
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    Some(Problem {
        title: format!("{} of {} left open by a migration that did not end", count(slots), context.called(node)),
        subjects: vec![context.node(node)],
        expected: "the same slot open on both sides, or on none".to_owned(),
        presented: format!("{} {how} {there}{gone}: {shown}; the other side knows nothing of it", context.called(node)),
        remedies: vec![
            server(
                "Where no key was moved yet (CLUSTER COUNTKEYSINSLOT is 0 on the side that takes it in), close it again.",
                lines.take(64).collect(),
            ),
            server("Else have redis-cli decide by where the keys are, and move the rest.", fix),
        ],
        ..Problem::default()
    })
}

fn count(slots: &Slots) -> String {
    if slots.count() == 1 { "a slot".to_owned() } else { format!("{} slots", slots.count()) }
}
