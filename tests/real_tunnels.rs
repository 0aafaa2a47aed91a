//! `check` on tunnels, proxies and balancers as they are met in the field, before real clusters.

mod support;

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use support::{
    cases::{Cases, Seen, check},
    cluster::Cluster,
    forward::Forward,
    need,
    pki::{Leaf, Pki},
    server::{Server, Settings},
    tunnel::{Adds, Tunnel},
};

/// Two keys of the length that spiped is given.
const KEYS: [[u8; 32]; 2] = [[7; 32], [8; 32]];

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn all(cluster: &Cluster) -> String {
    (1..=cluster.nodes.len()).map(|n| format!(" {n}")).collect::<Vec<_>>().concat()
}

/// Words that make announced addresses unreachable: the cluster itself needs them to work.
fn nowhere(cluster: &Cluster) -> String {
    let one = |at: SocketAddr| format!(" --connect-to {}:{}:127.0.0.1:1", at.ip(), at.port());
    cluster.nodes.iter().map(|node| one(node.address)).collect::<Vec<_>>().concat()
}

/// The command of a network remedy writes something, given the same options as the look that advised it.
fn is_writable(seen: &Seen, options: &str) {
    let folder = tempfile::TempDir::new().unwrap();
    for line in seen.lines("network") {
        let words = line.strip_prefix("redis-doctor ").expect("a command of ours").split_whitespace();
        let written =
            support::output(support::doctor().args(words).args(options.split_whitespace()).current_dir(folder.path()));
        assert!(!written.stdout.is_empty(), "{line}: {}", support::text(&written.stderr));
        assert_eq!(written.status.code(), Some(0), "{line}: {}", support::text(&written.stderr));
    }
}

#[test]
fn the_encrypted_side_of_spiped() {
    if !redis_is_there() || !need("spiped") {
        return;
    }
    let mut cases = Cases::new();
    let server = Server::start(&Settings::default());
    let far = Tunnel::spiped_server(server.address, &KEYS[0]);
    for scheme in ["redis://", "rediss://", ""] {
        // One nonce in sixteen begins like a reply, one in fifty like a TLS record.
        for _ in 0..40 {
            let to = format!("{scheme}{}", far.address);
            let seen = check(&to);
            assert_eq!((seen.exit, seen.findings().len()), (1, 1), "{:#?}", seen.findings());
            assert_eq!(seen.findings()[0]["code"], "spiped-port", "{:#?}", seen.findings());
            assert!(seen.took < Duration::from_secs(2), "{:?}", seen.took);
            let clients = seen.findings()[0]["clients"].as_array().unwrap();
            assert!(clients.len() > 20, "{clients:#?}");
        }
    }
    let near = Tunnel::spiped_client(far.address, &KEYS[0]);
    cases.case("its remedy, applied", &format!("redis://{}", near.address), 0, &[]);
    let seen = cases.case(
        "the near end, asked for TLS",
        &format!("rediss://{}", near.address),
        1,
        &["tls-not-spoken endpoint"],
    );
    assert!(seen.took < Duration::from_secs(2), "{:?}", seen.took);

    let closed = ["endpoint-unreachable endpoint"];
    let wrong = Tunnel::spiped_client(far.address, &KEYS[1]);
    let seen = cases.case("another key at the near end", &format!("redis://{}", wrong.address), 1, &closed);
    assert!(seen.text().contains("another key at the other end"), "{}", seen.text());
    let dead = Tunnel::spiped_client(SocketAddr::new(server.address.ip(), 1), &KEYS[0]);
    for scheme in ["redis://", "rediss://", ""] {
        cases.case("a near end without a far one", &format!("{scheme}{}", dead.address), 1, &closed);
    }

    let narrow = Tunnel::spiped_client_of_one(far.address, &KEYS[0]);
    let _taken = TcpStream::connect(narrow.address).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let seen = cases.case("a near end at its limit", &format!("redis://{} --timeout 1s", narrow.address), 1, &closed);
    assert!(seen.title().ends_with("accepts connections and stays silent"), "{}", seen.title());
    assert!(seen.text().contains("spiped at its limit"), "{}", seen.text());
}

#[test]
fn nodes_that_announce_their_spiped_ports() {
    if !redis_is_there() || !need("spiped") {
        return;
    }
    let cluster = Cluster::builder().start();
    let mut cases = Cases::of(&cluster);
    let far: Vec<Tunnel> = cluster.nodes.iter().map(|node| Tunnel::spiped_server(node.address, &KEYS[0])).collect();
    let leads = |(node, far): (&Server, &Tunnel)| {
        format!(" --connect-to {0}:{1}:{0}:{2}", node.address.ip(), node.address.port(), far.address.port())
    };
    let to = cluster.nodes.iter().zip(&far).map(leads).collect::<Vec<_>>().concat();
    let near = Tunnel::spiped_client(far[0].address, &KEYS[0]);
    let seen = cases.case(
        "one near end, and the far ends announced",
        &format!("redis://{}{to}", near.address),
        1,
        &["spiped-port 1 2 3 > node-unreachable 1 2 3"],
    );
    assert!(seen.took < Duration::from_secs(4), "{:?}", seen.took);
}

