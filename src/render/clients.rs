//! The screen of `clients`: what each library would do, and what its application would see.

use std::collections::HashSet;

use super::{
    Page, Style,
    check::screen,
    node_table::fitted,
    sheet::{Ink, Sheet},
    words,
};
use crate::{
    diagnosis::outlook::{Leg, Outcome, Outlook, Step},
    facts::Kind,
};

/// Up to this many nodes have a sign of their own in a row.
const SIGNS: usize = 12;

/// The screen of `clients`.
pub fn clients(page: &Page<'_>, style: &Style) -> String {
    let rows = rows(page.outlooks, style.verbose);
    screen(page, style, |sheet| {
        sheet.gap();
        let header = ["client", "version", "verdict", "stops at", "nodes"];
        fitted(sheet, &header, rows.iter().map(Row::cells).collect());
        told(sheet, &rows);
        grants(sheet, page);
        sources(sheet, page.outlooks);
    })
}

/// One library, over all its versions and set-ups that fare alike.
struct Row<'a> {
    outlook: &'a Outlook,
    versions: Vec<&'a str>,
    /// It stands for every entry of the library.
    whole: bool,
    /// How many set-ups of the library are told apart.
    forms: usize,
}

/// Entries of one library that fare alike stand together, unless everything is asked for.
fn rows(outlooks: &[Outlook], verbose: bool) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for outlook in outlooks {
        let alike =
            |row: &&mut Row<'_>| row.outlook.client.id == outlook.client.id && fate(row.outlook) == fate(outlook);
        match rows.iter_mut().rev().find(alike).filter(|_| !verbose) {
            Some(row) => row.versions.push(outlook.client.versions),
            None => rows.push(Row { outlook, versions: vec![outlook.client.versions], whole: false, forms: 0 }),
        }
    }
    for row in &mut rows {
        let entries = || outlooks.iter().filter(|other| other.client.id == row.outlook.client.id);
        row.whole = row.versions.len() > 1 && entries().count() == row.versions.len();
        row.forms = entries().filter_map(|other| other.client.form()).collect::<HashSet<_>>().len();
    }
    rows
}

/// A range of versions of one set-up: from, below, set-up.
type Range<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn range(versions: &str) -> Range<'_> {
    let mut range = (None, None, None);
    for part in versions.split(", ") {
        match (part.strip_prefix(">="), part.strip_prefix('<')) {
            (Some(from), _) => range.0 = Some(from),
            (_, Some(below)) => range.1 = Some(below),
            (None, None) => range.2 = Some(part),
        }
    }
    range
}

fn written((from, below, form): &Range<'_>) -> String {
    let bounds = [from.map(|from| format!(">={from}")), below.map(|below| format!("<{below}"))];
    bounds.into_iter().flatten().chain(form.map(str::to_owned)).collect::<Vec<_>>().join(", ")
}

/// What two entries must have in common to be told together.
fn fate(outlook: &Outlook) -> (Outcome, Option<String>, Option<&str>, bool, String) {
    let step = outlook.step.map(|step| step.to_string());
    (outlook.outcome, step, outlook.text.as_deref(), outlook.eager, deed(outlook))
}

impl Row<'_> {
    fn cells(&self) -> Vec<String> {
        let outlook = self.outlook;
        vec![
            outlook.client.id.to_owned(),
            if self.whole { "all".to_owned() } else { self.versions() },
            format!("{} {}", sign(outlook.outcome), outlook.outcome),
            outlook.step.map(|step| step.to_string()).unwrap_or_default(),
            nodes(outlook),
        ]
    }

    /// `jedis >=7.5`.
    fn name(&self) -> String {
        let id = self.outlook.client.id;
        if self.whole { id.to_owned() } else { format!("{id} {}", self.versions()) }
    }

    /// Its versions in as few ranges as say the same; set-ups are left out where it stands for all of them.
    fn versions(&self) -> String {
        let mut ranges: Vec<Range<'_>> = Vec::new();
        for versions in &self.versions {
            let (from, below, form) = range(versions);
            match ranges.iter_mut().find(|known| known.2 == form && below.is_some() && known.0 == below) {
                Some(known) => known.0 = from,
                None => ranges.push((from, below, form)),
            }
        }
        let first = ranges[0];
        if ranges.len() > 1 && ranges.len() == self.forms && ranges.iter().all(|r| (r.0, r.1) == (first.0, first.1)) {
            return written(&(first.0, first.1, None));
        }
        ranges.iter().map(written).collect::<Vec<_>>().join("; ")
    }
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "✓",
        Outcome::Fails => "✗",
        Outcome::Partly => "!",
        Outcome::Unknown => "?",
    }
}

/// One sign a node where they are few and differ, else how many fail.
fn nodes(outlook: &Outlook) -> String {
    if outlook.seed.outcome == Outcome::Fails {
        return "not reached".to_owned();
    }
    let nodes = &outlook.nodes;
    let count = |outcome| nodes.iter().filter(|leg| leg.outcome == outcome).count();
    match (count(Outcome::Fails), count(Outcome::Ok)) {
        _ if nodes.is_empty() => String::new(),
        (0, well) => format!("{well} of {} ok", nodes.len()),
        (failing, _) if failing == nodes.len() => "all fail".to_owned(),
        _ if nodes.len() <= SIGNS => nodes.iter().map(|leg| sign(leg.outcome)).collect(),
        (failing, _) => format!("{failing} of {} fail", nodes.len()),
    }
}

