//! The runtimes of this machine: which profile each has by its version, and how it dials.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use data_encoding::BASE64;
use redis_doctor::facts::Host;

use crate::support::{in_parallel, need, output, path, run, skip, target_dir, text};

/// A server to be dialled for a host.
pub struct Call {
    pub port: u16,
    pub anchors: PathBuf,
    pub host: String,
}

/// A program that dials all servers by itself, as one of the stacks.
pub struct Runtime {
    /// Of `redis_doctor::names`.
    pub stack: &'static str,
    /// What is run, and its version.
    pub program: String,
    dial: Dial,
}

/// A process for all, or one for each call.
enum Dial {
    All(Vec<String>),
    Each(fn(&Call) -> Option<String>),
}

/// From one version of a program on, up to another, these are its stacks.
struct Profile(&'static str, [u32; 3], [u32; 3], &'static [&'static str]);

const PROFILES: &[Profile] = &[
    // `domainToASCII` before names are compared came with 22.23.0, 24.17.0 and 26.3.1; IPv6 was repaired in 24.20.0 and 26.6.0.
    Profile("node", [18, 0, 0], [22, 22, 99], &["node@20"]),
    Profile("node", [22, 23, 0], [22, 99, 99], &["node@22.23"]),
    Profile("node", [24, 20, 0], [24, 99, 99], &["node@26"]),
    Profile("node", [26, 6, 0], [26, 99, 99], &["node@26"]),
    Profile("go", [1, 15, 0], [1, 19, 99], &["go@1.19"]),
    Profile("go", [1, 23, 0], [1, 26, 99], &["go@1.23"]),
    // The wildcard inside a name went with 19.
    Profile("java", [11, 0, 0], [18, 99, 99], &["java@17", "java-no-endpoint-id"]),
    Profile("java", [19, 0, 0], [25, 99, 99], &["java@25", "java-no-endpoint-id"]),
    Profile("python3", [3, 10, 0], [3, 12, 99], &["python@3.11", "python@3.13"]),
    Profile("python3", [3, 13, 0], [3, 14, 99], &["python@3.13"]),
    Profile("openssl", [3, 0, 0], [3, 99, 99], &["openssl@3"]),
    Profile("openssl", [4, 0, 0], [4, 99, 99], &["openssl@4"]),
    Profile("redis-cli", [6, 0, 0], [8, 99, 99], &["hiredis"]),
];

/// All that are there; what is missing, or has no profile, is a skip that is told, and a failure in CI.
pub fn runtimes(dir: &Path) -> Vec<Runtime> {
    let mut all = Vec::new();
    for (program, version) in installed() {
        let fits = |profile: &&Profile| program.ends_with(profile.0) && (profile.1..=profile.2).contains(&version);
        let Some(Profile(of, .., stacks)) = PROFILES.iter().find(fits) else {
            skip(&format!("no profile is known for {program} {version:?}"));
            continue;
        };
        let named = format!("{program} {}.{}.{}", version[0], version[1], version[2]);
        let compiled = compiled(of, &program, dir);
        let runtime =
            |stack: &&'static str| Runtime { stack, program: named.clone(), dial: dial(&program, &compiled, stack) };
        all.extend(stacks.iter().map(runtime));
    }
    all
}

/// Programs by their path, with their versions.
fn installed() -> Vec<(String, [u32; 3])> {
    let asked = [
        ("node", "--version"),
        ("go", "version"),
        ("python3", "--version"),
        ("openssl", "version"),
        ("redis-cli", "--version"),
    ];
    let mut all: Vec<(String, [u32; 3])> = asked
        .into_iter()
        .filter(|(program, _)| need(program))
        .map(|(program, ask)| (program.to_owned(), numbers(&run(Command::new(program).arg(ask).env("PATH", path())))))
        .collect();
    all.extend(javas());
    all
}

/// The first three numbers of a text; those after a word of the program's own name (`Python 3.11.7`, `go1.26.8`) are its version.
fn numbers(said: &str) -> [u32; 3] {
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    [(); 3].map(|()| numbers.next().unwrap_or_default())
}

/// The one in PATH, and whatever Debian has besides; one of each major version.
fn javas() -> Vec<(String, [u32; 3])> {
    if !(need("java") && need("javac")) {
        return Vec::new();
    }
    let homes = fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten().map(|entry| entry.path().join("bin/java"));
    let mut found: Vec<(String, [u32; 3])> = Vec::new();
    for java in [PathBuf::from("java")].into_iter().chain(homes.filter(|java| java.with_file_name("javac").exists())) {
        let said = output(Command::new(&java).arg("-version"));
        let version = numbers(&text(&said.stderr));
        if found.iter().all(|(_, other)| other[0] != version[0]) {
            found.push((java.to_str().unwrap().to_owned(), version));
        }
    }
    found
}

fn dial(program: &str, compiled: &str, stack: &str) -> Dial {
    let words = |words: &[&str]| Dial::All(words.iter().map(ToString::to_string).collect());
    match stack.split('@').next() {
        Some("node") => words(&[program, &source("dial.mjs")]),
        Some("python") if stack == "python@3.11" => words(&[program, &source("dial.py")]),
        Some("python") => words(&[program, &source("dial.py"), "strict"]),
        Some("go") => words(&[compiled]),
        Some("java-no-endpoint-id") => words(&[program, "-cp", compiled, "Dial"]),
        Some("java") => words(&[program, "-cp", compiled, "Dial", "HTTPS"]),
        Some("openssl") => Dial::Each(s_client),
        _ => Dial::Each(redis_cli),
    }
}

fn source(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_stacks").join(name).to_str().unwrap().to_owned()
}

/// Where that is needed: the program or its folder.
fn compiled(of: &str, program: &str, dir: &Path) -> String {
    let to = dir.join(program.replace('/', "-"));
    if of == "go" {
        let mut build = Command::new(program);
        build.arg("build").arg("-o").arg(&to).arg(source("dial.go")).current_dir(dir);
        run(build.env("GOCACHE", target_dir().join("go-cache")).env("GOTOOLCHAIN", "local").env("GOFLAGS", ""));
    }
    if of == "java" {
        run(Command::new(program.to_owned() + "c").arg("-d").arg(&to).arg(source("Dial.java")));
    }
    to.to_str().unwrap().to_owned()
}

impl Runtime {
    /// What was said of each, in the order of the calls: nothing where the server was accepted and has answered.
    pub fn dial<'a>(&self, calls: impl Iterator<Item = &'a Call>) -> Vec<Option<String>> {
        let calls: Vec<&Call> = calls.collect();
        match &self.dial {
            Dial::All(command) => self.all(command, &calls),
            Dial::Each(dial) => in_parallel(calls, dial),
        }
    }

    fn all(&self, command: &[String], calls: &[&Call]) -> Vec<Option<String>> {
        let lines: Vec<String> = calls
            .iter()
            .enumerate()
            .map(|(n, call)| format!("{n}\t{}\t{}\t{}\n", call.port, call.anchors.display(), call.host))
            .collect();
        let mut child = Command::new(&command[0]);
        child.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program));
        let mut stdin = child.stdin.take().expect("it is piped");
        let writer = thread::spawn(move || stdin.write_all(lines.concat().as_bytes()));
        let done = child.wait_with_output().unwrap();
        let told = text(&done.stderr);
        writer.join().unwrap().unwrap_or_else(|error| panic!("{}: {error}: {told}", self.program));
        let mut said: Vec<Option<Option<String>>> = vec![None; calls.len()];
        for line in text(&done.stdout).lines() {
            let (number, error) = line.split_once('\t').unwrap_or_else(|| panic!("{}: {line}", self.program));
            let error = text(&BASE64.decode(error.as_bytes()).unwrap());
            said[number.parse::<usize>().unwrap()] = Some((!error.is_empty()).then_some(error));
        }
        said.into_iter()
            .map(|said| said.unwrap_or_else(|| panic!("{} has not dialled all: {told}", self.program)))
            .collect()
    }
}

