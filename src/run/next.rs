//! The commands that people are told to type next: as they typed this one, and without credentials.

use super::{look::Look, target};
use crate::{
    cli::without_credentials,
    diagnosis::{Report, date},
    emitters,
};

/// What to do next.
pub(super) struct Next {
    /// A command to paste.
    pub(super) command: String,
    /// A remark on it.
    pub(super) note: String,
}

impl Look<'_> {
    /// The command that comes next, ready to paste; without credentials.
    pub(super) fn next(&self, report: &Report, sentinel: bool) -> Next {
        let place = self.place();
        let Some(first) = report.findings.first() else {
            let command = format!("redis-doctor check {place} --format github --wait 60s");
            return Next { command, note: "the same, as a step of CI".to_owned() };
        };
        let mut clients = emitters::writing().map(|e| e.client);
        if sentinel && !report.address_map.wanted().is_empty() {
            let [first, others @ ..] = emitters::sentinel::WRITING;
            let command = format!("redis-doctor address-map {place} --for {first}");
            return Next { command, note: format!("or --for {}, json{}", others.join(", "), self.more("; ")) };
        }
        match clients.next().filter(|_| !report.address_map.wanted().is_empty()) {
            Some(client) => Next {
                command: format!("redis-doctor address-map {place} --for {client}"),
                note: format!("or --for {}{}", clients.collect::<Vec<_>>().join(", "), self.more("; ")),
            },
            None => Next { command: format!("redis-doctor explain {}", first.code), note: self.more("") },
        }
    }

    /// That there is more to see.
    fn more(&self, lead: &str) -> String {
        if self.global.verbose { String::new() } else { format!("{lead}-v says more") }
    }

    /// The arguments that lead to the same place.
    pub(super) fn place(&self) -> String {
        let c = self.connection;
        let mut words = Vec::new();
        match (&self.global.from, target::written(c).ok().flatten()) {
            (Some(file), _) => words.push(format!("--from {}", quoted(&file.display().to_string()))),
            (None, Some(endpoint)) => words.push(quoted(&without_credentials(endpoint))),
            (None, None) => {
                words.extend(c.host.as_ref().map(|h| format!("-h {}", quoted(h))));
                words.extend(c.port.map(|p| format!("-p {p}")));
            }
        }
        words.extend(c.tls.then(|| "--tls".to_owned()));
        let files = [("--cacert", &c.cacert), ("--cacertdir", &c.cacertdir), ("--cert", &c.cert), ("--key", &c.key)];
        words.extend(
            files
                .iter()
                .filter_map(|(flag, path)| Some((flag, path.as_ref()?)))
                .map(|(flag, path)| format!("{flag} {}", quoted(&path.display().to_string()))),
        );
        words.extend(c.username.as_ref().map(|u| format!("--user {}", quoted(u))));
        words.extend(c.sentinel_user.as_ref().map(|u| format!("--sentinel-user {}", quoted(u))));
        words.extend(c.node.iter().map(|node| format!("--node {}", quoted(node))));
        words.extend(c.group.as_ref().map(|name| format!("--group {}", quoted(name))));
        words.extend(c.server_name.as_ref().map(|n| format!("--server-name {}", quoted(n))));
        words.extend(c.sni.as_ref().map(|n| format!("--sni {}", quoted(n))));
        words.extend(c.resolve.iter().map(|r| format!("--resolve {}", quoted(r))));
        words.extend(c.map.iter().map(|m| format!("--map {}", quoted(&m.display().to_string()))));
        words.extend(self.global.at.map(at));
        words.extend(c.connect_to.iter().map(|r| format!("--connect-to {}", quoted(r))));
        words.join(" ")
    }
}

/// A whole day as such, else the seconds.
fn at(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    if seconds % DAY == 0 { format!("--at {}", date(seconds)) } else { format!("--at {seconds}") }
}

/// For a POSIX shell: as it is where it is plain, else in single quotes.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,%+=[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
