//! `check` on real clusters whose nodes announce addresses that clients cannot follow.

mod support;

use std::{
    net::{IpAddr, SocketAddr},
    process::Command,
    time::Duration,
};

use support::{
    cases::Cases,
    cluster::Cluster,
    fake::{Fake, cluster_node},
    forward::Forward,
    need,
    pki::{Leaf, Pki},
    run,
    server::{Server, Settings},
    wait_until,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn addresses(cluster: &Cluster) -> Vec<SocketAddr> {
    cluster.nodes.iter().map(|node| node.address).collect()
}

#[test]
fn plaintext_and_every_preferred_endpoint() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    let mut cases = Cases::of(&cluster);
    let at = addresses(&cluster);
    let entry = format!("redis://{}", at[0]);
    cases.case("healthy plaintext cluster", &entry, 0, &[]);
    cases.case("seed by name", &format!("redis://localhost:{}", at[0].port()), 0, &[]);
    cases.case(
        "seed by a foreign name",
        &format!("redis://redis.test:{0} --resolve redis.test:{0}:127.0.0.1", at[1].port()),
        0,
        &[],
    );
    cases.case("no scheme", &at[1].to_string(), 0, &[]);
    cases.case("--expect cluster", &format!("{entry} --expect cluster"), 0, &[]);
    cases.case("--expect standalone", &format!("{entry} --expect standalone"), 1, &["unexpected-kind endpoint"]);
    cases.case("--expect sentinel", &format!("{entry} --expect sentinel"), 1, &["unexpected-kind endpoint"]);
    cases.case("TLS URL", &format!("rediss://{}", at[0]), 1, &["tls-not-spoken endpoint"]);
    let balancer = Forward::start(at.clone(), None);
    let behind = format!("redis://{}", balancer.address);
    let entrance = "balancer-endpoint 1 2 3";
    cases.case("a balancer as the entry", &behind, 0, &[entrance]);

    let nil = "endpoint-nil 1 2 3";
    cluster.config_set("cluster-preferred-endpoint-type", "unknown-endpoint");
    cases.case("unknown-endpoint", &entry, 0, &[nil]);
    let resolved: Vec<String> = at.iter().map(|a| format!("--resolve redis.test:{}:127.0.0.1", a.port())).collect();
    let name = format!("redis://redis.test:{} {}", at[0].port(), resolved.join(" "));
    cases.case("unknown-endpoint, by name", &name, 0, &[nil]);
    cases.case("unknown-endpoint behind a balancer", &behind, 0, &[entrance, nil]);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let seen = cases.case("? endpoints", &entry, 1, &["endpoint-unknown 1 2 3"]);
    assert!(seen.lines("server").contains(&"CONFIG SET cluster-preferred-endpoint-type ip".to_owned()));
    cluster.nodes[0].command(&["CONFIG", "SET", "cluster-announce-hostname", "localhost"]);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-hostname", "no-such-host.invalid"]);
    cluster.wait_for_views("the names go round", |view| {
        view.matches("localhost").count() == 1 && view.contains(".invalid")
    });
    cases.case(
        "one ?, one name that does not resolve",
        &entry,
        1,
        &["endpoint-unknown 3", "hostname-unresolvable 2 > node-unreachable 2"],
    );
    cluster.config_set("cluster-preferred-endpoint-type", "ip");
    cases.case("its remedy, applied, and the name as it was", &entry, 0, &["hostname-in-metadata 2"]);
}

#[test]
fn container_addresses() {
    let mut cases = Cases::new();
    let ids = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    let mut nodes = [Fake::bind("127.0.0.1"), Fake::bind("127.0.0.1")];
    let port = |n: usize| nodes[n].address.port();
    let (first, second) = (port(0), port(1));
    let told = vec![(ids[0], "10.255.0.1", first), (ids[1], "10.255.0.2", second)];
    nodes[0].serve(None, cluster_node(ids[0], told.clone()));
    nodes[1].serve(None, cluster_node(ids[1], told));
    let closed = "--connect-to 10.255.0.1::127.0.0.1:1 --connect-to 10.255.0.2::127.0.0.1:1";
    let to = format!("redis://127.0.0.1:{first} {closed}");
    let lost = format!("node-unreachable 10.255.0.1:{first} 10.255.0.2:{second}");
    let seen = cases.case("container addresses from outside", &to, 1, &[&lost]);
    let map = [(1, first), (2, second)].map(|(n, port)| format!("10.255.0.{n}:{port} -> 127.0.0.1:{port}"));
    assert_eq!(seen.map(), map);
    assert_eq!(seen.lines("client"), map);
    assert_eq!(
        seen.title(),
        "2 of 2 nodes out of reach at the announced address: connections are refused in 10.255.0.0/24"
    );
}