/// The leg on which it fails first.
fn decisive(outlook: &Outlook) -> Option<&Leg> {
    std::iter::once(&outlook.seed).chain(&outlook.nodes).find(|leg| leg.counts && leg.outcome == Outcome::Fails)
}

/// What it does on the leg where it fails.
fn deed(outlook: &Outlook) -> String {
    let Some(leg) = decisive(outlook) else { return String::new() };
    let at = if leg.node.is_none() { "at the seed, " } else { "" };
    let mut parts = vec![match &leg.dials {
        Some(dials) => format!("{at}dials {dials}"),
        None => format!("dials nothing for {}", leg.address),
    }];
    parts.extend(leg.verifies.as_ref().map(|name| format!("verifies {name}")));
    match &leg.sni {
        Some(sni) => parts.push(format!("sends SNI {sni}")),
        None if leg.verifies.is_some() => parts.push("sends no SNI".to_owned()),
        None => {}
    }
    parts.join(", ")
}

/// What fails, and in which words; libraries of which the same is true together.
fn told(sheet: &mut Sheet<'_>, rows: &[Row<'_>]) {
    let mut groups: Vec<(&Outlook, Vec<String>)> = Vec::new();
    for row in rows.iter().filter(|row| matches!(row.outlook.outcome, Outcome::Fails | Outcome::Partly)) {
        match groups.iter_mut().find(|(like, _)| fate(like) == fate(row.outlook)) {
            Some((_, names)) => names.push(row.name()),
            None => groups.push((row.outlook, vec![row.name()])),
        }
    }
    for (outlook, names) in groups {
        sheet.gap();
        sheet.phrases("  ", Ink::Plain, 4, &names, " · ");
        let deed = deed(outlook);
        let deed = if deed.is_empty() { when(outlook).to_owned() } else { format!("{deed}: {}", when(outlook)) };
        sheet.hang("    ", Ink::Plain, 4, &deed);
        sheet.hang("      ", Ink::Plain, 6, outlook.coded().as_deref().unwrap_or("(it waits, and shows nothing)"));
    }
}

fn when(outlook: &Outlook) -> &'static str {
    if outlook.follows_nobody() {
        return "asks no Sentinel: the application asks one itself, or is given the primary's address; a Sentinel in the place \
                of a server answers commands with";
    }
    match (outlook.eager, outlook.outcome) {
        (true, _) => "fails at once",
        (false, Outcome::Partly) => "commands for these nodes fail, which looks intermittent",
        (false, _) => "every command fails",
    }
}

/// Up to so many libraries the line for an ACL is told unasked.
const FEW: usize = 3;

/// What an ACL user of each library has to be granted; of all of them only where it is what stops one.
fn grants(sheet: &mut Sheet<'_>, page: &Page<'_>) {
    let outlooks = page.outlooks;
    let libraries: HashSet<&str> = outlooks.iter().map(|outlook| outlook.client.id).collect();
    let stopped = outlooks.iter().any(|outlook| outlook.step == Some(Step::Acl));
    if libraries.len() > FEW && !stopped && !sheet.verbose() {
        return;
    }
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for outlook in outlooks {
        let (Some(line), id) = (outlook.grant.as_deref(), outlook.client.id) else { continue };
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, ids)) if ids.contains(&id) => {}
            Some((_, ids)) => ids.push(id),
            None => lines.push((line, vec![id])),
        }
    }
    if lines.is_empty() {
        return;
    }
    sheet.gap();
    let about = if page.snapshot.deployment().is_some_and(|t| t.kind == Kind::Sentinel) {
        "least privilege: what an ACL user of the Sentinels needs, on each of them (besides, +subscribe and &* where the \
         library listens for failovers)"
    } else {
        "least privilege: what an ACL user needs beside its data commands, on every node (besides, +readonly to read from \
         replicas, and +asking while slots move)"
    };
    sheet.hang("", Ink::Plain, 2, about);
    for (line, ids) in lines {
        sheet.hang("  ", Ink::Plain, 4, &ids.join(", "));
        sheet.verbatim(6, line);
    }
}

/// Which entries nobody has seen happen; a library once where that is true of all of it.
fn sources(sheet: &mut Sheet<'_>, outlooks: &[Outlook]) {
    let is_read = |outlook: &&Outlook| words::evidence(outlook) == "read";
    let mut read: Vec<String> = Vec::new();
    for outlook in outlooks.iter().filter(is_read) {
        let id = outlook.client.id;
        let whole = outlooks.iter().filter(|other| other.client.id == id).all(|other| is_read(&other));
        let name = if whole { id.to_owned() } else { format!("{id} {}", outlook.client.versions) };
        if !read.contains(&name) {
            read.push(name);
        }
    }
    if !read.is_empty() {
        sheet.gap();
        sheet.phrases("read in their source, not run: ", Ink::Label, 4, &read, " · ");
    }
}
