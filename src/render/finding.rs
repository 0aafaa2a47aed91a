//! Findings as blocks: the most important one in full, the others in short unless everything was asked for.

use super::{
    sheet::{INDENT, Ink, Sheet},
    words,
};
use crate::diagnosis::{Affected, Consequence, Finding, Remedy, Report, Severity, Skip};

/// Addresses of a finding that are listed before the rest is counted.
const ADDRESSES: usize = 6;
/// Client libraries whose error text is shown.
const TEXTS: usize = 3;
/// Lines of a remedy that are shown in full; of longer ones only the first few, since a part cannot be pasted anyway.
const LINES: usize = 18;
const FIRST_LINES: usize = 3;

/// Every finding, most important first.
pub(super) fn findings(sheet: &mut Sheet<'_>, report: &Report) {
    for (i, finding) in report.findings.iter().enumerate() {
        sheet.gap();
        title(sheet, finding);
        if i == 0 || sheet.verbose() { in_full(sheet, finding) } else { in_short(sheet, finding) }
    }
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

fn in_full(sheet: &mut Sheet<'_>, finding: &Finding) {
    sheet.entry("expected", &finding.expected);
    sheet.entry("presented", &finding.presented);
    let most = if sheet.verbose() { usize::MAX - 1 } else { ADDRESSES };
    sheet.entry(words::subjects_label(&finding.subjects), &words::addresses(&finding.subjects, most));
    clients(sheet, finding);
    finding.consequences.iter().for_each(|consequence| explains(sheet, consequence));
    finding.remedies.iter().enumerate().for_each(|(i, remedy)| fix(sheet, remedy, if i == 0 { "fix" } else { "or" }));
}

fn in_short(sheet: &mut Sheet<'_>, finding: &Finding) {
    sheet.entry("presented", &finding.presented);
    sheet.entry(words::subjects_label(&finding.subjects), &words::addresses(&finding.subjects, 2));
    finding.consequences.iter().for_each(|consequence| explains(sheet, consequence));
    finding.remedies.first().into_iter().for_each(|remedy| fix(sheet, remedy, "fix"));
}

/// Who breaks and with which words, who breaks sometimes, and who would not have noticed.
fn clients(sheet: &mut Sheet<'_>, finding: &Finding) {
    for (outcome, label) in [("fails", "breaks"), ("partly", "partly")] {
        let group: Vec<&Affected> = finding.clients.iter().filter(|c| c.outcome == outcome).collect();
        affected(sheet, label, &by_text(&group));
    }
    let unaware: Vec<String> = finding.clients.iter().filter(|c| c.outcome == "ok").map(name).collect();
    sheet.entry("unnoticed", &if unaware.is_empty() { String::new() } else { format!("by {}", unaware.join(", ")) });
}

fn affected(sheet: &mut Sheet<'_>, label: &str, groups: &[(String, &str)]) {
    let texts = if sheet.verbose() { usize::MAX } else { TEXTS };
    for (i, (names, text)) in groups.iter().take(texts).enumerate() {
        sheet.entry(if i == 0 { label } else { "" }, names);
        if !text.is_empty() {
            sheet.hang(&" ".repeat(INDENT + 2), Ink::Plain, INDENT + 2, text);
        }
    }
    let others: Vec<&str> = groups.iter().skip(texts).map(|(names, _)| names.as_str()).collect();
    if !others.is_empty() {
        sheet.entry("", &format!("also {} (-v shows their words)", others.join(", ")));
    }
}

/// Clients that say the same stand together.
fn by_text<'f>(clients: &[&'f Affected]) -> Vec<(String, &'f str)> {
    let mut groups: Vec<(String, &str)> = Vec::new();
    for client in clients {
        match groups.iter_mut().find(|(_, text)| *text == client.text) {
            Some((names, _)) => *names = format!("{names}, {}", name(client)),
            None => groups.push((name(client), &client.text)),
        }
    }
    groups
}

fn name(client: &Affected) -> String {
    format!("{} {}", client.id, client.versions).trim_end().to_owned()
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
    sheet.entry(label, &format!("({}) {}", remedy.audience, remedy.text));
    let shown = if sheet.verbose() || remedy.lines.len() <= LINES { remedy.lines.len() } else { FIRST_LINES };
    remedy.lines.iter().take(shown).for_each(|line| sheet.verbatim(6, line));
    if shown < remedy.lines.len() {
        sheet.hang("      … ", Ink::Label, 8, &format!("{} more lines (-v shows all)", remedy.lines.len() - shown));
    }
    sheet.entry("proved", remedy.proof.as_deref().unwrap_or_default());
}

/// What was not checked, one entry a reason.
pub(super) fn skipped(sheet: &mut Sheet<'_>, skips: &[Skip]) {
    if skips.is_empty() {
        return;
    }
    sheet.gap();
    sheet.hang("", Ink::Plain, 2, "not checked");
    for (why, codes) in by_reason(skips) {
        let codes = codes.iter().map(|(code, subjects)| match subjects {
            1 => (*code).to_owned(),
            n => format!("{code} ({n}×)"),
        });
        sheet.hang("  – ", Ink::Label, 4, &format!("{}: {why}", codes.collect::<Vec<_>>().join(", ")));
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