/// Every node answers at 127.0.0.1 and at an address of its own, as a container with a published port does. What a client
/// cannot reach is said with `--connect-to` a port that nobody listens on: the cluster itself needs the addresses to work.
const BOTH: &str = "127.0.0.1 127.0.77.1 127.0.77.2 127.0.77.3";

#[test]
fn addresses_of_a_network_that_is_not_ours() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().distinct_addresses().settings(Settings::default().config("bind", BOTH)).start();
    let mut cases = Cases::of(&cluster);
    let at = addresses(&cluster);
    let published = |n: usize| format!("127.0.0.1:{}", at[n].port());
    let entry = format!("redis://{}", published(0));
    cases.case("healthy cluster on distinct addresses", &format!("redis://{}", at[0]), 0, &[]);
    cases.case("the same, by a published port", &entry, 0, &[]);

    let nowhere: Vec<String> = at.iter().map(|a| format!(" --connect-to {}::127.0.0.1:1", a.ip())).collect();
    let nowhere = nowhere.concat();
    let lost = "announced-loopback 1 2 3 > node-unreachable 1 2 3";
    let seen = cases.case("addresses of another machine's loopback", &format!("{entry}{nowhere}"), 1, &[lost]);
    let expected: Vec<String> = at.iter().enumerate().map(|(n, at)| format!("{at} -> {}", published(n))).collect();
    assert_eq!(seen.map(), expected);
    assert_eq!(seen.lines("client"), expected);
    let balancer = Forward::start(at.clone(), None);
    let behind = format!("redis://{}", balancer.address);
    let entrance = "balancer-endpoint 1 2 3";
    cases.case("a balancer as the entry", &behind, 0, &[entrance]);
    let seen = cases.case("the same behind a balancer", &format!("{behind}{nowhere}"), 1, &[lost, entrance]);
    assert_eq!(seen.map(), expected);
    let by_name = format!("redis://redis.test:{} --connect-to redis.test::127.0.0.1:{nowhere}", at[2].port());
    let seen = cases.case("the same, seed by name", &by_name, 1, &[lost]);
    assert_eq!(seen.map()[1], format!("{} -> redis.test:{}", at[1], at[1].port()));
    let named = "CONFIG SET cluster-announce-hostname redis.test cluster-preferred-endpoint-type hostname";
    assert_eq!(seen.lines("server")[1], format!("redis-cli -h redis.test -p {} {named}", at[1].port()));
    let third = format!("{entry} --connect-to {}::127.0.0.1:1", at[2].ip());
    let seen = cases.case("one address out of reach", &third, 1, &["node-unreachable 3"]);
    let lines = seen.lines("server");
    let there = format!("redis-cli -h 127.0.0.1 -p {}", at[2].port());
    assert_eq!(lines, [format!("{there} CONFIG SET cluster-announce-ip 127.0.0.1")]);
    assert_eq!(run(Command::new("sh").arg("-c").arg(&lines[0])).trim(), "OK");
    cluster.wait_for_views("the address goes round", |view| view.matches("127.0.77.3").count() == 0);
    cases.case("its remedy on the server, applied", &third, 0, &[]);
}

#[test]
fn loopback_that_leads_elsewhere_and_crossed_forwards() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().distinct_addresses().settings(Settings::default().config("bind", BOTH)).start();
    let mut cases = Cases::of(&cluster);
    let at = addresses(&cluster);
    let entry = format!("redis://{}", at[0]);
    let to = |from: usize, to: SocketAddr| {
        format!(" --connect-to {}:{}:{}:{}", at[from].ip(), at[from].port(), to.ip(), to.port())
    };
    let crossed = format!("{entry}{}{}", to(1, at[2]), to(2, at[1]));
    cases.case("crossed forwards", &crossed, 1, &["wrong-node 2 3"]);
    cases.case("one door for all", &format!("{entry}{}{}", to(1, at[0]), to(2, at[0])), 1, &["wrong-node 2 3"]);

    cluster.config_set("cluster-announce-ip", "127.0.0.1");
    cluster.wait_for_views("the addresses go round", |view| {
        view.matches("127.0.0.1:").count() == 3 && !view.contains("disconnected")
    });
    cases.case("loopback announced and right: this is the machine", &entry, 0, &[]);
    let unrelated = Server::start(&Settings::default());
    let here = |n: usize, port: u16| format!(" --connect-to 127.0.0.1:{}:127.0.0.1:{port}", at[n].port());
    let elsewhere = format!("{entry}{}{}{}", here(0, 1), here(1, unrelated.address.port()), here(2, 1));
    let seen = cases.case(
        "loopback announced, something else answers there",
        &elsewhere,
        1,
        &["announced-loopback 1 2 3 > node-unreachable 1 3 > wrong-node 2"],
    );
    assert_eq!(seen.map()[0], format!("127.0.0.1:{} -> {}", at[0].port(), at[0]));
}

