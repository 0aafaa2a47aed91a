//! One driver run: the request it is given, and what the application saw.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{
    rows::{Row, Seeds},
    scene::{Knowledge, Scene},
    slots,
    support::target_dir,
};

/// A driver ends by itself well before this.
const LIMIT: Duration = Duration::from_secs(30);
/// An emitted file may have to be compiled first, by one at a time.
const COMPILING: Duration = Duration::from_secs(120);

/// What `drive` is given.
#[derive(Debug, Serialize)]
pub struct Request {
    #[serde(flatten)]
    knows: Knowledge,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    /// Each is set and got in every round.
    pub keys: Vec<String>,
    /// How often.
    pub rounds: usize,
    /// A file that `address-map --for` has written.
    pub config: Option<PathBuf>,
}

impl Request {
    /// What this row's application knows in this scene. Its keys are its own: others run at the same time.
    pub fn of(row: &Row, scene: &Scene, part: &str) -> Self {
        let mut knows = scene.knows.clone();
        match row.seeds {
            Seeds::One => knows.seeds.truncate(1),
            // Where there is one server, the driver gives it twice: by its address, too.
            Seeds::Several if knows.seeds.len() == 1 && scene.nodes.len() > 1 => {
                knows.seeds.push(scene.second_seed.clone());
            }
            Seeds::Several | Seeds::AsItIs => {}
        }
        let keys = slots::keys(scene.primaries, &format!("{} {part}", row.name()));
        Request { knows, cert: None, key: None, keys, rounds: 1, config: None }
    }
}

/// What a driver prints after a round.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Line {
    /// For every key nothing, or why not.
    pub keys: BTreeMap<String, Option<String>>,
    /// What the application saw besides.
    pub said: Vec<String>,
    /// What only the runtime or a debug log showed.
    #[serde(default)]
    pub inner: Vec<String>,
}

impl Line {
    /// Everything the application saw, once each.
    pub fn shown(&self) -> Vec<&str> {
        let mut shown: Vec<&str> = Vec::new();
        for text in self.said.iter().chain(self.keys.values().flatten()) {
            if !shown.contains(&text.as_str()) {
                shown.push(text);
            }
        }
        shown
    }

    /// True if every key worked.
    pub fn is_ok(&self) -> bool {
        self.keys.values().all(Option::is_none)
    }
}

/// The folder of a client.
pub fn folder(row: &Row) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(row.client)
}

/// Where the `setup` scripts put things.
pub fn installed() -> PathBuf {
    std::env::var_os("REDIS_DOCTOR_CLIENTS").map_or_else(|| target_dir().join("clients"), PathBuf::from)
}

/// Runs it, with something to be done between two rounds, and gives the line of each round.
///
/// # Errors
/// What is wrong with the driver.
pub fn drive(row: &Row, request: &Request, mut between: impl FnMut(usize)) -> Result<Vec<Line>, String> {
    let files = TempDir::new().unwrap();
    let mut run = Run::start(row, request, files.path());
    let mut lines = Vec::new();
    for round in 1..=request.rounds {
        let line = run.line().map_err(|why| format!("round {round}: {why}: {}", errors(files.path())))?;
        lines.push(serde_json::from_str(&line).map_err(|error| format!("round {round}: {error}: {line}"))?);
        if round < request.rounds {
            between(round);
            run.next();
        }
    }
    Ok(lines)
}

struct Run {
    child: Child,
    lines: Receiver<String>,
    until: Instant,
}

impl Run {
    fn start(row: &Row, request: &Request, files: &Path) -> Self {
        let asked = files.join("request.json");
        fs::write(&asked, serde_json::to_vec(request).unwrap()).unwrap();
        let mut command = Command::new(folder(row).join("drive"));
        command.arg(row.key).arg(&asked).current_dir(files).process_group(0);
        command.env("REDIS_DOCTOR_CLIENTS", installed()).env_remove("REDISCLI_AUTH");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(files.join("stderr")).unwrap());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (tell, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let compiling = request.config.as_ref().map_or(Duration::ZERO, |_| COMPILING);
        Run { child, lines, until: Instant::now() + LIMIT + compiling }
    }

    fn line(&self) -> Result<String, String> {
        let left = self.until.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).map_err(|_| "the driver gave no line".to_owned())
    }

    fn next(&mut self) {
        // It may be gone; the missing line says so.
        let _ = self.child.stdin.as_mut().map(|stdin| stdin.write_all(b"\n").and_then(|()| stdin.flush()));
        self.until = Instant::now() + LIMIT;
    }
}

impl Drop for Run {
    /// With all that it has started.
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

fn errors(files: &Path) -> String {
    let said = fs::read_to_string(files.join("stderr")).unwrap_or_default();
    let tail: Vec<&str> = said.lines().rev().take(6).collect();
    tail.into_iter().rev().collect::<Vec<_>>().join(" / ")
}
