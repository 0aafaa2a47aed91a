//! The screen of `check`: the verdict first, then the root cause and its fix, then what it was drawn from.

use unicode_width::UnicodeWidthStr as _;

use super::{
    Page, Style, finding,
    groups::groups,
    node::looks,
    node_table::node_table,
    sheet::{Ink, Sheet},
    words,
};
use crate::{
    address_map::{AddressMap, Mapping, Proof},
    diagnosis::{Remedy, Report, Severity},
};

/// Mappings that are listed before the rest is counted.
const MAPPINGS: usize = 6;
/// The proofs of identity that need no words: each is an id that only this node has.
const STRONGEST: [&str; 3] = ["cluster-myid", "run-id", "sentinel-myid"];

/// The screen of `check`.
pub fn table(page: &Page<'_>, style: &Style) -> String {
    screen(page, style, |sheet| {
        let looks = looks(page);
        finding::findings(sheet, page);
        sheet.gap();
        if let Some(topology) = page.snapshot.deployment() {
            groups(sheet, topology);
            sheet.gap();
        }
        node_table(sheet, &looks);
        finding::skipped(sheet, &page.report.skipped);
        address_map(sheet, page.report);
        remarks(sheet, page);
    })
}

/// What every screen has in common: the summary line, what `-q` leaves of the rest, and the next command.
pub(super) fn screen(page: &Page<'_>, style: &Style, body: impl FnOnce(&mut Sheet<'_>)) -> String {
    let mut sheet = Sheet::new(style);
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
        if !page.note.is_empty() {
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
    let shown = if sheet.verbose() || map.mappings.len() <= MAPPINGS + 2 { map.mappings.len() } else { MAPPINGS };
    let announced = map.mappings.iter().take(shown).map(|m| m.announced.to_string().width()).max().unwrap_or(0);
    for mapping in map.mappings.iter().take(shown) {
        let lead = format!("  {} {:<announced$} → ", sign(&mapping.proof), mapping.announced.to_string());
        let indent = if announced * 2 > sheet.width() { 6 } else { announced + 7 };
        sheet.phrases(&lead, Ink::Plain, indent, &mapped(mapping), " ");
    }
    if shown < map.mappings.len() {
        sheet.hang("  … ", Ink::Plain, 4, &format!("and {} more (-v shows all)", map.mappings.len() - shown));
    }
    for node in &map.unmapped {
        sheet.hang(&format!("  ✗ {}: ", node.announced), Ink::Plain, 4, &node.why);
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
