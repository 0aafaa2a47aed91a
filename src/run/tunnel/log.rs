//! What a tunnel's own log says of a forward that comes to nothing: the program that refused its peer knows why.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// How much of the end of a log is read.
const END: u64 = 64 << 10;
/// The most characters of a line that are quoted.
const LONGEST: usize = 200;

/// Words of lines that say what went wrong, in the logs of spiped, stunnel, haproxy, nginx, socat, ghostunnel, envoy and ssh.
const TELLING: [&str; 16] = [
    "error",
    "fail",
    "refus",
    "verif",
    "certificate",
    "expired",
    "denied",
    "mismatch",
    "unable",
    "cannot",
    "invalid",
    "reset",
    "timed out",
    "timeout",
    "unknown ca",
    "alert",
];
/// Words of lines that name the very reason, which libraries tell beside a longer and emptier one.
const REASONS: [&str; 9] = [
    "expired",
    "unknown ca",
    "self-signed",
    "self signed",
    "unable to get",
    "no match",
    "mismatch",
    "not valid",
    "x509:",
];
/// How many of the last telling lines may be about one connection.
const TOGETHER: usize = 8;

/// The last line that says why, of the node with this number; `run` is the folder with the logs.
pub(super) fn why(run: &Path, number: usize) -> Option<String> {
    let name = format!("node-{number}");
    let own = end_of(&run.join(format!("{name}.log")));
    let shared = || end_of(&run.join("tunnel.log")).map(|text| only(&text, &name));
    let text = own.or_else(shared)?;
    let holds = |line: &str, words: &[&str]| {
        let line = line.to_ascii_lowercase();
        words.iter().any(|word| line.contains(word))
    };
    let telling = text.lines().rev().map(str::trim).filter(|line| holds(line, &TELLING));
    let last: Vec<&str> = telling.take(TOGETHER).collect();
    let cause = last.iter().find(|line| holds(line, &REASONS)).or(last.first())?;
    Some(cause.chars().take(LONGEST).collect())
}

/// The lines of one node, where a process for all nodes says which; otherwise all of them.
fn only(text: &str, name: &str) -> String {
    let is_named = |line: &&str| {
        line.match_indices(name).any(|(at, _)| !line[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let named: Vec<&str> = text.lines().filter(is_named).collect();
    if named.is_empty() { text.to_owned() } else { named.join("\n") }
}

/// Logs may hold anything; what is no text is replaced.
fn end_of(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|about| about.is_file()))?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END))).ok()?;
    let mut bytes = Vec::new();
    file.take(END).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_node_itself() {
        let log = "LOG5 Service [node-1] accepted\nLOG4 [node-1] CERT: certificate has expired\nLOG3 [node-12] error 7\nLOG5 [node-1] Connection reset";
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("tunnel.log"), log).unwrap();
        assert_eq!(why(folder.path(), 1).unwrap(), "LOG4 [node-1] CERT: certificate has expired");
        assert_eq!(why(folder.path(), 12).unwrap(), "LOG3 [node-12] error 7");
        std::fs::write(folder.path().join("node-1.log"), "spiped: Cannot connect\n").unwrap();
        assert_eq!(why(folder.path(), 1).unwrap(), "spiped: Cannot connect");
        assert_eq!(why(&folder.path().join("none"), 1), None);
    }
}
