//! The folder that `redis-doctor tunnel --out` writes: made, looked over with the tools' own checkers, started, proved,
//! stopped.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    scenes::Scene,
    support::{doctor, output, text},
    world::{Machine, SERVER, installed, running_in},
};

/// A folder and the machines that its two sides run on.
pub struct Folder<'a> {
    /// Where.
    pub path: PathBuf,
    kind: &'static str,
    client: &'a Machine,
    server: &'a Machine,
    /// What it belongs to.
    scene: &'a Scene,
    /// Its sides are started by root.
    by_root: bool,
    _files: TempDir,
}

/// What has come of a step.
pub type Outcome = Result<(), String>;

impl<'a> Folder<'a> {
    /// Generates it, on the side that reaches the nodes.
    ///
    /// # Errors
    /// What redis-doctor said.
    pub fn generate(
        kind: &'static str,
        words: &[&str],
        scene: &'a Scene,
        [client, server]: [&'a Machine; 2],
    ) -> Result<Self, String> {
        let files = TempDir::new().unwrap();
        let path = files.path().join("tunnel");
        let mut doctor = scene.doctor("tunnel", true);
        doctor.args(["--with", kind, "--out"]).arg(&path).args(words);
        succeeded(&mut server.here(&doctor))?;
        let by_root = words.contains(&"announced");
        Ok(Folder { path, kind, client, server, scene, by_root, _files: files })
    }

    /// The sides that it has, with their machines.
    fn sides(&self) -> Vec<(PathBuf, &Machine)> {
        let sides = [("server", self.server), ("client", self.client)];
        sides.map(|(side, machine)| (self.path.join(side), machine)).into_iter().filter(|(at, _)| at.exists()).collect()
    }

    /// The neutral map.
    pub fn map(&self) -> Value {
        serde_json::from_str(&self.read("map.json")).unwrap()
    }

    /// One of its files.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The local ends, in the order of the map.
    pub fn reachable(&self) -> Vec<String> {
        let map = self.map();
        let entries = map["address_map"].as_array().unwrap();
        entries.iter().map(|entry| entry["reachable"].as_str().unwrap().to_owned()).collect()
    }

    /// Their ports.
    pub fn ports(&self) -> Vec<String> {
        self.reachable().iter().map(|end| end.rsplit(':').next().unwrap().to_owned()).collect()
    }

    /// Secrets are their owner's alone.
    ///
    /// # Errors
    /// Which are not.
    pub fn keeps_secrets(&self) -> Outcome {
        for (side, _) in self.sides() {
            for file in files_in(&side) {
                let secret = fs::read_to_string(&file).map_or(true, |text| text.contains("PRIVATE KEY"));
                let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
                if secret && mode != 0o600 {
                    return Err(format!("{} has mode {mode:o}", file.display()));
                }
            }
        }
        Ok(())
    }

    /// What shellcheck, systemd-analyze and the tool itself find in it.
    ///
    /// # Errors
    /// The first that finds something.
    pub fn is_valid(&self) -> Outcome {
        for (side, machine) in self.sides() {
            for script in ["start", "stop"].map(|name| side.join(name)) {
                quiet(Command::new("sh").arg("-n").arg(&script))?;
                quiet(Command::new("shellcheck").args(["-s", "sh"]).arg(&script))?;
            }
            for unit in files_in(&side.join("systemd")) {
                unit_is_valid(&unit)?;
            }
            fs::create_dir_all(side.join("run")).unwrap();
            for words in own_checks(self.kind) {
                let told = succeeded(machine.as_user_in(&side, words[0]).args(&words[1..]))?;
                if self.kind == "ssh" && told.matches("localforward ").count() != self.ports().len() {
                    return Err(format!("ssh reads other forwards: {told}"));
                }
            }
        }
        Ok(())
    }

    /// Runs the start scripts, the server's first.
    ///
    /// # Errors
    /// What they said.
    pub fn start(&self) -> Outcome {
        self.sides().iter().try_for_each(|(side, machine)| self.script(side, machine, "start"))
    }

    /// Beside the application there are the local ends that the map names and no others, and beside the nodes none that are
    /// open to more than one address.
    ///
    /// # Errors
    /// What listens.
    pub fn listens_where_it_says(&self) -> Outcome {
        let mut named = self.reachable();
        named.sort_unstable();
        let listening = self.client.listening();
        let mut here: Vec<&str> = listening.lines().collect();
        here.sort_unstable();
        if here != named {
            return Err(format!("{here:?}, not {named:?}"));
        }
        let there = self.server.listening();
        let far = self.path.join("server").exists();
        match there.lines().find(|at| far && ["0.0.0.0:", "*:", "[::]:"].iter().any(|any| at.starts_with(any))) {
            Some(at) => Err(format!("the far end listens at {at}")),
            None => Ok(()),
        }
    }

    /// Another start is refused, and what runs goes on.
    ///
    /// # Errors
    /// What happened.
    pub fn starts_once(&self) -> Outcome {
        match self.start() {
            Err(told) if told.contains("runs already") => self.is_proved(),
            other => Err(format!("a second start: {other:?}")),
        }
    }

    /// Runs the stop scripts; nothing is left behind.
    ///
    /// # Errors
    /// What is left.
    pub fn stop(&self) -> Outcome {
        let ports = self.ports();
        let mut sides = self.sides();
        sides.reverse();
        for (side, machine) in &sides {
            self.script(side, machine, "stop")?;
            let left = running_in(side);
            if !left.is_empty() {
                return Err(format!("still running: {}", left.join(", ")));
            }
            let listening = machine.listening();
            if ports.iter().any(|port| listening.lines().any(|at| at.ends_with(&format!(":{port}")))) {
                return Err(format!("still listening: {listening}"));
            }
            let left: Vec<_> = files_in(&side.join("run")).into_iter().filter(|f| f.ends_with("pid")).collect();
            if !left.is_empty() {
                return Err(format!("left behind: {left:?}"));
            }
        }
        Ok(())
    }

    fn script(&self, side: &Path, machine: &Machine, name: &str) -> Outcome {
        let script = side.join(name);
        let mut command = if self.by_root { machine.command(&script) } else { machine.as_user(&script) };
        let done = output(command.stdin(Stdio::null()));
        if done.status.success() { Ok(()) } else { Err(format!("{name}: {}{}", said(&done), self.logs())) }
    }

    /// What the tunnel itself has to say.
    pub fn logs(&self) -> String {
        let logs = self.sides().into_iter().flat_map(|(side, _)| files_in(&side.join("run")));
        let text = |file: PathBuf| format!("\n{}: {}", file.display(), fs::read_to_string(&file).unwrap_or_default());
        logs.filter(|file| file.extension().is_some_and(|end| end == "log")).map(text).collect()
    }

    /// What stunnel warns of where it believes everybody.
    ///
    /// # Errors
    /// The log with a warning.
    pub fn log_is_clean(&self) -> Outcome {
        let logs = self.logs();
        let warnings = ["needs authentication", "without subject checks", "Insecure file permissions"];
        if warnings.iter().any(|warning| logs.contains(warning)) { Err(logs) } else { Ok(()) }
    }

    /// `check --map` has no fault to find with the cluster as the application meets it.
    ///
    /// # Errors
    /// What it said.
    pub fn is_well(&self) -> Outcome {
        let map = self.map();
        let reachable = &self.reachable()[0];
        let scheme = if map["tls"] == true { "rediss" } else { "redis" };
        let mut doctor = doctor();
        doctor.arg("check").arg(format!("{scheme}://{reachable}")).arg("--map").arg(&self.path);
        self.scene.credentials(&mut doctor);
        let done = output(&mut self.client.here(&doctor));
        if done.status.code() == Some(0) { Ok(()) } else { Err(said(&done)) }
    }

    /// `tunnel --check`, where the application runs.
    pub fn check(&self) -> Output {
        let mut doctor = self.scene.doctor("tunnel", false);
        doctor.arg("--check").arg(&self.path);
        output(&mut self.client.here(&doctor))
    }

    /// `tunnel --check` finds every node behind its forward.
    ///
    /// # Errors
    /// What it said.
    pub fn is_proved(&self) -> Outcome {
        let done = self.check();
        if done.status.code() == Some(0) { Ok(()) } else { Err(format!("{}{}", said(&done), self.logs())) }
    }
}

/// A unit without a word from systemd about it, and hardened.
fn unit_is_valid(unit: &Path) -> Outcome {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join(unit.file_name().unwrap());
    let mut text = fs::read_to_string(unit).unwrap();
    // What is not from Debian is not where systemd looks for programs.
    for program in ["ghostunnel", "envoy"] {
        let found = format!("ExecStart={}", installed().join("bin").join(program).display());
        text = text.replace(&format!("ExecStart={program}"), &found);
    }
    fs::write(&copy, text).unwrap();
    quiet(Command::new("systemd-analyze").arg("verify").arg(&copy))?;
    let mut rated = Command::new("systemd-analyze");
    succeeded(rated.args(["security", "--offline=yes", "--threshold=20", "--no-pager"]).arg(&copy)).map(|_| ())
}

/// How each tool looks its own configuration over, in the folder of a side.
fn own_checks(kind: &str) -> &'static [&'static [&'static str]] {
    match kind {
        "haproxy" => &[&["haproxy", "-c", "-dW", "-f", "haproxy.cfg"]],
        "nginx" => &[&["nginx", "-t", "-p", ".", "-c", "nginx.conf"]],
        "envoy" => &[&["envoy", "--mode", "validate", "-c", "envoy.json", "--log-level", "error"]],
        "ssh" => &[&["ssh", "-G", "-F", "ssh_config", SERVER]],
        // These have no such thing: starting is the check.
        _ => &[],
    }
}

/// All files in a folder and below it.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect();
    all.sort();
    all
}

/// Runs to the end and gives stdout.
///
/// # Errors
/// What it said, where it fails.
pub fn succeeded(command: &mut Command) -> Result<String, String> {
    let done = output(command.stdin(Stdio::null()));
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(format!("{command:?}: {}", said(&done))) }
}

/// It succeeds without a word.
fn quiet(command: &mut Command) -> Outcome {
    let done = output(command.stdin(Stdio::null()));
    let words = [text(&done.stdout), text(&done.stderr)].concat();
    if done.status.success() && words.is_empty() { Ok(()) } else { Err(format!("{command:?}: {}", said(&done))) }
}

/// The exit code and everything that was written.
pub fn said(done: &Output) -> String {
    format!("{}: {}{}", done.status, text(&done.stdout), text(&done.stderr))
}
