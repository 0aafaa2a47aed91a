//! The step summary of a CI job, in Markdown. GitHub cuts nothing but refuses more than 1 MiB: rows are bounded.

use super::{
    Page, escape_markdown, escape_terminal,
    node::{Look, looks},
    words,
};
use crate::diagnosis::{Finding, Remedy};

/// Node rows.
const ROWS: usize = 200;
/// Addresses of a finding.
const ADDRESSES: usize = 6;
/// Lines of a remedy.
const LINES: usize = 200;

/// What is appended to the file that `GITHUB_STEP_SUMMARY` names.
pub fn step_summary(page: &Page<'_>) -> String {
    let summary = words::summary(page).join(" · ");
    let mut lines =
        vec![format!("### redis-doctor: {} {}", words::sign(page), escape_markdown(&summary)), String::new()];
    lines.extend(words::provider(page.report).map(|whose| format!("{}\n", escape_markdown(&whose))));
    page.report.findings.iter().for_each(|finding| block(&mut lines, finding));
    nodes(&mut lines, &looks(page));
    if !page.next.is_empty() {
        lines.extend(["Next:".to_owned(), String::new()]);
        fence(&mut lines, &[page.next]);
        lines.extend((!page.note.is_empty()).then(|| format!("({})\n", escape_markdown(page.note))));
    }
    lines.join("\n")
}

fn block(lines: &mut Vec<String>, finding: &Finding) {
    let title = escape_markdown(&finding.title);
    lines.extend([format!("#### {} `{}`: {title}", finding.severity, finding.code), String::new()]);
    lines.extend(["| | |".to_owned(), "|---|---|".to_owned()]);
    for (label, text) in rows(finding) {
        if !text.is_empty() {
            lines.push(format!("| {label} | {} |", escape_markdown(&text)));
        }
    }
    lines.push(String::new());
    finding.remedies.iter().for_each(|remedy| fix(lines, remedy));
}

fn rows(finding: &Finding) -> [(&'static str, String); 6] {
    let broken = finding.clients.iter().filter(|c| c.outcome != "ok");
    let breaks: Vec<String> = broken.map(|c| format!("{} {}", c.id, c.versions).trim_end().to_owned()).collect();
    let explains: Vec<&str> = finding.consequences.iter().map(|c| c.code).collect();
    [
        ("expected", finding.expected.clone()),
        ("presented", finding.presented.clone()),
        (words::subjects_label(&finding.subjects), words::addresses(&finding.subjects, ADDRESSES)),
        ("breaks", breaks.join(", ")),
        ("explains", explains.join(", ")),
        ("mends", words::aftermath(finding)),
    ]
}

fn fix(lines: &mut Vec<String>, remedy: &Remedy) {
    lines.extend([format!("**Fix ({}):** {}", remedy.audience, escape_markdown(&remedy.text)), String::new()]);
    let paste: Vec<&str> = remedy.lines.iter().take(LINES).map(String::as_str).collect();
    if !paste.is_empty() {
        fence(lines, &paste);
    }
    if remedy.lines.len() > LINES {
        lines.extend([format!("… and {} more lines", remedy.lines.len() - LINES), String::new()]);
    }
    if let Some(proof) = &remedy.proof {
        lines.extend([format!("Proved: {}", escape_markdown(proof)), String::new()]);
    }
}

/// A code block whose fence is longer than any run of backticks in it.
fn fence(lines: &mut Vec<String>, body: &[&str]) {
    let runs = body.iter().flat_map(|line| line.split(|c| c != '`').map(str::len));
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    lines.push(format!("{fence}text"));
    lines.extend(body.iter().map(|line| escape_terminal(line)));
    lines.extend([fence, String::new()]);
}

fn nodes(lines: &mut Vec<String>, looks: &[Look<'_>]) {
    if looks.is_empty() {
        return;
    }
    lines.extend([format!("<details><summary>{}</summary>", words::count(looks.len(), "node")), String::new()]);
    lines.extend(["| node | role | slots | reached | chain | name |", "|---|---|---|---|---|---|"].map(str::to_owned));
    for look in looks.iter().take(ROWS) {
        let (node, name) = (look.node.address.to_string(), look.name_cell().to_owned());
        let cells = [node, look.role(), look.slots(), look.reached(), look.chain_cell(), name];
        lines.push(format!("| {} |", cells.map(|cell| escape_markdown(&cell)).join(" | ")));
    }
    if looks.len() > ROWS {
        lines.extend([String::new(), format!("… and {} more", looks.len() - ROWS)]);
    }
    lines.extend([String::new(), "</details>".to_owned(), String::new()]);
}
