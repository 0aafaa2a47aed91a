//! Findings as blocks: the most important one in full, the others in short unless everything was asked for.

use std::borrow::Cow;

use super::{
    Page,
    sheet::{Detail, INDENT, Ink, Sheet},
    words,
};
use crate::diagnosis::{Affected, Consequence, Finding, Remedy, Severity, Skip, Subject, SubjectKind};

/// Addresses of a finding that are listed before the rest is counted.
const ADDRESSES: usize = 6;
/// Client libraries whose error text is shown.
const TEXTS: usize = 3;
/// Lines of a remedy that are shown in full; of longer ones only the first few, since a part cannot be pasted anyway.
const LINES: usize = 18;
const FIRST_LINES: usize = 3;
/// Findings that are shown where there is no room, and reasons for which nothing was checked.
const FEW: usize = 3;
/// Characters of an entry, where there is no room.
const CUT: usize = 90;

/// Every finding, most important first.
pub(super) fn findings(sheet: &mut Sheet<'_>, page: &Page<'_>) {
    let nodes = page.snapshot.topology.seen().map_or(0, |t| t.nodes.len());
    let (all, few) = (page.report.findings.len(), if is_terse(sheet) { FEW } else { usize::MAX });
    for (i, finding) in page.report.findings.iter().take(few).enumerate() {
        sheet.gap();
        title(sheet, finding);
        if i == 0 || sheet.verbose() { in_full(sheet, finding, nodes) } else { in_short(sheet, finding) }
    }
    if all > few {
        sheet.gap();
        sheet.hang("… and ", Ink::Plain, 2, &format!("{} (-v shows all)", words::count(all - few, "more finding")));
    }
}

/// The beginning of what may be as long as many names, where there is no room.
fn cut<'t>(sheet: &Sheet<'_>, text: &'t str) -> Cow<'t, str> {
    match text.char_indices().nth(CUT) {
        Some((at, _)) if is_terse(sheet) => Cow::Owned(format!("{}…", &text[..at])),
        _ => Cow::Borrowed(text),
    }
}

fn is_terse(sheet: &Sheet<'_>) -> bool {
    sheet.detail() == Detail::Terse
}

/// `error san-mismatch: what is wrong`.
pub(super) fn title(sheet: &mut Sheet<'_>, finding: &Finding) {
    sheet.hang(&format!("{} {}: ", finding.severity, finding.code), ink(finding.severity), 2, &finding.title);
}

pub(super) fn ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Warn,
        Severity::Info => Ink::Note,
    }
}

fn in_full(sheet: &mut Sheet<'_>, finding: &Finding, nodes: usize) {
    if !is_terse(sheet) {
        sheet.entry("expected", &finding.expected);
    }
    sheet.entry("presented", &cut(sheet, &finding.presented));
    sheet.entry(words::subjects_label(&finding.subjects), &on(sheet, &finding.subjects, nodes));
    clients(sheet, finding);
    finding.consequences.iter().for_each(|consequence| explains(sheet, consequence));
    sheet.entry("mends", &words::aftermath(finding));
    let (first, others) = finding.remedies.split_at(finding.remedies.len().min(1));
    for remedy in first {
        fix(sheet, remedy, "fix");
    }
    match sheet.detail() {
        Detail::Terse => others.iter().for_each(|remedy| way_out(sheet, remedy, "or")),
        Detail::Usual | Detail::Brief => others.iter().for_each(|remedy| fix(sheet, remedy, "or")),
    }
}

/// Where it is so. That it is so everywhere is told in a word, since the node table has the addresses.
fn on(sheet: &Sheet<'_>, subjects: &[Subject], nodes: usize) -> String {
    let only_nodes = subjects.iter().all(|s| s.kind == SubjectKind::Node);
    match sheet.verbose() {
        true => words::addresses(subjects, usize::MAX - 1),
        false if only_nodes && subjects.len() == nodes && nodes > 2 => format!("all {nodes}"),
        false => cut(sheet, &words::addresses(subjects, if is_terse(sheet) { 1 } else { ADDRESSES })).into_owned(),
    }
}

