//! Workflow commands: one annotation a root cause, since GitHub shows ten of a kind in a step and drops the rest.

use super::{Page, escape_github_line, escape_github_message, escape_github_property, words};
use crate::diagnosis::{Finding, Severity};

/// What GitHub shows of each kind in a step; the rest it drops without a word.
const SHOWN: usize = 10;
/// Lines of a remedy that a one-paragraph message carries.
const LINES: usize = 4;

/// Annotations, most important first, then the summary and the next command as plain lines.
pub fn github(page: &Page<'_>) -> String {
    let mut lines = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let kind = page.report.findings.iter().filter(|f| f.severity == severity);
        lines.extend(kind.take(SHOWN).map(annotation));
    }
    lines.push(escape_github_line(&format!("{} {}", words::sign(page), words::summary(page).join(" · "))));
    if !page.next.is_empty() {
        lines.push(escape_github_line(&format!("next: {}", page.next)));
        lines.extend((!page.note.is_empty()).then(|| escape_github_line(&format!("      ({})", page.note))));
    }
    lines.join("\n") + "\n"
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    format!(
        "::{command} title={}::{}",
        escape_github_property(finding.code),
        escape_github_message(&paragraph(finding))
    )
}

fn paragraph(finding: &Finding) -> String {
    let label = words::subjects_label(&finding.subjects);
    let mut breaks: Vec<&str> = finding.clients.iter().filter(|c| c.outcome != "ok").map(|c| c.id).collect();
    // Several ranges of versions of one library stand next to each other.
    breaks.dedup();
    let sentences = [
        (String::new(), finding.title.clone()),
        ("Expected: ".to_owned(), finding.expected.clone()),
        ("Presented: ".to_owned(), finding.presented.clone()),
        (format!("On {label} ").replace("On on ", "On "), words::addresses(&finding.subjects, 3)),
        ("Breaks: ".to_owned(), breaks.join(", ")),
        ("Mending it mends ".to_owned(), words::aftermath(finding)),
    ];
    let said = sentences.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(lead, text)| sentence(lead, text)).chain(fix(finding)).collect::<Vec<_>>().join(" ")
}

fn sentence(lead: &str, text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{lead}{text}{end}")
}

/// The first remedy; its lines too where they are few enough to be read in a paragraph.
fn fix(finding: &Finding) -> Option<String> {
    let remedy = finding.remedies.first()?;
    let lines = if remedy.lines.len() > LINES { String::new() } else { remedy.lines.join(" ") };
    Some(format!("Fix: {} {lines}", remedy.text).trim_end().to_owned())
}
