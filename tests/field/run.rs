//! One case as it runs: it looks, and what it sees is held against what is expected.

use std::{collections::BTreeMap, fmt::Write as _, fs, time::Duration};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::{
    expected::{self, Expected, Look},
    support::{
        cases::{Seen, check},
        cluster::Cluster,
        doctor, output, run, text,
    },
};

/// Longer than `--deadline` and its start: whoever takes that long hangs.
const END: Duration = Duration::from_secs(40);

/// A report, and how its deployment is put up.
pub struct Case {
    /// `O-01`.
    pub id: &'static str,
    /// Puts it up, looks, mends.
    pub play: fn(&mut Run),
}

/// What came of a case.
pub struct Row {
    /// `O-01`.
    pub id: String,
    /// What was reported.
    pub report: String,
    /// The finding that shall be on top.
    pub expected: String,
    /// The one that was.
    pub got: String,
    /// `yes`, `no` or `not applicable: why`.
    pub mended: String,
    /// Everything that is not as expected, in lines.
    pub wrong: String,
}

/// A case that is running.
pub struct Run {
    id: &'static str,
    expected: Expected,
    names: BTreeMap<String, String>,
    looks: usize,
    got: String,
    mended: Option<bool>,
    wrong: String,
}

impl Run {
    /// Reads what is expected.
    pub fn new(id: &'static str) -> Self {
        let expected = expected::of(id);
        Run { id, expected, names: BTreeMap::new(), looks: 0, got: String::new(), mended: None, wrong: String::new() }
    }

    /// Calls the nodes of a cluster 1, 2, 3 and so on.
    pub fn name_nodes(&mut self, cluster: &Cluster) {
        self.names.extend(cluster.node_ids().into_iter().zip(1..).map(|(id, n)| (id, n.to_string())));
    }

    /// What was reported, and what stands for it.
    pub fn about(&self) -> String {
        format!("{} ({})", self.expected.report, self.expected.scene)
    }

    /// Calls a node by this name: by its id, or by its address where it has none.
    pub fn name(&mut self, id_or_address: impl Into<String>, name: &str) {
        self.names.insert(id_or_address.into(), name.to_owned());
    }

    /// `check` with these words, against the next look that is expected.
    pub fn check(&mut self, words: &str) -> Seen {
        let seen = check(words);
        let got = self.look(&seen);
        let screen =
            text(&output(doctor().args(["check", "-v"]).args(words.split_whitespace()).env("COLUMNS", "200")).stdout);
        if std::env::var_os("FIELD_SCREENS").is_some() {
            let shown = output(doctor().arg("check").args(words.split_whitespace()));
            println!("---- {}: check {words}\n{}", self.id, text(&shown.stdout));
        }
        let Some(expected) = self.expected.looks.get(self.looks).cloned() else {
            let _ = writeln!(self.wrong, "look {} is not expected: {got:?}", self.looks + 1);
            self.looks += 1;
            return seen;
        };
        let bare = Look { says: Vec::new(), never: Vec::new(), ..expected.clone() };
        if got != bare {
            let _ = writeln!(self.wrong, "check {words}\n  expected {bare:?}\n  got      {got:?}\n{screen}");
        }
        for missing in expected.says.iter().filter(|said| !flat(&screen).contains(said.as_str())) {
            let _ = writeln!(self.wrong, "check {words}: it does not say {missing:?}:\n{screen}");
        }
        for there in expected.never.iter().filter(|said| flat(&screen).contains(said.as_str())) {
            let _ = writeln!(self.wrong, "check {words}: it says {there:?}:\n{screen}");
        }
        if seen.took > END {
            let _ = writeln!(self.wrong, "check {words}: took {:?}", seen.took);
        }
        if self.looks == 0 {
            self.got.clone_from(&got.top);
        }
        self.looks += 1;
        seen
    }

    /// `check` once the printed fix is applied: there is nothing left above a notice.
    pub fn mended(&mut self, words: &str) -> Seen {
        let seen = check(&format!("{words} --fail-on warning"));
        self.mended = Some(seen.exit == 0);
        if seen.exit != 0 {
            let shown = output(doctor().arg("check").args(words.split_whitespace()));
            let _ = writeln!(self.wrong, "not healthy after the fix: check {words}\n{}", text(&shown.stdout));
        }
        seen
    }

    /// What `address-map --for` prints.
    pub fn emitted(words: &str, client: &str) -> String {
        run(doctor().arg("address-map").args(words.split_whitespace()).args(["--for", client]))
    }

    /// `check` with the printed map in use: there is nothing left above a notice.
    pub fn mended_by_map(&mut self, words: &str) -> Seen {
        let file = self.map_file(words);
        self.mended(&format!("{words} --map {}", file.path().display()))
    }

    /// The map that is printed, as a file; perhaps not of all nodes.
    pub fn map_file(&self, words: &str) -> NamedTempFile {
        let done = output(doctor().arg("address-map").args(words.split_whitespace()).args(["--for", "json"]));
        let emitted = text(&done.stdout);
        let file = NamedTempFile::new().unwrap_or_else(|error| panic!("{}: {error}", self.id));
        fs::write(file.path(), emitted).unwrap();
        file
    }

    /// Another thing that has to hold.
    pub fn holds(&mut self, what: &str, holds: bool) {
        if !holds {
            let _ = writeln!(self.wrong, "it does not hold: {what}");
        }
    }

    /// What came of it; `panicked` is why it was not played to the end.
    pub fn finish(mut self, panicked: Option<String>) -> Row {
        if let Some(why) = panicked {
            let _ = writeln!(self.wrong, "it panicked: {why}");
        } else if self.looks < self.expected.looks.len() {
            let _ = writeln!(
                self.wrong,
                "{} looks are expected, it looked {} times",
                self.expected.looks.len(),
                self.looks
            );
        }
        if (self.expected.fix == "healthy") != self.mended.is_some() {
            let _ = writeln!(self.wrong, "the fix: expected {:?}, tried: {}", self.expected.fix, self.mended.is_some());
        }
        let mended = match self.mended {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => format!("not applicable: {}", self.expected.fix),
        };
        let top = self.expected.looks.first().map(|look| look.top.clone()).unwrap_or_default();
        Row { id: self.id.to_owned(), report: self.about(), expected: top, got: self.got, mended, wrong: self.wrong }
    }

    fn look(&self, seen: &Seen) -> Look {
        let code = |finding: &Value| finding["code"].as_str().unwrap().to_owned();
        let (top, then) = match seen.findings() {
            [] => (None, Vec::new()),
            [top, rest @ ..] => (Some(top), rest.iter().map(code).collect()),
        };
        let mut on: Vec<String> = top
            .into_iter()
            .flat_map(|top| top["subjects"].as_array().unwrap())
            .map(|subject| self.named(subject))
            .collect();
        on.sort();
        Look {
            top: top.map(code).unwrap_or_default(),
            severity: top.map(|top| top["severity"].as_str().unwrap().to_owned()).unwrap_or_default(),
            on,
            then,
            exit: seen.exit,
            map: seen.map().len(),
            says: Vec::new(),
            never: Vec::new(),
        }
    }

    fn named(&self, subject: &Value) -> String {
        let kind = subject["kind"].as_str().unwrap();
        let address = subject["address"].as_str().unwrap();
        let by_id = subject["id"].as_str().and_then(|id| self.names.get(id)).or_else(|| self.names.get(address));
        match kind {
            "node" => by_id.cloned().unwrap_or_else(|| address.to_owned()),
            kind => kind.to_owned(),
        }
    }
}

/// Without line breaks and the spaces that they bring.
fn flat(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}
