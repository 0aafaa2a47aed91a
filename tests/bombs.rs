//! What `check` says of the measured odd certificates, now and at another time: each put into a saved look in place of the
//! good one.

#![cfg(feature = "lab")]

mod support;

use std::{fs, path::Path};

use redis_doctor::{
    facts::{Limits, Snapshot},
    names::trust::{Anchors, anchors_around},
    wire::certificate::certificate,
};
use serde_json::Value;
use support::{
    doctor, output,
    said::{Case, Measurements, measurements, pem},
    text,
};

/// A look at one healthy node.
fn healthy(folder: &Path) -> Snapshot {
    let file = folder.join("healthy.json");
    let mut check = doctor();
    output(check.args(["check", "lab://healthy?nodes=1", "--save"]).arg(&file));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The same look, as it would have been with the certificate of a case, under the host that it was measured for.
fn presenting(healthy: &Snapshot, case: &Case, now: i64) -> Snapshot {
    let chain = case.chain(now);
    let anchors = Anchors::from_der(pem(&case.anchors)).0;
    let around = anchors_around(std::slice::from_ref(&chain), &anchors);
    let mut snapshot = healthy.clone();
    snapshot.taken_at = now;
    snapshot.target.server_name = Some(case.host());
    snapshot.anchors = around.iter().map(|der| certificate(der, &Limits::default()).unwrap()).collect();
    snapshot.chains = vec![chain];
    snapshot
}

/// `code` or `severity code`s of `check --from`, consequences left out.
fn found(snapshot: &Snapshot, folder: &Path, more: &[&str]) -> Value {
    let file = folder.join("seen.json");
    fs::write(&file, serde_json::to_string(snapshot).unwrap()).unwrap();
    let mut check = doctor();
    check.args(["check", "--format", "json", "--from"]).arg(&file).args(more);
    let said = output(&mut check);
    serde_json::from_str(&text(&said.stdout)).unwrap_or_else(|error| panic!("{error}: {}", text(&said.stderr)))
}

fn codes(report: &Value) -> Vec<String> {
    let codes = report["findings"].as_array().unwrap().iter();
    codes.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

fn case<'a>(all: &'a Measurements, id: &str) -> &'a Case {
    all.cases.iter().find(|case| case.id == id).unwrap()
}

#[test]
fn all() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    for case in all.cases.iter().filter(|case| case.host.parse::<redis_doctor::facts::Host>().is_ok()) {
        let report = found(&presenting(&healthy, case, all.now), folder.path(), &[]);
        println!("{} {}: {:?}", case.id, case.what, codes(&report));
        let _ = case;
    }
}
