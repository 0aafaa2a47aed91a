//! Certificates that work today and will not one day, on real servers; and how `--at` shows that day.

mod support;

use std::time::Duration;

use support::{
    cases::{Cases, check},
    cluster::Cluster,
    need,
    pki::{Certificate, Leaf, Pki},
    server::{Server, Settings},
    tunnel::Tunnel,
    wait_until,
};

const DAY: i64 = 86_400;

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn good() -> Leaf {
    Leaf::new(&["IP:127.0.0.1", "DNS:localhost"]).common_name("node")
}

fn days_from_now(days: i64) -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp() + days * DAY
}

fn load(server: &Server, certificate: &Certificate) {
    let (cert, key) = (certificate.cert.to_str().unwrap(), certificate.key.to_str().unwrap());
    server.command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
}

#[test]
fn a_certificate_renewed_on_disk_is_old_where_nobody_loaded_it() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let installed = pki.install(&pki.issue("old", &good().days_left(40)));
    let cluster = Cluster::builder().settings(Settings::default().tls(&installed)).start();
    let mut cases = Cases::of(&cluster);
    let to = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    cases.case("before the renewal", &to, 0, &[]);

    pki.install(&pki.issue("new", &good().days(365)));
    cases.case("renewed on disk alone", &to, 0, &[]);
    load(&cluster.nodes[0], &installed);
    load(&cluster.nodes[2], &installed);
    let seen = cases.case("loaded by two of three", &to, 0, &["renewal-half-done 2"]);
    assert!(seen.title().starts_with("1 of 3 nodes still serves the old certificate"), "{}", seen.title());
    let later = format!("{to} --at {}", days_from_now(45));
    let seen =
        cases.case("and when the old one has ended", &later, 1, &["certificate-expired 2 > renewal-half-done 2"]);
    assert!(seen.text().contains("\"as_of\""), "{}", seen.text());

    assert_eq!(seen.lines("server"), ["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH"]);
    load(&cluster.nodes[1], &installed);
    cases.case("its remedy, applied", &to, 0, &[]);
    cases.case("and later", &later, 0, &[]);
}

#[test]
fn a_certificate_for_each_node_is_no_renewal() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    // Equal names, and another one for each: issued when each node was added.
    let own: Vec<Certificate> = (0..3).map(|n| pki.issue(&format!("own-{n}"), &good().days(100 + 60 * n))).collect();
    let first = own[0].clone();
    let cluster = Cluster::builder()
        .settings(Settings::default().tls(&first))
        .each(move |n, settings| settings.tls(&own[n]))
        .start();
    let to = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    Cases::of(&cluster).case("one for each", &to, 0, &[]);
}

#[test]
fn a_certificate_for_servers_alone_breaks_the_bus_at_the_next_link() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let both = pki.issue("both", &good().usage("serverAuth,clientAuth"));
    let alone = pki.issue("alone", &good().usage("serverAuth"));
    let settings = Settings::default().tls(&both).config("enable-debug-command", "yes");
    let cluster = Cluster::builder().settings(settings).start();
    let mut cases = Cases::of(&cluster);
    let to = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    cases.case("for both", &to, 0, &[]);
    cluster.nodes.iter().for_each(|node| load(node, &alone));
    let seen = cases.case("for servers alone, links up", &to, 0, &["client-usage-missing 1 2 3"]);
    assert!(seen.title().contains("the cluster bus"), "{}", seen.title());

    let (first, ids) = (&cluster.nodes[0], cluster.node_ids());
    for id in &ids[1..] {
        first.command(&["DEBUG", "CLUSTERLINK", "KILL", "ALL", id]);
    }
    wait_until("the bus is lost", Duration::from_secs(60), || {
        let nodes = first.command(&["CLUSTER", "NODES"]);
        let lost = nodes.lines().filter(|line| line.contains("fail")).count() >= 2;
        if lost { Ok(()) } else { Err(nodes) }
    });
    cluster.nodes.iter().for_each(|node| load(node, &both));
    wait_until("its remedy, applied", Duration::from_secs(60), || {
        let seen = check(&to);
        if seen.exit == 0 && seen.findings().is_empty() { Ok(()) } else { Err(seen.text()) }
    });
}

