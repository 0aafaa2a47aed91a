//! What a tunnel's own log says of a forward that comes to nothing: the program that refused its peer knows why.

use std::{
    cell::OnceCell,
    fs::{File, Metadata},
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

/// The logs of one end.
pub(super) struct Logs<'a> {
    run: &'a Path,
    /// Of a process that serves all nodes; read once.
    shared: OnceCell<Option<String>>,
}

impl<'a> Logs<'a> {
    /// Those in this folder; none is read yet.
    pub(super) fn of(run: &'a Path) -> Self {
        Logs { run, shared: OnceCell::new() }
    }

    /// The last line that says why, of the node with this number.
    pub(super) fn why(&self, number: usize) -> Option<String> {
        let name = format!("node-{number}");
        if let Some(own) = end_of(&self.run.join(format!("{name}.log"))) {
            return telling(own.lines());
        }
        let shared = self.shared.get_or_init(|| end_of(&self.run.join("tunnel.log"))).as_ref()?;
        telling(shared.lines().filter(|line| !is_anothers(line, &name)))
    }
}

fn telling<'t>(lines: impl DoubleEndedIterator<Item = &'t str>) -> Option<String> {
    let holds = |line: &str, words: &[&str]| {
        let line = line.to_ascii_lowercase();
        words.iter().any(|word| line.contains(word))
    };
    let telling = lines.rev().map(str::trim).filter(|line| holds(line, &TELLING));
    let last: Vec<&str> = telling.take(TOGETHER).collect();
    let cause = last.iter().find(|line| holds(line, &REASONS)).or(last.first())?;
    Some(cause.chars().take(LONGEST).collect())
}

/// True for a line that names nodes, and not this one.
fn is_anothers(line: &str, name: &str) -> bool {
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    let named = |(at, prefix): (usize, &str)| {
        let end = at + prefix.len() + digits(&line[at + prefix.len()..]);
        &line[at..end]
    };
    let mut nodes = line.match_indices("node-").map(named).filter(|node| *node != "node-").peekable();
    nodes.peek().is_some() && nodes.all(|node| node != name)
}

/// Logs may hold anything; what is no text is replaced. What is no file is not opened: a pipe would wait for ever.
fn end_of(path: &Path) -> Option<String> {
    let length = path.metadata().ok().filter(Metadata::is_file)?.len();
    let mut file = File::open(path).ok()?;
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
        assert_eq!(Logs::of(folder.path()).why(1).unwrap(), "LOG4 [node-1] CERT: certificate has expired");
        assert_eq!(Logs::of(folder.path()).why(12).unwrap(), "LOG3 [node-12] error 7");
        std::fs::write(folder.path().join("node-1.log"), "spiped: Cannot connect\n").unwrap();
        assert_eq!(Logs::of(folder.path()).why(1).unwrap(), "spiped: Cannot connect");
        assert_eq!(Logs::of(&folder.path().join("none")).why(1), None);
        assert_eq!(Logs::of(folder.path()).why(2), None, "what is said of others is not said of it");
    }
}
