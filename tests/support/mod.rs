//! Real servers, certificates and clients for the integration tests: `mod support;`.

#![allow(dead_code, reason = "every test binary compiles this and uses its own part of it")]

pub mod azure;
pub mod cases;
pub mod cluster;
pub mod fake;
pub mod forward;
pub mod pki;
pub mod seen;
pub mod server;
pub mod tunnel;

use std::{
    fs::OpenOptions,
    io::{Write, stderr},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicU16, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// True if the program can be run. Missing, it fails the test in CI, and is a loud skip elsewhere: see [`skip`].
pub fn need(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    found || skip(&format!("{program} is not installed"))
}

/// Says what is missing past the test harness's capture, leaves it for the closing lines of `tests/run`, and answers
/// false, for the test to return. With `CI` set it panics instead: there nothing may be green without having run.
pub fn skip(missing: &str) -> bool {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(std::env::var_os("CI").is_none(), "{missing}: tests/run installs or builds it, and CI runs every test");
    let line = format!("SKIPPED: {missing}: {test} did not run (tests/run sets it up)\n");
    // `eprint!` would be captured; a lost line on a closed stderr is no reason to fail.
    let _ = stderr().write_all(line.as_bytes());
    if let Some(file) = std::env::var_os("REDIS_DOCTOR_SKIPPED") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
    false
}

/// The program under test, with nothing from the developer's own environment that would change what it says.
pub fn doctor() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis-doctor"));
    let own = [
        "REDISCLI_AUTH",
        "REDISCLI_AUTH_USER",
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "TERM",
        "GITHUB_STEP_SUMMARY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];
    for name in own {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Asks again until it holds; after the limit the test fails with the sentence and what was seen last.
pub fn wait_until(what: &str, limit: Duration, mut seen: impl FnMut() -> Result<(), String>) {
    let end = Instant::now() + limit;
    while let Err(last) = seen() {
        assert!(Instant::now() < end, "{what}: not within {limit:?}; last seen: {last}");
        sleep(Duration::from_millis(20));
    }
}

/// A port that nobody listens on, below the range from which the kernel takes the ports of outgoing connections.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Test binaries may run side by side: each begins elsewhere.
    let first = 10_000 + u16::try_from(std::process::id() % 100).unwrap() * 200;
    loop {
        let port = first + TAKEN.fetch_add(1, Ordering::Relaxed) % 2_000;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
}

/// Runs to the end and gives stdout; a failure is the test's, with everything that was said.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs to the end, whatever comes of it.
pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a program wrote.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where `tests/run` puts what the clients need: beside cargo's own output.
pub fn target_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().expect("cargo's tmp is inside its target").to_owned()
}
