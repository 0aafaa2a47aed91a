//! `address-map --check` on a real TLS cluster: maps that are right, and maps that are wrong in each of the ways.

mod support;

use std::{fs, process::Output};

use redis_doctor::render::MAP_CHECK_SCHEMA;
use serde_json::{Value, json};
use support::{
    azure::{Azure, SEED, azure_shape},
    doctor,
    fake::{Fake, cluster_node},
    free_port, need, output,
    pki::{Leaf, Pki},
    text,
};
use tempfile::TempDir;

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
    let seen = azure.file("seen.json").display().to_string();
    let (_, dialled) = check(&azure, "bad.txt", &bad, &["--save", &seen]);
    let saved = output(
        doctor().args(["address-map", "--from", &seen, "--format", "json", "--check"]).arg(azure.file("bad.txt")),
    );
    assert_eq!(judged(&saved).1["entries"], dialled["entries"], "what was dialled for the map is in the snapshot");

    let (_, said) = check(&azure, "bad.txt", &bad, &["--server-name", SEED]);
    assert_eq!(faults(&said)[..2], [vec!["not-answering"], vec![]], "the name is set for all: {said:#}");

    let (_, said) = check(&azure, "bad.txt", &bad, &["--for", "ioredis"]);
    let why = said["entries"][1]["faults"][0]["text"].as_str().unwrap();
    assert!(why.contains("ioredis refuses it: Hostname/IP does not match certificate's altnames"), "{why}");
    let (_, said) = check(&azure, "bad.txt", &bad, &["--for", "redis-cli"]);
    assert_eq!(faults(&said)[..2], [vec!["not-answering"], vec![]], "redis-cli compares no names");

    let balancer = lines(&[(ports[0], ports[0]), (ports[1], ports[0])]) + &lines(&right[2..]);
    let (_, said) = check(&azure, "balancer.txt", &balancer, &[]);
    assert_eq!(faults(&said)[..2], [vec!["shared-target"], vec!["other-node", "shared-target"]]);
}

/// A map is the user's own, and the targets in it may be anybody all the same: the rules are those for nodes.
#[test]
fn passwords_go_to_targets_that_prove_their_name_and_to_no_others() {
    if !need("openssl") {
        return;
    }
    let (pki, foreign) = (Pki::new(), Pki::new());
    let folder = TempDir::new().unwrap();
    let ids = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    let seed = pki.issue("seed", &Leaf::new(&["DNS:redis.test", "DNS:n1.test"]));
    let other = pki.issue("other", &Leaf::new(&["DNS:other.test"]));
    let stranger = foreign.issue("stranger", &Leaf::new(&["DNS:n1.test"]));
    let mut fakes: Vec<Fake> = (0..4).map(|_| Fake::bind("127.0.0.1")).collect();
    let ports: Vec<u16> = fakes.iter().map(|fake| fake.address.port()).collect();
    let nodes = vec![(ids[0], "10.9.9.1", 6379), (ids[1], "10.9.9.2", 6379)];
    let certificates = [&seed, &seed, &other, &stranger];
    for (n, (fake, certificate)) in fakes.iter_mut().zip(certificates).enumerate() {
        fake.serve(Some(certificate), cluster_node(ids[usize::from(n > 0)], nodes.clone()));
    }
    let map = folder.path().join("map.txt");
    let target = |host: &str, n: usize| format!("10.9.9.2:6379={host}:{}\n", ports[n]);
    let lines = [target("n1.test", 1), target("127.0.0.1", 2), target("n1.test", 3)];
    fs::write(&map, lines.concat()).unwrap();
    let mut command = doctor();
    command.args(["address-map", &format!("rediss://:sesame@redis.test:{}", ports[0]), "--format", "json", "-t", "2s"]);
    command.args(["--resolve", &format!("redis.test:{}:127.0.0.1", ports[0])]);
    for port in &ports {
        command.args(["--resolve", &format!("n1.test:{port}:127.0.0.1")]);
    }
    command.args(["--connect-to", "10.9.9.1::127.0.0.1:1", "--connect-to", "10.9.9.2::127.0.0.1:1"]);
    command.arg("--cacert").arg(pki.ca()).arg("--check").arg(&map);
    let (code, said) = judged(&output(&mut command));
    let heard: Vec<bool> = fakes.iter().map(|fake| fake.heard().contains("sesame")).collect();
    assert_eq!(heard, [true, true, false, false], "{said:#}");
    assert_eq!(code, Some(1));
    let first = &said["entries"][0];
    assert_eq!(first["ok"], true, "{said:#}");
    assert!(faults(&said)[1].contains(&"name-not-proved") && faults(&said)[2].contains(&"name-not-proved"), "{said:#}");
}