/// `s_client` with the checks that a library asks OpenSSL for. It says `verify error:num=62:hostname mismatch`.
fn s_client(call: &Call) -> Option<String> {
    let check = match call.host.parse() {
        Ok(Host::Ip(_)) => "-verify_ip",
        _ => "-verify_hostname",
    };
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-quiet",
        "-no_ign_eof",
        "-verify_return_error",
        "-no-CApath",
        "-no-CAstore",
        check,
        &call.host,
    ]);
    command.args(["-connect", &format!("127.0.0.1:{}", call.port), "-CAfile"]).arg(&call.anchors);
    let done = output(command.stdin(Stdio::null()));
    let said = text(&done.stderr);
    let error = said.lines().find_map(|line| line.strip_prefix("verify error:"));
    // stdin is at its end: a connection that stands is closed without a word.
    error.map(str::to_owned).or_else(|| (!done.status.success()).then_some(said))
}

/// All that it says of a certificate is that its verification has failed.
fn redis_cli(call: &Call) -> Option<String> {
    let mut command = Command::new("redis-cli");
    command.args(["-h", "127.0.0.1", "-p", &call.port.to_string(), "--tls", "--cacert"]).arg(&call.anchors).arg("PING");
    let said = text(&output(command.env_remove("REDISCLI_AUTH").stdin(Stdio::null())).stderr);
    said.contains("SSL_connect failed").then_some(said)
}