fn in_short(sheet: &mut Sheet<'_>, finding: &Finding) {
    if is_terse(sheet) && finding.severity == Severity::Info {
        return;
    }
    if sheet.detail() == Detail::Usual {
        sheet.entry("presented", &finding.presented);
    }
    sheet.entry(words::subjects_label(&finding.subjects), &cut(sheet, &words::addresses(&finding.subjects, 2)));
    if is_terse(sheet) {
        return finding.remedies.first().into_iter().for_each(|remedy| way_out(sheet, remedy, "fix"));
    }
    finding.consequences.iter().for_each(|consequence| explains(sheet, consequence));
    finding.remedies.first().into_iter().for_each(|remedy| fix(sheet, remedy, "fix"));
}

/// Who breaks and with which words, who breaks sometimes, and who would not have noticed.
fn clients(sheet: &mut Sheet<'_>, finding: &Finding) {
    let of = |outcome: &str| finding.clients.iter().filter(|c| c.outcome == outcome).collect::<Vec<&Affected>>();
    let (broken, partly) = (of("fails"), of("partly"));
    if is_terse(sheet) {
        let all: Vec<&Affected> = broken.iter().chain(&partly).copied().collect();
        let names = names(sheet, &all);
        return sheet.entry("breaks", &words::and_more(&names.split(", ").collect::<Vec<_>>(), FEW));
    }
    // Beside libraries that break as a whole, those that break in part are as many names more.
    let in_short = !broken.is_empty() && !partly.is_empty() && !sheet.verbose();
    let short = if in_short { format!("; partly {}", names(sheet, &partly)) } else { String::new() };
    affected(sheet, "breaks", &by_text(&broken), &finding.clients, &short);
    if !in_short {
        affected(sheet, "partly", &by_text(&partly), &finding.clients, "");
    }
    unnoticed(sheet, finding);
}

/// Libraries that never notice, then those of which it depends on the version or the set-up.
fn unnoticed(sheet: &mut Sheet<'_>, finding: &Finding) {
    let unaware: Vec<&Affected> = finding.clients.iter().filter(|c| c.outcome == "ok").collect();
    let (partly, always): (Vec<_>, Vec<_>) =
        unaware.into_iter().partition(|client| differs(client, &finding.clients) && !sheet.verbose());
    let by = |lead: &str, group: &[&Affected]| (!group.is_empty()).then(|| format!("{lead}{}", names(sheet, group)));
    let partly = if sheet.detail() == Detail::Usual { partly } else { Vec::new() };
    let said = [by("by ", &always), by("by some versions or set-ups of ", &partly)];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join("; ");
    sheet.entry("unnoticed", &said);
}

/// Texts with the libraries that show them, then the names of those whose texts have no room, and what else is `short`.
fn affected(sheet: &mut Sheet<'_>, label: &str, groups: &[(&str, Vec<&Affected>)], all: &[Affected], short: &str) {
    let texts = match sheet.detail() {
        Detail::Usual if sheet.verbose() => usize::MAX,
        Detail::Usual => TEXTS,
        Detail::Brief | Detail::Terse => 1,
    };
    for (i, (text, group)) in groups.iter().take(texts).enumerate() {
        let who = match group[..] {
            [one] if differs(one, all) => with_versions(one),
            _ => names(sheet, group),
        };
        sheet.entry(if i == 0 { label } else { "" }, &who);
        if !text.is_empty() {
            sheet.hang(&" ".repeat(INDENT + 2), Ink::Plain, INDENT + 2, text);
        }
    }
    // Another version of a library that is named above, with other words, is no other library.
    let told: Vec<&str> = groups.iter().take(texts).flat_map(|(_, group)| group).map(|client| client.id).collect();
    let others = groups.iter().skip(texts).flat_map(|(_, group)| group).copied();
    let others: Vec<&Affected> = others.filter(|client| !told.contains(&client.id)).collect();
    let who = names(sheet, &others);
    sheet.entry("also", format!("{who}{short}").trim_start_matches("; "));
}

