//! `redis-doctor cert`: certificates in files as people, pipes and generators give them. The measured cases are the matter.

#![cfg(feature = "lab")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    thread,
};

use data_encoding::BASE64;
use proptest::{collection::vec, prelude::*};
use redis_doctor::{
    diagnosis::assessment::{Assessment, Matter},
    facts::{Host, Limits},
    names::{
        STACKS,
        trust::{Anchors, Purpose, chain},
    },
    render::{CERT_ANSWER_SCHEMA, CERT_SCHEMA},
    wire::certificate::certificate,
};
use serde_json::{Value, json};
use support::{
    doctor, output,
    said::{Case, Measurements, measurements, pem},
    text,
};
use tempfile::TempDir;

static CASES: LazyLock<Measurements> = LazyLock::new(|| measurements("cases.json"));

/// The columns of the measurements, in their order.
const MEASURED: [&str; 16] = [
    "node@20",
    "node@22.23",
    "node@26",
    "python@3.11",
    "python@3.13",
    "go@1.19",
    "go@1.23",
    "java@17",
    "java@25",
    "java-no-endpoint-id",
    "rustls",
    "rustls-ring",
    "openssl@3",
    "openssl@4",
    "hiredis",
    "dotnet-linux",
];

/// What stands in a private key and may not come out.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n";

fn case(id: &str) -> &'static Case {
    CASES.cases.iter().find(|case| case.id == id).unwrap()
}

/// A folder with the files of one case: `chain.pem`, `ca.pem`.
struct Files(TempDir);

