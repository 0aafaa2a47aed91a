//! The screen of `topology`: how the deployment is built, who is who, which slots are served, and who sees it otherwise.

use super::{
    Page, Style,
    check::{background, screen},
    finding,
    groups::groups,
    names,
    node::{Look, looks},
    node_table::fitted,
    sheet::{Ink, Sheet},
    words,
};
use crate::facts::{Difference, Kind, NodeId, Observed, Role, Slots, Topology, View, ViewNode};

/// Differences of one view that are listed before the rest is counted.
const DIFFERENCES: usize = 4;

/// The screen of `topology`.
pub fn topology(page: &Page<'_>, style: &Style) -> String {
    screen(page, style, |sheet| {
        sheet.gap();
        match &page.snapshot.topology {
            Observed::Seen(topology) => deployment(sheet, page, topology),
            Observed::Failed(f) => sheet.entry("no answer", &format!("{}: {}", f.stage, f.detail)),
            Observed::NotTried(why) => sheet.entry("not asked", why),
        }
        background(sheet, page);
        finding::findings(sheet, page);
        finding::skipped(sheet, &page.report.skipped);
    })
}

fn deployment(sheet: &mut Sheet<'_>, page: &Page<'_>, topology: &Topology) {
    let looks = looks(page);
    sheet.entry("kind", &kind(topology));
    if topology.kind == Kind::Cluster {
        sheet.entry("slots", &slots(topology));
    }
    groups(sheet, topology);
    sheet.entry("views", &views(&topology.views));
    topology.malformed.iter().for_each(|what| sheet.entry("malformed", what));
    sheet.gap();
    nodes(sheet, &looks);
    names::names(sheet, page);
    topology.views.iter().filter(|v| !v.differences.is_empty()).for_each(|v| differences(sheet, topology, v));
}

fn kind(topology: &Topology) -> String {
    let of = |role| topology.nodes.iter().filter(|n| n.role == role).count();
    let (primaries, replicas) =
        (words::count(of(Role::Primary), "primary"), words::count(of(Role::Replica), "replica"));
    let primaries = primaries.replace("primarys", "primaries");
    match topology.kind {
        Kind::Standalone => "standalone".to_owned(),
        Kind::Sentinel => {
            format!("sentinel: {primaries}, {replicas}, {}", words::count(of(Role::Sentinel), "Sentinel"))
        }
        kind => format!("{kind}: {primaries}, {replicas}"),
    }
}

fn slots(topology: &Topology) -> String {
    let missing = Slots::missing(topology.nodes.iter().map(|n| &n.slots));
    if missing.is_empty() {
        return format!("all {} served", Slots::TOTAL);
    }
    let ranges: Vec<String> = missing.ranges().iter().map(|r| Slots::new(vec![*r]).to_string()).collect();
    let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
    format!("{} of {} without an owner: {}", missing.count(), Slots::TOTAL, words::and_more(&ranges, 6))
}

fn views(views: &[View]) -> String {
    match views {
        [] => String::new(),
        [all] => format!("{} asked, all agree", words::count(all.members.len(), "node")),
        [first, ..] => format!("{} different ones; {} as the endpoint", views.len(), agreeing(first.members.len())),
    }
}

fn agreeing(n: usize) -> String {
    format!("{} {}", words::count(n, "node"), if n == 1 { "sees it" } else { "see it" })
}

/// Node, id, role, slots or primary, with `-v` the bus port, and the announced forms that are not the preferred one.
fn nodes(sheet: &mut Sheet<'_>, looks: &[Look<'_>]) {
    let header = ["node", "id", "role", "group", "slots", "bus", "also", "reached"];
    let verbose = sheet.verbose();
    let rows = looks.iter().map(|look| {
        let id = look.node.id.short().to_owned();
        let group = look.group.clone();
        vec![
            look.node.address.to_string(),
            id,
            look.role(),
            group,
            serves(look),
            bus(look, verbose),
            also_announced(look),
            look.reached(),
        ]
    });
    fitted(sheet, &header, rows.collect());
}

/// The port on which the nodes talk to each other, for who opens firewalls.
fn bus(look: &Look<'_>, verbose: bool) -> String {
    look.node.address.bus_port.filter(|_| verbose).map(|port| port.to_string()).unwrap_or_default()
}

fn serves(look: &Look<'_>) -> String {
    match (&look.node.primary, look.node.slots.is_empty()) {
        (Some(primary), true) => format!("of {}", primary.short()),
        _ => look.slots(),
    }
}

fn also_announced(look: &Look<'_>) -> String {
    let address = &look.node.address;
    let forms = [&address.ip, &address.hostname].into_iter().filter(|form| **form != address.preferred);
    let hosts: Vec<String> = forms.filter_map(|form| form.host()).map(ToString::to_string).collect();
    hosts.join(" ")
}

fn differences(sheet: &mut Sheet<'_>, topology: &Topology, view: &View) {
    let call = |id: &NodeId| topology.node(id).map_or(id.short().to_owned(), |node| node.address.to_string());
    let members: Vec<String> = view.members.iter().map(call).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let shown = if sheet.verbose() { view.differences.len() } else { DIFFERENCES };
    sheet.gap();
    let who = if members.len() == 1 {
        "1 node sees it otherwise: ".to_owned()
    } else {
        format!("{} nodes see it otherwise: ", members.len())
    };
    sheet.hang(&who, Ink::Warn, 2, &words::and_more(&members, 6));
    for difference in view.differences.iter().take(shown) {
        sheet.hang("  – ", Ink::Label, 4, &in_words(difference, call));
    }
    let hidden = view.differences.len().saturating_sub(shown).saturating_add(view.more);
    if hidden > 0 {
        sheet.hang("  … ", Ink::Label, 4, &format!("and {}", words::count(hidden, "more difference")));
    }
}

fn in_words(difference: &Difference, call: impl Fn(&NodeId) -> String) -> String {
    match difference {
        Difference::Lacks(id) => format!("does not know {}", call(id)),
        Difference::Extra(node) => format!("knows {} {}, which the endpoint does not", node.id.short(), said(node)),
        Difference::Says(node) => format!("says {} is {}", call(&node.id), said(node)),
        Difference::Endpoint(id, endpoint) => format!("sends clients of {} to {endpoint}", call(id)),
    }
}

fn said(node: &ViewNode) -> String {
    let mut parts = vec![format!("{} {}", node.role, node.address)];
    if !node.slots.is_empty() {
        parts.push(format!("slots {}", node.slots));
    }
    if let Some(primary) = &node.primary {
        parts.push(format!("of {}", primary.short()));
    }
    if node.failed {
        parts.push("failed".to_owned());
    }
    parts.join(", ")
}
