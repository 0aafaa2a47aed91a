//! The screen of `check`: the verdict first, then the root cause and its fix, then what it was drawn from.

use unicode_width::UnicodeWidthStr as _;

use super::{
    Page, Style, finding,
    groups::groups,
    names,
    node::looks,
    node_table::node_table,
    places,
    sheet::{Detail, Ink, Sheet},
    words,
};
use crate::{
    address_map::{AddressMap, Mapping, Proof, Unmapped},
    diagnosis::{Remedy, Report, Severity},
};

/// Mappings that are listed before the rest is counted.
const MAPPINGS: usize = 6;
/// The same, where there is no room.
const MAPPINGS_IN_SHORT: usize = 1;
/// Reasons for which nodes have no way, where there is no room, and nodes that are named for each.
const REASONS: usize = 2;
/// The proofs of identity that need no words: each is an id that only this node has.
const STRONGEST: [&str; 3] = ["cluster-myid", "run-id", "sentinel-myid"];

/// Bytes of the screen of a large deployment, without colours.
const ROOM: usize = 2048;
/// Nodes that a deployment has to have for that.
const MANY: usize = 24;

/// The screen of `check`. Of many nodes it says less, until it fits into a page.
pub fn table(page: &Page<'_>, style: &Style) -> String {
    let nodes = page.snapshot.topology.seen().map_or(0, |topology| topology.nodes.len());
    if style.verbose || nodes <= MANY {
        return in_detail(page, style, Detail::Usual);
    }
    let plain = Style { color: false, ..*style };
    let fits = |detail: &Detail| in_detail(page, &plain, *detail).len() < ROOM;
    let detail = [Detail::Usual, Detail::Brief].into_iter().find(fits).unwrap_or(Detail::Terse);
    in_detail(page, style, detail)
}

fn in_detail(page: &Page<'_>, style: &Style, detail: Detail) -> String {
    written(page, style, Sheet::in_detail(style, detail), |sheet| {
        let looks = looks(page);
        finding::findings(sheet, page);
        sheet.gap();
        if let Some(topology) = page.snapshot.deployment() {
            groups(sheet, topology);
            sheet.gap();
        }
        node_table(sheet, &looks);
        if sheet.verbose() {
            names::names(sheet, page);
        }
        finding::skipped(sheet, &page.report.skipped);
        if detail != Detail::Terse {
            address_map(sheet, page.report);
        }
        if sheet.verbose() {
            background(sheet, page);
        }
        remarks(sheet, page);
    })
}

/// What every screen has in common: the summary line, what `-q` leaves of the rest, and the next command.
pub(super) fn screen(page: &Page<'_>, style: &Style, body: impl FnOnce(&mut Sheet<'_>)) -> String {
    written(page, style, Sheet::new(style), body)
}