impl Files {
    fn of(id: &str) -> Self {
        let files = Files(TempDir::new().unwrap());
        files.write("chain.pem", &case(id).chain);
        files.write("ca.pem", &case(id).anchors);
        files
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// `cert` in that folder, at the time of the measurements.
    fn cert(&self, arguments: &str) -> Command {
        let mut command = doctor();
        command.current_dir(self.0.path()).arg("cert").args(arguments.split_whitespace());
        command.args(["--at", &CASES.now.to_string()]);
        command
    }

    fn ask(&self, arguments: &str) -> Output {
        output(&mut self.cert(arguments))
    }

    fn json(&self, arguments: &str) -> Value {
        let ended = self.ask(&format!("{arguments} --json"));
        let said: Value =
            serde_json::from_slice(&ended.stdout).unwrap_or_else(|why| panic!("{why}: {}", text(&ended.stderr)));
        keeps_to(CERT_SCHEMA, &said);
        assert_eq!(said["exit"], code(&ended));
        said
    }
}

fn code(ended: &Output) -> i32 {
    ended.status.code().unwrap()
}

fn keeps_to(schema: &str, said: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(said).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{said:#}");
}

/// It could not do its work, and the one line on stderr says all of these.
fn is_refused(ended: &Output, says: &[&str]) {
    let stderr = text(&ended.stderr);
    assert_eq!((code(ended), stderr.lines().count()), (2, 1), "{stderr}");
    assert!(ended.stdout.is_empty(), "{}", text(&ended.stdout));
    for words in says {
        assert!(stderr.contains(words), "{stderr} lacks {words}");
    }
}

fn codes(said: &Value) -> Vec<&str> {
    said["defects"].as_array().unwrap().iter().map(|defect| defect["code"].as_str().unwrap()).collect()
}

// Files

#[test]
fn a_good_certificate_fits_the_screen() {
    let good = Files::of("A01").ask("chain.pem --ca ca.pem --name redis-1.example.com");
    let screen = text(&good.stdout);
    assert_eq!(code(&good), 0, "{screen}{}", text(&good.stderr));
    for words in
        ["all 18 TLS stacks accept it", "DNS:redis-1.example.com", "364 days left, 2%", "Lab Root CA (in ca.pem"]
    {
        assert!(screen.contains(words), "{screen} lacks {words}");
    }
    assert!(screen.lines().count() <= 23 && screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
}

#[test]
fn what_is_wrong_is_told_by_stack() {
    let files = Files::of("A01");
    let ended = files.ask("chain.pem --ca ca.pem --name redis-2.example.com");
    let screen = text(&ended.stdout);
    assert_eq!(code(&ended), 1, "{screen}");
    for words in [
        "16 of 18 TLS stacks refuse it",
        "san-mismatch: redis-2.example.com",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "names ✗",
    ] {
        assert!(screen.contains(words), "{screen} lacks {words}");
    }
    assert!(screen.lines().count() <= 24 && screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    let all = text(&files.ask("chain.pem --ca ca.pem --name redis-2.example.com -v").stdout);
    for words in ["ioredis", "go-redis", "certificate is valid for redis-1.example.com", "hostname mismatch"] {
        assert!(all.contains(words), "{all} lacks {words}");
    }
    assert_eq!(text(&files.ask("chain.pem --ca ca.pem -q").stdout).lines().count(), 1);
    assert_eq!(code(&files.ask("chain.pem --ca ca.pem --name redis-2.example.com --fail-on never")), 0);
}

#[test]
fn json_says_first_and_then() {
    let said = Files::of("A01").json("chain.pem --ca ca.pem --name redis-2.example.com --name 10.0.0.5 --stack all");
    assert_eq!(said["verdicts"].as_object().unwrap().len(), 18);
    let node = &said["verdicts"]["node@20"];
    assert_eq!((&node["ok"], &node["class"], &node["chain_ok"]), (&json!(false), &json!("name"), &json!(true)));
    assert!(node["then"][0]["text"].as_str().unwrap().contains("IP: 10.0.0.5 is not in the cert's list"));
    assert_eq!(node["names_refused"], json!(["redis-2.example.com", "10.0.0.5"]));
    assert!(node["clients"].as_array().unwrap().contains(&json!("ioredis")));
    assert_eq!(
        said["verdicts"]["hiredis"],
        json!({"ok": true, "class": null, "text": null, "chain_ok": true,
        "names_refused": [], "then": [], "clients": said["verdicts"]["hiredis"]["clients"]})
    );
    assert_eq!(said["chain"][1]["role"], "intermediate");
    assert_eq!(said["anchor"]["file"], "ca.pem");
    assert_eq!(codes(&said), ["san-mismatch", "san-mismatch"]);
}

#[test]
fn stacks_are_chosen() {
    let files = Files::of("A01");
    let said = files.json("chain.pem --ca ca.pem --stack go@1.23,rustls --stack node@20 --stack rustls");
    assert_eq!(said["verdicts"].as_object().unwrap().keys().collect::<Vec<_>>(), ["go@1.23", "node@20", "rustls"]);
    is_refused(&files.ask("chain.pem --stack nodejs"), &["\"nodejs\"", "nearest first: node@20"]);
    let said = files.json("chain.pem --ca ca.pem --purpose client");
    assert_eq!(said["verdicts"].as_object().unwrap().keys().collect::<Vec<_>>(), ["openssl@3", "openssl@4"]);
}

#[test]
fn a_bundle_is_read_as_it_comes() {
    let files = Files::of("A01");
    let (chain, anchors) = (&case("A01").chain, &case("A01").anchors);
    let others: String =
        ["D01", "J17"].map(|id| CASES.cases.iter().find(|c| c.id == id).map_or("", |c| &c.anchors)).concat();
    for bundle in [
        format!("# our root\r\n{}", anchors.replace('\n', "\r\n")),
        format!("\u{feff}{anchors}"),
        format!("{others}{KEY}subject=CN = root\n{anchors}"),
        format!("{anchors}\n-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
    ] {
        files.write("bundle.pem", &bundle);
        let ended = files.ask("chain.pem --ca bundle.pem --name redis-1.example.com -v");
        let said = text(&ended.stdout) + &text(&ended.stderr);
        assert_eq!(code(&ended), 0, "{said}\n{bundle}");
        assert!(!said.contains("c2VjcmV0"), "{said}");
    }
    files.write("key-and-chain.pem", format!("{KEY}{chain}"));
    let ended = files.ask("key-and-chain.pem --ca ca.pem --json");
    assert_eq!(code(&ended), 0);
    assert!(!text(&ended.stdout).contains("c2VjcmV0"));
    fs::create_dir(files.0.path().join("cas")).unwrap();
    files.write("cas/0.pem", format!("# nothing but a key\n{KEY}"));
    files.write("cas/1.pem", anchors);
    files.write("cas/readme.txt", "nothing");
    assert_eq!(files.json("chain.pem --ca cas")["anchor"]["file"], "cas/1.pem");
    assert_eq!(files.json("chain.pem --ca bundle.pem --ca ca.pem")["verdicts"]["go@1.23"]["ok"], true);
}

#[test]
fn der_stdin_and_several_files() {
    let files = Files::of("A01");
    let ders = pem(&case("A01").chain);
    files.write("leaf.der", &ders[0]);
    files.write("intermediate.der", &ders[1]);
    files.write("both.der", ders.concat());
    files.write("ca.der", &pem(&case("A01").anchors)[0]);
    for arguments in ["leaf.der --chain intermediate.der", "leaf.der intermediate.der", "both.der"] {
        let said = files.json(&format!("{arguments} --ca ca.der"));
        assert_eq!((said["chain"].as_array().unwrap().len(), &said["exit"]), (2, &json!(0)), "{arguments}");
    }
    let said = files.json("leaf.der --ca ca.der");
    assert_eq!(said["exit"], 1);
    assert_eq!(codes(&said), ["chain-incomplete"]);
    let mut stdin = files.cert("- --ca ca.pem").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    stdin.stdin.take().unwrap().write_all(case("A01").chain.as_bytes()).unwrap();
    assert_eq!(stdin.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn what_cannot_be_read_is_said() {
    let files = Files::of("A01");
    files.write("key.pem", KEY);
    files.write("empty", "");
    files.write("cut.pem", &case("A01").chain[..400]);
    files.write("odd.pem", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
    files.write("many.pem", case("A01").chain.repeat(60));
    for (arguments, says) in [
        ("", &["give a certificate file", "--batch"][..]),
        ("none.pem", &["none.pem", "No such file"]),
        ("key.pem", &["key.pem", "private key"]),
        ("empty", &["empty", "neither PEM"]),
        ("cut.pem", &["cut off"]),
        ("odd.pem", &["the first certificate is none"]),
        ("many.pem", &["are no chain", "--ca"]),
        ("chain.pem --ca key.pem", &["--ca key.pem", "private key"]),
        ("chain.pem --ca none", &["--ca none"]),
        ("chain.pem --format github", &["--format json"]),
        ("chain.pem -h redis.example.com", &["--for"]),
        ("rediss://app:hunter2@redis.example.com", &["tls-check rediss://redis.example.com", "--for"]),
        ("chain.pem --batch", &["--batch"]),
    ] {
        let ended = files.ask(arguments);
        is_refused(&ended, says);
        assert!(!text(&ended.stderr).contains("hunter2") && !text(&ended.stderr).contains("c2Vj"));
    }
    is_refused(&output(doctor().args(["cert", "x", "--at", "tomorrow"])), &["--at", "2027-03-15"]);
}

#[test]
fn names_that_are_none_are_judged_as_typed() {
    let files = Files::of("A01");
    for (name, node) in [
        ("-redis.example.com", false),
        ("[::1]", false),
        ("REDIS-1.example.com", true),
        ("fe80::1%lo", false),
        ("a b", false),
        ("", false),
    ] {
        let mut command = files.cert("chain.pem --ca ca.pem --json");
        command.arg(format!("--name={name}"));
        let said: Value = serde_json::from_slice(&output(&mut command).stdout).unwrap();
        assert_eq!(said["verdicts"]["node@20"]["ok"], node, "{name:?}");
    }
}

#[test]
fn time_decides() {
    let files = Files::of("A01");
    let at = |moment: &str| {
        let mut command = doctor();
        command.current_dir(files.0.path()).args(["cert", "chain.pem", "--ca", "ca.pem", "--json", "--at", moment]);
        serde_json::from_slice::<Value>(&output(&mut command).stdout).unwrap()
    };
    for (moment, found) in [
        ("2027-03-15", &[][..]),
        ("2027-11-19T00:00:00Z", &["certificate-expires-soon"]),
        ("2030-01-01", &["certificate-expired"]),
        ("2023-01-01T00:00:00+02:00", &["certificate-not-yet-valid"]),
    ] {
        let said = at(moment);
        assert_eq!(codes(&said), found, "{moment}");
        let expected = i32::from(found.iter().any(|code| !code.ends_with("soon")));
        assert_eq!(said["exit"], expected, "{moment}");
    }
    assert_eq!(at("2030-01-01")["chain"][0]["life_used"], Value::Null);
}

#[test]
fn the_leaf_comes_first() {
    let files = Files::of("A01");
    let text_of =
        |der: &Vec<u8>| format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(der));
    let turned: String = pem(&case("A01").chain).iter().rev().map(text_of).collect();
    files.write("turned.pem", turned);
    let said = files.json("turned.pem --ca ca.pem");
    assert!(said["remarks"][0].as_str().unwrap().contains("has to come first"), "{said:#}");
    assert!(codes(&said).contains(&"ca-as-leaf"));
}

/// By case: what is wrong, whoever minds it.
#[test]
fn defects_are_those_of_the_certificates() {
    const DEFECTS: &[(&str, &[&str])] = &[
        ("A01", &[]),
        ("A14", &["san-mismatch"]),
        ("C03", &["ip-in-dns-san"]),
        ("D02", &["common-name-only"]),
        ("D12", &["names-not-critical"]),
        ("F03", &["usage"]),
        ("G02", &["ca-as-leaf"]),
        ("G05", &["ca-as-leaf", "chain-untrusted"]),
        ("G10", &["x509-v1", "not-a-ca"]),
        ("G17", &["no-key-usage"]),
        ("G19", &["anchor-not-root"]),
        ("G24", &["constraints-not-critical"]),
        ("H02", &["weak-signature"]),
        ("H05", &["weak-key"]),
        ("I02", &["certificate-not-yet-valid"]),
        ("I06", &["certificate-expired", "dates-swapped"]),
        ("J01", &["chain-incomplete"]),
        ("J02", &["chain-misordered", "root-sent"]),
        ("J11", &["no-issuer"]),
        ("J19", &["chain-untrusted"]),
        ("J20", &["signature"]),
        ("L13", &["critical-extension"]),
        ("M03", &["certificate-expired", "chain-untrusted"]),
        ("M05", &["san-mismatch", "usage"]),
        ("M06", &["san-mismatch", "certificate-expired", "chain-untrusted"]),
    ];
    let lines = DEFECTS.iter().map(|(id, _)| line(case(id)).to_string()).collect::<Vec<_>>().join("\n");
    for (answer, (id, expected)) in batch(lines.as_bytes()).1.iter().zip(DEFECTS) {
        assert_eq!(codes(answer), *expected, "{id} {}", case(id).what);
    }
}

#[test]
fn what_certificates_say_reaches_no_terminal() {
    for id in ["L01", "L03", "L05", "B18"] {
        let files = Files::of(id);
        for more in ["", " -v", " --json"] {
            let mut command = files.cert(&format!("chain.pem --ca ca.pem{more}"));
            let ended = output(command.args(["--name", &case(id).host]));
            let said = text(&ended.stdout);
            assert!(code(&ended) < 2 && !said.chars().any(|c| c.is_control() && c != '\n'), "{id} {said:?}");
        }
    }
}

// A cluster

#[test]
fn a_certificate_is_held_against_a_cluster_before_it_is_deployed() {
    let files = Files::of("A01");
    let said = files.json("chain.pem --ca ca.pem --for lab://azure-enterprise");
    let hosts = said["for"]["hosts"].as_array().unwrap();
    assert!(
        hosts.iter().any(|host| host["entry"] == "IP:127.0.0.1" && host["needed"] == true && host["covered"] == false)
    );
    assert!(hosts.iter().any(|host| host["announced_by"].as_array().unwrap().len() == 6));
    let failing: Vec<&str> = said["for"]["clients_failing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["id"].as_str().unwrap())
        .collect();
    assert!(failing.contains(&"ioredis") && !failing.contains(&"redis-cli"), "{failing:?}");
    assert_eq!((&said["exit"], &said["for"]["covers_all"]), (&json!(1), &json!(false)));
    // What was saved says the same, and other stacks ask other clients.
    output(doctor().current_dir(files.0.path()).args(["check", "lab://azure-enterprise", "--save", "seen.json"]));
    let later = files.json("chain.pem --ca ca.pem --for seen.json");
    assert_eq!(later["for"]["clients_failing"], said["for"]["clients_failing"]);
    let one = files.json("chain.pem --ca ca.pem --for seen.json --stack hiredis");
    assert_eq!(one["for"]["clients_failing"], json!([]));
    let screen = text(&files.ask("chain.pem --ca ca.pem --for seen.json").stdout);
    for words in
        ["it covers 0 of 2 hosts", "client set-ups would fail", "next: redis-doctor ca-request --from seen.json"]
    {
        assert!(screen.contains(words), "{screen} lacks {words}");
    }
    is_refused(&files.ask("chain.pem --for redis://app:hunter2@127.0.0.1:1"), &["--for redis://127.0.0.1:1"]);
    is_refused(&files.ask("chain.pem --for chain.pem"), &["--for chain.pem", "not a snapshot"]);
}

// Many

fn line(case: &Case) -> Value {
    json!({"id": case.id, "chain": case.chain, "ca": case.anchors, "names": [case.host], "at": CASES.now})
}

/// The exit code, and an answer a line.
fn batch(lines: &[u8]) -> (i32, Vec<Value>) {
    let mut child = start(&[]);
    let mut stdin = child.stdin.take().unwrap();
    let lines = lines.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&lines));
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<Value> = text(&ended.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    for answer in &answers {
        keeps_to(CERT_ANSWER_SCHEMA, answer);
    }
    assert_eq!(text(&ended.stderr), "");
    (code(&ended), answers)
}

fn start(arguments: &[&str]) -> Child {
    let mut command = doctor();
    command.args(["cert", "--batch"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn every_measured_case_is_answered_in_order() {
    let lines = CASES.cases.iter().map(|case| line(case).to_string()).collect::<Vec<_>>().join("\n");
    let (code, answers) = batch(lines.as_bytes());
    assert_eq!((code, answers.len()), (0, CASES.cases.len()));
    for (case, answer) in CASES.cases.iter().zip(&answers) {
        assert_eq!(answer["id"], case.id);
        let verdicts = answer["verdicts"].as_object().unwrap();
        assert!(verdicts.len() == 16 && MEASURED.iter().all(|id| verdicts.contains_key(*id)), "{}", case.id);
        let at_fault = verdicts.values().any(|verdict| verdict["ok"] == false);
        let accepts = |verdict: &Value| verdict["class"].is_null() && verdict["text"].is_null();
        assert!(verdicts.values().all(|verdict| (verdict["ok"] == true) == accepts(verdict)), "{}", case.id);
        // Nobody refuses what has no defect, but for what is wrong with the name that was given.
        let odd_name =
            verdicts.values().all(|v| v["ok"] == true || ["name", "reference"].contains(&v["class"].as_str().unwrap()));
        assert!(!at_fault || odd_name || !codes(answer).is_empty(), "{} {}: {answer:#}", case.id, case.what);
    }
}

#[test]
fn stacks_stand_in_the_order_of_the_measurements() {
    let mut child = start(&[]);
    writeln!(child.stdin.take().unwrap(), "{}", line(case("A01"))).unwrap();
    let answer = text(&child.wait_with_output().unwrap().stdout);
    let places: Vec<usize> = MEASURED.iter().map(|id| answer.find(&format!("\"{id}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{answer}");
}

#[test]
fn a_line_says_what_it_wants() {
    let (good, mut other) = (line(case("A01")), line(case("A01")));
    for (field, value) in [
        ("id", json!({"any": ["value", 1.5, null, "ü\u{202e}"]})),
        ("names", json!(["redis-1.example.com", "10.0.0.5"])),
        ("stacks", json!(["php", "hiredis", "go@1.23"])),
        ("at", json!("2026-11-20T23:25:00Z")),
        ("purpose", json!("server")),
    ] {
        other[field] = value;
    }
    let mut bare = good.clone();
    bare["names"] = Value::Null;
    bare.as_object_mut().unwrap().remove("id");
    let mut client = good.clone();
    client["purpose"] = json!("client");
    client["names"] = json!([]);
    let (code, answers) = batch(format!("\u{feff}{good}\r\n{other}\r\n\r\n   \n{bare}\n{client}").as_bytes());
    assert_eq!((code, answers.len()), (0, 4));
    assert_eq!(answers[1]["id"], other["id"]);
    let verdicts = answers[1]["verdicts"].as_object().unwrap();
    assert_eq!(
        verdicts.iter().map(|(id, v)| (id.as_str(), v["ok"] == true)).collect::<Vec<_>>(),
        [("go@1.23", false), ("hiredis", true), ("php", false)]
    );
    assert_eq!(answers[1]["defects"], json!([{"code": "san-mismatch", "subject": "10.0.0.5"}]));
    assert_eq!((&answers[2]["id"], &answers[2]["verdicts"]["java@17"]["ok"]), (&Value::Null, &json!(true)));
    assert_eq!(answers[3]["verdicts"]["openssl@3"]["ok"], true);
}

#[test]
fn lines_that_cannot_be_read_are_answered_and_the_rest_goes_on() {
    let good = line(case("A01"));
    let with = |field: &str, value: Value| {
        let mut line = good.clone();
        line[field] = value;
        line.to_string()
    };
    let huge = format!("{{\"id\": 1, \"chain\": \"{}\"}}", "x".repeat(5 << 20));
    let nested = format!("{{\"id\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let bad = [
        "hello".to_owned(),
        "[]".to_owned(),
        "[1, \"x\", null, null, null, null, null]".to_owned(),
        "\"c2VjcmV0\"".to_owned(),
        "{".to_owned(),
        r#"{"id": "x", "chain": "\ud800"}"#.to_owned(),
        r#"{"id": "x"}"#.to_owned(),
        huge,
        nested,
        with("chain", json!(5)),
        with("chain", json!("")),
        with("chain", json!("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")),
        with("chain", json!("-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n")),
        with("chain", json!(case("A01").chain.repeat(60))),
        with("ca", json!("")),
        with("ca", json!({})),
        with("names", json!(KEY)),
        with("ca", json!("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")),
        with("names", json!([1])),
        with("names", json!(vec!["a"; 2_000])),
        with("names", json!(["ü".repeat(1_000_000)])),
        with("names", json!(["a".repeat(1_025)])),
        with("at", json!("tomorrow")),
        with("at", json!(-5)),
        with("at", json!(1e300)),
        with("at", json!([])),
        with("stacks", json!(["nodejs"])),
        with("purpose", json!("both")),
    ];
    let mut lines: Vec<u8> = b"\xff\xfe\n".to_vec();
    for line in &bad {
        lines.extend(format!("{line}\n{good}\n").as_bytes());
    }
    let (code, answers) = batch(&lines);
    assert_eq!((code, answers.len()), (2, 1 + 2 * bad.len()));
    assert!(answers[0]["error"].is_string());
    for (pair, line) in answers[1..].chunks(2).zip(&bad) {
        let start: String = line.chars().take(80).collect();
        assert!(pair[0]["error"].as_str().is_some_and(|error| error.len() < 1_000), "{start}: {}", pair[0]);
        assert_eq!(pair[1]["id"], "A01", "after {start}");
    }
    assert_eq!(answers[2 * 7 - 1]["id"], "x");
    assert!(!answers.iter().any(|answer| answer["error"].as_str().is_some_and(|error| error.contains("c2Vj"))));
}

#[test]
fn answers_come_while_stdin_is_open() {
    let mut child = start(&[]);
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for id in ["A01", "A03", "B01"] {
        writeln!(stdin, "{}", line(case(id))).unwrap();
        stdin.flush().unwrap();
        let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["id"], id);
    }
    drop(stdin);
    assert!(answers.next().is_none() && child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = start(&[]);
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // It may go away before all of it is read.
    for _ in 0..2_000 {
        if writeln!(stdin, "{}", line(case("A01"))).is_err() {
            break;
        }
    }
    // stdin stays open: more may come, and nobody would read the answers.
    let ended = child.wait_with_output().unwrap();
    assert_eq!((code(&ended), text(&ended.stderr).as_str()), (0, ""));
    drop(stdin);
}

#[test]
fn the_command_line_gives_what_lines_do_not_say() {
    let files = Files::of("A01");
    let ca = files.0.path().join("ca.pem");
    let now = CASES.now.to_string();
    let mut child = start(&["--ca", ca.to_str().unwrap(), "--at", &now]);
    let chain = json!({"id": 1, "chain": case("A01").chain});
    writeln!(child.stdin.take().unwrap(), "{chain}").unwrap();
    let answer: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&answer["verdicts"]["go@1.23"]["ok"], &answer["defects"]), (&json!(true), &json!([])));
}

// Whatever comes

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Certificates with octets changed in them are judged or refused; nothing else happens, and no defect is told twice.
    #[test]
    fn changed_certificates_upset_nobody(
        index in 0..119_usize, changes in vec((0..1_500_usize, any::<u8>()), 1..4), host in "[a-z.*0-9-]{0,12}"
    ) {
        let case = &CASES.cases[index % CASES.cases.len()];
        let (mut sent, mut anchors) = (pem(&case.chain), pem(&case.anchors));
        for (at, octet) in changes {
            let every: Vec<&mut Vec<u8>> = sent.iter_mut().chain(&mut anchors).collect();
            let count = every.len();
            if let Some(octets) = every.into_iter().nth(at % count) {
                let at = at % octets.len();
                octets[at] = octet;
            }
        }
        let limits = Limits::default();
        let bundle: Vec<_> = anchors.iter().filter_map(|der| certificate(der, &limits).ok()).collect();
        let anchors = Anchors::from_der(anchors).0;
        let Ok(chain) = chain(&sent, &anchors, CASES.now, Purpose::Server, &limits) else { return Ok(()) };
        let hosts = [case.host(), Host::Name(host)];
        let matter = Matter { chain: &chain, bundle: &bundle, hosts: &hosts, at: CASES.now, purpose: Purpose::Server };
        let assessment = Assessment::of(matter, STACKS);
        for (i, defect) in assessment.defects.iter().enumerate() {
            prop_assert!(!assessment.defects[..i].contains(defect) && !defect.code.words().is_empty(), "{:?}", defect);
        }
        for opinion in &assessment.opinions {
            prop_assert_eq!(opinion.is_accepted(), assessment.accepts_chain(opinion) && assessment.refused_hosts(opinion).is_empty());
            prop_assert!(assessment.then(opinion).iter().all(|refusal| Some(refusal) != opinion.first.as_ref()));
        }
    }
}