#[test]
fn a_replica_is_a_client_of_its_primary() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let alone = pki.issue("alone", &good().usage("serverAuth"));
    let client = pki.issue("client", &Leaf::new(&[]).common_name("client").usage("clientAuth"));
    let (cert, key) = (client.cert.display().to_string(), client.key.display().to_string());
    // The primary asks, so that the replica needs a certificate of its own for that.
    let asks = Settings::default().tls(&alone).config("tls-auth-clients", "optional");
    let given = asks.clone().config("tls-client-cert-file", &cert).config("tls-client-key-file", &key);
    let mut cases = Cases::new();
    for (settings, told) in [(given, true), (Settings::default().tls(&alone), false)] {
        let (primary, replica) = (Server::start(&settings), Server::start(&settings));
        replica.replicate(&primary);
        let to = format!("rediss://{} --cacert {}", primary.address, pki.ca().display());
        let finding = format!("client-usage-missing {}", replica.address);
        let expected: &[&str] = if told { &[&finding] } else { &[] };
        cases.case("a replica over TLS, asked for a certificate or not", &to, 0, expected);
    }
}

#[test]
fn an_issuer_that_ends_before_the_leaf_is_told_with_its_day() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let intermediate = pki.intermediate_for(10);
    let leaf = Certificate { ca: pki.ca(), ..intermediate.with_chain(&intermediate.issue("leaf", &good())) };
    let server = Server::start(&Settings::default().tls(&leaf));
    let (at, mut cases) = (server.address, Cases::new());
    let to = format!("rediss://{at} --cacert {}", pki.ca().display());
    let seen = cases.case("an intermediate of ten days", &to, 0, &[&format!("issuer-expires-first {at}")]);
    assert!(seen.title().starts_with("the intermediate certificate expires on"), "{}", seen.title());
    assert!(seen.text().contains("redis-py") && seen.text().contains("redis-rs"), "{}", seen.text());
    let later = format!("{to} --at {}", days_from_now(15));
    let seen = cases.case("after those", &later, 1, &[&format!("certificate-expired {at}")]);
    assert!(seen.title().starts_with("the intermediate certificate expired"), "{}", seen.title());
}

#[test]
fn a_root_that_ends_first_is_minded_by_those_who_look_at_its_dates() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::lasting("a root of ten days", 10);
    let server = Server::start(&Settings::default().tls(&pki.issue("leaf", &good())));
    let (at, mut cases) = (server.address, Cases::new());
    let to = format!("rediss://{at} --cacert {}", pki.ca().display());
    let seen = cases.case("a root of ten days", &to, 0, &[&format!("issuer-expires-first {at}")]);
    assert!(seen.title().starts_with("the root that clients trust expires on"), "{}", seen.title());
    let presented = seen.findings()[0]["presented"].as_str().unwrap();
    assert!(presented.contains("openssl@3") && presented.contains("go@1.23"), "{presented}");
    assert!(!presented.contains("java") && !presented.contains("rustls"), "{presented}");
    let later = format!("{to} --at {}", days_from_now(15));
    let seen = cases.case("after those", &later, 1, &[&format!("certificate-expired {at}")]);
    assert!(seen.title().starts_with("the root that clients trust expired"), "{}", seen.title());
    let clients = seen.findings()[0]["clients"].to_string();
    assert!(clients.contains("redis-py") && !clients.contains("redis-rs"), "{clients}");
}

