//! Field cases as one line each: what `check` is given, the exit code, and the findings with their subjects, in order.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{cluster::Cluster, doctor, output, text};

/// What `check --format json` had to say.
pub struct Seen {
    /// The report.
    pub report: Value,
    /// The exit code.
    pub exit: i32,
    /// How long it took.
    pub took: Duration,
}

/// Runs `check` with these words (split at spaces) and reads the report; a process that fails fails the test.
pub fn check(words: &str) -> Seen {
    let began = Instant::now();
    let done = output(doctor().arg("check").args(words.split_whitespace()).args(["--format", "json"]));
    let (took, said, warned) = (began.elapsed(), text(&done.stdout), text(&done.stderr));
    let report: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{words}: {error}: {said}{warned}"));
    let exit = done.status.code().expect("it ends by itself");
    assert_eq!(report["exit"], exit, "{words}: the report and the process name one exit code");
    assert_eq!(warned, "", "{words}");
    Seen { report, exit, took }
}

impl Seen {
    /// The findings, most important first.
    pub fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().expect("findings is a list")
    }

    /// The title of the first finding.
    pub fn title(&self) -> &str {
        self.findings()[0]["title"].as_str().expect("a finding has a title")
    }

    /// The lines of the first finding's remedies for one audience, or all of them.
    pub fn lines(&self, audience: &str) -> Vec<String> {
        let remedies = self.findings()[0]["remedies"].as_array().expect("remedies is a list");
        let fitting = remedies.iter().filter(|remedy| remedy["for"] == audience);
        fitting.flat_map(|r| r["lines"].as_array().unwrap()).map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    /// `announced -> reachable` of the address map.
    pub fn map(&self) -> Vec<String> {
        let word = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
        let map = self.report["address_map"].as_array().unwrap();
        map.iter().map(|m| format!("{} -> {}", word(m, "announced"), word(m, "reachable"))).collect()
    }

    /// The whole report as text, for what may stand anywhere in it.
    pub fn text(&self) -> String {
        self.report.to_string()
    }
}

/// Many cases in one test: all of them run, and whatever was wrong is told together at the end.
#[derive(Default)]
pub struct Cases {
    names: BTreeMap<String, String>,
    wrong: String,
}

impl Cases {
    /// No nodes known: they go by their addresses.
    pub fn new() -> Self {
        Cases::default()
    }

    /// Calls the nodes of a cluster 1, 2, 3 and so on.
    pub fn of(cluster: &Cluster) -> Self {
        let numbered = cluster.node_ids().into_iter().zip(1..).map(|(id, n)| (id, n.to_string()));
        Cases { names: numbered.collect(), wrong: String::new() }
    }

    /// Runs one case. A finding is written as its code with its subjects (`endpoint`, `cluster`, node names or addresses,
    /// sorted), and ` > ` before each consequence: `node-failed 4 > node-unreachable 4`.
    pub fn case(&mut self, name: &str, words: &str, exit: i32, findings: &[&str]) -> Seen {
        let seen = check(words);
        let got: Vec<String> = seen.findings().iter().map(|f| self.in_short(f)).collect();
        let as_expected = seen.exit == exit && got == findings;
        let verdict = if as_expected { "ok" } else { "WRONG" };
        note(&format!("{verdict}\t{name}\t{exit} {}\t{} {}\n", findings.join("; "), seen.exit, got.join("; ")));
        if !as_expected {
            let titles: Vec<&str> = seen.findings().iter().map(|f| f["title"].as_str().unwrap()).collect();
            let _ = write!(
                self.wrong,
                "\n{name}: check {words}\n  expected {exit} {findings:#?}\n  got      {} {got:#?} {titles:#?}\n",
                seen.exit
            );
        }
        if std::env::var_os("REDIS_DOCTOR_CASES").is_some() && !got.is_empty() {
            note(&text(&output(doctor().arg("check").args(words.split_whitespace())).stdout));
        }
        seen
    }

    fn in_short(&self, finding: &Value) -> String {
        let mut short = self.named(finding);
        for consequence in finding["consequences"].as_array().unwrap() {
            short += " > ";
            short += &self.named(consequence);
        }
        short
    }

    fn named(&self, entry: &Value) -> String {
        let subject = |subject: &Value| match subject["kind"].as_str().unwrap() {
            "node" => {
                let known = subject["id"].as_str().and_then(|id| self.names.get(id));
                known.cloned().unwrap_or_else(|| subject["address"].as_str().unwrap().to_owned())
            }
            kind => kind.to_owned(),
        };
        let mut subjects: Vec<String> = entry["subjects"].as_array().unwrap().iter().map(subject).collect();
        subjects.sort();
        format!("{} {}", entry["code"].as_str().unwrap(), subjects.join(" "))
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        assert!(self.wrong.is_empty() || std::thread::panicking(), "{}", self.wrong);
    }
}

/// Leaves a line in the file that `REDIS_DOCTOR_CASES` names: a table of what was expected and what was said, with the
/// screens, to be read by somebody who judges the wording.
fn note(line: &str) {
    if let Some(file) = std::env::var_os("REDIS_DOCTOR_CASES") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}
