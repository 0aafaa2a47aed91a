//! The request for a person: names, what they mend, the proof, and the commands.

use std::fmt::Write as _;

use super::{
    AUTHORITY, Sheet, USAGES, openssl,
    server::{self, Files},
};
use crate::{
    diagnosis::date,
    request::{Entry, Present, Proof, Request, Wanted, Why},
};

/// Names that a wildcard stands for, as far as they are listed.
const COVERED: usize = 4;
/// More names than this are a burden to handshakes, and more than public authorities put into one certificate.
const MANY: usize = 100;
/// Columns of what is to be read; what is to be pasted stays in one line.
const WIDTH: usize = 80;
/// Where the text of a labelled line begins.
const INDENT: usize = 11;
/// Certificates whose commands are spelled out.
const SPELLED_OUT: usize = 3;

/// Writes it. Addresses of nodes may hold any character: the shell escapes what it prints.
pub fn text(sheet: &Sheet<'_>) -> String {
    let request = sheet.request;
    let mut text = String::new();
    for line in first(request) {
        hang(&mut text, "", 0, &line);
    }
    for (n, wanted) in request.certificates.iter().enumerate() {
        names(&mut text, request, n, wanted);
    }
    text.push('\n');
    let usages = format!(
        "{} (critical); {}; a node is a client of the others if tls-cluster or tls-replication is on",
        sheet.key.usages().join(", "),
        USAGES.join(", ")
    );
    hang(&mut text, "usages", INDENT, &usages);
    hang(&mut text, "key", INDENT, &format!("{}; basicConstraints CA:FALSE (critical)", sheet.key.words()));
    let lifetime =
        "90 days to a year, and not beyond its CA's; renew when a third is left: servers load no file by themselves";
    hang(&mut text, "lifetime", INDENT, lifetime);
    for present in &request.present {
        now(&mut text, present);
    }
    hang(&mut text, "", 0, &proved(&request.proof));
    others(&mut text, request);
    how(&mut text, sheet);
    text
}

/// What has to be known first.
fn first(request: &Request) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(managed) = request.managed {
        lines.push(format!(
            "{}: its certificate is the provider's, and there is nobody to ask for another.",
            managed.name
        ));
        let instead = if managed.instead.is_empty() { String::new() } else { format!("; {}", managed.instead) };
        lines.push(format!(
            "Give the client an address map (redis-doctor address-map){instead}. This is for servers of your own:"
        ));
    }
    if request.plaintext {
        lines.push("The servers speak plaintext; these are the names that clients would verify over TLS.".to_owned());
    }
    if request.kind.is_none() {
        lines.push(
            "The nodes are not known, since the endpoint did not tell them: this is for the endpoint alone.".to_owned(),
        );
    }
    if request.is_had() {
        lines.push("The certificates in use hold all of this already.".to_owned());
    }
    lines
}

fn names(text: &mut String, request: &Request, n: usize, wanted: &Wanted) {
    let whose = match (&wanted.nodes[..], request.is_per_node()) {
        ([only], true) => format!("certificate {} of {}: {}", n + 1, request.certificates.len(), only.address),
        ([only], false) => format!("one certificate: {}", only.address),
        (nodes, _) => format!("one certificate for all {} nodes", nodes.len()),
    };
    let _ = writeln!(text, "{whose}");
    let width = wanted.entries.iter().map(|entry| entry.name.to_string().len()).max().unwrap_or_default().min(30);
    for entry in &wanted.entries {
        hang(text, &format!("  {:width$}  ", entry.name.to_string()), width + 4, &what_for(entry));
    }
    if wanted.entries.len() > MANY {
        let many =
            format!("{} names are many for one certificate: --per-node asks for small ones", wanted.entries.len());
        hang(text, "  ", 2, &many);
    }
}