#[test]
fn at_judges_again_and_sends_credentials_by_the_real_time() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &good().days(90));
    let server = Server::start(&Settings::default().tls(&node).password("secret"));
    let (at, mut cases, folder) = (server.address, Cases::new(), tempfile::tempdir().unwrap());
    let to = format!("rediss://:secret@{at} --cacert {}", pki.ca().display());
    let (soon, after, before) = (days_from_now(85), days_from_now(91), days_from_now(-10));
    cases.case("now", &to, 0, &[]);
    cases.case("before its end", &format!("{to} --at {soon}"), 0, &[&format!("certificate-expires-soon {at}")]);
    let expired = format!("certificate-expired {at}");
    let seen = cases.case("after it", &format!("{to} --at {after}"), 1, &[&expired]);
    assert_eq!(seen.report["topology"]["kind"], "standalone", "the password was sent: {}", seen.text());
    let seen = cases.case("before its beginning", &format!("{to} --at {before}"), 1, &[&expired]);
    assert!(seen.title().contains("not valid before"), "{}", seen.title());

    // What is saved is what was seen; another day is asked of it later.
    let file = folder.path().join("seen.json").display().to_string();
    cases.case("saved", &format!("{to} --at {after} --save {file}"), 1, &[&expired]);
    cases.case("loaded", &format!("--from {file}"), 0, &[]);
    cases.case("loaded, and later", &format!("--from {file} --at {after}"), 1, &[&expired]);
    let said = |arguments: &[&str]| support::text(&support::output(support::doctor().args(arguments)).stdout);
    let head = said(&["check", "--from", &file, "--at", "2099-03-15"]);
    assert!(head.contains("as of 2099-03-15 (looked at "), "{head}");
    let clients = said(&["clients", "--from", &file, "--at", "2099-03-15", "--client", "ioredis"]);
    assert!(clients.contains("tls-chain"), "{clients}");
}

#[test]
fn the_clients_own_certificate_ends_as_well() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &good().days(365));
    let own = pki.issue("own", &Leaf::new(&[]).common_name("app").usage("clientAuth").days(20));
    let mut cases = Cases::new();
    for asks in ["yes", "no"] {
        let server = Server::start(&Settings::default().tls(&node).config("tls-auth-clients", asks));
        let files = format!("--cert {} --key {}", own.cert.display(), own.key.display());
        let to = format!("rediss://{} --cacert {} {files}", server.address, pki.ca().display());
        let asked = asks == "yes";
        let told = |exit: i32, code: &'static str| if asked { (exit, vec![code]) } else { (0, Vec::new()) };
        cases.case("now", &to, 0, &[]);
        let (exit, findings) = told(0, "certificate-expires-soon endpoint");
        cases.case("a day before its end", &format!("{to} --at {}", days_from_now(19)), exit, &findings);
        let (exit, findings) = told(1, "certificate-expired endpoint");
        let seen = cases.case("after its end", &format!("{to} --at {}", days_from_now(25)), exit, &findings);
        assert!(!asked || seen.title().starts_with("the client certificate expired on"), "{}", seen.text());
    }
}

#[test]
fn half_a_new_ca_loses_the_clients_that_have_one() {
    if !redis_is_there() {
        return;
    }
    let (old, new) = (Pki::named("Example CA 2016"), Pki::named("Example CA 2026"));
    let node = old.issue("node", &good());
    let cluster = Cluster::builder().settings(Settings::default().tls(&node)).start();
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let bundle = [old.ca(), new.ca()].map(|file| std::fs::read(file).unwrap()).concat();
    std::fs::write(&both, bundle).unwrap();
    let mut cases = Cases::of(&cluster);
    let to = format!("rediss://{} --cacert {}", cluster.nodes[0].address, both.display());
    cases.case("one CA", &to, 0, &[]);
    load(&cluster.nodes[1], &new.issue("node", &good()));
    let seen = cases.case("two", &to, 0, &["anchors-differ 2"]);
    assert!(seen.text().contains("Example CA 2016") && seen.text().contains("Example CA 2026"), "{}", seen.text());
    load(&cluster.nodes[1], &node);
    cases.case("one again", &to, 0, &[]);
}

