//! Fronts and proxies before the servers: those that choose by the server name, and those that have nobody to pass on to.

use std::sync::Arc;

use super::{
    names::DNS,
    network::open,
    run::{Case, Run},
    support::{
        cluster::Cluster,
        dns::{Answer, chain},
        fake::{Fake, Script, array, bulk},
        pki::{Certificate, Leaf, Pki},
        server::{Server, Settings},
        tunnel::Tunnel,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-10", play: closes_without_its_name },
    Case { id: "N-10-resets", play: resets_without_its_name },
    Case { id: "N-10-alerts", play: alerts_without_its_name },
    Case { id: "N-11", play: a_name_for_each_node },
    Case { id: "N-12", play: alias_of_the_name },
    Case { id: "N-13", play: proxies_without_a_server },
    Case { id: "N-13-part", play: a_proxy_with_a_dead_server },
    Case { id: "N-13-closes", play: fronts_without_a_server },
    Case { id: "N-14", play: a_proxy_without_the_password },
];

/// nginx with `ssl_preread`: each node announces the address of its front, which goes by one name for all.
fn closes_without_its_name(run: &mut Run) {
    one_name(run, |node, name, _| Tunnel::nginx_by_name(open(0), &[(name, node.address)]));
}

/// haproxy with `use_backend … if { req.ssl_sni … }`.
fn resets_without_its_name(run: &mut Run) {
    one_name(run, |node, name, _| Tunnel::haproxy_by_name(open(0), &[(name, node.address)]));
}

/// haproxy with strict-sni: the alert `unrecognized_name`.
fn alerts_without_its_name(run: &mut Run) {
    one_name(run, |node, _, certificate| Tunnel::haproxy_strict(open(0), node.address, certificate));
}

fn one_name(run: &mut Run, front: impl Fn(&Server, &str, &Certificate) -> Tunnel) {
    let pki = Pki::new();
    let name = "shop.lab.test";
    let certificate = pki.issue("front", &Leaf::new(&["DNS:shop.lab.test"]));
    let cluster = Cluster::builder().ip(open(0)).settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let fronts: Vec<Tunnel> = cluster.nodes.iter().map(|node| front(node, name, &certificate)).collect();
    for (node, front) in cluster.nodes.iter().zip(&fronts) {
        node.command(&["CONFIG", "SET", "cluster-announce-tls-port", &front.address.port().to_string()]);
    }
    cluster.settle();
    let (at, ca) = (fronts[0].address, pki.ca());
    let (port, ca) = (at.port(), ca.display());
    let resolved = fronts.iter().map(|front| format!(" --resolve {name}:{}:{}", front.address.port(), at.ip()));
    let resolved = resolved.collect::<Vec<_>>().concat();
    let named = format!("rediss://{name}:{port} --cacert {ca}{resolved}");
    let seen = run.check(&named);
    run.check(&format!("rediss://{at} --cacert {ca}"));
    run.check(&format!("rediss://{name}:{port} --sni other.lab.test --cacert {ca}{resolved}"));
    let lines = seen.lines("client");
    let sent = lines.iter().find(|line| line.starts_with("--sni")).expect("it says what to send");
    run.mended(&format!("{named} {sent}"));
}

/// Each node has a name of its own at the front, announces it, and clients are sent to the address all the same.
fn a_name_for_each_node(run: &mut Run) {
    let names = ["one.lab.test", "two.lab.test", "three.lab.test"];
    let pki = Pki::new();
    let certificate = pki.issue("nodes", &Leaf::new(&["DNS:*.lab.test"]));
    let ips = (0..3).map(open).collect();
    let cluster = Cluster::builder().ips(ips).settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let fronts: Vec<Tunnel> = cluster
        .nodes
        .iter()
        .zip(names)
        .map(|(node, name)| Tunnel::nginx_by_name(node.address.ip(), &[(name, node.address)]))
        .collect();
    for ((node, front), name) in cluster.nodes.iter().zip(&fronts).zip(names) {
        node.command(&["CONFIG", "SET", "cluster-announce-tls-port", &front.address.port().to_string()]);
        node.command(&["CONFIG", "SET", "cluster-announce-hostname", name]);
    }
    cluster.settle();
    let words = format!("rediss://one.lab.test:{} --cacert {}", fronts[0].address.port(), pki.ca().display());
    let seen = run.check(&words);
    for line in seen.lines("server") {
        cluster.everywhere(&line.split_whitespace().collect::<Vec<_>>());
    }
    run.mended(&words);
}

/// The endpoint is an alias of one's own for the name that the front knows.
fn alias_of_the_name(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("front", &Leaf::new(&["DNS:db-17.front.field.test", "DNS:cache.field.test"]));
    let server = Server::start(&Settings::default().ip(open(0)).tls(&certificate).config("protected-mode", "no"));
    let front = Tunnel::haproxy_by_name(open(0), &[("db-17.front.field.test", server.address)]);
    let leads = Answer::Addresses(chain(&["db-17.front.field.test"]), vec![open(0)], 60);
    DNS.set("cache.field.test", leads);
    DNS.set("db-17.front.field.test", Answer::Addresses(Vec::new(), vec![open(0)], 60));
    let words = |name: &str| format!("rediss://{name}:{} --cacert {}", front.address.port(), pki.ca().display());
    let seen = run.check(&words("cache.field.test"));
    // Whoever gives no scheme is told the same.
    run.check(words("cache.field.test").trim_start_matches("rediss://"));
    let lines = seen.lines("client");
    let sent = lines.iter().find(|line| line.starts_with("--sni")).expect("it says what to send");
    run.mended(&format!("{} {sent}", words("cache.field.test")));
}

/// What proxies say that have nobody to pass commands on to. Envoy's answers are those of 1.40, the others' stand in their sources.
fn proxies_without_a_server(run: &mut Run) {
    let envoy = |lost: &'static str| {
        move |command: &str| match command {
            "PING" => "+PONG\r\n".to_owned(),
            _ if command.starts_with("HELLO") => envoy_hello(),
            _ if command.starts_with("AUTH") => "-ERR Client sent AUTH, but no password is set\r\n".to_owned(),
            _ if command.starts_with("COMMAND") => {
                "-ERR unknown command 'COMMAND', with args beginning with: COUNT\r\n".to_owned()
            }
            "CLUSTER MYID" => "-ERR cluster subcommand 'myid' is not supported\r\n".to_owned(),
            _ => format!("-{lost}\r\n"),
        }
    };
    let all = |lost: &'static str| {
        move |command: &str| match command {
            "PING" => "+PONG\r\n".to_owned(),
            _ => format!("-{lost}\r\n"),
        }
    };
    let scripts: [Script; 6] = [
        Arc::new(envoy("no upstream host")),
        Arc::new(envoy("upstream failure")),
        Arc::new(all("ERR no server connection avaliable")),
        Arc::new(all("Cluster node disconnected: 10.0.0.7:6379")),
        Arc::new(all("ERR Connection refused")),
        Arc::new(all("ERR proxy upstream not available")),
    ];
    for script in scripts {
        let mut proxy = Fake::bind("127.0.0.1");
        proxy.serve(None, script);
        run.check(&format!("redis://{}", proxy.address));
    }
    // With the password that the server behind would want.
    let mut proxy = Fake::bind("127.0.0.1");
    proxy.serve(None, Arc::new(envoy("no upstream host")));
    run.check(&format!("redis://:secret@{}", proxy.address));
}

