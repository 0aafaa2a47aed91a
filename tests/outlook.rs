//! What is foretold of client libraries, on snapshots of the lab in which one thing is changed.

#![cfg(feature = "lab")]

mod support;

use std::fs;

use redis_doctor::{
    clients,
    diagnosis::{
        Context,
        outlook::{Forecast, Outcome, Outlook},
    },
    facts::{Announced, Host, Kind, Observed, Refusal, Snapshot},
};
use support::{doctor, output};

/// What becomes of a library: `ok`, or the outcome and where it stops.
fn fate(outlook: &Outlook) -> String {
    match outlook.step {
        Some(step) => format!("{} {step}", outlook.outcome),
        None => outlook.outcome.to_string(),
    }
}

fn seen(scene: &str) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    output(doctor().args(["check", &format!("lab://{scene}"), "--save"]).arg(&file));
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// Asserts the fate of each `id@version`, every set-up of it.
fn expect(snapshot: &Snapshot, kind: Option<Kind>, fates: &[(&str, &str)]) {
    let context = Context::new(snapshot, kind);
    let forecast = Forecast::new(&context);
    for (asked, expected) in fates {
        let (id, version) = asked.split_once('@').unwrap();
        let entries = clients::of_version(id, version);
        assert!(!entries.is_empty(), "{asked}");
        for client in entries {
            let outlook = forecast.of(client, Some(version));
            assert_eq!(fate(&outlook), *expected, "{asked} ({}): {:?}", client.versions, outlook.text);
        }
    }
}

fn announce(snapshot: &mut Snapshot, preferred: &Announced) {
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    topology.nodes.iter_mut().for_each(|node| node.address.preferred = preferred.clone());
}

fn refuse(snapshot: &mut Snapshot, command: &str, answer: &str) {
    let Observed::Seen(connection) = &mut snapshot.seed.connection else { panic!("no seed") };
    connection.refusals.push(Refusal { command: command.to_owned(), answer: answer.to_owned() });
}

#[test]
fn a_healthy_cluster_serves_every_library() {
    let snapshot = seen("healthy");
    let context = Context::new(&snapshot, None);
    let forecast = Forecast::new(&context);
    for client in clients::ALL {
        let outlook = forecast.of(client, None);
        assert_eq!(outlook.outcome, Outcome::Ok, "{} {}: {:?}", client.id, client.versions, outlook.text);
        assert_eq!((outlook.nodes.len(), outlook.eager), (6, false), "{}", client.id);
    }
}

#[test]
fn a_nil_host_is_read_as_meant_by_few() {
    let mut snapshot = seen("healthy");
    announce(&mut snapshot, &Announced::Nil);
    expect(
        &snapshot,
        None,
        &[
            ("redis-rs@1.8", "ok"),
            ("redis-cli@7.4", "ok"),
            ("go-redis@9.22", "fails protocol"),
            ("jedis@7.5", "fails protocol"),
        ],
    );
}

#[test]
fn a_question_mark_is_looked_up_or_left_out() {
    let mut snapshot = seen("healthy");
    announce(&mut snapshot, &Announced::QuestionMark);
    expect(
        &snapshot,
        None,
        &[
            ("node-redis@6", "fails resolve"),
            ("go-redis@9.22", "fails resolve"),
            ("redis-rs@1.8", "fails protocol"),
            ("lettuce@7.7", "ok"),
            ("redis-cluster-client@0.17", "ok"),
        ],
    );
}

#[test]
fn what_a_library_may_not_ask_stops_it_and_no_other() {
    let mut snapshot = seen("healthy");
    refuse(&mut snapshot, "CLUSTER INFO", "NOPERM this user has no permissions to run the 'cluster|info' command");
    expect(&snapshot, None, &[("ioredis@6", "fails acl"), ("fred@10.1", "fails acl"), ("node-redis@6", "ok")]);
    refuse(&mut snapshot, "CLUSTER SLOTS", "NOPERM this user has no permissions to run the 'cluster|slots' command");
    expect(&snapshot, None, &[("node-redis@6", "fails acl"), ("lettuce@7.7", "ok"), ("redis-cli@7.0", "ok")]);
}

#[test]
fn one_fixed_name_serves_those_that_can_fix_one() {
    let mut snapshot = seen("azure-enterprise");
    let name = snapshot.target.endpoint.host.clone();
    expect(
        &snapshot,
        None,
        &[("node-redis@6", "fails tls-name"), ("redis-py@8", "fails tls-name"), ("redis-py@5", "ok")],
    );
    snapshot.target.server_name = Some(name);
    expect(&snapshot, None, &[("node-redis@6", "ok"), ("redis-py@8", "fails tls-name")]);
}

#[test]
fn a_node_that_nobody_can_use_fails_some_libraries_as_a_whole() {
    let mut snapshot = seen("healthy");
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    let node = topology.nodes.iter_mut().find(|node| !node.slots.is_empty()).unwrap();
    node.address.preferred = Announced::Host("nowhere.invalid".parse::<Host>().unwrap());
    // Nobody looked there, so nothing is foretold.
    expect(&snapshot, None, &[("node-redis@6", "unknown"), ("jedis@7.5", "unknown"), ("redisson@4.7", "ok")]);
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    let node = topology.nodes.iter_mut().find(|node| !node.slots.is_empty()).unwrap();
    node.address.preferred = Announced::QuestionMark;
    expect(&snapshot, None, &[("node-redis@6", "fails resolve"), ("jedis@7.5", "partly resolve")]);
}

#[test]
fn a_server_with_cluster_mode_off_serves_plain_clients_only() {
    let mut snapshot = seen("healthy");
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    topology.kind = Kind::Standalone;
    expect(&snapshot, None, &[("node-redis@6", "ok"), ("redis-cli@7.0", "ok")]);
    expect(&snapshot, Some(Kind::Cluster), &[("go-redis@9.22", "fails protocol")]);
}
