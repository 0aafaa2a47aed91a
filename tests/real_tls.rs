//! `check` on real TLS servers with every kind of certificate, on both sides of the handshake.

mod support;

use std::time::Duration;

use support::{
    cases::Cases,
    cluster::Cluster,
    need,
    pki::{Certificate, Leaf, Pki},
    server::{Server, Settings},
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn good() -> Leaf {
    Leaf::new(&["IP:127.0.0.1", "DNS:localhost"]).common_name("node")
}

/// One server with this certificate, asked at its address with this CA.
fn with(cases: &mut Cases, name: &str, node: &Certificate, ca: &std::path::Path, exit: i32, codes: &[&str]) -> String {
    let server = Server::start(&Settings::default().tls(node));
    let at = server.address;
    let findings: Vec<String> = codes.iter().map(|code| code.replace('@', &at.to_string())).collect();
    let findings: Vec<&str> = findings.iter().map(String::as_str).collect();
    let seen = cases.case(name, &format!("rediss://{at} --cacert {}", ca.display()), exit, &findings);
    seen.text()
}

#[test]
fn each_fault_of_a_server_certificate_is_named() {
    if !redis_is_there() {
        return;
    }
    let (pki, other) = (Pki::new(), Pki::new());
    let (ca, mut cases) = (pki.ca(), Cases::new());
    let node = pki.issue("good", &good());
    with(&mut cases, "healthy TLS", &node, &ca, 0, &[]);
    with(&mut cases, "a CA that did not sign it", &node, &other.ca(), 1, &["chain-untrusted @"]);
    let itself = pki.self_signed("itself", &good());
    with(&mut cases, "self-signed, not given as CA", &itself, &ca, 1, &["chain-untrusted @"]);
    with(&mut cases, "self-signed leaf given as CA", &itself, &itself.cert, 0, &[]);
    let authority = pki.self_signed("authority", &good().ca());
    let said = with(&mut cases, "CA:TRUE leaf given as CA", &authority, &authority.cert, 0, &["ca-as-leaf @"]);
    assert!(said.contains("CaUsedAsEndEntity"), "{said}");

    let intermediate = pki.intermediate();
    // Given the intermediate as a trusted CA, OpenSSL would send it along unasked.
    let bare = Certificate { ca: pki.ca(), ..intermediate.issue("bare", &good()) };
    with(&mut cases, "missing intermediate", &bare, &ca, 1, &["chain-incomplete @"]);
    with(&mut cases, "with its intermediate", &intermediate.with_chain(&bare), &ca, 0, &[]);

    let expired = pki.issue("expired", &good().expired());
    let said = with(&mut cases, "expired", &expired, &ca, 1, &["certificate-expired @"]);
    assert!(said.contains("the certificate expired on 2021-01-01"), "{said}");
    let early = pki.issue("early", &good().not_yet_valid());
    let said = with(&mut cases, "not yet valid", &early, &ca, 1, &["certificate-expired @"]);
    assert!(said.contains("not valid before 2090-01-01"), "{said}");
    let soon = pki.issue("soon", &good().days_left(5));
    with(&mut cases, "five days left", &soon, &ca, 0, &["certificate-expires-soon @"]);
    with(&mut cases, "a fresh one of five days", &pki.issue("short", &good().days(5)), &ca, 0, &[]);

    let named = pki.issue("named", &Leaf::new(&["DNS:redis.example.com"]));
    let said = with(&mut cases, "another name", &named, &ca, 1, &["san-mismatch @"]);
    assert!(said.contains("\"expected\":\"a certificate for IP:127.0.0.1\""), "{said}");
    let common = pki.issue("common", &Leaf::new(&[]).common_name("127.0.0.1"));
    let said = with(&mut cases, "common name only", &common, &ca, 1, &["san-mismatch @"]);
    assert!(said.contains("no subject alternative names, only the common name 127.0.0.1"), "{said}");
    let common = Server::start(&Settings::default().tls(&pki.issue("local", &Leaf::new(&[]).common_name("localhost"))));
    let at = format!("localhost:{}", common.address.port());
    let to = format!("rediss://{at} --cacert {}", ca.display());
    let seen = cases.case("the right common name only", &to, 0, &[&format!("common-name-only {at}")]);
    assert!(seen.text().contains("redis-rs") && !seen.text().contains("\"node-redis\""), "{}", seen.text());
    let typed = pki.issue("typed", &Leaf::new(&["DNS:127.0.0.1"]));
    with(&mut cases, "IP as DNS entry", &typed, &ca, 1, &["ip-in-dns-san @ > san-mismatch @"]);
    let client_only = pki.issue("client-only", &good().usage("clientAuth"));
    let said = with(&mut cases, "serverAuth missing", &client_only, &ca, 1, &["chain-untrusted @"]);
    assert!(said.contains("the certificate may not be used by a server"), "{said}");
}

#[test]
fn a_client_certificate_is_asked_for_and_judged() {
    if !redis_is_there() {
        return;
    }
    let (pki, other) = (Pki::new(), Pki::new());
    let (ca, mut cases) = (pki.ca(), Cases::new());
    let node = pki.issue("node", &good());
    let given = |c: &Certificate| format!("--cert {} --key {}", c.cert.display(), c.key.display());
    let right = given(&pki.issue("client", &Leaf::new(&[]).common_name("client").usage("clientAuth")));
    let foreign = given(&other.issue("client", &Leaf::new(&[]).common_name("client").usage("clientAuth")));
    let server_only = given(&pki.issue("server-only", &Leaf::new(&[]).common_name("client").usage("serverAuth")));
    let expired = given(&pki.issue("old-client", &Leaf::new(&[]).common_name("client").expired()));
    for version in ["TLSv1.3", "TLSv1.2"] {
        let settings = Settings::default().tls(&node).client_certificates().config("tls-protocols", version);
        let server = Server::start(&settings);
        let to = format!("rediss://{} --cacert {}", server.address, ca.display());
        let required = "client-certificate-required endpoint";
        let name = |what| format!("{version}: {what}");
        let seen = cases.case(&name("no client certificate"), &to, 1, &[required]);
        assert_eq!(seen.title(), "the server demands a client certificate");
        assert!(seen.took < Duration::from_secs(2), "{:?}", seen.took);
        cases.case(&name("the right client certificate"), &format!("{to} {right}"), 0, &[]);
        for (what, wrong) in [("another CA's", &foreign), ("serverAuth only", &server_only), ("expired", &expired)] {
            let seen = cases.case(&name(what), &format!("{to} {wrong}"), 1, &["client-certificate-refused endpoint"]);
            assert!(seen.title().starts_with("the server refuses the client certificate: "), "{what}");
        }
    }
}

#[test]
fn the_protocol_is_told_from_the_wire() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let mut cases = Cases::new();
    let secure = Server::start(&Settings::default().tls(&pki.issue("node", &good())));
    let plain = Server::start(&Settings::default());
    let ca = pki.ca().display().to_string();

    let to = format!("redis://{} --cacert {ca}", secure.address);
    let seen = cases.case("plaintext URL on a TLS port", &to, 1, &["tls-required endpoint"]);
    assert!(seen.took < Duration::from_secs(1), "{:?}", seen.took);
    let remedy = format!("{} --cacert {ca}", seen.lines("client")[0]);
    cases.case("its remedy, applied", &remedy, 0, &[]);

    let seen = cases.case(
        "TLS URL on a plaintext port",
        &format!("rediss://{}", plain.address),
        1,
        &["tls-not-spoken endpoint"],
    );
    assert!(seen.took < Duration::from_secs(1), "{:?}", seen.took);
    cases.case("its remedy, applied", &seen.lines("client")[0], 0, &[]);

    let undecided = |at: std::net::SocketAddr| format!("{at} --cacert {ca}");
    cases.case("no scheme, TLS", &undecided(secure.address), 0, &[]);
    for (at, spoken) in [(secure.address, "TLS"), (plain.address, "plaintext")] {
        let screen = support::run(support::doctor().args(["check", &at.to_string(), "--cacert", &ca]));
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains(&format!("{at} speaks {spoken} (no scheme was given)")), "{screen}");
    }
    let seen = cases.case("no scheme, plaintext", &undecided(plain.address), 0, &[]);
    assert!(seen.took < Duration::from_secs(1), "{:?}", seen.took);
    cases.case("-h and -p, plaintext", &format!("-h 127.0.0.1 -p {}", plain.address.port()), 0, &[]);
    let typed = format!("-h 127.0.0.1 -p {} --cacert {ca}", secure.address.port());
    cases.case("-h and -p without --tls on a TLS port", &typed, 0, &[]);
    cases.case("-h, -p and --tls", &format!("{typed} --tls"), 0, &[]);
    let old = Settings::default().tls(&pki.issue("old", &good())).config("tls-protocols", "TLSv1.1");
    // Without it OpenSSL has nothing at all to offer there.
    let old = old.config("tls-ciphers", "DEFAULT:@SECLEVEL=0");
    if let Ok(old) = std::panic::catch_unwind(|| Server::start(&old)) {
        let expected = ["tls-too-old endpoint > tls-handshake-failed endpoint"];
        cases.case("TLS 1.1 only", &undecided(old.address), 1, &expected);
    }
}

