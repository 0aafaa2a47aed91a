//! The screen of `clients`: what each library would do, and what its application would see.

use super::{
    Page, Style,
    check::screen,
    node_table::fitted,
    sheet::{INDENT, Ink, Sheet},
    words,
};
use crate::diagnosis::outlook::{Leg, Outcome, Outlook};

/// Up to this many nodes have a sign of their own in a row.
const SIGNS: usize = 12;

/// The screen of `clients`.
pub fn clients(page: &Page<'_>, style: &Style) -> String {
    screen(page, style, |sheet| {
        sheet.gap();
        let header = ["client", "verdict", "stops at", "nodes", "dials", "verifies"];
        fitted(sheet, &header, page.outlooks.iter().map(row).collect());
        sheet.gap();
        told(sheet, page.outlooks);
        legend(sheet, page.outlooks);
    })
}

fn row(outlook: &Outlook) -> Vec<String> {
    let shown = decisive(outlook);
    vec![
        name(outlook),
        format!("{} {}", sign(outlook.outcome), outlook.outcome),
        outlook.step.map(|step| step.to_string()).unwrap_or_default(),
        nodes(outlook),
        shown.and_then(|leg| leg.dials.clone()).unwrap_or_default(),
        shown.and_then(|leg| leg.verifies.as_ref()).map(ToString::to_string).unwrap_or_default(),
    ]
}

/// `node-redis >=4`.
fn name(outlook: &Outlook) -> String {
    format!("{} {}", outlook.client.id, outlook.client.versions)
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "✓",
        Outcome::Fails => "✗",
        Outcome::Partly => "!",
        Outcome::Unknown => "?",
    }
}

/// Where it fails first; where it is well, the first node that it goes to.
fn decisive(outlook: &Outlook) -> Option<&Leg> {
    let legs = || std::iter::once(&outlook.seed).chain(&outlook.nodes);
    legs().find(|leg| leg.outcome == Outcome::Fails).or(outlook.nodes.first()).or(Some(&outlook.seed))
}

/// One sign a node where they are few and differ, else how many fail.
fn nodes(outlook: &Outlook) -> String {
    if outlook.seed.outcome == Outcome::Fails {
        return "not reached".to_owned();
    }
    let nodes = &outlook.nodes;
    let failing = nodes.iter().filter(|leg| leg.outcome == Outcome::Fails).count();
    match failing {
        0 if nodes.is_empty() => String::new(),
        0 => format!("{} of {}", nodes.iter().filter(|leg| leg.outcome == Outcome::Ok).count(), nodes.len()),
        n if n < nodes.len() && nodes.len() <= SIGNS => nodes.iter().map(|leg| sign(leg.outcome)).collect(),
        n => format!("{n} of {} fail", nodes.len()),
    }
}

/// The texts, libraries that show the same one together.
fn told(sheet: &mut Sheet<'_>, outlooks: &[Outlook]) {
    let mut groups: Vec<(&str, &Outlook, Vec<String>)> = Vec::new();
    for outlook in outlooks.iter().filter(|o| matches!(o.outcome, Outcome::Fails | Outcome::Partly)) {
        let text = outlook.text.as_deref().unwrap_or("(nothing: it waits)");
        match groups.iter_mut().find(|(known, like, _)| *known == text && like.eager == outlook.eager) {
            Some((_, _, names)) => names.push(name(outlook)),
            None => groups.push((text, outlook, vec![name(outlook)])),
        }
    }
    for (text, outlook, names) in groups {
        sheet.phrases("  ", Ink::Plain, 4, &names, ", ");
        sheet.hang(&" ".repeat(4), Ink::Plain, 4, &format!("{text}  ({})", when(outlook)));
    }
}

fn when(outlook: &Outlook) -> &'static str {
    match (outlook.eager, outlook.outcome) {
        (true, _) => "at once",
        (false, Outcome::Partly) => "for commands of those nodes: it looks intermittent",
        (false, _) => "at every command",
    }
}

/// What the signs stand for, and how the rows are known.
fn legend(sheet: &mut Sheet<'_>, outlooks: &[Outlook]) {
    let read: Vec<String> = outlooks.iter().filter(|o| words::evidence(o) == "read").map(name).collect();
    if !read.is_empty() {
        sheet.gap();
        sheet.phrases("known from their source, not run: ", Ink::Label, INDENT, &read, ", ");
    }
}
