//! The node table: one row a node, as few columns as tell what works, fitted to the terminal.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr as _;

use super::{
    node::Look,
    places,
    sheet::{Ink, Sheet},
    words,
};

/// Up to this many nodes every node has its row.
const ALL: usize = 24;
/// No cell is shortened below this.
const NARROWEST: usize = 6;
/// Rows for nodes that are in the same trouble, where there are more nodes than that.
const ALIKE: usize = 4;

/// Rows of their own for nodes in the same trouble, where there are many; more of them share one.
const APART: usize = 2;

/// Node, role, group where there are several, slots, reached, chain, name.
pub(super) fn node_table(sheet: &mut Sheet<'_>, looks: &[Look<'_>]) {
    let header = ["node", "role", "group", "slots", "reached", "chain", "name"];
    if sheet.verbose() || looks.len() <= ALL {
        return fitted(sheet, &header, looks.iter().map(row).collect());
    }
    let kinds = kinds(looks);
    let mut shown = 0;
    let mut rows = Vec::new();
    for alike in kinds.iter().take(ALL / APART) {
        shown += alike.len();
        if alike.len() <= APART { rows.extend(alike.iter().map(|look| row(look))) } else { rows.push(shared(alike)) }
    }
    fitted(sheet, &header, rows);
    others(sheet, looks, looks.len() - shown);
}

fn row(look: &Look<'_>) -> Vec<String> {
    let name = look.name_cell().to_owned();
    let (node, group) = (look.node.address.to_string(), look.group.clone());
    vec![node, look.role(), group, look.slots(), look.reached(), look.chain_cell(), name]
}

/// One row for nodes in the same trouble.
fn shared(alike: &[&Look<'_>]) -> Vec<String> {
    let addresses: Vec<String> = alike.iter().map(|look| look.node.address.to_string()).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let place = places::in_a_word(&addresses).unwrap_or_else(|| words::and_more(&addresses, 1));
    let mut shared = alike.first().map(|look| row(look)).unwrap_or_default();
    let state = alike.first().map_or("", |look| look.state());
    let (nodes, nothing) = (format!("{} {state}", words::count(alike.len(), "node")), String::new());
    for (cell, text) in shared.iter_mut().zip([place, nodes.trim_end().to_owned(), nothing.clone(), nothing]) {
        *cell = text;
    }
    shared
}

/// Nodes in trouble, those in the same trouble together, in the order of the topology.
fn kinds<'l, 'a>(looks: &'l [Look<'a>]) -> Vec<Vec<&'l Look<'a>>> {
    let mut kinds: Vec<Vec<&Look<'_>>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for look in looks.iter().filter(|look| !look.is_healthy()) {
        let place = *places.entry(trouble(look)).or_insert(kinds.len());
        if place == kinds.len() {
            kinds.push(Vec::new());
        }
        kinds[place].push(look);
    }
    kinds
}

/// What makes nodes alike.
fn trouble(look: &Look<'_>) -> (&'static str, String, String, Option<bool>) {
    (look.state(), look.reached(), look.chain_cell(), look.name_ok)
}

/// The rows under their header, the widest columns shortened until all fit. Columns that are empty are left out.
pub(super) fn fitted(sheet: &mut Sheet<'_>, header: &[&str], mut rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let used: Vec<bool> = (0..header.len()).map(|i| rows.iter().any(|row| !row[i].is_empty())).collect();
    let keep = |i: usize| used.get(i).copied().unwrap_or(false);
    let header: Vec<&str> = header.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, h)| *h).collect();
    for row in &mut rows {
        *row = std::mem::take(row).into_iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, cell)| cell).collect();
    }
    for (i, width) in column_widths(sheet, &header, &rows).into_iter().enumerate() {
        let cells: Vec<&str> = rows.iter().map(|row| row[i].as_str()).collect();
        let shortened = sheet.shorten(&cells, width);
        rows.iter_mut().zip(shortened).for_each(|(row, cell)| row[i] = cell);
    }
    sheet.rows(&header, &rows);
}

/// Natural widths, and then one less for the widest column until the line fits. No column is narrower than its header.
fn column_widths(sheet: &Sheet<'_>, header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let natural = |i: usize| rows.iter().map(|row| sheet.shown(&row[i]).width()).max().unwrap_or(0);
    let mut widths: Vec<usize> = header.iter().enumerate().map(|(i, h)| natural(i).max(h.width())).collect();
    let room = sheet.width().saturating_sub(2 * header.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let shrinkable = widths.iter_mut().zip(header).filter(|(width, h)| **width > h.width().max(NARROWEST));
        match shrinkable.max_by_key(|(width, _)| **width) {
            Some((widest, _)) => *widest -= 1,
            None => break,
        }
    }
    widths
}

/// All nodes where they are few; else those with trouble, a few for each kind of it.
pub(super) fn chosen<'l, 'a>(looks: &'l [Look<'a>], verbose: bool) -> Vec<&'l Look<'a>> {
    if verbose || looks.len() <= ALL {
        return looks.iter().collect();
    }
    let mut alike: HashMap<_, usize> = HashMap::new();
    let troubled = looks.iter().filter(|look| !look.is_healthy()).filter(|look| {
        let seen = alike.entry(trouble(look)).or_default();
        *seen += 1;
        *seen <= ALIKE
    });
    troubled.take(ALL).collect()
}

/// How many nodes have no row, and how they are.
pub(super) fn rest(sheet: &mut Sheet<'_>, looks: &[Look<'_>], shown: &[&Look<'_>]) {
    others(sheet, looks, looks.len() - shown.len());
}

fn others(sheet: &mut Sheet<'_>, looks: &[Look<'_>], hidden: usize) {
    if hidden == 0 {
        return;
    }
    let healthy = looks.iter().filter(|look| look.is_healthy()).count();
    let mut parts = Vec::new();
    if hidden > healthy {
        parts.push(format!("{} with trouble", words::count(hidden - healthy, "more node")));
    }
    if healthy > 0 {
        parts.push(words::count(healthy, "healthy node"));
    }
    sheet.hang("… and ", Ink::Plain, 2, &format!("{} (-v shows all)", parts.join(" and ")));
}