fn what_for(entry: &Entry) -> String {
    let why: Vec<&str> = entry.why.iter().copied().map(Why::words).collect();
    if entry.covers.is_empty() {
        return why.join("; ");
    }
    let shown: Vec<&str> = entry.covers.iter().take(COVERED).map(String::as_str).collect();
    let more = entry.covers.len().saturating_sub(COVERED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("for {}{more}; and for nodes that join under it (--no-wildcard names each)", shown.join(", "))
}

fn now(text: &mut String, present: &Present) {
    let on = if present.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", present.nodes) };
    let mut wrong: Vec<String> = Vec::new();
    if !present.lacks.is_empty() {
        let mut lacks: Vec<String> = present.lacks.iter().take(6).map(ToString::to_string).collect();
        let more = present.lacks.len().saturating_sub(lacks.len());
        lacks.extend((more > 0).then(|| format!("{more} more")));
        wrong.push(format!("lacks {}", lacks.join(", ")));
    }
    wrong.extend(present.expired.map(|at| format!("ended on {}", date(at))));
    wrong.extend(present.is_ca.then(|| "is a CA, which rustls refuses of a server".to_owned()));
    wrong.extend(present.server_only.then(|| "is for servers alone".to_owned()));
    let wrong = if wrong.is_empty() { "lacks nothing".to_owned() } else { wrong.join("; ") };
    hang(text, "now", INDENT, &format!("{} ({on}): {wrong}", present.names));
}

/// The sentence that says how far it was proved.
pub(super) fn proved(proof: &Proof) -> String {
    let nodes = if proof.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", proof.nodes) };
    if proof.is_whole() {
        format!(
            "proved: with these names {} clients ({} libraries, by version and set-up) × {nodes} pass by our rules",
            proof.clients, proof.libraries
        )
    } else {
        format!(
            "proved: with these names {} of {} clients × {nodes} pass by our rules; not these:",
            proof.passing, proof.clients
        )
    }
}

/// Who does not pass, and what is in no certificate.
fn others(text: &mut String, request: &Request) {
    for failing in &request.proof.failing {
        let who = failing.clients.join(", ");
        hang(text, "  ", 4, &format!("{} for {who} (on {}): {}", failing.host, failing.stack, failing.text));
        hang(text, "    ", 4, &failing.advice);
    }
    for left in &request.left_out {
        let who = if left.clients.is_empty() { String::new() } else { format!(" for {}", left.clients.join(", ")) };
        hang(text, "  ", 4, &format!("{}{who}: not in it: {}", left.host, left.reason));
    }
}

/// Words in lines of no more than [`WIDTH`] behind `lead`, and behind `indent` from the second line on.
fn hang(text: &mut String, lead: &str, indent: usize, words: &str) {
    let mut line = format!("{lead:indent$}");
    let mut is_new = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = " ".repeat(indent);
            is_new = true;
        }
        line.extend((!is_new).then_some(' '));
        line.push_str(word);
        is_new = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

fn how(text: &mut String, sheet: &Sheet<'_>) {
    let command = sheet.command;
    let _ = writeln!(text, "\nask for it\n  {command} --as openssl > redis.cnf");
    let spelled = || sheet.certificates().take(SPELLED_OUT);
    let more = sheet.request.certificates.len().saturating_sub(SPELLED_OUT);
    for step in [0, 1] {
        for (stem, wanted) in spelled() {
            let _ = writeln!(text, "  {}", openssl::commands(sheet, &stem, wanted)[step]);
        }
        if more > 0 {
            let _ = writeln!(text, "  # and so on for {more} more: redis.cnf has their commands");
        }
    }
    let _ = writeln!(text, "  # an authority of your own: {AUTHORITY}");
    if let Some(judge) = sheet.judge.filter(|_| !sheet.request.is_per_node()) {
        let _ = writeln!(text, "judge it before it is deployed\n  {judge}");
    }
    let _ = writeln!(text, "or, in Kubernetes\n  {command} --as cert-manager > certificate.yaml");
    let Some((stem, _)) = sheet.certificates().next() else { return };
    let files = Files::in_folder(&stem);
    let _ = writeln!(text, "redis.conf; intermediate certificates go behind the node's own in its file");
    for line in server::configuration(sheet, &files) {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "loaded while the server runs, on every node by\n  {}", server::load(sheet, &files));
    let _ = writeln!(text, "and then\n  {}", sheet.check);
}
