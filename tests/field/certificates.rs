//! Certificates: names that are not in them, dates, chains, usages, server names, versions.

use std::{process::Stdio, thread, time::Duration};

use super::{
    network::open,
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        pki::{Certificate, Leaf, Pki},
        server::{Server, Settings},
        tunnel::Tunnel,
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-08", play: names_of_pods },
    Case { id: "O-21", play: servers_only_on_the_bus },
    Case { id: "O-21-replication", play: servers_only_in_replication },
    Case { id: "O-22", play: a_front_that_goes_by_the_name },
    Case { id: "O-28", play: works_in_redis_cli },
    Case { id: "O-29", play: an_address_for_a_name },
    Case { id: "O-29-common-name", play: a_common_name_alone },
    Case { id: "O-40", play: renewed_on_disk },
    Case { id: "O-48", play: no_intermediate },
    Case { id: "O-50", play: its_own_authority },
    Case { id: "O-51", play: only_an_old_version },
];

/// A new certificate for the names that the first finding asks for.
pub fn reissued(seen: &Seen, pki: &Pki, file_name: &str) -> Certificate {
    let lines = seen.lines("certificate");
    let asked = lines.iter().find_map(|line| line.strip_prefix("subjectAltName = ")).expect("it says which names");
    let names: Vec<&str> = asked.split(',').map(str::trim).collect();
    pki.issue(file_name, &Leaf::new(&names))
}

/// Gives a server the lines that are printed for it; SAME-PATH stands for what the directive before it says now.
pub fn apply(seen: &Seen, audience: &str, server: &Server) {
    let lines = seen.lines(audience);
    let line = lines.iter().find(|line| line.starts_with("CONFIG SET ")).expect("it prints a CONFIG SET");
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        if words[at] == "SAME-PATH" {
            words[at] = server.setting(&words[at - 1]);
        }
    }
    server.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
}

/// One server that others than its own machine may ask.
fn alone(certificate: &Certificate) -> Settings {
    Settings::default().tls(certificate).ip(open(0)).config("protected-mode", "no")
}

/// Calls a lone server so, by the address at which it is met.
fn name(run: &mut Run, server: &Server, host: &str) {
    run.name(format!("{host}:{}", server.address.port()), "server");
}

fn secure(server: &Server, pki: &Pki) -> String {
    format!("rediss://{} --cacert {}", server.address, pki.ca().display())
}

fn open_cluster(certificate: &Certificate) -> Cluster {
    let settings = Settings::default().tls(certificate);
    Cluster::builder().ips((0..3).map(open).collect()).settings(settings).start()
}

/// The chart's certificate is for 127.0.0.1 and the service; clients are sent to the addresses of pods.
fn names_of_pods(run: &mut Run) {
    let pki = Pki::new();
    let cluster = open_cluster(&pki.issue("chart", &Leaf::new(&["IP:127.0.0.1", "DNS:redis.lab.test"])));
    run.name_nodes(&cluster);
    let port = cluster.nodes[0].address.port();
    let words = format!("rediss://redis.lab.test:{port} --cacert {}", pki.ca().display());
    let seen = run.check(&words);
    let new = reissued(&seen, &pki, "pods");
    cluster.nodes.iter().for_each(|node| node.load(&new));
    run.mended(&words);
}

/// The second node's certificate is for servers only: the others refuse its links.
fn servers_only_on_the_bus(run: &mut Run) {
    let pki = Pki::new();
    let both = pki.issue("both", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]));
    let cluster = open_cluster(&both);
    run.name_nodes(&cluster);
    let only = pki.issue("only", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]).usage("serverAuth"));
    cluster.nodes.iter().for_each(|node| node.load(&only));
    let words = secure(&cluster.nodes[0], &pki);
    run.check(&words);
    // Links that are up stay up; after a restart they are refused.
    let mut cluster = cluster;
    cluster.nodes[1].start_again_with(&only);
    let failed = |view: String| if view.contains("fail") && !view.contains("fail?") { Ok(()) } else { Err(view) };
    let seen = || cluster.nodes[0].command(&["CLUSTER", "NODES"]);
    wait_until("the node is failed", Duration::from_secs(60), || failed(seen()));
    run.check(&words);
    let fixed = pki
        .issue("fixed", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]).usage("serverAuth,clientAuth"));
    cluster.nodes.iter().for_each(|node| node.load(&fixed));
    cluster.wait_for_views("the links are up", |view| !view.contains("fail") && !view.contains("disconnected"));
    run.mended(&words);
}

