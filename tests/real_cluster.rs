//! `check` on real servers in the Azure shape: the root cause, the proved map, and health after the fix.

mod support;

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use support::{
    azure::{Azure, SEED, azure_shape},
    doctor, need, output, text,
};

#[test]
fn the_azure_shape_has_one_root_cause_and_announcing_names_heals_it() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let azure = azure_shape();
    let report = check(&azure, 1);
    one_san_mismatch_on_all_six(&azure, &report);
    every_node_has_a_proved_mapping(&azure, &report);

    azure.announce_hostnames();
    let healed = check(&azure, 0);
    assert!(codes(&healed).iter().all(|code| code != "san-mismatch"), "{healed:#}");
}

fn one_san_mismatch_on_all_six(azure: &Azure, report: &Value) {
    let codes = codes(report);
    assert_eq!(codes.first().map(String::as_str), Some("san-mismatch"), "{report:#}");
    assert_eq!(codes.iter().filter(|code| *code == "san-mismatch").count(), 1, "{codes:?}");
    let subjects = report["findings"][0]["subjects"].as_array().unwrap();
    assert!(subjects.iter().all(|subject| subject["kind"] == "node"), "{subjects:#?}");
    assert_eq!(subjects.len(), 6);
    assert_eq!(ids(subjects, "id"), azure.cluster.node_ids().into_iter().collect());
}

fn every_node_has_a_proved_mapping(azure: &Azure, report: &Value) {
    let map = report["address_map"].as_array().unwrap();
    assert_eq!(map.len(), 6, "{map:#?}");
    assert_eq!(ids(map, "node_id"), azure.cluster.node_ids().into_iter().collect());
    for (node, id) in azure.cluster.nodes.iter().zip(azure.cluster.node_ids()) {
        let port = node.address.port();
        let entry = map.iter().find(|entry| entry["node_id"] == id.as_str()).unwrap();
        assert_eq!(entry["announced"], format!("127.0.0.1:{port}"));
        assert_eq!(entry["reachable"], format!("{SEED}:{port}"));
        assert_eq!(entry["server_name"], SEED);
        let proof = &entry["proof"];
        assert_eq!((&proof["chain"], &proof["name"]), (&Value::Bool(true), &Value::Bool(true)), "{entry:#}");
        assert_eq!(proof["identity"], "cluster-myid");
        assert_eq!(proof["socket"], format!("127.0.0.1:{port}"));
    }
}

/// Runs `check --format json`, holds it to its exit code, in the process and in the report, and reads the report.
fn check(azure: &Azure, exit: i32) -> Value {
    let mut command: Command = doctor();
    let done = output(command.arg("check").args(azure.arguments()).args(["--format", "json"]));
    let (said, warned) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(exit), "{said}{warned}");
    let report: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{warned}"));
    assert_eq!((&report["format"], &report["exit"]), (&Value::from(1), &Value::from(exit)));
    report
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings is a list");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code is a word").to_owned()).collect()
}

fn ids(entries: &[Value], field: &str) -> BTreeSet<String> {
    entries.iter().map(|entry| entry[field].as_str().expect("an id is a text").to_owned()).collect()
}