/// Clients that say the same stand together.
fn by_text<'f>(clients: &[&'f Affected]) -> Vec<(&'f str, Vec<&'f Affected>)> {
    let mut groups: Vec<(&str, Vec<&Affected>)> = Vec::new();
    for client in clients {
        match groups.iter_mut().find(|(text, _)| *text == client.text) {
            Some((_, group)) => group.push(client),
            None => groups.push((&client.text, vec![client])),
        }
    }
    groups
}

/// Each library once, and with its versions where everything is asked for.
fn names(sheet: &Sheet<'_>, clients: &[&Affected]) -> String {
    let mut names: Vec<String> = Vec::new();
    for client in clients {
        let name = if sheet.verbose() { with_versions(client) } else { client.id.to_owned() };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn with_versions(client: &Affected) -> String {
    if client.versions.is_empty() { client.id.to_owned() } else { format!("{} ({})", client.id, client.versions) }
}

/// True where another version of the same library fares otherwise.
fn differs(client: &Affected, all: &[Affected]) -> bool {
    all.iter().any(|other| other.id == client.id && other.outcome != client.outcome)
}

fn explains(sheet: &mut Sheet<'_>, consequence: &Consequence) {
    let on = if sheet.verbose() {
        words::addresses(&consequence.subjects, usize::MAX - 1)
    } else {
        words::subject_count(&consequence.subjects)
    };
    sheet.entry("explains", &format!("{} on {on}", consequence.code));
}

fn fix(sheet: &mut Sheet<'_>, remedy: &Remedy, label: &str) {
    way_out(sheet, remedy, label);
    let (all, few) = match sheet.detail() {
        Detail::Usual => (LINES, FIRST_LINES),
        Detail::Brief => (FIRST_LINES, FIRST_LINES - 1),
        Detail::Terse => (FIRST_LINES - 1, 1),
    };
    let shown = if sheet.verbose() || remedy.lines.len() <= all { remedy.lines.len() } else { few };
    remedy.lines.iter().take(shown).for_each(|line| sheet.verbatim(6, line));
    if shown < remedy.lines.len() {
        sheet.hang("      … ", Ink::Label, 8, &format!("{} more lines (-v shows all)", remedy.lines.len() - shown));
    }
    sheet.entry("proved", remedy.proof.as_deref().unwrap_or_default());
}

/// What to do, without the lines.
fn way_out(sheet: &mut Sheet<'_>, remedy: &Remedy, label: &str) {
    sheet.entry(label, &format!("({}) {}", remedy.audience, remedy.text));
}

/// What was not checked, one entry a reason.
pub(super) fn skipped(sheet: &mut Sheet<'_>, skips: &[Skip]) {
    if skips.is_empty() {
        return;
    }
    sheet.gap();
    sheet.hang("", Ink::Plain, 2, "not checked");
    let reasons = by_reason(skips);
    let few = if sheet.detail() == Detail::Usual { usize::MAX } else { FEW };
    for (why, codes) in reasons.iter().take(few) {
        let codes = codes.iter().map(|(code, subjects)| match subjects {
            1 => (*code).to_owned(),
            n => format!("{code} ({n}×)"),
        });
        let codes: Vec<String> = codes.collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let most = if sheet.detail() == Detail::Usual { usize::MAX - 1 } else { FEW };
        sheet.hang("  – ", Ink::Label, 4, &format!("{}: {why}", words::and_more(&codes, most)));
    }
    if reasons.len() > few {
        sheet.hang(
            "  … ",
            Ink::Label,
            4,
            &format!("{} (-v shows all)", words::count(reasons.len() - few, "more reason")),
        );
    }
}

/// Each reason with the codes it stopped, and on how many subjects; in the order of the report.
fn by_reason(skips: &[Skip]) -> Vec<(&str, Vec<(&'static str, usize)>)> {
    let mut reasons: Vec<(&str, Vec<(&'static str, usize)>)> = Vec::new();
    for skip in skips {
        let at = reasons.iter().position(|(why, _)| *why == skip.why).unwrap_or_else(|| {
            reasons.push((&skip.why, Vec::new()));
            reasons.len() - 1
        });
        let codes = &mut reasons[at].1;
        match codes.iter_mut().find(|(code, _)| *code == skip.code) {
            Some((_, n)) => *n += 1,
            None => codes.push((skip.code, 1)),
        }
    }
    reasons
}
