//! A cell: what redis-doctor predicts, what the library did, and where the two differ.

use std::path::PathBuf;

use serde::Deserialize;

use super::{
    classify,
    rows::Row,
    scene::Scene,
    support::{
        doctor,
        driver::{Knowledge, Line},
        output, text,
    },
};

/// An outcome, with the stage where it is not `ok` and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// `ok`, `fails` or `partly`.
    pub outcome: String,
    /// The stage at which it fails. Observed, `hidden` where the library tells nobody: then the text alone is compared.
    pub stage: Option<String>,
    /// Predicted: a part of what the application sees. Observed: all of it.
    pub text: Option<String>,
}

/// What came of a cell.
pub struct Cell {
    /// The row's name.
    pub row: String,
    /// The layout's.
    pub layout: &'static str,
    /// By redis-doctor.
    pub predicted: Result<Account, String>,
    /// At the library.
    pub observed: Result<Account, String>,
    /// Debug logs.
    pub inner: String,
    /// Seconds.
    pub took: f32,
}

impl Cell {
    /// True if it is this one.
    pub fn is(&self, layout: &str, row: &str) -> bool {
        self.layout == layout && self.row == row
    }

    /// True where redis-doctor says that not every key will work.
    pub fn is_bad(&self) -> bool {
        self.predicted.as_ref().is_ok_and(|predicted| ["fails", "partly"].contains(&predicted.outcome.as_str()))
    }

    /// False where redis-doctor says that it does not know: that is neither right nor wrong.
    pub fn is_foretold(&self) -> bool {
        self.predicted.as_ref().map_or(true, |predicted| predicted.outcome != "unknown")
    }

    /// What differed, in a word or two; empty where nothing did, or nothing was foretold.
    pub fn difference(&self) -> String {
        let (Ok(predicted), Ok(observed)) = (&self.predicted, &self.observed) else { return "broken".into() };
        if !self.is_foretold() {
            return String::new();
        }
        if predicted.outcome != observed.outcome {
            return format!("{}≠{}", predicted.outcome, observed.outcome);
        }
        if predicted.outcome == "ok" {
            return String::new();
        }
        let stage = |account: &Account| account.stage.clone().unwrap_or_else(|| "-".into());
        if predicted.stage != observed.stage && observed.stage.as_deref() != Some("hidden") {
            return format!("{}≠{}", stage(predicted), stage(observed));
        }
        let words = |account: &Account| collapsed(account.text.as_deref().unwrap_or_default());
        if words(observed).contains(&words(predicted)) { String::new() } else { "text".into() }
    }
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs the library and asks redis-doctor.
pub fn cell(layout: &'static str, scene: &Scene, seen: &Snapshot, row: &Row) -> Cell {
    let began = std::time::Instant::now();
    let mut inner = String::new();
    let observed = row.driver().drive(&row.request(scene, "plain"), |_| {}).map(|lines| {
        inner = lines[0].inner.join(" | ");
        account(&lines[0], scene)
    });
    let took = began.elapsed().as_secs_f32();
    Cell { row: row.name(), layout, predicted: seen.prediction(row), observed, inner, took }
}

/// What the library did.
pub fn account(line: &Line, scene: &Scene) -> Account {
    let worked = line.keys.values().filter(|why| why.is_none()).count();
    let outcome = match worked {
        all if all == line.keys.len() => "ok",
        0 => "fails",
        _ => "partly",
    };
    let shown = line.shown();
    let everything: Vec<&str> = shown.iter().copied().chain(line.inner.iter().map(String::as_str)).collect();
    let stage = (outcome != "ok").then(|| classify::stage(&everything, scene.knows.tls).to_owned());
    Account { outcome: outcome.into(), stage, text: Some(shown.join(" | ")) }
}

/// What redis-doctor saw of a scene: looked at once, thought about once a client.
pub struct Snapshot {
    file: PathBuf,
}

impl Snapshot {
    /// Looks, with what the application knows.
    pub fn of(scene: &Scene, file: PathBuf) -> Self {
        let mut look = doctor();
        look.arg("check").args(arguments(&scene.knows)).arg("--save").arg(&file);
        look.envs(scene.knows.password.as_ref().map(|password| ("REDISCLI_AUTH", password)));
        output(&mut look);
        Snapshot { file }
    }

    fn prediction(&self, row: &Row) -> Result<Account, String> {
        #[derive(Deserialize)]
        struct Clients {
            clients: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            form: Option<String>,
            #[serde(flatten)]
            account: Account,
        }
        let mut think = doctor();
        think.arg("clients").arg("--from").arg(&self.file);
        let done = output(think.args(["--client", &row.argument(), "--expect", "cluster", "--format", "json"]));
        let said = text(&done.stdout);
        let clients: Clients =
            serde_json::from_str(&said).map_err(|error| format!("{error}: {said}{}", text(&done.stderr)))?;
        let fits = |entry: &Entry| row.form.is_none() || entry.form.as_deref() == row.form;
        let entry = clients.clients.into_iter().find(fits);
        entry.map(|entry| entry.account).ok_or_else(|| format!("no prediction for {}: {said}", row.name()))
    }
}

/// An application's knowledge as arguments of redis-doctor; the password goes by the environment.
pub fn arguments(knows: &Knowledge) -> Vec<String> {
    let (host, port) = &knows.seeds[0];
    let scheme = if knows.tls { "rediss" } else { "redis" };
    let mut words = vec![format!("{scheme}://{host}:{port}")];
    words.extend(knows.ca.iter().flat_map(|ca| ["--cacert".into(), ca.display().to_string()]));
    words.extend(knows.server_name.iter().flat_map(|name| ["--server-name".into(), name.clone()]));
    words.extend(knows.username.iter().flat_map(|user| ["--user".into(), user.clone()]));
    words
}
