//! `check` on real servers outside clusters: standalone, replication, and one that still loads.

mod support;

use std::time::Duration;

use support::{
    cases::{Cases, check},
    need,
    server::{Server, Settings, primary_and_replica},
    wait_until,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli")
}

#[test]
fn standalone_and_replication() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let alone = Server::start(&Settings::default());
    let at = format!("redis://{}", alone.address);
    let seen = cases.case("standalone", &at, 0, &[]);
    assert_eq!(seen.report["topology"]["kind"], "standalone");
    cases.case("--expect standalone", &format!("{at} --expect standalone"), 0, &[]);
    cases.case("standalone, --expect cluster", &format!("{at} --expect cluster"), 1, &["unexpected-kind endpoint"]);
    cases.case("standalone, --expect sentinel", &format!("{at} --expect sentinel"), 1, &["unexpected-kind endpoint"]);

    let (primary, replica) = primary_and_replica(&Settings::default());
    let told: [&[&str]; 2] = [&[], &["endpoint-is-replica endpoint"]];
    for ((name, server), findings) in [("primary", &primary), ("replica", &replica)].into_iter().zip(told) {
        let seen =
            cases.case(&format!("replication by its {name}"), &format!("redis://{}", server.address), 0, findings);
        let topology = &seen.report["topology"];
        assert_eq!(topology["kind"], "replication");
        let nodes = topology["nodes"].as_array().unwrap();
        let roles: Vec<&str> = nodes.iter().map(|n| n["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["primary", "replica"], "{name}");
        assert!(nodes.iter().all(|n| !n["reachable"].as_array().unwrap().is_empty()), "{name}: {topology:#}");
    }
    replica.command(&["CONFIG", "SET", "replica-announce-ip", "10.255.0.2"]);
    let replica_at = format!("10.255.0.2:{}", replica.address.port());
    // The primary learns it when the link is made anew.
    replica.command(&["REPLICAOF", "NO", "ONE"]);
    replica.replicate(&primary);
    primary.knows_replica(replica_at.parse().unwrap());
    let to = format!("redis://{} --connect-to 10.255.0.2::127.0.0.1:1", primary.address);
    cases.case(
        "a replica that announces a wrong address",
        &to,
        1,
        &[&format!("replica-address-wrong {replica_at} > node-unreachable {replica_at}")],
    );
    let wrong = Server::start(&Settings::default());
    replica.command(&["CONFIG", "SET", "replica-announce-ip", "127.0.0.1"]);
    replica.command(&["CONFIG", "SET", "replica-announce-port", &wrong.address.port().to_string()]);
    replica.command(&["REPLICAOF", "NO", "ONE"]);
    replica.replicate(&primary);
    primary.knows_replica(wrong.address);
    let to = format!("redis://{}", primary.address);
    let finding = format!("replica-address-wrong {0} > wrong-node {0}", wrong.address);
    cases.case("a replica that announces another server", &to, 1, &[&finding]);
}

#[test]
fn a_replica_without_its_primary() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let (mut primary, replica) = primary_and_replica(&Settings::default());
    let gone = primary.address;
    primary.kill();
    let to = format!("redis://{}", replica.address);
    let both = format!("{gone} {}", replica.address);
    let finding = format!(
        "primary-lost {both} > node-unreachable {gone} > primary-link-down {} > endpoint-is-replica endpoint",
        replica.address
    );
    cases.case("a replica whose primary is gone", &to, 1, &[&finding]);
}

#[test]
fn a_server_that_loads() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let settings = Settings::default().config("enable-debug-command", "yes");
    let server = Server::start(&settings.config("loading-process-events-interval-bytes", "1024"));
    server.command(&["DEBUG", "POPULATE", "20000"]);
    server.command(&["CONFIG", "SET", "key-load-delay", "200"]);
    std::thread::scope(|scope| {
        let reload = scope.spawn(|| server.command(&["DEBUG", "RELOAD"]));
        let to = format!("redis://{}", server.address);
        wait_until("it begins to load", Duration::from_secs(10), || {
            let text = check(&to).text();
            if text.contains("\"loading\"") { Ok(()) } else { Err(text) }
        });
        let seen = cases.case("a server that loads", &to, 1, &[&format!("loading {}", server.address)]);
        assert_eq!(seen.title(), "the server is still loading its data set");
        cases.case("--wait until it has loaded", &format!("{to} --wait 60s"), 0, &[]);
        reload.join().unwrap();
    });
}