/// The replica's certificate is for servers only, and the primary asks for one.
fn servers_only_in_replication(run: &mut Run) {
    let pki = Pki::new();
    let names = ["IP:10.88.0.1", "IP:10.88.0.2"];
    let (both, only) =
        (pki.issue("both", &Leaf::new(&names)), pki.issue("only", &Leaf::new(&names).usage("serverAuth")));
    let primary = Server::start(&alone(&both).config("tls-auth-clients", "optional"));
    let replica = Server::start(&alone(&only).ip(open(1)).config("bind-source-addr", "10.88.0.2"));
    replica.command(&["REPLICAOF", &open(0).to_string(), &primary.address.port().to_string()]);
    thread::sleep(Duration::from_secs(2));
    assert!(replica.replication_is_up().is_err(), "the primary refuses its replica");
    let words = secure(&replica, &pki);
    run.name(replica.address.to_string(), "replica");
    run.name(primary.address.to_string(), "primary");
    run.check(&words);
    let fixed = pki.issue("fixed", &Leaf::new(&names).usage("serverAuth,clientAuth"));
    replica.load(&fixed);
    wait_until("the replica is in", Duration::from_secs(20), || replica.replication_is_up());
    run.mended(&words);
}

/// A router before many databases: without a server name, or with another one, it ends the handshake.
fn a_front_that_goes_by_the_name(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("name", &Leaf::new(&["DNS:redis.lab.test"]));
    let server = Server::start(&Settings::default());
    let lines = format!("    server redis {}\n", server.address);
    let front = Tunnel::haproxy_with("ssl crt PEM strict-sni", &lines, &certificate);
    let port = front.address.port();
    let ca = pki.ca().display().to_string();
    run.name(format!("127.0.0.1:{port}"), "front");
    // An address is never sent as a server name (RFC 6066 section 3).
    let words = format!("rediss://127.0.0.1:{port} --cacert {ca}");
    let seen = run.check(&words);
    run.check(&format!("{words} --sni other.lab.test"));
    let lines = seen.lines("client");
    let sent = lines.iter().find(|line| line.starts_with("--sni")).expect("it says what to send");
    run.mended(&format!("{words} {}", sent.replace("NAME", "redis.lab.test")));
}

/// redis-cli says PONG by the address, since it compares no names.
fn works_in_redis_cli(run: &mut Run) {
    let pki = Pki::new();
    let server = Server::start(&alone(&pki.issue("name", &Leaf::new(&["DNS:redis.lab.test"]))));
    name(run, &server, "10.88.0.1");
    let words = secure(&server, &pki);
    let seen = run.check(&words);
    server.load(&reissued(&seen, &pki, "address"));
    run.mended(&words);
}

/// An exporter beside the server dials 127.0.0.1; the certificate names the service.
fn an_address_for_a_name(run: &mut Run) {
    let pki = Pki::new();
    let server = Server::start(&Settings::default().tls(&pki.issue("name", &Leaf::new(&["DNS:redis.lab.test"]))));
    name(run, &server, "127.0.0.1");
    let words = secure(&server, &pki);
    run.check(&words);
    run.mended(&format!("{words} --server-name redis.lab.test"));
}

/// An old internal authority writes a common name and nothing else.
fn a_common_name_alone(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("common", &Leaf::new(&[]).common_name("redis.lab.test"));
    let server = Server::start(&alone(&certificate));
    name(run, &server, "redis.lab.test");
    let words = format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), pki.ca().display());
    let seen = run.check(&words);
    server.load(&reissued(&seen, &pki, "named"));
    run.mended(&words);
}

