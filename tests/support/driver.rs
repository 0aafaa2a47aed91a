//! One driver run: the request it is given, and what the application saw.

use std::{
    collections::BTreeMap,
    ffi::OsString,
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

use super::target_dir;

/// A driver ends by itself well before this.
const LIMIT: Duration = Duration::from_secs(30);
/// An emitted file may have to be compiled first, by one at a time.
const COMPILING: Duration = Duration::from_secs(120);

/// What the application is given, as drivers read it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Knowledge {
    /// Hosts and ports, most often one.
    pub seeds: Vec<(String, u16)>,
    /// TLS is to be spoken.
    pub tls: bool,
    /// PEM.
    pub ca: Option<PathBuf>,
    /// One name to verify on every connection, for clients that can be told one.
    pub server_name: Option<String>,
    /// The ACL user.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
}

/// What `drive` is given.
#[derive(Debug, Default, Serialize)]
pub struct Request {
    /// What the application knows.
    #[serde(flatten)]
    pub knows: Knowledge,
    /// The client certificate, PEM.
    pub cert: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// Each is set and got in every round.
    pub keys: Vec<String>,
    /// How often.
    pub rounds: usize,
    /// A file that `address-map --for` has written.
    pub config: Option<PathBuf>,
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

/// A library in one version or form, as its folder under `tests/clients` drives it.
#[derive(Clone, Debug, Default)]
pub struct Driver {
    /// The folder.
    pub client: &'static str,
    /// The version or the form.
    pub row: &'static str,
    /// Words put before the command line: `nsenter` into another network.
    pub within: Vec<String>,
    /// What an emitted file reads its password from.
    pub password: Option<String>,
}

/// The ending of a file in the language of a client.
pub fn extension(client: &str) -> &'static str {
    match client {
        "node-redis" | "ioredis" => "mjs",
        "redis-py" | "valkey-py" | "valkey-glide" => "py",
        "go-redis" => "go",
        "redis-rs" | "fred" => "rs",
        "lettuce" | "jedis" | "redisson" => "java",
        "redis-rb" => "rb",
        "phpredis" | "predis" => "php",
        _ => "txt",
    }
}

/// Where the `setup` scripts put things.
pub fn installed() -> PathBuf {
    std::env::var_os("REDIS_DOCTOR_CLIENTS").map_or_else(|| target_dir().join("clients"), PathBuf::from)
}

impl Driver {
    /// With nothing before it.
    pub fn of(client: &'static str, row: &'static str) -> Self {
        Driver { client, row, ..Driver::default() }
    }

    /// `tests/clients/setup` has installed it.
    pub fn is_ready(&self) -> bool {
        installed().join(format!("{}.ready", self.client)).exists()
    }

    /// Runs it, with something to be done between two rounds, and gives the line of each round.
    ///
    /// # Errors
    /// What is wrong with the driver.
    pub fn drive(&self, request: &Request, mut between: impl FnMut(usize)) -> Result<Vec<Line>, String> {
        let files = TempDir::new().unwrap();
        let mut run = Run::start(self.command(), request, files.path());
        let mut lines: Vec<Line> = Vec::new();
        for round in 1..=request.rounds {
            let before = |lines: &[Line]| lines.last().map(|line| line.shown().join(" | ")).unwrap_or_default();
            let line = run.line().map_err(|why| {
                format!("round {round}: {why}: {}; the round before: {}", errors(files.path()), before(&lines))
            })?;
            lines.push(serde_json::from_str(&line).map_err(|error| format!("round {round}: {error}: {line}"))?);
            if round < request.rounds {
                between(round);
                run.next();
            }
        }
        Ok(lines)
    }

    fn command(&self) -> Command {
        let drive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(self.client).join("drive");
        let mut words: Vec<OsString> = self.within.iter().map(OsString::from).collect();
        words.extend([drive.into(), self.row.into()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("REDIS_DOCTOR_CLIENTS", installed()).env_remove("REDISCLI_AUTH");
        command.envs(self.password.as_ref().map(|password| ("REDIS_PASSWORD", password)));
        command
    }
}

struct Run {
    child: Child,
    lines: Receiver<String>,
    until: Instant,
}

impl Run {
    fn start(mut command: Command, request: &Request, files: &Path) -> Self {
        let asked = files.join("request.json");
        fs::write(&asked, serde_json::to_vec(request).unwrap()).unwrap();
        command.arg(&asked).current_dir(files).process_group(0);
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
