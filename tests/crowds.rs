//! Many nodes that fail alike: they are counted and grouped, and the screen of `check` stays on a page.

#![cfg(feature = "lab")]

mod support;

use std::fs;

use redis_doctor::{
    facts::{Limits, Scheme, SubjectAltName, Target, Trust},
    lab::{self, CertificateSpec, Plan, SCENES},
    probe::Probe,
};
use support::{doctor, output, text};

/// What the screen of a large deployment may take.
const PAGE: usize = 2048;

#[test]
fn a_hundred_nodes_of_any_scene_take_a_page() {
    for scene in SCENES {
        takes_a_page(&format!("{}?nodes=100", scene.name));
    }
}

#[test]
fn a_thousand_nodes_of_any_scene_take_a_page() {
    for scene in SCENES {
        takes_a_page(&format!("{}?nodes=1000", scene.name));
    }
}

#[test]
fn three_causes_on_a_hundred_nodes_take_a_page() {
    let screens = screens_of(mixed(100, "mixed"), "mixed");
    for screen in &screens {
        for said in ["60 of 100 nodes out of reach", "mends", "certificate-expired", "san-mismatch", "-v shows all"] {
            assert!(screen.contains(said), "{said:?} is missing:\n{screen}");
        }
    }
    let codes: Vec<&str> =
        screens[0].lines().filter_map(|line| line.strip_prefix("error ")?.split(':').next()).collect();
    assert_eq!(codes, ["san-mismatch", "certificate-expired", "node-unreachable"], "{}", screens[0]);
}

#[test]
fn a_certificate_for_every_node_takes_a_page() {
    let mut plan = Plan::healthy("certificates", 100);
    for (n, node) in plan.nodes.iter_mut().enumerate() {
        let names = vec![SubjectAltName::Dns(format!("redis-{n}.example.com")), SubjectAltName::Ip("127.0.0.1".into())];
        node.certificate = CertificateSpec { names, days_left: -1 - i32::try_from(n % 3).unwrap() };
    }
    for screen in screens_of(plan, "certificates") {
        assert!(screen.matches("error certificate-expired").count() == 1, "{screen}");
    }
}

/// 60 out of reach, 30 of another name, 10 expired.
fn mixed(nodes: usize, name: &'static str) -> Plan {
    let mut plan = Plan::healthy(name, nodes);
    for (n, node) in plan.nodes.iter_mut().enumerate() {
        match n % 10 {
            9 => node.certificate.days_left = -1,
            1..=3 => node.certificate.names = vec![SubjectAltName::Dns("redis.example.com".into())],
            _ => {
                let address: std::net::Ipv4Addr = [10, 9, 0, u8::try_from(n % 250).unwrap()].into();
                node.ip = address.to_string();
                plan.nowhere.push(address.into());
            }
        }
    }
    plan
}

fn takes_a_page(scene: &str) {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot.json");
    output(doctor().args(["check", &format!("lab://{scene}"), "-q", "--save"]).arg(&snapshot));
    screens(&snapshot, scene);
}

/// What `check` shows of it at 80 and at 120 columns.
fn screens_of(plan: Plan, name: &str) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let snapshot = runtime.block_on(async {
        let lab = lab::play(plan).await.unwrap();
        let target = Target {
            trust: Trust { label: "the lab's CA".to_owned(), anchors: vec![lab.ca_der.clone()] },
            overrides: lab.overrides.clone(),
            ..Target::at(lab.endpoint.clone(), Scheme::Tls)
        };
        Probe::new(target, Limits::default()).unwrap().gather(|_| ()).await
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.json");
    fs::write(&file, serde_json::to_string(&snapshot).unwrap()).unwrap();
    screens(&file, name)
}

fn screens(snapshot: &std::path::Path, name: &str) -> Vec<String> {
    let screen = |columns| {
        let mut check = doctor();
        check.args(["check", "--from"]).arg(snapshot).env("COLUMNS", columns);
        let screen = text(&output(&mut check).stdout);
        // The path of the snapshot is this test's own.
        let size = screen.replace(&snapshot.display().to_string(), "snapshot.json").len();
        assert!(size < PAGE, "{name} at {columns} columns: {size} bytes\n{screen}");
        screen
    };
    ["80", "120"].map(screen).into()
}
