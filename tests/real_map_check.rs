//! `address-map --check` on a real TLS cluster: maps that are right, and maps that are wrong in each of the ways.

mod support;

use std::{fs, process::Output};

use redis_doctor::render::MAP_CHECK_SCHEMA;
use serde_json::{Value, json};
use support::{
    azure::{Azure, SEED, azure_shape},
    doctor, free_port, need, output, text,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

/// What is said of a map in a file of this name.
fn check(azure: &Azure, name: &str, map: &str, more: &[&str]) -> (Option<i32>, Value) {
    let file = azure.file(name);
    fs::write(&file, map).unwrap();
    let mut command = doctor();
    command.arg("address-map").args(azure.arguments()).arg("--check").arg(&file).args(["--format", "json"]).args(more);
    judged(&output(&mut command))
}

fn judged(ended: &Output) -> (Option<i32>, Value) {
    let said: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|why| panic!("{why}: {}", text(&ended.stderr)));
    let schema: Value = serde_json::from_str(MAP_CHECK_SCHEMA).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&said).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    (ended.status.code(), said)
}

/// The codes of every entry, in the order of the file.
fn faults(said: &Value) -> Vec<Vec<&str>> {
    let codes = |entry: &'_ Value| entry["faults"].as_array().unwrap().len();
    let entries = said["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["ok"] == (codes(entry) == 0)));
    entries
        .iter()
        .map(|e| e["faults"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect())
        .collect()
}

fn missing(said: &Value) -> Vec<&str> {
    said["missing"].as_array().unwrap().iter().map(|node| node["announced"].as_str().unwrap()).collect()
}

#[test]
fn maps_of_a_real_cluster() {
    if !redis_is_there() {
        return;
    }
    let azure = azure_shape();
    let ports: Vec<u16> = azure.cluster.nodes.iter().map(|node| node.address.port()).collect();
    let line = |key: u16, target: u16| format!("127.0.0.1:{key}={SEED}:{target}\n");
    let lines = |pairs: &[(u16, u16)]| pairs.iter().map(|(key, target)| line(*key, *target)).collect::<String>();
    let right: Vec<(u16, u16)> = ports.iter().map(|port| (*port, *port)).collect();

    let (code, said) = check(&azure, "right.txt", &lines(&right), &[]);
    assert_eq!((code, missing(&said).len()), (Some(0), 0), "{said:#}");
    assert!(faults(&said).iter().all(Vec::is_empty));
    let own = support::run(doctor().arg("address-map").args(azure.arguments()).args(["--for", "json"]));
    assert_eq!(check(&azure, "own.json", &own, &[]).0, Some(0));
    let object: serde_json::Map<String, Value> =
        ports.iter().map(|p| (format!("127.0.0.1:{p}"), json!({ "host": SEED, "port": p }))).collect();
    for wrapped in [json!(object), json!({ "nodeAddressMap": object })] {
        let (code, said) = check(&azure, "map.json", &wrapped.to_string(), &["--for", "node-redis"]);
        assert_eq!(code, Some(0), "{said:#}");
    }

    let mut crossed = right.clone();
    (crossed[0].1, crossed[1].1) = (crossed[1].1, crossed[0].1);
    let (code, said) = check(&azure, "crossed.txt", &lines(&crossed), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(faults(&said)[..3], [vec!["other-node"], vec!["other-node"], vec![]]);

    let (code, said) = check(&azure, "short.txt", &lines(&right[1..]), &[]);
    assert_eq!((code, missing(&said)), (Some(1), vec![&*format!("127.0.0.1:{}", ports[0])]));
    assert!(faults(&said).iter().all(Vec::is_empty));

    let mut unknown = right.clone();
    unknown[2].0 = free_port();
    let (code, said) = check(&azure, "unknown.txt", &lines(&unknown), &[]);
    assert_eq!((code, missing(&said)), (Some(1), vec![&*format!("127.0.0.1:{}", ports[2])]));
    assert_eq!(faults(&said)[2], ["never-announced"]);
    let hint = said["entries"][2]["faults"][0]["text"].as_str().unwrap();
    assert!(hint.ends_with(&format!("looked up as 127.0.0.1:{}", ports[2])), "{hint}");

    let dead = free_port();
    let bad = format!("127.0.0.1:{}=127.0.0.1:{dead}\n127.0.0.1:{}=127.0.0.1:{1}\n", ports[0], ports[1]);
    let (code, said) = check(&azure, "bad.txt", &(bad.clone() + &lines(&right[2..])), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(faults(&said)[..3], [vec!["not-answering"], vec!["name-not-proved"], vec![]]);
    let (_, said) = check(&azure, "bad.txt", &bad, &["--server-name", SEED]);
    assert_eq!(faults(&said)[..2], [vec!["not-answering"], vec![]], "the name is set for all: {said:#}");

    let balancer = lines(&[(ports[0], ports[0]), (ports[1], ports[0])]) + &lines(&right[2..]);
    let (_, said) = check(&azure, "balancer.txt", &balancer, &[]);
    assert_eq!(faults(&said)[..2], [vec!["shared-target"], vec!["other-node", "shared-target"]]);
}
