//! Every scene of the lab, with the expected verdicts beside it in scenes/expected.json.

#![cfg(feature = "lab")]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use redis_doctor::{lab::SCENES, render::REPORT_SCHEMA};
use serde::Deserialize;
use serde_json::Value;
use support::{doctor, output, seen::normalised, text};

/// What a scene comes to.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expected {
    exit: i32,
    /// Codes with the number of subjects, most important first.
    findings: Vec<(String, usize)>,
    /// Lines of the address map.
    address_map: usize,
}

/// The snapshot of a look, normalised, in its folder.
const NORMALISED: &str = "normalised.json";

/// One look at a scene.
struct Seen {
    folder: tempfile::TempDir,
}

#[test]
fn healthy_is_what_it_should_be() {
    is_as_expected("healthy");
}

#[test]
fn azure_enterprise_is_what_it_should_be() {
    is_as_expected("azure-enterprise");
}

#[test]
fn docker_nat_is_what_it_should_be() {
    is_as_expected("docker-nat");
}

#[test]
fn elasticache_serverless_is_what_it_should_be() {
    is_as_expected("elasticache-serverless");
}

#[test]
fn expired_certificate_is_what_it_should_be() {
    is_as_expected("expired-certificate");
}

#[test]
fn renewed_on_disk_is_what_it_should_be() {
    is_as_expected("renewed-on-disk");
}

#[test]
fn split_view_is_what_it_should_be() {
    is_as_expected("split-view");
}

#[test]
fn plaintext_is_what_it_should_be() {
    is_as_expected("plaintext");
}

#[test]
fn slow_node_is_what_it_should_be() {
    is_as_expected("slow-node");
}

#[test]
fn no_scene_is_forgotten() {
    let scenes: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
    let mut expected: Vec<String> = all_expected().into_keys().collect();
    let mut sorted = scenes.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "scenes of the lab, and scenes/expected.json");
    let tests = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes.rs")).unwrap();
    for scene in scenes {
        assert!(tests.contains(&format!("is_as_expected(\"{scene}\")")), "tests/scenes.rs has no test of {scene}");
    }
}

fn all_expected() -> BTreeMap<String, Expected> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/expected.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// How many checks there are changes with every new one, and says nothing of how the screen looks.
fn without_counts(screen: &str) -> String {
    match screen.split_once(" checks passed") {
        Some((before, after)) => {
            format!("{} N checks passed{after}", before.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end())
        }
        None => screen.to_owned(),
    }
}

fn is_as_expected(scene: &str) {
    let first = look(scene);
    has_the_expected_verdicts(scene, &first);
    let second = look(scene);
    assert_eq!(saved("check", &first, "json", "80"), saved("check", &second, "json", "80"));
    for columns in ["80", "120"] {
        insta::with_settings!({ snapshot_path => "scenes", prepend_module_to_snapshot => false, omit_expression => true }, {
            let screen = without_counts(&saved("check", &first, "table", columns));
            insta::assert_snapshot!(format!("{scene}-{columns}"), screen);
            if scene == "azure-enterprise" {
                insta::assert_snapshot!(format!("clients-{columns}"), saved("clients", &first, "table", columns));
            }
        });
    }
}

/// Looks at a scene, in both formats from the same snapshot, and compares that with what the snapshot gives later.
fn look(scene: &str) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot.json");
    let endpoint = format!("lab://{scene}");
    let live = |format: &str| {
        let mut check = doctor();
        check.args(["check", &endpoint, "--timeout", "2s", "--format", format, "--save"]).arg(&snapshot);
        let live = text(&output(check.env("COLUMNS", "80")).stdout);
        let mut check = doctor();
        check.args(["check", "--format", format, "--from"]).arg(&snapshot);
        let later = text(&output(check.env("COLUMNS", "80")).stdout);
        // Only commands to paste name where the snapshot came from.
        let later = later.replace(&format!("--from {}", snapshot.display()), &endpoint);
        let without_next = |text: &str| text.split("\nnext: ").next().unwrap().to_owned();
        assert_eq!(without_next(&live), without_next(&later), "{scene} as {format}: looked at, and loaded");
    };
    live("table");
    live("json");
    let normalised = normalised(&fs::read_to_string(&snapshot).unwrap(), 7000, 7001);
    fs::write(folder.path().join(NORMALISED), normalised).unwrap();
    Seen { folder }
}

/// What `check` or `clients` prints of a normalised snapshot.
fn saved(command: &str, seen: &Seen, format: &str, columns: &str) -> String {
    let mut doctor = doctor();
    doctor.current_dir(seen.folder.path()).args([command, "--from", NORMALISED, "--format", format]);
    text(&output(doctor.env("COLUMNS", columns)).stdout)
}

fn keeps_to_the_schema(scene: &str, report: &Value) {
    let schema = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{scene}: {errors:?}");
}

fn has_the_expected_verdicts(scene: &str, seen: &Seen) {
    let mut check = doctor();
    check.args(["check", "--format", "json", "--from"]).arg(seen.folder.path().join(NORMALISED));
    let output = output(&mut check);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    keeps_to_the_schema(scene, &report);
    let clients: Value = serde_json::from_str(&saved("clients", seen, "json", "80")).unwrap();
    keeps_to_the_schema(scene, &clients);
    assert!(!clients["clients"].as_array().unwrap().is_empty());

    let count = |list: &Value| list.as_array().unwrap().len();
    let findings = report["findings"].as_array().unwrap();
    let found = Expected {
        exit: output.status.code().unwrap(),
        findings: findings.iter().map(|f| (f["code"].as_str().unwrap().to_owned(), count(&f["subjects"]))).collect(),
        address_map: count(&report["address_map"]),
    };
    assert_eq!(report["exit"], found.exit);
    assert_eq!(all_expected().get(scene), Some(&found), "{scene}: expected, and found");
}
