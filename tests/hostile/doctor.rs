//! Runs the program against a server and holds it to what it promises whatever the server does.

use std::{
    fs::{self, File},
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// The password every run is given; it must not be in anything that is written.
pub const PASSWORD: &str = "hunter2s3cret";

/// `--deadline 4s` and a margin for a loaded machine: a bound against hanging, not a measurement.
const KILLED_AFTER: Duration = Duration::from_secs(15);

/// No server makes the program hold more, in KiB.
const MOST_MEMORY: u64 = 200 * 1024;

/// What came of a run.
pub struct Outcome {
    /// The report.
    pub report: Value,
    /// Codes of its findings, most important first.
    pub codes: Vec<String>,
    /// The table, of the saved snapshot.
    pub table: String,
}

/// Checks an endpoint and everything that holds for every run; says what does not.
pub fn check(endpoint: &str, arguments: &[String]) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let snapshot = folder.path().join("snapshot.json");
    let mut looking =
        vec!["check".to_owned(), endpoint.to_owned(), "--save".to_owned(), snapshot.display().to_string()];
    looking.extend(["--format", "json", "--timeout", "1s", "--deadline", "4s"].map(str::to_owned));
    looking.extend_from_slice(arguments);
    let json = run(&folder, &looking)?;
    let report: Value = serde_json::from_str(&json).map_err(|e| format!("the JSON does not parse: {e}\n{json}"))?;
    let validator = validator();
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).take(3).collect();
    if !errors.is_empty() {
        return Err(format!("the JSON is not what the schema promises: {errors:?}"));
    }
    if let Some(line) = super::pasted::in_report(&report) {
        return Err(format!("what a server made up stands in a line to paste: {line:?}"));
    }
    let saved = fs::read_to_string(&snapshot).map_err(|e| format!("no snapshot was saved: {e}"))?;
    if saved.contains(PASSWORD) {
        return Err("the password is in the snapshot".to_owned());
    }
    let from = snapshot.display().to_string();
    let table = run(&folder, &["check".to_owned(), "--from".to_owned(), from.clone()])?;
    for format in [["--format", "github"], ["--color", "always"]] {
        let shown = ["tls-check", "--from", &from].into_iter().chain(format).map(str::to_owned).collect::<Vec<_>>();
        run(&folder, &shown)?;
    }
    run(&folder, &["topology".to_owned(), "--from".to_owned(), from, "-v".to_owned()])?;
    let codes = report["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str());
    Ok(Outcome { codes: codes.map(str::to_owned).collect(), report, table })
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(redis_doctor::render::REPORT_SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn run(folder: &TempDir, arguments: &[String]) -> Result<String, String> {
    run_as(folder, arguments, &[0, 1])
}

/// Runs it once; its standard output, when it ended as it may and wrote nothing that it must not.
pub fn run_as(folder: &TempDir, arguments: &[String], exits: &[i32]) -> Result<String, String> {
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let file = |path| File::create(path).map_err(|e| e.to_string());
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis-doctor"));
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name);
    }
    command.args(arguments).env("REDISCLI_AUTH", PASSWORD).stdin(Stdio::null());
    let mut child = command.stdout(file(&out)?).stderr(file(&err)?).spawn().map_err(|e| e.to_string())?;
    let (status, memory) = wait(&mut child)?;
    let read = |path| fs::read(path).map(|bytes| String::from_utf8(bytes).map_err(|_| "output is no UTF-8".to_owned()));
    let (out, err) = (read(&out).map_err(|e| e.to_string())??, read(&err).map_err(|e| e.to_string())??);
    let said = format!("{} {}", arguments.join(" "), err.trim());
    if !status.code().is_some_and(|code| exits.contains(&code)) {
        return Err(format!("ended with {status}: {said}"));
    }
    if out.contains(PASSWORD) || err.contains(PASSWORD) {
        return Err(format!("the password is in the output: {said}"));
    }
    if err.contains("panicked") {
        return Err(format!("a part of it panicked: {said}"));
    }
    let coloured = arguments.iter().any(|a| a == "always");
    if let Some(c) = out.chars().chain(err.chars()).find(|c| is_raw(*c) && !(coloured && *c == '\u{1b}')) {
        return Err(format!("{c:?} is in the output: {said}"));
    }
    if memory > MOST_MEMORY {
        return Err(format!("it held {} MiB: {said}", memory / 1024));
    }
    Ok(out)
}

/// Characters that steer a terminal or reorder text.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
}

/// Waits for its end, and kills it when that does not come; the most memory it held, in KiB (0 where nobody tells).
fn wait(child: &mut Child) -> Result<(ExitStatus, u64), String> {
    let status_file = format!("/proc/{}/status", child.id());
    let killed_at = Instant::now() + KILLED_AFTER;
    let mut memory = 0;
    loop {
        let held = fs::read_to_string(&status_file).ok();
        // Until the program has begun, its process is still a copy of this one.
        let held = held.filter(|text| text.starts_with("Name:\tredis-doctor"));
        let held = held.iter().flat_map(|text| text.lines()).find_map(|line| line.strip_prefix("VmHWM:"));
        let held = held.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        memory = held.unwrap_or(0).max(memory);
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status, memory)),
            Ok(None) if Instant::now() > killed_at => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it hung: killed after {KILLED_AFTER:?}"));
            }
            Ok(None) => sleep(Duration::from_millis(4)),
            Err(error) => return Err(error.to_string()),
        }
    }
}
