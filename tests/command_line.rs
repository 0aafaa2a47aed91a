//! The command line as people, pipes and CI jobs use it: on the lab, so that no Redis is needed.

#![cfg(feature = "lab")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{doctor, free_port, need, output, run, text};
use tempfile::TempDir;

/// What stands wherever a secret may; it must not come out again.
const SECRET: &str = "hunter2";

fn ask(arguments: &str) -> Output {
    output(doctor().args(arguments.split_whitespace()))
}

fn stdout(arguments: &str) -> String {
    text(&ask(arguments).stdout)
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

// What is printed

#[test]
fn every_format_tells_the_same_story() {
    let table = ask("check lab://azure-enterprise");
    assert_eq!(code(&table), Some(1));
    assert!(text(&table.stdout).contains("error san-mismatch:"));
    let json: Value = serde_json::from_slice(&ask("check lab://azure-enterprise --format json").stdout).unwrap();
    assert_eq!(json["findings"][0]["code"], "san-mismatch");
    assert_eq!(json["exit"], 1);
    let github = stdout("check lab://azure-enterprise --format github");
    let annotations: Vec<&str> = github.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 1, "one annotation a root cause: {github}");
    assert!(annotations[0].starts_with("::error title=san-mismatch::"), "{github}");
}

#[test]
fn the_step_summary_is_appended() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("summary.md");
    fs::write(&file, "before\n").unwrap();
    let github = ["check", "lab://azure-enterprise", "--format", "github"];
    output(doctor().args(github).env("GITHUB_STEP_SUMMARY", &file));
    let summary = fs::read_to_string(&file).unwrap();
    assert!(summary.starts_with("before\n") && summary.contains("`san-mismatch`"), "{summary}");
    let nowhere = output(doctor().args(github).env("GITHUB_STEP_SUMMARY", folder.path().join("no/such.md")));
    is_refused(&nowhere, &["GITHUB_STEP_SUMMARY"]);
}

#[test]
fn what_is_saved_can_be_thought_about_again() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("seen.json");
    let file = file.to_str().unwrap();
    ask(&format!("check lab://docker-nat --save {file}"));
    for command in ["check", "topology", "tls-check", "address-map --for ioredis"] {
        let later = ask(&format!("{command} --from {file}"));
        assert!(!later.stdout.is_empty() && code(&later) != Some(2), "{command}: {}", text(&later.stderr));
    }
    assert!(text(&ask(&format!("check --from {file}")).stdout).contains(&format!("--from {file}")));
}

#[test]
fn fail_on_draws_the_line() {
    for (line, expected) in [("error", 1), ("warning", 1), ("never", 0)] {
        assert_eq!(code(&ask(&format!("check lab://plaintext --fail-on {line}"))), Some(expected), "{line}");
    }
    assert_eq!(code(&ask("check lab://healthy --fail-on warning")), Some(0));
}

#[test]
fn quiet_and_verbose() {
    let lines = |arguments: &str| stdout(arguments).lines().count();
    let normal = lines("check lab://azure-enterprise");
    assert!(lines("check lab://azure-enterprise -q") <= 4);
    assert!(lines("check lab://azure-enterprise -v") > normal);
    assert!(normal <= 54, "a broken cluster of six nodes fits the screen: {normal} lines");
}

