//! `check` on real clusters in which something died, was forgotten or was never finished.

mod support;

use std::{process::Command, time::Duration};

use support::{cases::Cases, cluster::Cluster, need, run, server::Settings, wait_until};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli")
}

const SOON: Duration = Duration::from_secs(30);

fn quick() -> Settings {
    Settings::default().config("cluster-node-timeout", "1500")
}

#[test]
fn dead_nodes() {
    if !redis_is_there() {
        return;
    }
    let mut cluster = Cluster::builder().nodes(6).replicas(1).settings(quick()).start();
    let mut cases = Cases::of(&cluster);
    let entry = format!("redis://{}", cluster.nodes[1].address);
    cases.case("healthy cluster with replicas", &entry, 0, &[]);
    let failed = |cluster: &Cluster, dead: &[usize]| {
        wait_until("the majority calls them failed", SOON, || {
            let alive = (0..6).filter(|n| !dead.contains(n)).map(|n| cluster.nodes[n].command(&["CLUSTER", "NODES"]));
            let flagged = |view: &String| view.lines().filter(|l| l.contains("fail") && !l.contains("fail?")).count();
            alive.into_iter().find(|view| flagged(view) != dead.len()).map_or(Ok(()), Err)
        });
    };
    cluster.nodes[3].kill();
    cases.case("a replica that just died", &entry, 1, &["node-unreachable 4"]);
    failed(&cluster, &[3]);
    cases.case("a dead replica", &entry, 1, &["node-failed 4 > node-unreachable 4"]);
    cluster.nodes[2].kill();
    failed(&cluster, &[2, 3]);
    wait_until("its replica takes over", SOON, || {
        let view = cluster.nodes[1].command(&["CLUSTER", "INFO"]);
        if view.contains("cluster_state:ok") { Ok(()) } else { Err(view) }
    });
    std::thread::sleep(Duration::from_secs(2));
    cases.case("a dead primary, taken over", &entry, 1, &["node-failed 3 4 > node-unreachable 3 4"]);
    cluster.nodes[0].kill();
    failed(&cluster, &[0, 2, 3]);
    let seen = cases.case("a dead primary without replica", &entry, 1, &["node-failed 1 3 4 > node-unreachable 1 3 4"]);
    assert!(seen.text().contains("5461 slots"), "{}", seen.text());
}

#[test]
fn slots_and_views() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().settings(quick()).start();
    let mut cases = Cases::of(&cluster);
    let [first, second] = [0, 1].map(|n| format!("redis://{}", cluster.nodes[n].address));
    let slots = ["CLUSTER", "DELSLOTS", "0", "1", "2", "7"];
    cluster.nodes[0].command(&slots);
    cases.case("slots deleted on their owner, asked there", &first, 1, &["slots-uncovered cluster > views-disagree 1"]);
    cases.case("slots deleted on their owner, asked elsewhere", &second, 1, &["views-disagree 1"]);
    for node in &cluster.nodes[1..] {
        node.command(&slots);
    }
    let seen = cases.case("slots deleted everywhere", &second, 1, &["slots-uncovered cluster"]);
    assert_eq!(seen.title(), "4 of 16384 slots have no owner");
    for line in seen.lines("server").iter().filter(|line| line.contains("ADDSLOTSRANGE")) {
        run(Command::new("sh").args(["-c", line]));
    }
    cluster.wait_for_views("the slots go round", |view| view.contains(" 0-5460"));
    cases.case("its remedy, applied", &second, 0, &[]);

    let gone = cluster.nodes[2].node_id();
    cluster.nodes[1].command(&["CLUSTER", "FORGET", &gone]);
    let seen = cases.case("forgotten on one node, asked elsewhere", &first, 1, &["views-disagree 2"]);
    assert!(seen.text().contains("does not know"), "{}", seen.text());
    cases.case("forgotten on one node, asked there", &second, 1, &["views-disagree 2"]);
}

#[test]
fn an_old_nodes_conf() {
    if !redis_is_there() {
        return;
    }
    let settings = quick().config("cluster-announce-ip", "");
    let mut cluster = Cluster::builder().settings(settings).start();
    let mut cases = Cases::of(&cluster);
    let entry = format!("redis://{}", cluster.nodes[0].address);
    cases.case("nodes that learn their own address", &entry, 0, &[]);
    cluster.nodes[2].restart_with(|conf| {
        let own = conf.lines().find(|line| line.contains("myself")).unwrap();
        conf.replace(own, &own.replace("127.0.0.1:", "10.255.0.9:"))
    });
    cluster.wait_for_views("it is back", |view| view.matches(" connected").count() == 3 && !view.contains("fail"));
    let seen = cases.case("an old address in nodes.conf", &entry, 1, &["own-address-stale 3 > views-disagree 3"]);
    assert!(seen.text().contains("10.255.0.9"), "{}", seen.text());
    let nowhere = "--connect-to 10.255.0.9::127.0.0.1:1";
    let there = format!("redis://{} {nowhere}", cluster.nodes[2].address);
    cases.case(
        "an old address in nodes.conf, asked there",
        &there,
        1,
        &["own-address-stale 3 > node-unreachable 3 > views-disagree 3"],
    );
    for line in seen.lines("server") {
        cluster.nodes[2].command(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.wait_for_views("it is mended", |view| !view.contains("10.255.0.9"));
    cases.case("its remedy, applied", &entry, 0, &[]);
}
