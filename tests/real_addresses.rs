//! `check` on real clusters whose nodes announce addresses that clients cannot follow.

mod support;

use std::net::{IpAddr, SocketAddr};

use support::{
    cases::Cases,
    cluster::Cluster,
    forward::Forward,
    need,
    pki::{Leaf, Pki},
    server::{Server, Settings},
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn addresses(cluster: &Cluster) -> Vec<SocketAddr> {
    cluster.nodes.iter().map(|node| node.address).collect()
}

#[test]
fn plaintext_clusters_healthy_and_behind_nat() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    let mut cases = Cases::of(&cluster);
    let at = addresses(&cluster);
    let seed = format!("redis://{}", at[0]);
    cases.case("healthy plaintext cluster", &seed, 0, &[]);
    cases.case("seed by name", &format!("redis://localhost:{}", at[0].port()), 0, &[]);
    cases.case("seed by a foreign name", &format!("redis://redis.test:{0} --resolve redis.test:{0}:127.0.0.1", at[1].port()), 0, &[]);
    cases.case("no scheme", &at[1].to_string(), 0, &[]);
    cases.case("--expect cluster", &format!("{seed} --expect cluster"), 0, &[]);
    cases.case("--expect standalone", &format!("{seed} --expect standalone"), 1, &["unexpected-kind endpoint"]);
    cases.case("--expect sentinel", &format!("{seed} --expect sentinel"), 1, &["unexpected-kind endpoint"]);
    cases.case("TLS URL", &format!("rediss://{}", at[0]), 1, &["tls-not-spoken endpoint"]);
    let balancer = Forward::start(at.clone(), None);
    let behind = format!("redis://{}", balancer.address);
    cases.case("a balancer as the seed", &behind, 0, &[]);

    for (n, node) in cluster.nodes.iter().enumerate() {
        node.command(&["CONFIG", "SET", "cluster-announce-ip", &format!("10.255.0.{}", n + 1)]);
    }
    cluster.wait_for_views("the addresses go round", |view| view.matches("10.255.0.").count() == 3);
    let nowhere: String = (1..=3).map(|n| format!(" --connect-to 10.255.0.{n}::127.0.0.1:1")).collect();
    let seen = cases.case("container addresses", &format!("{seed}{nowhere}"), 1, &["node-unreachable 1 2 3"]);
    let expected: Vec<String> = at.iter().zip(1..).map(|(at, n)| format!("10.255.0.{n}:{} -> {at}", at.port())).collect();
    assert_eq!(seen.map(), expected);
    assert_eq!(seen.lines("client"), expected);
    let seen = cases.case("container addresses behind a balancer", &format!("{behind}{nowhere}"), 1, &["node-unreachable 1 2 3"]);
    assert_eq!(seen.map().len(), 3, "{}", seen.title());
    let seen = cases.case("container addresses, another seed host", &format!(
        "redis://redis.test:{0} --connect-to redis.test::127.0.0.1: {nowhere}", at[2].port()
    ), 1, &["node-unreachable 1 2 3"]);
    assert_eq!(seen.map().len(), 3);
    cluster.nodes[0].command(&["CONFIG", "SET", "cluster-announce-ip", "127.0.0.1"]);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-ip", "127.0.0.1"]);
    cluster.wait_for_views("the addresses go back", |view| view.matches("10.255.0.").count() == 1);
    cases.case("one container address", &format!("{seed}{nowhere}"), 1, &["node-unreachable 3"]);
    for line in check_server_lines(&format!("{seed}{nowhere}")) {
        cluster.nodes[2].command(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.wait_for_views("the address goes back", |view| view.matches("10.255.0.").count() == 0);
    cases.case("its remedy on the server, applied", &seed, 0, &[]);

    cluster.config_set("cluster-preferred-endpoint-type", "unknown-endpoint");
    cases.case("unknown-endpoint", &seed, 0, &[]);
    let name = format!("redis://redis.test:{}{}", at[0].port(), at.iter().map(|a| format!(" --resolve redis.test:{}:127.0.0.1", a.port())).collect::<String>());
    cases.case("unknown-endpoint, by name", &name, 0, &[]);
    cases.case("unknown-endpoint behind a balancer", &behind, 0, &[]);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let seen = cases.case("? endpoints", &seed, 1, &["endpoint-unknown 1 2 3"]);
    assert!(seen.lines("server").contains(&"CONFIG SET cluster-preferred-endpoint-type ip".to_owned()));
    cluster.nodes[0].command(&["CONFIG", "SET", "cluster-announce-hostname", "localhost"]);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-hostname", "no-such-host.invalid"]);
    cluster.wait_for_views("the names go round", |view| view.matches("localhost").count() == 1 && view.contains(".invalid"));
    cases.case("one ?, one name that does not resolve", &seed, 1, &["endpoint-unknown 3", "node-unreachable 2"]);
    cluster.config_set("cluster-preferred-endpoint-type", "ip");
    cases.case("its remedy, applied", &seed, 0, &[]);
}

fn check_server_lines(words: &str) -> Vec<String> {
    support::cases::check(words).lines("server")
}

#[test]
fn distinct_addresses_and_loopback_that_leads_elsewhere() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().distinct_addresses().start();
    let mut cases = Cases::of(&cluster);
    let at = addresses(&cluster);
    let seed = format!("redis://{}", at[0]);
    cases.case("healthy cluster on distinct addresses", &seed, 0, &[]);

    let unrelated = Server::start(&Settings::default().config("port", &at[1].port().to_string()));
    assert_ne!(unrelated.command(&["INFO", "server"]), "");
    cluster.config_set("cluster-announce-ip", "127.0.0.1");
    cluster.wait_for_views("the addresses go round", |view| view.matches("127.0.0.1:").count() == 3);
    let seen = cases.case("loopback announced, something else answers there", &seed, 1, &[
        "announced-loopback 1 2 3 > node-unreachable 1 3 > wrong-node 2",
    ]);
    assert_eq!(seen.map(), [format!("127.0.0.1:{} -> {}", at[0].port(), at[0])]);
    // From the machine itself nothing is wrong but what really answers elsewhere.
    drop(unrelated);

    for (node, to) in cluster.nodes.iter().zip(&at) {
        node.command(&["CONFIG", "SET", "cluster-announce-ip", &to.ip().to_string()]);
    }
    cluster.wait_for_views("the addresses go back", |view| view.matches("127.0.0.1:").count() == 0);
    let crossed = format!("{seed} --connect-to {}:{}:{}:{} --connect-to {}:{}:{}:{}",
        at[1].ip(), at[1].port(), at[2].ip(), at[2].port(), at[2].ip(), at[2].port(), at[1].ip(), at[1].port());
    cases.case("crossed forwards", &crossed, 1, &["wrong-node 2 3"]);
    let one_door = format!("{seed} --connect-to {}::{}:{} --connect-to {}::{}:{}",
        at[1].ip(), at[0].ip(), at[0].port(), at[2].ip(), at[0].ip(), at[0].port());
    cases.case("one door for all", &one_door, 1, &["wrong-node 2 3"]);
}

#[test]
fn both_ports_open_and_the_wrong_one_announced() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let plain: Vec<u16> = (0..3).map(|_| support::free_port()).collect();
    let cluster = Cluster::builder().settings(Settings::default().tls(&node)).start();
    for (node, port) in cluster.nodes.iter().zip(&plain) {
        node.command(&["CONFIG", "SET", "port", &port.to_string()]);
    }
    cluster.wait_for_views("the ports go round", |_| true);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut cases = Cases::of(&cluster);
    let ca = pki.ca().display().to_string();
    let secure = format!("rediss://{} --cacert {ca}", cluster.nodes[0].address);
    let open = format!("redis://127.0.0.1:{}", plain[0]);
    cases.case("both ports open, by TLS", &secure, 0, &[]);
    cases.case("both ports open, in plaintext", &open, 0, &[]);
    cluster.config_set("tls-cluster", "no");
    cluster.wait_for_views("the ports go round", |view| plain.iter().all(|p| view.contains(&format!(":{p}@"))));
    cases.case("tls-cluster no, in plaintext", &open, 0, &[]);
    let seen = cases.case("tls-cluster no, by TLS", &secure, 1, &["port-kind-mismatch 1 2 3"]);
    let lines = seen.lines("server");
    assert_eq!(lines, ["CONFIG SET tls-cluster yes"]);
    for line in lines {
        cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.wait_for_views("the ports go back", |view| cluster.nodes.iter().all(|n| view.contains(&format!(":{}@", n.address.port()))));
    cases.case("its remedy, applied", &secure, 0, &[]);
    for (node, port) in cluster.nodes.iter().zip(&plain) {
        node.command(&["CONFIG", "SET", "cluster-announce-tls-port", &port.to_string()]);
    }
    cluster.wait_for_views("the ports go round", |view| plain.iter().all(|p| view.contains(&format!(":{p}@"))));
    cases.case("a plaintext port announced as the TLS one", &secure, 1, &["port-kind-mismatch 1 2 3"]);
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
    cases.case("healthy IPv6 cluster", &format!("rediss://[::1]:{port} --cacert {ca}"), 0, &[]);
    cases.case("IPv6, unbracketed with -h", &format!("-h ::1 -p {port} --tls --cacert {ca}"), 0, &[]);
    let names = format!("rediss://redis.test:{port} --cacert {ca} --resolve redis.test:{port}:[::1]");
    cases.case("IPv6 by a name that the certificate lacks", &names, 1, &["san-mismatch endpoint"]);
    let other = pki.issue("other", &Leaf::new(&["DNS:redis.test"]));
    for node in &cluster.nodes {
        let (cert, key) = (other.cert.to_str().unwrap(), other.key.to_str().unwrap());
        node.command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
    }
    let all: String = cluster.nodes.iter().map(|n| format!(" --resolve redis.test:{}:[::1]", n.address.port())).collect();
    let seen = cases.case("IPv6 with names in the certificate", &format!("{names}{all}"), 1, &["san-mismatch 1 2 3"]);
    assert_eq!(seen.map()[0], format!("[::1]:{port} -> redis.test:{port}"));
}
