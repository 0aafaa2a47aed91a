//! Who had slots that nobody owns.

use std::collections::HashMap;

use crate::facts::{Difference, Node, NodeId, Role, SlotRange, Slots, Topology};

/// A node, and slots that it should have.
pub(super) struct Owner<'a> {
    /// The node.
    pub(super) node: &'a Node,
    /// Its slots.
    pub(super) slots: Slots,
    /// Other nodes say so; else it is the one that has the slots beside them.
    pub(super) said: bool,
}

/// Who had the slots: what other nodes still say of a node, else who has those beside them.
pub(super) fn owners<'a>(topology: &'a Topology, missing: &Slots) -> Vec<Owner<'a>> {
    let (said, beside) = (Said::of(topology), Beside::of(topology));
    let mut found: Vec<(&Node, Vec<SlotRange>, bool)> = Vec::new();
    let mut places: HashMap<(&NodeId, bool), usize> = HashMap::new();
    for range in missing.ranges() {
        let by_word = said.owner(*range).map(|node| (node, true));
        let Some((node, said)) = by_word.or_else(|| Some((beside.owner(*range)?, false))) else { continue };
        let place = *places.entry((&node.id, said)).or_insert(found.len());
        if place == found.len() {
            found.push((node, Vec::new(), said));
        }
        found[place].1.push(*range);
    }
    found.into_iter().map(|(node, ranges, said)| Owner { node, slots: Slots::new(ranges), said }).collect()
}

/// Whom other nodes take for the owner of each slot, in another way than the seed does: the first that is named.
struct Said<'a>(Vec<Option<&'a Node>>);

impl<'a> Said<'a> {
    fn of(topology: &'a Topology) -> Self {
        let known: HashMap<&NodeId, &Node> = topology.nodes.iter().rev().map(|node| (&node.id, node)).collect();
        let mut of = vec![None; usize::from(Slots::TOTAL)];
        for difference in topology.views.iter().flat_map(|view| &view.differences) {
            let Difference::Says(node) = difference else { continue };
            let Some(owner) = known.get(&node.id).copied() else { continue };
            for range in ranges(&node.slots).ranges() {
                of.iter_mut().take(usize::from(range.1) + 1).skip(range.0.into()).for_each(|slot| {
                    slot.get_or_insert(owner);
                });
            }
        }
        Said(of)
    }

    fn owner(&self, range: SlotRange) -> Option<&'a Node> {
        let (first, rest) = self.0.get(range.0.into()..=range.1.into())?.split_first()?;
        let first = (*first)?;
        let is_same = rest.iter().all(|slot| slot.is_some_and(|other| other.id == first.id));
        is_same.then_some(first)
    }
}

/// Primaries by where their slots begin and end, and the one with the fewest.
struct Beside<'a> {
    begins: HashMap<u16, usize>,
    ends: HashMap<u16, usize>,
    primaries: Vec<&'a Node>,
    fewest: Option<&'a Node>,
}

impl<'a> Beside<'a> {
    fn of(topology: &'a Topology) -> Self {
        let up = topology.nodes.iter().filter(|node| node.role == Role::Primary && !node.flags.fail);
        let primaries: Vec<&Node> = up.collect();
        let (mut begins, mut ends) = (HashMap::new(), HashMap::new());
        for (place, node) in primaries.iter().enumerate() {
            for range in node.slots.ranges() {
                begins.entry(range.0).or_insert(place);
                ends.entry(range.1).or_insert(place);
            }
        }
        let known = primaries.iter().copied().filter(|node| !node.flags.handshake);
        Beside { begins, ends, fewest: known.min_by_key(|node| node.slots.count()), primaries }
    }

    fn owner(&self, range: SlotRange) -> Option<&'a Node> {
        let before = range.0.checked_sub(1).and_then(|slot| self.ends.get(&slot));
        let after = range.1.checked_add(1).and_then(|slot| self.begins.get(&slot));
        let first = before.into_iter().chain(after).min();
        first.map(|place| self.primaries[*place]).or(self.fewest)
    }
}

/// Slots as a view has them.
pub(super) fn ranges(text: &str) -> Slots {
    let range = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some(SlotRange(from.parse().ok()?, to.parse().ok()?))
    };
    Slots::new(text.split(',').filter_map(range).collect())
}
