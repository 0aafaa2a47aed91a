//! What is wrong with entries only beside each other.

use std::collections::{HashMap, HashSet};

use super::{Crossing, Fault, Judged};
use crate::facts::{Endpoint, NodeId};

/// One target for several nodes: at best a balancer, which leads to one of them by chance.
pub(super) fn shared(entries: &mut [Judged]) {
    let mut behind: HashMap<Endpoint, Vec<(NodeId, String)>> = HashMap::new();
    let mut seen: HashSet<(Endpoint, &NodeId)> = HashSet::new();
    for judged in entries.iter() {
        let Some(node) = &judged.node else { continue };
        let target = judged.entry.target.plain();
        if seen.insert((target.clone(), node)) {
            behind.entry(target).or_default().push((node.clone(), judged.entry.spelled.clone()));
        }
    }
    for judged in entries {
        let (Some(node), Some(nodes)) = (&judged.node, behind.get(&judged.entry.target.plain())) else { continue };
        if nodes.len() > 1 {
            let others = nodes.iter().filter(|(id, _)| id != node).map(|(_, key)| key.clone());
            judged.faults.push(Fault::Shared(others.take(8).collect()));
        }
    }
}

/// Where a node answers at another entry's target, both are to be named.
pub(super) fn crossed(entries: &mut [Judged]) {
    let mut answers: HashMap<NodeId, usize> = HashMap::new();
    for (i, judged) in entries.iter().enumerate() {
        let found = judged.faults.iter().find_map(|fault| match fault {
            Fault::OtherNode { id, .. } => Some(id.clone()),
            _ => None,
        });
        answers.extend(found.map(|id| (id, i)));
    }
    let at: Vec<Option<(Crossing, Option<NodeId>)>> = entries
        .iter()
        .map(|judged| {
            let other = &entries[*answers.get(judged.node.as_ref()?)?];
            let (key, target) = (other.entry.spelled.clone(), other.entry.target.clone());
            Some((Crossing { key, target, swapped: false }, other.node.clone()))
        })
        .collect();
    for (judged, at) in entries.iter_mut().zip(at) {
        let Some((found, theirs)) = at else { continue };
        for fault in &mut judged.faults {
            if let Fault::OtherNode { id, crossing, .. } = fault {
                *crossing = Some(Crossing { swapped: theirs.as_ref() == Some(id), ..found.clone() });
            }
        }
    }
}
