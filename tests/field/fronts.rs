//! Fronts and proxies before the servers: those that choose by the server name, and those that have nobody to pass on to.

use super::{
    names::DNS,
    network::open,
    run::{Case, Run},
    support::{
        cluster::Cluster,
        dns::{Answer, chain},
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
    let lines = seen.lines("client");
    let sent = lines.iter().find(|line| line.starts_with("--sni")).expect("it says what to send");
    run.mended(&format!("{} {sent}", words("cache.field.test")));
}