fn written(page: &Page<'_>, style: &Style, mut sheet: Sheet<'_>, body: impl FnOnce(&mut Sheet<'_>)) -> String {
    let ink = match words::worst(page) {
        Some(severity @ (Severity::Error | Severity::Warning)) => finding::ink(severity),
        Some(Severity::Info) | None => Ink::Good,
    };
    sheet.phrases(&format!("{} ", words::sign(page)), ink, 2, &words::summary(page), " · ");
    if style.quiet {
        page.report.findings.iter().for_each(|f| finding::title(&mut sheet, f));
        return sheet.finish();
    }
    if let Some(whose) = words::provider(page.report) {
        sheet.hang("  ", Ink::Plain, 2, &whose);
    }
    body(&mut sheet);
    if !page.next.is_empty() {
        sheet.gap();
        sheet.verbatim(0, &format!("next: {}", page.next));
        if !page.note.is_empty() && sheet.detail() == Detail::Usual {
            sheet.hang("      ", Ink::Plain, 6, &format!("({})", page.note));
        }
    }
    sheet.finish()
}

/// For whoever has the wrong kind of client; nobody else has to read them while something is broken.
fn remarks(sheet: &mut Sheet<'_>, page: &Page<'_>) {
    if page.report.remarks.is_empty() || page.report.worst() == Some(Severity::Error) && !sheet.verbose() {
        return;
    }
    sheet.gap();
    for remark in &page.report.remarks {
        sheet.hang("note: ", Ink::Label, 6, remark);
    }
}

/// What happened before, and what the next loss will do.
pub(super) fn background(sheet: &mut Sheet<'_>, page: &Page<'_>) {
    sheet.gap();
    page.report.background.iter().for_each(|line| sheet.hang("note: ", Ink::Label, 6, line));
}

/// The map, where one is needed and the first fix has not shown all of it already.
fn address_map(sheet: &mut Sheet<'_>, report: &Report) {
    let map = &report.address_map;
    if map.wanted().is_empty() && map.refused.is_none() || !sheet.verbose() && is_shown_in_the_fix(report) {
        return;
    }
    sheet.gap();
    let tls = if map.mappings.iter().any(|m| m.proof.chain.is_some()) { "certificate verified, " } else { "" };
    sheet.hang("", Ink::Plain, 2, &format!("address map (✓ dialled from here, {tls}node id equal)"));
    if let Some(why) = &map.refused {
        sheet.hang("  ✗ ", Ink::Bad, 4, why);
    }
    let most = if sheet.detail() == Detail::Usual { MAPPINGS } else { MAPPINGS_IN_SHORT };
    let shown = if sheet.verbose() || map.mappings.len() <= most + 2 { map.mappings.len() } else { most };
    let announced = map.mappings.iter().take(shown).map(|m| m.announced.to_string().width()).max().unwrap_or(0);
    for mapping in map.mappings.iter().take(shown) {
        let lead = format!("  {} {:<announced$} → ", sign(&mapping.proof), mapping.announced.to_string());
        let indent = if announced * 2 > sheet.width() { 6 } else { announced + 7 };
        sheet.phrases(&lead, Ink::Plain, indent, &mapped(mapping), " ");
    }
    if shown < map.mappings.len() {
        sheet.hang("  … ", Ink::Plain, 4, &format!("and {} more (-v shows all)", map.mappings.len() - shown));
    }
    unmapped(sheet, &map.unmapped);
}

/// Nodes that nothing leads to, one entry a reason where they are many.
fn unmapped(sheet: &mut Sheet<'_>, unmapped: &[Unmapped]) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    let together = unmapped.len() > MAPPINGS && !sheet.verbose();
    for node in unmapped {
        match reasons.iter_mut().find(|(why, _)| together && *why == node.why) {
            Some((_, nodes)) => nodes.push(&node.announced),
            None => reasons.push((&node.why, vec![&node.announced])),
        }
    }
    let few = if sheet.detail() == Detail::Usual { usize::MAX } else { REASONS };
    for (why, nodes) in reasons.iter().take(few) {
        let many = (nodes.len() > REASONS).then(|| places::in_few_words(nodes)).flatten();
        let place = many.unwrap_or_else(|| words::and_more(nodes, REASONS));
        sheet.hang(&format!("  ✗ {place}: "), Ink::Plain, 4, why);
    }
    if reasons.len() > few {
        sheet.hang("  … ", Ink::Plain, 4, "and more nodes without a way (-v shows all)");
    }
}

/// True where a remedy of the first finding has a line for every mapping.
fn is_shown_in_the_fix(report: &Report) -> bool {
    let AddressMap { mappings, unmapped, .. } = &report.address_map;
    let line = |m: &Mapping| format!("{} -> {}", m.announced, m.reachable);
    let remedies = report.findings.first().map_or(&[][..], |f| &f.remedies);
    let holds_all = |r: &Remedy| mappings.iter().all(|m| r.lines.contains(&line(m)));
    unmapped.is_empty() && remedies.iter().any(holds_all)
}

/// `✓` only where everything was proved: a weaker proof is said in words.
fn sign(proof: &Proof) -> &'static str {
    let refused = proof.chain == Some(false) || proof.name == Some(false);
    match (refused, STRONGEST.contains(&proof.identity.as_str())) {
        (true, _) => "✗",
        (false, true) => "✓",
        (false, false) => "?",
    }
}

fn mapped(mapping: &Mapping) -> Vec<String> {
    let Mapping { reachable, server_name, proof, .. } = mapping;
    let phrases = [
        Some(reachable.to_string()),
        (*server_name != reachable.host).then(|| format!("(verify {server_name})")),
        (proof.chain == Some(false)).then(|| "chain not trusted".to_owned()),
        (proof.name == Some(false)).then(|| "name not covered".to_owned()),
        (!STRONGEST.contains(&proof.identity.as_str())).then(|| format!("id by {}", proof.identity)),
    ];
    phrases.into_iter().flatten().collect()
}