#[test]
fn one_forward_and_a_cluster_behind_it() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().nodes(6).replicas(1).distinct_addresses().start();
    let mut cases = Cases::of(&cluster);
    let nowhere = nowhere(&cluster);
    let forward = Forward::start(vec![cluster.nodes[1].address], None);
    let entry = format!("redis://{}", forward.address);
    cases.case("a forward, and nodes that are within reach", &entry, 0, &[]);
    let nodes = all(&cluster);
    let partial = format!("tunnel-partial{nodes} > announced-loopback{nodes} > node-unreachable{nodes}");
    let seen = cases.case("one forward of six", &format!("{entry}{nowhere}"), 1, &[&partial]);
    assert!(seen.title().starts_with("reached 1 of 6 nodes through "), "{}", seen.title());
    assert_eq!(seen.lines("network"), [format!("redis-doctor tunnel {entry} --with ssh --via BASTION --out tunnel")]);
    is_writable(&seen, &nowhere);
    assert!(seen.map().is_empty());
    assert!(seen.text().contains(&format!("reached at {}", cluster.nodes[1].address)), "{}", seen.text());

    // A second forward, on the port that its node announces, as careful people make them.
    let two = Forward::start_at(cluster.nodes[2].address.port(), vec![cluster.nodes[2].address], None);
    let seen = cases.case("two forwards of six", &format!("{entry}{nowhere}"), 1, &[&partial]);
    assert!(seen.title().starts_with("reached 2 of 6 nodes through "), "{}", seen.title());
    assert_eq!(seen.map().len(), 1, "{:?}", seen.map());
    drop(two);

    for (n, node) in cluster.nodes.iter().enumerate() {
        node.command(&[
            "CONFIG",
            "SET",
            "cluster-announce-hostname",
            &format!("redis-{n}.redis.default.svc.cluster.local"),
        ]);
    }
    cluster.wait_for_views("the names go round", |view| view.matches(".svc.cluster.local").count() == 6);
    let named = format!("{partial} > hostname-in-metadata{nodes}");
    let seen = cases.case("the same in Kubernetes", &format!("{entry}{nowhere}"), 1, &[&named]);
    assert_eq!(seen.lines("network"), [format!("redis-doctor tunnel {entry} --with kubectl --out tunnel")]);
    is_writable(&seen, &nowhere);
}

#[test]
fn a_dead_node_is_no_tunnel() {
    if !redis_is_there() {
        return;
    }
    let mut cluster = Cluster::builder().nodes(4).distinct_addresses().start();
    let mut cases = Cases::of(&cluster);
    let forward = Forward::start(vec![cluster.nodes[0].address], None);
    cluster.nodes[3].kill();
    cases.case(
        "a forward, and a node that just died",
        &format!("redis://{}", forward.address),
        1,
        &["node-unreachable 4"],
    );
}

#[test]
fn tls_terminators_before_a_plaintext_cluster() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let certificate = pki.issue("front", &Leaf::new(&["IP:127.0.0.1"]));
    let ca = pki.ca().display().to_string();
    let cluster = Cluster::builder().distinct_addresses().start();
    let mut cases = Cases::of(&cluster);
    let (first, out_of_reach) = (cluster.nodes[0].address, nowhere(&cluster));
    for program in ["stunnel4", "hitch", "haproxy"] {
        if !need(program) {
            continue;
        }
        let front = match program {
            "stunnel4" => Tunnel::stunnel(Adds::Nothing, first, &certificate),
            "hitch" => Tunnel::hitch(first, &certificate),
            _ => Tunnel::haproxy(first, &certificate),
        };
        let to = format!("rediss://{} --cacert {ca}", front.address);
        let seen = cases.case(
            &format!("{program} before a plaintext cluster"),
            &to,
            1,
            &["proxy-bypass 1 2 3 > port-kind-mismatch 1 2 3"],
        );
        assert_eq!(seen.findings()[0]["severity"], "error");
        // From behind the proxy nobody sees what the nodes speak.
        let look = format!("redis-doctor check redis://{first} --save seen.json");
        assert_eq!(seen.lines("network"), [&look, "redis-doctor tunnel --from seen.json --with stunnel --out tunnel"]);
        let mut from_here = support::doctor();
        from_here.args(["tunnel", &format!("rediss://{}", front.address), "--with", "stunnel", "--cacert"]).arg(&ca);
        let refused = support::output(&mut from_here);
        assert!(refused.status.code() == Some(2) && support::text(&refused.stderr).contains(&look), "{refused:?}");
        let folder = tempfile::TempDir::new().unwrap();
        for (line, more) in seen.lines("network").iter().zip([&[][..], &["--server", "127.0.0.9"]]) {
            let words = line.split_whitespace().skip(1);
            let ended = support::output(support::doctor().args(words).args(more).current_dir(folder.path()));
            assert_eq!(ended.status.code(), Some(0), "{line}: {}", support::text(&ended.stderr));
        }
        let port = format!("came to it at {first}, its plaintext port");
        assert!(seen.text().contains(&port), "{}", seen.text());
        assert!(seen.findings()[0]["clients"].as_array().unwrap().len() > 20);
        cases.case(
            &format!("{program}, and the nodes out of reach"),
            &format!("{to}{out_of_reach}"),
            1,
            &["proxy-bypass 1 2 3 > tunnel-partial 1 2 3 > announced-loopback 1 2 3 > node-unreachable 1 2 3"],
        );
        cases.case(
            &format!("{program}, no scheme"),
            &format!("{} --cacert {ca}", front.address),
            1,
            &["proxy-bypass 1 2 3 > port-kind-mismatch 1 2 3"],
        );
    }
}

