//! `check` on real Sentinels: what they hand out, and where it leads.

mod support;

use std::{
    collections::BTreeSet,
    net::{IpAddr, UdpSocket},
    path::Path,
};

use serde_json::Value;
use support::{
    cases::{Cases, Seen},
    doctor, need, output,
    pki::{Leaf, Pki},
    sentinels::{Group, knows, monitor_alone},
    server::{Server, Settings},
    text,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn nodes(seen: &Seen) -> &[Value] {
    seen.report["topology"]["nodes"].as_array().unwrap()
}

/// `role address`, sorted, of the nodes that answered with their own ids where they say they are.
fn proved(seen: &Seen) -> BTreeSet<String> {
    let own = |node: &&Value| {
        let at = node["reachable"].as_array().unwrap();
        !at.is_empty() && at.iter().all(|way| way["node_id"] == node["id"])
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |node: &Value| {
        let announced = &node["announced"];
        format!("{} {}:{}", word(&node["role"]), word(&announced["preferred"]), announced["port"])
    };
    nodes(seen).iter().filter(own).map(line).collect()
}

#[test]
fn three_sentinels_tell_the_same() {
    if !redis_is_there() {
        return;
    }
    let (group, mut cases) = (Group::plain(), Cases::new());
    let mut expected: BTreeSet<String> = group.sentinels.iter().map(|s| format!("sentinel {}", s.address)).collect();
    expected.insert(format!("primary {}", group.servers[0].address));
    expected.extend(group.servers[1..].iter().map(|replica| format!("replica {}", replica.address)));
    let mut told = BTreeSet::new();
    for sentinel in &group.sentinels {
        let seen = cases.case("a Sentinel", &format!("redis://{}", sentinel.address), 0, &[]);
        assert_eq!(seen.report["topology"]["kind"], "sentinel");
        assert_eq!(proved(&seen), expected);
        let listed = &seen.report["topology"]["groups"][0];
        assert_eq!((&listed["name"], &listed["quorum"]), (&"mymaster".into(), &2.into()));
        assert_eq!(
            (listed["replicas"].as_array().unwrap().len(), listed["sentinels"].as_array().unwrap().len()),
            (2, 3)
        );
        assert_eq!(listed["sentinels"][0], sentinel.command(&["SENTINEL", "MYID"]).trim());
        told.insert(nodes(&seen).iter().map(|node| node["id"].to_string()).collect::<BTreeSet<_>>());
    }
    assert_eq!(told.len(), 1, "each names the others by the ids that they have");
    let at = group.sentinels[0].address;
    cases.case("no scheme", &at.to_string(), 0, &[]);
    cases.case("--expect sentinel", &format!("redis://{at} --expect sentinel"), 0, &[]);
    for kind in ["cluster", "standalone"] {
        let to = format!("redis://{at} --expect {kind}");
        let seen = cases.case(&format!("--expect {kind}"), &to, 1, &["unexpected-kind endpoint"]);
        assert!(seen.title().contains("Sentinel"), "{}", seen.title());
    }
}

#[test]
fn screens_and_snapshots_hold_the_groups() {
    if !redis_is_there() {
        return;
    }
    let (one, other) = (Group::plain(), Server::start(&Settings::default()));
    let sentinel = &one.sentinels[0];
    let (ip, port) = (other.address.ip().to_string(), other.address.port().to_string());
    sentinel.command(&["SENTINEL", "MONITOR", "orders", &ip, &port, "1"]);
    knows(sentinel, "orders", 0, 0);
    let at = sentinel.address.to_string();
    let said = |words: &[&str]| {
        let done = output(doctor().args(words));
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().to_str().unwrap();
    for command in ["check", "topology"] {
        let (code, shown, _) = said(&[command, &at, "--save", file]);
        assert_eq!(code, Some(0), "{shown}");
        let group = format!("mymaster: primary {}, 2 replicas, 3 Sentinels", one.servers[0].address);
        assert!(shown.contains(&group) && shown.contains("quorum 2"), "{shown}");
        assert!(shown.contains("orders (--group NAME") && !shown.contains(&other.address.to_string()), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        let (_, again, _) = said(&[command, "--from", file]);
        let (shown, again) = (shown.split("next:").next(), again.split("next:").next());
        assert_eq!(shown, again, "a snapshot holds what was seen");
    }
    let (_, shown, _) = said(&["check", &at, "--group", "orders"]);
    assert!(shown.contains("orders: primary") && !shown.contains(&one.servers[0].address.to_string()), "{shown}");
    let (code, shown, _) = said(&["check", &at, "--group", "order"]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("sentinel-group-unknown") && shown.contains("watched: mymaster, orders"), "{shown}");
    sentinel.command(&["SENTINEL", "REMOVE", "mymaster"]);
    sentinel.command(&["SENTINEL", "MONITOR", "sessions", &ip, &port, "1"]);
    let (_, shown, _) = said(&["topology", &at]);
    assert!(shown.contains("orders: primary") && shown.contains("sessions: primary"), "{shown}");
    assert!(shown.contains("orders, sessions"), "one server under two names: {shown}");
    let (_, shown, _) = said(&["clients", &at, "--client", "ioredis"]);
    assert!(shown.contains("✓ ok"), "either group serves it: {shown}");
    let (code, _, complaint) = said(&["address-map", &at, "--for", "ioredis"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("--group NAME says which of orders, sessions"), "{complaint}");
    let (code, _, complaint) = said(&["check", &format!("redis://{}", other.address), "--group", "orders"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("this is none"), "{complaint}");
}

#[test]
fn certificates_are_held_against_what_is_handed_out() {
    if !redis_is_there() {
        return;
    }
    let (pki, mut cases) = (Pki::new(), Cases::new());
    let ca = pki.ca();
    let good = Settings::default().tls(&pki.issue("good", &Leaf::new(&["IP:127.0.0.1", "DNS:localhost"])));
    let group = Group::start(&good, &good, &[]);
    let at = group.sentinels[0].address;
    let seen = cases.case("TLS", &format!("rediss://{at} --cacert {}", ca.display()), 0, &[]);
    assert_eq!(proved(&seen).len(), 6);
    cases.case("TLS, no scheme", &format!("{at} --cacert {}", ca.display()), 0, &[]);

    let named = Settings::default().tls(&pki.issue("named", &Leaf::new(&["DNS:localhost"])));
    let group = Group::start(&named, &named, &[]);
    let port = group.sentinels[0].address.port();
    let handed = group.servers.iter().chain(&group.sentinels[1..]).map(|server| server.address.to_string());
    let mut handed: Vec<String> = handed.collect();
    handed.sort();
    let to = format!("rediss://localhost:{port} --cacert {}", ca.display());
    let seen = cases.case(
        "names in the certificates, IPs handed out",
        &to,
        1,
        &[&format!("san-mismatch {}", handed.join(" "))],
    );
    let expected = |address: &String| format!("{address} -> {}", address.replace("127.0.0.1", "localhost"));
    let mut map = seen.map();
    map.retain(|entry| !entry.starts_with("localhost"));
    map.sort();
    assert_eq!(map, handed.iter().map(expected).collect::<Vec<_>>());
    assert!(
        seen.text().contains("sentinel-myid") && seen.text().contains("\"identity\":\"run-id\""),
        "{}",
        seen.text()
    );
}

#[test]
fn sentinels_and_servers_may_differ_in_tls() {
    if !redis_is_there() {
        return;
    }
    let (pki, mut cases) = (Pki::new(), Cases::new());
    let ca = pki.ca();
    let certificate = pki.issue("good", &Leaf::new(&["IP:127.0.0.1"]));
    let data = Settings::default().tls(&certificate).password("sesame");
    // Sentinels that listen in plaintext, and speak TLS to the servers.
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let sentinel = Settings::default()
        .config("tls-replication", "yes")
        .config("tls-cert-file", &file(&certificate.cert))
        .config("tls-key-file", &file(&certificate.key))
        .config("tls-ca-cert-file", &file(&certificate.ca));
    let primary = Server::start(&data);
    let replica = Server::start(&data);
    replica.replicate(&primary);
    let lines = [monitor_alone("mymaster", &primary), "auth-pass mymaster sesame".to_owned()];
    let watching = Server::sentinel(&sentinel, &lines);
    knows(&watching, "mymaster", 1, 0);
    let (ip, port) = (watching.address.ip(), watching.address.port());
    let to = format!("-h {ip} -p {port} -a sesame --cacert {}", ca.display());
    let seen = cases.case("plaintext Sentinel, TLS servers, no scheme", &to, 0, &[]);
    assert_eq!(proved(&seen).len(), 3);
    let secured = nodes(&seen).iter().filter(|node| node["tls"]["chain_ok"] == true && node["tls"]["name_ok"] == true);
    assert_eq!(secured.count(), 2);
    let mut servers = [primary.address.to_string(), replica.address.to_string()];
    servers.sort();
    let told = format!("port-kind-mismatch {}", servers.join(" "));
    let to = format!("redis://:sesame@{}", watching.address);
    let seen = cases.case("plaintext Sentinel, TLS servers, redis://", &to, 1, &[&told]);
    assert!(!seen.text().contains("cluster-announce"), "{}", seen.text());
}

#[test]
fn addresses_of_another_network() {
    if !redis_is_there() {
        return;
    }
    // Containers: each Sentinel hands out what means nothing here, and the ports are published on this machine.
    let group = Group::start(
        &Settings::default().config("replica-announce-ip", "10.255.0.2"),
        &Settings::default(),
        &["announce-ip 10.255.0.3"],
    );
    let mut cases = Cases::new();
    let nowhere = "--connect-to 10.255.0.2::127.0.0.1:1 --connect-to 10.255.0.3::127.0.0.1:1";
    let port = group.sentinels[0].address.port();
    let replicas = group.servers[1..].iter().map(|server| format!("10.255.0.2:{}", server.address.port()));
    let peers = group.sentinels[1..].iter().map(|server| format!("10.255.0.3:{}", server.address.port()));
    let mut lost: Vec<String> = replicas.chain(peers).collect();
    lost.sort();
    let to = format!("redis://localhost:{port} {nowhere}");
    let seen = cases.case("addresses of containers", &to, 1, &[&format!("node-unreachable {}", lost.join(" "))]);
    let mut map = seen.map();
    map.retain(|entry| entry.starts_with("10."));
    map.sort();
    let published = |address: &String| format!("{address} -> localhost:{}", address.split(':').nth(1).unwrap());
    assert_eq!(map, lost.iter().map(published).collect::<Vec<_>>());
    assert!(seen.title().starts_with("4 of 6 nodes out of reach"), "{}", seen.title());

    let wrong = Server::start(&Settings::default());
    let (taken, other) = (group.servers[0].address, wrong.address.port());
    let crossed = format!("redis://localhost:{port} --connect-to 127.0.0.1:{}:127.0.0.1:{other}", taken.port());
    let seen = cases.case(
        "another server answers",
        &format!("{crossed} {nowhere}"),
        1,
        &[&format!("node-unreachable {}", lost.join(" ")), &format!("wrong-node {taken}")],
    );
    assert!(seen.text().contains("the run id that the Sentinel tells"), "{}", seen.text());
}

#[test]
fn a_primary_by_name_and_its_replica_by_address() {
    if !redis_is_there() {
        return;
    }
    let (pki, mut cases) = (Pki::new(), Cases::new());
    let named = Settings::default().tls(&pki.issue("named", &Leaf::new(&["DNS:localhost"])));
    let (primary, replica) = (Server::start(&named), Server::start(&named));
    replica.replicate(&primary);
    let monitor = format!("monitor mymaster localhost {} 1", primary.address.port());
    let lines = ["resolve-hostnames yes".to_owned(), "announce-hostnames yes".to_owned(), monitor];
    let sentinel = Server::sentinel(&named, &lines);
    knows(&sentinel, "mymaster", 1, 0);
    let to = format!("rediss://localhost:{} --cacert {}", sentinel.address.port(), pki.ca().display());
    let seen = cases.case(
        "announce-hostnames",
        &to,
        1,
        &[&format!("sentinel-mixed-names {0} > san-mismatch {0}", replica.address)],
    );
    assert!(proved(&seen).contains(&format!("primary localhost:{}", primary.address.port())), "{:?}", proved(&seen));
}

#[test]
fn a_loopback_address_that_is_handed_out() {
    if !redis_is_there() {
        return;
    }
    // The address of this machine that leads outside, where it has one; nothing is sent.
    let outside = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Some(ip) = outside.ok().map(|local| local.ip()).filter(|ip| !ip.is_loopback()) else { return };
    let primary = Server::start(&Settings::default());
    let open = Settings::default().ip(ip).config("protected-mode", "no");
    let sentinel = Server::sentinel(&open, &[monitor_alone("mymaster", &primary)]);
    knows(&sentinel, "mymaster", 0, 0);
    let told = format!("announced-loopback {}", primary.address);
    Cases::new().case("a loopback address", &format!("redis://{}", sentinel.address), 1, &[&told]);
}

#[test]
fn ipv6_is_looked_up_without_brackets() {
    if !redis_is_there() {
        return;
    }
    let ip: IpAddr = "::1".parse().unwrap();
    let settings = Settings::default().ip(ip);
    let (primary, replica) = (Server::start(&settings), Server::start(&settings));
    replica.replicate(&primary);
    let sentinel = Server::sentinel(&settings, &[monitor_alone("mymaster", &primary)]);
    knows(&sentinel, "mymaster", 1, 0);
    let (own, lost) = (sentinel.address.port(), primary.address.port());
    let mut cases = Cases::new();
    let seen = cases.case("IPv6", &format!("redis://[::1]:{own}"), 0, &[]);
    assert_eq!(proved(&seen).len(), 3);
    let names = format!("--resolve redis.test:{own}:[::1] --resolve redis.test:{lost}:[::1]");
    let to = format!("redis://redis.test:{own} {names} --connect-to [::1]:{lost}:127.0.0.1:1");
    let seen = cases.case("IPv6, out of reach", &to, 1, &[&format!("node-unreachable [::1]:{lost}")]);
    assert!(seen.map().contains(&format!("[::1]:{lost} -> redis.test:{lost}")), "{:?}", seen.map());
}

#[test]
fn credentials_are_for_the_servers() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let data = Settings::default().password("sesame");
    let group = Group::start(&data, &Settings::default(), &["auth-pass mymaster sesame"]);
    let at = group.sentinels[0].address;
    let servers: BTreeSet<String> = group.servers.iter().map(|server| server.address.to_string()).collect();
    let servers: Vec<String> = servers.into_iter().collect();
    cases.case("a password for the servers", &format!("redis://:sesame@{at}"), 0, &[]);
    cases.case("a user that the Sentinels do not know", &format!("redis://default:sesame@{at}"), 0, &[]);
    group
        .servers
        .iter()
        .for_each(|server| drop(server.command(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all"])));
    cases.case("a user of the servers alone", &format!("redis://app:pw@{at}"), 0, &[]);
    let refused = format!("credentials-refused {}", servers.join(" "));
    cases.case("no password", &format!("redis://{at}"), 1, &[&refused]);
    let seen = cases.case("a wrong one", &format!("redis://:tahini@{at}"), 1, &[&refused]);
    assert!(seen.title().contains("the server refuses") && seen.title().contains("\"default\""), "{}", seen.title());
}
