//! Slots are on their way from one primary to another.

use std::collections::HashSet;

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Verdicts},
    facts::{Kind, SlotRange, Slots},
};

pub(super) const CHECK: Check = Check {
    code: "slots-migrating",
    severity: Severity::Info,
    expects: "No slot is on its way.",
    explain: "While a slot moves, keys that have left are answered with ASK, and commands on several keys of it with TRYAGAIN: \
              clients that do not follow ASK fail in those moments. It ends with the migration.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|t| t.kind == Kind::Cluster) else { return };
    let mut moving = Vec::new();
    let (mut nodes, mut seen) = (Vec::new(), HashSet::new());
    for sight in &topology.sights {
        for slot in sight.open.iter().filter(|slot| !slot.importing) {
            let there = context.sight_of(&slot.peer).into_iter().flat_map(|peer| &peer.open);
            let agreed = there.into_iter().any(|o| o.slot == slot.slot && o.importing && o.peer == sight.node);
            if agreed {
                moving.push(SlotRange(slot.slot, slot.slot));
                nodes.extend(context.node_of(&sight.node).filter(|node| seen.insert(&node.id)));
            }
        }
    }
    let slots = Slots::new(moving);
    let all = slots.to_string();
    let shown: String = all.chars().take(60).collect();
    let shown = if shown.len() < all.len() { format!("{shown}…") } else { shown };
    // Of very many only the first are kept.
    let more = if topology.sights.iter().any(|sight| sight.more > 0) { "more than " } else { "" };
    verdicts.fail(Problem {
        title: format!("{more}{} of 16384 slots on their way to another primary", slots.count()),
        subjects: nodes.into_iter().map(|node| context.node(node)).collect(),
        expected: "no migration while clients have trouble".to_owned(),
        presented: format!("open on both sides: {shown}"),
        ..Problem::default()
    });
}