#[test]
fn one_node_with_another_certificate_is_named() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &good());
    let cluster = Cluster::builder().settings(Settings::default().tls(&node)).start();
    let mut cases = Cases::of(&cluster);
    let at = |n: usize| cluster.nodes[n - 1].address;
    let ca = pki.ca().display().to_string();
    cases.case("healthy TLS cluster with IP SANs", &format!("rediss://{} --cacert {ca}", at(1)), 0, &[]);
    cases.case(
        "by a name that resolves to one node",
        &format!("rediss://localhost:{} --cacert {ca}", at(1).port()),
        0,
        &[],
    );
    cases.case("no scheme", &format!("{} --cacert {ca}", at(2)), 0, &[]);
    cases.case("plaintext URL on a TLS cluster", &format!("redis://{}", at(2)), 1, &["tls-required endpoint"]);
    let bystander = pki.ca();
    let other = Pki::new();
    cases.case(
        "CA unknown here",
        &format!("rediss://{} --cacert {}", at(1), other.ca().display()),
        1,
        &["chain-untrusted 1 2 3"],
    );
    assert!(bystander.exists());

    let change = |n: usize, to: &Certificate| {
        let (cert, key) = (to.cert.to_str().unwrap(), to.key.to_str().unwrap());
        cluster.nodes[n - 1].command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
    };
    let to = format!("rediss://{} --cacert {ca}", at(1));
    change(2, &pki.issue("other", &Leaf::new(&["IP:10.9.9.9"])));
    let seen = cases.case("one node with another address in its certificate", &to, 1, &["san-mismatch 2"]);
    assert!(seen.text().contains("IP:10.9.9.9"), "{}", seen.title());
    change(2, &pki.issue("old", &good().expired()));
    let seen =
        cases.case("one node with an expired certificate", &to, 1, &["certificate-expired 2 > renewal-half-done 2"]);
    assert_eq!(seen.lines("server"), ["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH"]);
    change(2, &other.issue("foreign", &good()));
    cases.case("one node with another CA's certificate", &to, 1, &["chain-untrusted 2"]);
    change(2, &node);
    cases.case("all well again", &to, 0, &[]);
}
