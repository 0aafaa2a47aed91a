//! `cert --for`: which hosts of a cluster the certificate covers, and which clients would fail.

use super::{
    node_table::fitted,
    sheet::{Ink, Sheet},
    words,
};
use crate::diagnosis::coverage::{Coverage, Covered};

/// Hosts that are listed before the rest is counted.
const HOSTS: usize = 8;

/// What is missing first, and what nobody needs last.
pub(super) fn covered(sheet: &mut Sheet<'_>, coverage: &Coverage) {
    let mut hosts: Vec<&Covered> = coverage.hosts.iter().collect();
    hosts.sort_by_key(|covered| (!(covered.is_needed && covered.defect.is_some()), !covered.is_needed));
    let most = if sheet.verbose() { hosts.len() } else { HOSTS };
    sheet.gap();
    let header = ["host", "covered", "announced by", "verified by"];
    fitted(sheet, &header, hosts.iter().take(most).map(|covered| host(covered)).collect());
    if hosts.len() > most {
        let more = words::count(hosts.len() - most, "more host");
        sheet.hang("… and ", Ink::Plain, 2, &format!("{more} (-v shows all)"));
    }
}

fn host(covered: &Covered) -> Vec<String> {
    let announced = match covered.nodes.as_slice() {
        [] => String::new(),
        [node] => node.clone(),
        nodes => words::count(nodes.len(), "node"),
    };
    let verified = match covered.verified_by.as_slice() {
        [] => "no known client".to_owned(),
        [only] => (*only).to_owned(),
        all => format!("{} client libraries", all.len()),
    };
    let verdict = covered.defect.map_or_else(|| "✓".to_owned(), |defect| format!("✗ {defect}"));
    vec![covered.entry(), verdict, announced, verified]
}

/// The clients that would fail: by library, and with `-v` those that show the same together.
pub(super) fn failing(sheet: &mut Sheet<'_>, coverage: &Coverage) {
    let Some(first) = coverage.failing.first() else { return };
    sheet.gap();
    let count = format!("{} of {} client set-ups would fail:", coverage.failing.len(), coverage.asked);
    if !sheet.verbose() {
        sheet.phrases(&format!("✗ {count} "), Ink::Bad, 2, &coverage.failing_libraries(), " · ");
        sheet.hang(&format!("    {} shows: ", first.client.id), Ink::Label, 6, shown(first.text.as_ref()));
        return;
    }
    sheet.hang("✗ ", Ink::Bad, 2, &count);
    let mut groups: Vec<(Option<&String>, Vec<String>)> = Vec::new();
    for failing in &coverage.failing {
        match groups.iter_mut().find(|(text, _)| *text == failing.text.as_ref()) {
            Some((_, names)) => names.push(failing.name()),
            None => groups.push((failing.text.as_ref(), vec![failing.name()])),
        }
    }
    for (text, names) in groups {
        sheet.phrases("  ", Ink::Plain, 4, &names, " · ");
        sheet.hang("      ", Ink::Plain, 6, shown(text));
    }
}

fn shown(text: Option<&String>) -> &str {
    text.map_or("(it waits, and shows nothing)", String::as_str)
}