#[test]
fn colour_is_for_those_who_want_it() {
    let colored = |arguments: &str, environment: &[(&str, &str)]| {
        let mut check = doctor();
        check.args(["check", "lab://healthy"]).args(arguments.split_whitespace()).envs(environment.iter().copied());
        text(&output(&mut check).stdout).contains('\x1b')
    };
    assert!(!colored("", &[]), "no colour into a pipe");
    assert!(colored("--color always", &[]));
    assert!(colored("--color always", &[("NO_COLOR", "1")]));
    assert!(colored("", &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored("", &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored("", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored("--color never", &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_dumb_terminal_gets_ascii() {
    let screen = text(&output(doctor().args(["check", "lab://azure-enterprise"]).env("TERM", "dumb")).stdout);
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut check = doctor();
    check.args(["check", "lab://healthy?nodes=60", "-v"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().unwrap();
    drop(check.stdout.take());
    let ended = check.wait_with_output().unwrap();
    assert_eq!((code(&ended), text(&ended.stderr).as_str()), (Some(0), ""));
}

#[test]
fn known_findings_can_be_left_out() {
    let all = ask("check lab://azure-enterprise --ignore san-mismatch");
    assert_eq!(code(&all), Some(0), "{}", text(&all.stdout));
    assert!(text(&all.stdout).contains("1 ignored"));
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("seen.json");
    let file = file.to_str().unwrap();
    ask(&format!("check lab://azure-enterprise --save {file}"));
    let report = |more: &str| -> Value {
        serde_json::from_slice(&ask(&format!("check --from {file} --format json {more}")).stdout).unwrap()
    };
    let subject = report("")["findings"][0]["subjects"][0].clone();
    for node in [subject["address"].as_str().unwrap(), &subject["id"].as_str().unwrap()[..8]] {
        let left = report(&format!("--ignore san-mismatch={node}"));
        let subjects = left["findings"][0]["subjects"].as_array().unwrap();
        assert!(subjects.len() == 5 && !subjects.contains(&subject), "{node}: {subjects:#?}");
    }
}

#[test]
fn the_kind_can_be_expected() {
    assert_eq!(code(&ask("check lab://healthy --expect cluster")), Some(0));
    let other = ask("check lab://healthy --expect standalone");
    assert!(code(&other) == Some(1) && text(&other.stdout).contains("unexpected-kind"));
}

#[test]
fn drawings() {
    assert!(stdout("topology lab://healthy --draw dot").starts_with("digraph"));
    assert!(
        stdout("topology lab://healthy --draw mermaid").contains("graph")
            || !stdout("topology lab://healthy --draw mermaid").is_empty()
    );
}

#[test]
fn address_maps() {
    for client in ["node-redis", "ioredis", "redis-py", "redis-rs", "json"] {
        let map = ask(&format!("address-map lab://azure-enterprise --for {client}"));
        assert_eq!(code(&map), Some(0), "{client}: {}", text(&map.stderr));
        assert!(text(&map.stdout).contains("redisenterprise.cache.azure.net"), "{client}");
    }
}

#[test]
fn shelves_are_listed_and_explained() {
    for shelf in ["checks", "clients", "scenes"] {
        assert!(stdout(&format!("list {shelf}")).lines().count() >= 7, "{shelf}");
    }
    for line in stdout("list checks").lines() {
        let check = line.split_whitespace().next().unwrap();
        let explained = stdout(&format!("explain {check}"));
        assert!(explained.starts_with(check) && explained.lines().all(|l| l.chars().count() <= 100), "{explained}");
    }
    is_refused(&ask("explain san"), &["san-mismatch", "list checks"]);
}

#[test]
fn help_fits_and_has_examples() {
    let commands = [
        "",
        "check",
        "topology",
        "tls-check",
        "cert",
        "address-map",
        "tunnel",
        "clients",
        "explain",
        "list",
        "lab",
        "completions",
    ];
    for command in commands {
        let help = text(&output(doctor().args(command.split_whitespace()).arg("--help").env("COLUMNS", "200")).stdout);
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{command} --help is {widest} wide");
        assert!(help.contains("Examples:\n  redis-doctor "), "{command} --help has no examples");
    }
    assert!(stdout("--version").starts_with("redis-doctor "));
}

// Waiting

/// The lab's first node on a port that is known beforehand is not to be had: a relay to it is.
#[test]
fn waiting_ends_when_the_server_is_there() {
    let lab = LabProcess::start("docker-nat");
    let port = free_port();
    let late = thread::spawn({
        let to = lab.port();
        move || {
            thread::sleep(Duration::from_millis(900));
            relay(port, to);
        }
    });
    let started = Instant::now();
    let check = ask(&format!("check redis://127.0.0.1:{port} --wait 20s --timeout 1s --format json"));
    let report: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert!(started.elapsed() < Duration::from_secs(15), "it did not stop when the server was there");
    let codes: Vec<&str> = report["findings"].as_array().unwrap().iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(!codes.contains(&"endpoint-unreachable"), "{codes:?}");
    drop(late);
}

#[test]
fn waiting_is_not_for_what_time_does_not_heal() {
    let started = Instant::now();
    assert_eq!(code(&ask("check lab://azure-enterprise --wait 60s")), Some(1));
    assert!(started.elapsed() < Duration::from_secs(20));
    let started = Instant::now();
    assert_eq!(code(&ask(&format!("check redis://127.0.0.1:{} --wait 1s", free_port()))), Some(1));
    assert!((1..10).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

/// Passes bytes from one loopback port to another, for as long as the test runs.
fn relay(from: u16, to: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, from)).unwrap();
    thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let Ok(far) = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { continue };
            for (mut reader, mut writer) in [
                (near.try_clone().unwrap(), far.try_clone().unwrap()),
                (far.try_clone().unwrap(), near.try_clone().unwrap()),
            ] {
                thread::spawn(move || std::io::copy(&mut reader, &mut writer));
            }
        }
    });
}

// The lab as a process

struct LabProcess {
    child: Child,
    endpoint: String,
    ca: String,
}

impl LabProcess {
    fn start(scene: &str) -> Self {
        let mut child = doctor().args(["lab", scene]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut value = |label: &str| {
            let line = lines.next().unwrap();
            line.strip_prefix(label).unwrap_or_else(|| panic!("{label}: {line}")).trim().to_owned()
        };
        let (endpoint, ca) = (value("endpoint"), value("ca"));
        value("try");
        LabProcess { child, endpoint, ca }
    }

    fn port(&self) -> u16 {
        self.endpoint.rsplit(':').next().unwrap().parse().unwrap()
    }
}

impl Drop for LabProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_lab_runs_until_it_is_interrupted() {
    let mut lab = LabProcess::start("healthy");
    let check = ask(&format!("check {} --cacert {}", lab.endpoint, lab.ca));
    assert_eq!(code(&check), Some(0), "{}", text(&check.stdout));
    run(Command::new("kill").args(["-INT", &lab.child.id().to_string()]));
    assert_eq!(lab.child.wait().unwrap().code(), Some(0));
    assert!(!fs::exists(&lab.ca).unwrap(), "{} is left behind", lab.ca);
}

#[test]
fn redis_cli_lines_can_be_pasted() {
    let lab = LabProcess::start("healthy");
    let (port, ca) = (lab.port(), &lab.ca);
    let lines = [
        format!("-h localhost -p {port} --tls --cacert {ca} -c --no-auth-warning -n 0 -t 2 cluster nodes"),
        format!("-u {} --cacert {ca} ping", lab.endpoint),
        format!("-h 127.0.0.1 -p {port} --tls --cacert {ca} --sni localhost -3 -e --raw GET key"),
        format!("-h localhost -p {port} --insecure --tls --cacert {ca} --user default -a {SECRET} --pass {SECRET}2"),
    ];
    for line in &lines[..3] {
        let check = ask(&format!("check {line}"));
        assert_eq!(code(&check), Some(0), "{line}: {}{}", text(&check.stdout), text(&check.stderr));
    }
    assert!(!text(&ask(&format!("check {}", lines[3])).stderr).contains(SECRET));
}

// Credentials

#[test]
fn the_password_comes_from_the_arguments_first() {
    if !need("redis-server") {
        return;
    }
    let port = free_port();
    let arguments = ["--port", &port.to_string(), "--requirepass", SECRET, "--save", "", "--bind", "127.0.0.1"];
    let mut server = Command::new("redis-server").args(arguments).stdout(Stdio::null()).spawn().unwrap();
    let check = |more: &str, password: &str| {
        let mut check = doctor();
        let line = format!("check redis://127.0.0.1:{port} --wait 10s --format json {more}");
        check.args(line.split_whitespace()).env("REDISCLI_AUTH", password);
        let report = text(&output(&mut check).stdout);
        assert!(!report.contains(SECRET) && !report.contains("wrong-password"), "{report}");
        report.contains("\"credentials-refused\"")
    };
    let refused =
        [check("", SECRET), check(&format!("-a {SECRET}"), "wrong-password"), check("-a wrong-password", SECRET)];
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(refused, [false, false, true]);
}

// Bad input

/// One sentence on stderr that names all of this; exit 2; nothing on stdout, no backtrace, no credential.
fn is_refused(output: &Output, names: &[&str]) {
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((code(output), out.as_str()), (Some(2), ""), "{said}");
    assert!(said.starts_with("redis-doctor: ") && said.lines().count() == 1, "not one sentence: {said}");
    assert!(!said.contains(SECRET) && !said.contains("panicked") && !said.contains("stack backtrace"), "{said}");
    for name in names {
        assert!(said.contains(name), "does not name {name}: {said}");
    }
}

#[test]
fn bad_arguments_are_refused_in_a_sentence() {
    let cases: &[(&str, &[&str])] = &[
        ("check", &["rediss://redis.example.com:6380", "lab://"]),
        ("chek", &["chek", "check, topology"]),
        ("rediss://u:hunter2@h:6379", &["rediss://h:6379", "redis-doctor check"]),
        ("check http://u:hunter2@h", &["http", "rediss"]),
        ("check redis://u:hunter2@h:99999", &["redis://h:99999", "65535"]),
        ("check u:hunter2@h:port", &["h…", "65535"]),
        ("check redis://u:hunter2@", &["host"]),
        ("check redis+sentinel://u:hunter2@h,,h2/mymaster", &["list of Sentinels"]),
        ("check redis://h --sentinel-user app", &["--sentinel-pass"]),
        ("check rediss://u:hunter2@h rediss://u:hunter2@i", &["one endpoint"]),
        ("check rediss://u:hunter2@h.example.com -h i", &["-h", "one of the two"]),
        ("check -u rediss://u:hunter2@h -h i", &["-u", "-h"]),
        ("check h -p hunter2", &["-p", "65535"]),
        ("check -h h -p 0", &["-p", "65535"]),
        ("check h --password=hunter2", &["--password", "--pass"]),
        ("check h --bogus=hunter2", &["--bogus", "--help"]),
        ("check h --user app", &["--user", "REDISCLI_AUTH"]),
        ("check h --cert c.pem", &["--key"]),
        ("check h --key c.pem", &["--cert"]),
        ("check h --cacert", &["--cacert"]),
        ("check rediss://h --cacert /no/such.pem", &["/no/such.pem"]),
        ("check rediss://h --cacertdir /no/such", &["/no/such"]),
        ("check h --format xml", &["--format", "table, json, github"]),
        ("check h --fail-on fatal", &["--fail-on", "never"]),
        ("check h --expect ring", &["--expect", "standalone"]),
        ("check h --timeout soon", &["--timeout", "500ms"]),
        ("check h --deadline 0", &["--deadline", "24h"]),
        ("check h --concurrency 0", &["--concurrency"]),
        ("check h -q -v", &["--quiet", "--verbose"]),
        ("check h --ignore nonsense", &["--ignore", "nonsense", "list checks"]),
        ("check h --connect-to a:b", &["--connect-to", "HOST1:PORT1:HOST2:PORT2"]),
        ("check h --resolve a:b", &["--resolve", "HOST:PORT:ADDR"]),
        ("check h --server-name a..b", &["--server-name"]),
        ("check h --from seen.json", &["--from", "one of the two"]),
        ("check --from /no/such.json", &["/no/such.json"]),
        ("check lab://nonsense", &["nonsense", "azure-enterprise"]),
        ("check lab://healthy?nodes=0", &["1 to 1000"]),
        ("check lab://healthy?nodes=5000", &["1 to 1000"]),
        ("lab nonsense", &["nonsense", "azure-enterprise"]),
        ("lab healthy --ca-out /no/such/ca.pem", &["/no/such/ca.pem"]),
        ("address-map h --for cobol", &["cobol", "node-redis"]),
        ("explain", &["a code or the text"]),
        ("explain nonsense", &["nonsense", "list checks"]),
        ("list nonsense", &["checks, clients, tunnels, scenes"]),
        ("completions tcsh", &["bash"]),
        ("check lab://healthy --save /no/such/seen.json", &["/no/such/seen.json"]),
    ];
    for (arguments, names) in cases {
        is_refused(&ask(arguments), names);
    }
}

#[test]
fn bad_files_are_refused_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("good.json", "");
    ask(&format!("check lab://healthy --save {good}"));
    let snapshot = fs::read_to_string(&good).unwrap();
    let truncated = file("truncated.json", &snapshot[..snapshot.len() / 2]);
    is_refused(&ask(&format!("check --from {truncated}")), &["truncated.json"]);
    let future = file("future.json", &snapshot.replacen("\"format\": 1", "\"format\": 99", 1));
    is_refused(&ask(&format!("check --from {future}")), &["future.json", "99", "format 1"]);
    let damaged = file("damaged.json", "{\"format\": 1}");
    is_refused(&ask(&format!("check --from {damaged}")), &["damaged.json", "damaged"]);
    let empty = file("empty.pem", "nothing\n");
    is_refused(&ask(&format!("check rediss://h --cacert {empty}")), &["empty.pem", "BEGIN CERTIFICATE"]);
    let none = folder.path().to_str().unwrap();
    is_refused(&ask(&format!("check rediss://h --cacertdir {none}")), &[none, "PEM"]);
}

#[test]
fn bad_client_keys_are_refused_in_a_sentence() {
    let lab = LabProcess::start("healthy");
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key.pem");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBK\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (text, names) in [(encrypted, ["key.pem", "encrypted"]), ("nothing\n", ["key.pem", "PEM"])] {
        fs::write(&key, text).unwrap();
        let line = format!("check {} --cacert {ca} --cert {ca} --key {}", lab.endpoint, key.display(), ca = lab.ca);
        is_refused(&ask(&line), &names);
    }
}

// What a client's error text means

#[test]
fn an_error_text_leads_to_findings() {
    let text_of = |arguments: &[&str]| {
        let ended = output(doctor().arg("explain").args(arguments));
        (code(&ended), text(&ended.stdout), text(&ended.stderr))
    };
    let (well, said, _) = text_of(&["connect ECONNREFUSED 10.0.0.5:6379"]);
    assert_eq!(well, Some(0));
    assert!(said.contains("\nnode-unreachable\n") && said.contains("redis-doctor check 10.0.0.5:6379\n"), "{said}");
    let (_, said, _) = text_of(&["Hostname/IP does not match certificate's altnames: Host: 10.0.0.5:6379"]);
    assert!(said.contains("\nsan-mismatch\n") && said.contains("check rediss://10.0.0.5:6379\n"), "{said}");
    let (_, said, _) = text_of(&["-NOAUTH Authentication required."]);
    assert!(said.contains("\ncredentials-refused\n"), "{said}");
    let (_, said, _) = text_of(&["Connection is closed."]);
    assert!(said.contains("hides the cause") && said.contains("\nsan-mismatch\n"), "{said}");
    assert!(text_of(&["san-mismatch"]).1.starts_with("san-mismatch (error)"), "a code is still a code");
    for unknown in ["the sun is shining", "san-mismach", ""] {
        let (refused, said, why) = text_of(&[unknown]);
        assert_eq!((refused, said.as_str(), why.lines().count()), (Some(2), "", 1), "{unknown}");
    }
}

#[test]
fn a_log_is_explained_from_stdin_and_nothing_of_it_comes_out_again() {
    let log = format!(
        "2026-11-21 app | connecting to rediss://app:{SECRET}@10.0.0.5:6379/0 password={SECRET}\n\
         app | \x1b[31mredis.exceptions.ConnectionError\x1b[0m: IP address mismatch, certificate is\n\
         app | not valid for '10.0.0.5'. {SECRET}\n"
    );
    for arguments in [&["explain"][..], &["explain", "-"]] {
        let mut explain = doctor();
        explain.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = explain.spawn().unwrap();
        running.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
        let ended = running.wait_with_output().unwrap();
        let said = text(&ended.stdout);
        assert!(said.contains("as redis-py prints it") && said.contains("\nsan-mismatch\n"), "{said}");
        assert!(said.contains("check rediss://10.0.0.5:6379\n"), "{said}");
        assert!(!said.contains(SECRET) && !said.contains('\x1b') && ended.stderr.is_empty(), "{said}");
    }
}

// A map that somebody wrote

#[test]
fn a_written_map_is_judged() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, map: &str| {
        let file = folder.path().join(name);
        fs::write(&file, map).unwrap();
        file.to_str().unwrap().to_owned()
    };
    // The lab's ports may be others the next time: one look for all of it.
    let seen = file("seen.json", "");
    ask(&format!("check lab://azure-enterprise --save {seen}"));
    let map = stdout(&format!("address-map --from {seen} --for json"));
    let right = file("right.json", &map);
    let well = ask(&format!("address-map --check {right} --from {seen}"));
    let said = text(&well.stdout);
    assert_eq!((code(&well), said.contains("6 entries proved")), (Some(0), true), "{said}");

    let mappings: Value = serde_json::from_str(&map).unwrap();
    let key = mappings[0]["announced"].as_str().unwrap();
    let wrong = file("wrong.txt", &format!("{key}=127.0.0.1:1\n10.9.9.9:1=localhost:2\n"));
    let check = format!("address-map --check {wrong} --from {seen}");
    let found = ask(&check);
    let said = text(&found.stdout);
    assert_eq!(code(&found), Some(1));
    for expected in ["2 of 2 entries wrong", "5 nodes missing", &format!("line 1: {key}"), "no node announces this key"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(code(&ask(&format!("{check} --fail-on never"))), Some(0));
    assert!(stdout(&format!("{check} -q")).lines().count() <= 4);
    let github = stdout(&format!("{check} --format github"));
    assert!(github.contains("::error file=") && github.contains(",line=1,title=address-map::"), "{github}");
}

#[test]
fn a_map_that_cannot_be_read_is_said_with_its_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("map");
    for (map, expected) in [
        ("a:1=b:1\nhunter", "line 2: write host:port=host:port"),
        ("{\"a:1\": {\"host\": \"b\"}}", "\"a:1\": the entry has no \"port\""),
        ("", "there is no entry in it"),
    ] {
        fs::write(&file, map).unwrap();
        is_refused(&ask(&format!("address-map lab://healthy --check {}", file.display())), &["--check", expected]);
    }
    is_refused(&ask("address-map lab://healthy --check /no/such/file"), &["--check /no/such/file"]);
    fs::write(&file, "a:1=b:1").unwrap();
    let unknown = format!("address-map lab://healthy --check {} --for jredis", file.display());
    is_refused(&ask(&unknown), &["jredis", "list clients"]);
    let dead = format!("address-map redis://127.0.0.1:{} --check {}", free_port(), file.display());
    is_refused(&ask(&dead), &["nothing can be said about the map", "redis-doctor check redis://127.0.0.1:"]);
}