#[test]
fn both_ports_open_and_the_wrong_one_announced() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let ca = pki.ca().display().to_string();
    let by_tls = |cluster: &Cluster| format!("rediss://{} --cacert {ca}", cluster.nodes[0].address);
    let plain = |cluster: &Cluster| cluster.nodes.iter().map(|n| n.setting("port")).collect::<Vec<_>>();
    let settings = Settings::default().tls(&node);
    let cluster = Cluster::builder().settings(settings.clone()).plaintext_too().start();
    let mut cases = Cases::of(&cluster);
    cases.case("both ports open, by TLS", &by_tls(&cluster), 0, &[]);
    cases.case("both ports open, in plaintext", &format!("redis://127.0.0.1:{}", plain(&cluster)[0]), 0, &[]);
    for (node, port) in cluster.nodes.iter().zip(&plain(&cluster)) {
        node.command(&["CONFIG", "SET", "cluster-announce-tls-port", port]);
    }
    // Over the Unix socket the plaintext port is shown; SHARDS shows both.
    let told = |shards: String| plain(&cluster).iter().filter(|p| shards.contains(&format!("tls-port\n{p}\n"))).count();
    let by_all = |ports: usize| {
        let seen = cluster.nodes.iter().map(|node| told(node.command(&["CLUSTER", "SHARDS"]))).collect::<Vec<_>>();
        if seen.iter().all(|told| *told == ports) { Ok(()) } else { Err(format!("{seen:?}")) }
    };
    wait_until("the ports go round", Duration::from_secs(30), || by_all(3));
    let seen =
        cases.case("a plaintext port announced as the TLS one", &by_tls(&cluster), 1, &["port-kind-mismatch 1 2 3"]);
    for line in seen.lines("server").iter().filter(|line| line.starts_with("CONFIG")) {
        cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
    }
    wait_until("the ports go back", Duration::from_secs(30), || by_all(0));
    cases.case("its remedy, applied", &by_tls(&cluster), 0, &[]);

    let cluster = Cluster::builder().settings(settings.config("tls-cluster", "no")).plaintext_too().start();
    let mut cases = Cases::of(&cluster);
    cases.case("tls-cluster no, in plaintext", &format!("redis://127.0.0.1:{}", plain(&cluster)[0]), 0, &[]);
    let seen = cases.case("tls-cluster no, by TLS", &by_tls(&cluster), 1, &["port-kind-mismatch 1 2 3"]);
    assert!(seen.lines("server").contains(&"tls-cluster yes".to_owned()), "{:?}", seen.lines("server"));
}

#[test]
fn ipv6() {
    if !redis_is_there() {
        return;
    }
    let ip: IpAddr = "::1".parse().unwrap();
    if std::net::TcpListener::bind((ip, 0)).is_err() {
        support::skip("IPv6 on loopback");
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &Leaf::new(&["IP:::1"]));
    let cluster = Cluster::builder().ip(ip).settings(Settings::default().tls(&node)).start();
    let mut cases = Cases::of(&cluster);
    let (port, ca) = (cluster.nodes[0].address.port(), pki.ca().display().to_string());
    let told = "ipv6-on-node 1 2 3";
    cases.case("healthy IPv6 cluster", &format!("rediss://[::1]:{port} --cacert {ca}"), 0, &[told]);
    cases.case("IPv6, unbracketed with -h", &format!("-h ::1 -p {port} --tls --cacert {ca}"), 0, &[told]);
    let names = format!("rediss://redis.test:{port} --cacert {ca} --resolve redis.test:{port}:[::1]");
    cases.case("IPv6 by a name that the certificate lacks", &names, 1, &["san-mismatch endpoint", told]);
    let other = pki.issue("other", &Leaf::new(&["DNS:redis.test"]));
    for node in &cluster.nodes {
        let (cert, key) = (other.cert.to_str().unwrap(), other.key.to_str().unwrap());
        node.command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
    }
    let all: Vec<String> =
        cluster.nodes.iter().map(|n| format!("--resolve redis.test:{}:[::1]", n.address.port())).collect();
    let seen = cases.case(
        "IPv6 with names in the certificate",
        &format!("{names} {}", all.join(" ")),
        1,
        &["san-mismatch 1 2 3"],
    );
    assert_eq!(seen.map()[0], format!("[::1]:{port} -> redis.test:{port}"));
}