/// What Envoy is, as it says itself (1.40).
fn envoy_hello() -> String {
    let pairs = [("server", "envoy-redis-proxy"), ("version", "6.0.0"), ("mode", "standalone"), ("role", "master")];
    array(&pairs.into_iter().flat_map(|(key, value)| [bulk(key), bulk(value)]).collect::<Vec<_>>())
}

/// They accept, and close: nothing behind them is up.
fn fronts_without_a_server(run: &mut Run) {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    for front in [Tunnel::haproxy_before_nobody(open(0)), Tunnel::nginx_by_name(open(0), &[("\"\"", nobody)])] {
        run.check(&format!("redis://{}", front.address));
        run.check(&format!("rediss://{}", front.address));
    }
}

/// Of the two servers that Envoy picks from, one is down.
fn a_proxy_with_a_dead_server(run: &mut Run) {
    let mut proxy = Fake::bind("127.0.0.1");
    proxy.serve(
        None,
        Arc::new(|command| match command {
            "PING" => "+PONG\r\n".to_owned(),
            "CLUSTER SLOTS" | "CLUSTER NODES" => "-ERR This instance has cluster support disabled\r\n".to_owned(),
            _ => "-upstream failure\r\n".to_owned(),
        }),
    );
    run.check(&format!("redis://{}", proxy.address));
}

/// Envoy with a password for its clients, and without one, before a server that wants one.
fn a_proxy_without_the_password(run: &mut Run) {
    for auth in ["+OK\r\n", "-ERR Client sent AUTH, but no password is set\r\n"] {
        let mut proxy = Fake::bind("127.0.0.1");
        proxy.serve(
            None,
            Arc::new(move |command: &str| match command {
                "PING" => "+PONG\r\n".to_owned(),
                _ if command.starts_with("HELLO") => envoy_hello(),
                _ if command.starts_with("AUTH") => auth.to_owned(),
                _ => "-NOAUTH Authentication required.\r\n".to_owned(),
            }),
        );
        run.check(&format!("redis://:secret@{}", proxy.address));
    }
    // It was given one: a server that is no cluster, whatever Envoy makes of its INFO.
    let mut proxy = Fake::bind("127.0.0.1");
    let info = "# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\nrun_id:0d1f71f3db82e841350d9a9e2f609c6d5e4347db\r\n\
                # Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
    proxy.serve(
        None,
        Arc::new(move |command: &str| match command {
            "PING" => "+PONG\r\n".to_owned(),
            "INFO" => bulk(info),
            "CLUSTER MYID" => "-ERR cluster subcommand 'myid' is not supported\r\n".to_owned(),
            "ROLE" => "*1\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".to_owned(),
            _ if command.starts_with("HELLO") => envoy_hello(),
            _ if command.starts_with("AUTH") => "+OK\r\n".to_owned(),
            _ if command.starts_with("CLUSTER") => "-ERR This instance has cluster support disabled\r\n".to_owned(),
            _ if command.starts_with("COMMAND") => {
                "-ERR unknown command 'COMMAND', with args beginning with: COUNT\r\n".to_owned()
            }
            _ => "*0\r\n".to_owned(),
        }),
    );
    run.check(&format!("redis://:secret@{}", proxy.address));
}