#[test]
fn one_name_for_nodes_with_names_of_their_own() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let own: Vec<Certificate> = (1..=3)
        .map(|n| {
            let names = [format!("IP:127.0.77.{n}"), format!("DNS:node-{n}.example.com")];
            pki.issue(&format!("own-{n}"), &Leaf::new(&[&names[0], &names[1]]).common_name(&format!("node-{n}")))
        })
        .collect();
    let first = own[0].clone();
    let cluster = Cluster::builder()
        .settings(Settings::default().tls(&first))
        .distinct_addresses()
        .each(move |n, settings| settings.tls(&own[n]))
        .start();
    let mut cases = Cases::of(&cluster);
    let to = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    cases.case("each by its address", &to, 0, &[]);
    let fixed = format!("{to} --server-name node-1.example.com");
    cases.case("all by one name", &fixed, 1, &["fixed-server-name 2 3 > san-mismatch 2 3"]);
}

#[test]
fn a_terminator_has_another_certificate_for_who_sends_no_name() {
    if !(redis_is_there() && need("haproxy")) {
        return;
    }
    let pki = Pki::new();
    let named = pki.issue("named", &Leaf::new(&["DNS:localhost"]).common_name("localhost"));
    let default = pki.issue("default", &Leaf::new(&["DNS:default.example.com"]).common_name("default"));
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("named.pem");
    std::fs::write(&both, [&named.cert, &named.key].map(|file| std::fs::read(file).unwrap()).concat()).unwrap();
    let redis = Server::start(&Settings::default());
    let bind = format!("ssl crt PEM crt {}", both.display());
    let front = Tunnel::haproxy_with(&bind, &format!("  server node {}", redis.address), &default);
    let mut look = support::doctor();
    look.args(["tls-check", &format!("rediss://localhost:{}", front.address.port()), "--format", "json"]);
    look.arg("--cacert").arg(pki.ca());
    let report: serde_json::Value = serde_json::from_slice(&support::output(&mut look).stdout).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "certificate-by-sni", "{report}");
    assert!(finding["presented"].as_str().unwrap().contains("default.example.com"), "{report}");
    assert!(finding["clients"].to_string().contains("ioredis"), "{report}");
}

#[test]
fn what_is_sent_for_nothing_is_a_note() {
    if !redis_is_there() {
        return;
    }
    let (pki, other) = (Pki::new(), Pki::named("a stranger"));
    let intermediate = pki.intermediate();
    let leaf = intermediate.issue("leaf", &good());
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Cases::new();
    let sent = |name: &str, files: &[&std::path::Path]| {
        let cert = folder.path().join(name);
        std::fs::write(&cert, files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect::<Vec<u8>>()).unwrap();
        Certificate { cert, ..leaf.clone() }
    };
    let (own, root, stranger) = (intermediate.ca(), pki.ca(), other.ca());
    let mut case = |name: &str, files: &[&std::path::Path], codes: &[&str]| {
        let certificate = Certificate { ca: root.clone(), ..sent(&name.replace(' ', "-"), files) };
        let server = Server::start(&Settings::default().tls(&certificate));
        let findings: Vec<String> = codes.iter().map(|code| format!("{code} {}", server.address)).collect();
        let findings: Vec<&str> = findings.iter().map(String::as_str).collect();
        let to = format!("rediss://{} --cacert {}", server.address, root.display());
        cases.case(name, &to, 0, &findings);
    };
    case("in order", &[&leaf.cert, &own], &[]);
    case("with the root", &[&leaf.cert, &own, &root], &[]);
    case("the root first", &[&leaf.cert, &root, &own], &["chain-misordered"]);
    case("with a stranger", &[&leaf.cert, &own, &stranger], &["chain-superfluous"]);
    case("with itself again", &[&leaf.cert, &own, &leaf.cert], &["chain-superfluous"]);
}
