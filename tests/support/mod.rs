//! Real servers, certificates and clients for the integration tests: `mod support;`.

#![allow(dead_code, reason = "every test binary compiles this and uses its own part of it")]

pub mod azure;
pub mod cases;
pub mod cluster;
pub mod dns;
pub mod driver;
pub mod fake;
pub mod forward;
pub mod listener;
pub mod namespace;
pub mod openssl;
pub mod pki;
pub mod said;
pub mod seen;
pub mod sentinels;
pub mod server;
pub mod service;
pub mod slots;
pub mod tunnel;

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{Write, stderr},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Command, Output},
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// True if the program can be run. Missing, it fails the test in CI, and is a loud skip elsewhere: see [`skip`].
pub fn need(program: &str) -> bool {
    let found = std::env::split_paths(&path()).any(|folder| folder.join(program).is_file());
    found || skip(&format!("{program} is not installed"))
}

/// Where programs are looked for: servers are in folders that only root has in its PATH.
pub fn path() -> OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&own).chain(["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from));
    std::env::join_paths(folders).expect("they were in PATH")
}

/// Says what is missing past the test harness's capture, leaves it for the closing lines of `tests/run`, and answers
/// false, for the test to return. With `CI` set it panics instead: there nothing may be green without having run.
pub fn skip(missing: &str) -> bool {
    let test = thread::current().name().unwrap_or("a test").to_owned();
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
        "REDISCLI_SENTINEL_AUTH",
        "REDISCLI_SENTINEL_AUTH_USER",
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
    // Test binaries may run side by side: each begins elsewhere. Who is alone in a network has all of them.
    let (first, span) = if namespace::is_entered() {
        (12_000, 20_000)
    } else {
        (10_000 + u16::try_from(std::process::id() % 100).unwrap() * 200, 2_000)
    };
    loop {
        let port = first + TAKEN.fetch_add(1, Ordering::Relaxed) % span;
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

/// One that stands in the list means it, or there is no list.
pub fn is_asked(variable: &str, means_it: impl Fn(&str) -> bool) -> bool {
    std::env::var(variable).map_or(true, |list| list.split(',').any(means_it))
}

/// At once for each core: most of what is run here is waiting.
const EACH_CORE: usize = 3;

/// Does it to all, several at a time. The order stays.
pub fn in_parallel<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let count = all.len();
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let queue = Mutex::new(all.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    thread::scope(|scope| {
        for _ in 0..(cores * EACH_CORE).min(count) {
            scope.spawn(|| {
                loop {
                    let Some((n, next)) = queue.lock().unwrap().next() else { break };
                    let result = work(next);
                    done.lock().unwrap().push((n, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
}
