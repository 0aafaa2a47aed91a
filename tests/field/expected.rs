//! What each case shall come to: `tests/scenes/cases/ID.json`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde::Deserialize;

/// What `check` shall say of one deployment.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The first finding.
    pub top: String,
    /// Its severity; empty where nothing is to be found.
    #[serde(default)]
    pub severity: String,
    /// Whom it is about: names of nodes as the case gives them (`1`, `2`, … in a cluster), `endpoint` or `cluster`; sorted.
    #[serde(default)]
    pub on: Vec<String>,
    /// The codes of all further findings, in order. There is no other.
    #[serde(default)]
    pub then: Vec<String>,
    /// The exit code.
    pub exit: i32,
    /// How many mappings the address map has; 0 where none may be emitted.
    #[serde(default)]
    pub map: usize,
    /// What must stand somewhere in the screen (`-v`, wide).
    #[serde(default)]
    pub says: Vec<String>,
    /// What must not.
    #[serde(default)]
    pub never: Vec<String>,
}

/// One report from the field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// What was reported, in a line.
    pub report: String,
    /// What stands for it: `redis-server`, `scripted`, or both.
    pub scene: String,
    /// What each look of the case shall see, in the order in which it looks; the first is the reported one.
    pub looks: Vec<Look>,
    /// `healthy`: the fix is applied as printed, and nothing above a notice is left. Else why that cannot be.
    pub fix: String,
}

/// The expectations of one case.
///
/// # Panics
/// Where there are none, or they cannot be read.
pub fn of(id: &str) -> Expected {
    let file = folder().join(format!("{id}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every case that has expectations.
pub fn all() -> BTreeSet<String> {
    let files = fs::read_dir(folder()).expect("tests/scenes/cases is there");
    files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/cases")
}