#[test]
fn a_tls_client_proxy_before_a_tls_cluster() {
    if !redis_is_there() || !need("stunnel4") {
        return;
    }
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.77.1", "IP:127.0.77.2", "IP:127.0.77.3"]));
    let cluster = Cluster::builder().distinct_addresses().settings(Settings::default().tls(&certificate)).start();
    let mut cases = Cases::of(&cluster);
    let first = cluster.nodes[0].address;
    let front = Tunnel::stunnel(Adds::Tls, first, &certificate);
    let to = format!("redis://{}", front.address);
    cases.case("stunnel before a TLS cluster", &to, 1, &["proxy-bypass 1 2 3 > port-kind-mismatch 1 2 3"]);
    cases.case(
        "the same, and the nodes out of reach",
        &format!("{to}{}", nowhere(&cluster)),
        1,
        &["proxy-bypass 1 2 3 > tunnel-partial 1 2 3 > announced-loopback 1 2 3 > node-unreachable 1 2 3"],
    );
    // Another CA, as after a renewal that was forgotten here: the tunnel refuses, and says so in its log alone.
    let other = Pki::new();
    let stranger = other.issue("stranger", &Leaf::new(&["IP:127.0.77.1"]));
    let refused = Tunnel::stunnel(Adds::Tls, first, &stranger);
    let seen = cases.case(
        "a tunnel that does not trust the server",
        &format!("redis://{}", refused.address),
        1,
        &["endpoint-unreachable endpoint"],
    );
    assert!(seen.text().contains("a certificate that is expired, untrusted"), "{}", seen.text());
}

#[test]
fn a_balancer_before_all_nodes() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().distinct_addresses().start();
    let mut cases = Cases::of(&cluster);
    let at: Vec<SocketAddr> = cluster.nodes.iter().map(|node| node.address).collect();
    let balancer = Forward::start(at, None);
    let entry = format!("redis://{}", balancer.address);
    let seen = cases.case("a balancer, and nodes within reach", &entry, 0, &["balancer-endpoint 1 2 3"]);
    assert_eq!(seen.findings()[0]["severity"], "info");
    // Addresses of a pod network, which nobody calls loopback.
    for (n, node) in cluster.nodes.iter().enumerate() {
        node.command(&["CONFIG", "SET", "cluster-announce-hostname", &format!("pod-{n}.invalid")]);
        node.command(&["CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname"]);
    }
    cluster.wait_for_views("the names go round", |view| view.matches(".invalid").count() == 3);
    let seen = cases.case(
        "a balancer, and nodes out of reach",
        &format!("{entry}{}", nowhere(&cluster)),
        1,
        &["balancer-endpoint 1 2 3 > hostname-unresolvable 1 2 3 > node-unreachable 1 2 3"],
    );
    assert_eq!(seen.findings()[0]["severity"], "error");
    assert!(seen.map().is_empty(), "{:?}", seen.map());
    let ways = seen.lines("network");
    assert_eq!((ways.len(), ways.last()), (4, Some(&format!("redis-doctor tunnel {entry}"))), "{ways:?}");
}

#[test]
fn a_balancer_with_dead_servers_behind_it_is_not_waited_for() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    let mut cases = Cases::of(&cluster);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = silent.local_addr().unwrap();
    let balancer = Forward::start(vec![cluster.nodes[0].address, dead, dead, dead], None);
    let seen = cases.case("a balancer before dead servers", &format!("redis://{}", balancer.address), 0, &[]);
    assert!(seen.took < Duration::from_secs(4), "half the time of an attempt: {:?}", seen.took);
}