/// The file is new, and the server still has the old one in memory.
fn renewed_on_disk(run: &mut Run) {
    let pki = Pki::new();
    let leaf = || Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]);
    let (old, new) = (pki.issue("old", &leaf().expired()), pki.issue("new", &leaf()));
    let path = pki.install(&new);
    let cluster = open_cluster(&path);
    run.name_nodes(&cluster);
    pki.install(&old);
    for node in &cluster.nodes[..2] {
        node.load(&path);
    }
    pki.install(&new);
    let words = secure(&cluster.nodes[2], &pki);
    let seen = run.check(&words);
    for node in &cluster.nodes[..2] {
        apply(&seen, "server", node);
    }
    run.mended(&words);
}

/// tls-cert-file holds the leaf alone.
fn no_intermediate(run: &mut Run) {
    let root = Pki::new();
    let pki = root.intermediate();
    let leaf = pki.issue("leaf", &Leaf::new(&["IP:10.88.0.1"]));
    // The server must not complete the chain from its own CA file.
    let by_root = Certificate { ca: root.ca(), ..leaf.clone() };
    let server = Server::start(&alone(&by_root));
    name(run, &server, "10.88.0.1");
    let words = secure(&server, &root);
    let seen = run.check(&words);
    // cat LEAF.pem INTERMEDIATE.pem > FULLCHAIN.pem, as printed.
    let cat = seen.lines("server").into_iter().find(|line| line.starts_with("cat ")).expect("it says how");
    let full = leaf.cert.with_extension("fullchain.pem");
    let cat = cat.replace("LEAF.pem", leaf.cert.to_str().unwrap());
    let cat =
        cat.replace("INTERMEDIATE.pem", pki.ca().to_str().unwrap()).replace("FULLCHAIN.pem", full.to_str().unwrap());
    assert!(std::process::Command::new("sh").args(["-c", &cat]).stdin(Stdio::null()).status().unwrap().success());
    server.load(&Certificate { cert: full, ..leaf });
    run.mended(&words);
}

/// `openssl req -x509` made it, and it is its own CA file.
fn its_own_authority(run: &mut Run) {
    let pki = Pki::new();
    let own = pki.self_signed("own", &Leaf::new(&["IP:10.88.0.1"]).ca());
    let server = Server::start(&alone(&own));
    name(run, &server, "10.88.0.1");
    run.check(&format!("rediss://{} --cacert {}", server.address, own.cert.display()));
    // CA:FALSE, its own issuer: rustls takes it for no anchor.
    let plain = pki.self_signed("plain", &Leaf::new(&["IP:10.88.0.1"]));
    server.load(&plain);
    run.check(&format!("rediss://{} --cacert {}", server.address, plain.cert.display()));
    // The fix: a CA, and a leaf that it signs.
    let ca = Pki::named("ca");
    server.load(&ca.issue("leaf", &Leaf::new(&["IP:10.88.0.1"])));
    run.mended(&secure(&server, &ca));
}

/// The server takes nothing above TLS 1.1; then 1.2 alone, and 1.3 alone.
fn only_an_old_version(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("leaf", &Leaf::new(&["IP:10.88.0.1"]));
    let with = |versions: &str| {
        let settings = alone(&certificate).config("tls-protocols", versions);
        Server::start(&settings.config("tls-ciphers", "DEFAULT@SECLEVEL=0"))
    };
    let server = with("TLSv1.1");
    let words = secure(&server, &pki);
    let seen = run.check(&words);
    let line = seen.lines("server").into_iter().find(|line| line.contains("tls-protocols")).expect("it says how");
    let versions = line.strip_prefix("tls-protocols ").expect("it is a line of redis.conf").trim_matches('"');
    server.command(&["CONFIG", "SET", "tls-protocols", versions]);
    run.mended(&words);
    for versions in ["TLSv1.2", "TLSv1.3"] {
        let server = with(versions);
        run.mended(&secure(&server, &pki));
    }
}
