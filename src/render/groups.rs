//! The groups of a Sentinel: a line each, above the table of their nodes.

use super::{
    sheet::{INDENT, Ink, Sheet},
    words,
};
use crate::facts::{Group, Kind, Topology};

/// Groups that are listed before the rest is counted.
const GROUPS: usize = 12;

/// Name, quorum, primary, and how many nodes there are; nothing where it is no Sentinel.
pub(super) fn groups(sheet: &mut Sheet<'_>, topology: &Topology) {
    if topology.kind != Kind::Sentinel {
        return;
    }
    let shown = if sheet.verbose() { topology.groups.len() } else { GROUPS };
    for group in topology.groups.iter().take(shown) {
        sheet.phrases(&format!("  {:<1$}", "group", INDENT - 2), Ink::Label, INDENT, &in_words(topology, group), ", ");
    }
    if topology.groups.len() > shown {
        sheet.entry("", &format!("and {} (-v shows all)", words::count(topology.groups.len() - shown, "more group")));
    }
    let others: Vec<&str> = topology.other_groups.iter().map(String::as_str).collect();
    if !others.is_empty() {
        sheet.entry("not asked", &format!("{} (--group NAME looks at one of them)", words::and_more(&others, 6)));
    } else if topology.groups.is_empty() {
        sheet.entry("groups", "none that it tells of");
    }
}

fn in_words(topology: &Topology, group: &Group) -> Vec<String> {
    let primary = group.primary.as_ref().and_then(|id| topology.node(id));
    let primary = primary.map_or_else(|| "no primary told".to_owned(), |node| format!("primary {}", node.address));
    let parts = [
        Some(format!("{}: {primary}", group.name)),
        Some(words::count(group.replicas.len(), "replica")),
        Some(words::count(group.sentinels.len(), "Sentinel")),
        group.quorum.map(|quorum| format!("quorum {quorum}")),
    ];
    parts.into_iter().flatten().collect()
}
