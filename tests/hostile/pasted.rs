//! Lines that a person is told to paste: nothing that a server made up steers the shell, or the server, they go to.

use std::collections::HashSet;

use redis_doctor::{
    checks,
    diagnosis::{Context, examine},
    facts::Snapshot,
};
use serde_json::{Value, json};

use super::snapshots::{places, saved};

/// What a shell, redis-cli or a file of configuration reads on after the mark: all of it, what passes for an id, for an
/// option, and for an address of CLUSTER NODES.
const PAYLOADS: [(&str, &str); 4] = [
    ("pwn; $(reboot)`x`'\"|&<>\\*?{a,b}#!~\nx\u{1b}[31m\u{202e}", "pwn;"),
    ("pwn;$(reboot)`x`'\"|&<>\\*?{a,b}#!~", "pwn;"),
    ("-pwn", " -pwn"),
    ("pwn;$(reboot):6379@16379", "pwn;"),
];

/// What stands in texts that servers make up (see `cases`) and in no line of ours.
const MADE_UP: [&str; 4] = ["reboot", "POD_IP", "owned", "gnp.exe"];

/// Says which line of a report holds what a server made up.
pub fn in_report(report: &Value) -> Option<String> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let remedies = findings.flat_map(|finding| finding["remedies"].as_array().into_iter().flatten());
    let mut lines =
        remedies.flat_map(|remedy| remedy["lines"].as_array().into_iter().flatten().filter_map(Value::as_str));
    let is_made_up = |line: &&str| MADE_UP.iter().any(|word| line.contains(word)) || line.chars().any(char::is_control);
    lines.find(is_made_up).map(str::to_owned)
}

#[test]
fn nothing_made_up_is_pasted() {
    let mut found = HashSet::new();
    for (document, (payload, sign)) in saved().iter().flat_map(|document| PAYLOADS.map(|payload| (document, payload))) {
        let mut all = Vec::new();
        places(document, "", &mut all);
        all.retain(|place| document.pointer(place).is_some_and(Value::is_string));
        let kind = |place: &str| place.replace(|c: char| c.is_ascii_digit(), "");
        let kinds: HashSet<String> = all.iter().map(|place| kind(place)).collect();
        for wanted in kinds {
            let mut document = document.clone();
            for place in all.iter().filter(|place| kind(place) == wanted) {
                *document.pointer_mut(place).unwrap() = json!(payload);
            }
            let Ok(snapshot) = serde_json::from_value::<Snapshot>(document) else { continue };
            if snapshot.check().is_err() {
                continue;
            }
            for finding in examine(&Context::new(&snapshot, None), checks::ALL).findings {
                let lines = finding.remedies.iter().flat_map(|remedy| &remedy.lines);
                let bad = lines.filter(|line| line.contains(sign));
                found.extend(bad.map(|line| format!("{} {wanted}: {line:?}", finding.code)));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
