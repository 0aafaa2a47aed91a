//! Clients of one kind at deployments of another, and TLS where plaintext is, or the other way round.

use std::sync::Arc;

use super::{
    network::open,
    run::{Case, Run},
    support::{
        cluster::Cluster,
        fake::{Fake, array, bulk},
        pki::{Leaf, Pki},
        server::{Server, Settings, primary_and_replica},
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-11", play: plain_client_at_a_cluster },
    Case { id: "O-12", play: cluster_client_without_a_cluster },
    Case { id: "O-13", play: plaintext_at_a_tls_port },
    Case { id: "O-14", play: tls_at_a_plaintext_port },
    Case { id: "O-14-protected", play: tls_at_a_protected_port },
    Case { id: "O-35", play: tls_on_every_node },
    Case { id: "O-36", play: announced_ports_of_the_other_kind },
    Case { id: "O-36-old", play: one_port_for_everybody },
];

fn plain_client_at_a_cluster(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&format!("{endpoint} --expect standalone"));
    run.check(&endpoint);
    run.mended(&format!("{endpoint} --expect cluster"));
}

fn cluster_client_without_a_cluster(run: &mut Run) {
    let alone = Server::start(&Settings::default());
    run.check(&format!("redis://{} --expect cluster", alone.address));
    let (primary, replica) = primary_and_replica(&Settings::default());
    primary.knows_replica(replica.address);
    run.check(&format!("redis://{} --expect cluster", primary.address));
    run.check(&format!("redis://{}", primary.address));
    let monitor = format!("monitor mymaster 127.0.0.1 {} 1", primary.address.port());
    let sentinel = Server::sentinel(&Settings::default(), &[monitor]);
    run.check(&format!("redis://{} --expect cluster", sentinel.address));
    run.mended(&format!("redis://{} --expect standalone", primary.address));
}

fn plaintext_at_a_tls_port(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let server = Server::start(&Settings::default().tls(&certificate));
    let seen = run.check(&format!("redis://{}", server.address));
    let [to] = &seen.lines("client")[..] else { panic!("one line: {:?}", seen.lines("client")) };
    run.mended(&format!("{to} --cacert {}", pki.ca().display()));
}

fn tls_at_a_plaintext_port(run: &mut Run) {
    let server = Server::start(&Settings::default());
    let seen = run.check(&format!("rediss://{}", server.address));
    run.mended(&seen.lines("client")[0]);
}

/// The server writes its refusal at once, in plaintext: to a TLS client a "wrong version number".
fn tls_at_a_protected_port(run: &mut Run) {
    let settings = Settings::default().ip(open(0)).config("bind", "0.0.0.0").config("protected-mode", "yes");
    let server = Server::start(&settings);
    let seen = run.check(&format!("rediss://{}", server.address));
    for line in seen.lines("server").iter().filter(|line| !line.starts_with("bind")) {
        let words = line.replace("PASSWORD", "sesame");
        let words: Vec<&str> = words.split(' ').collect();
        server.command_as("sesame", &[&["CONFIG", "SET"], &words[..]].concat());
    }
    run.check(&format!("rediss://:sesame@{}", server.address));
    run.mended(&format!("redis://:sesame@{}", server.address));
}

/// TLS, its CA and the password belong to every node, not to the first one alone: so say the emitted settings.
fn tls_on_every_node(run: &mut Run) {
    let pki = Pki::new();
    let both = pki.issue("both", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    let cluster = Cluster::builder().settings(Settings::default().tls(&both).password("sesame")).start();
    run.name_nodes(&cluster);
    let words =
        |host| format!("rediss://:sesame@{host}:{} --cacert {}", cluster.nodes[0].address.port(), pki.ca().display());
    run.check(&words("127.0.0.1"));
    let name_alone = pki.issue("name", &Leaf::new(&["DNS:localhost"]));
    cluster.nodes.iter().for_each(|node| node.load(&name_alone));
    let words = words("localhost");
    run.check(&words);
    let node_redis = Run::emitted(&words, "node-redis");
    let (before, defaults) = node_redis.split_once("defaults").unwrap_or_else(|| panic!("no defaults: {node_redis}"));
    run.holds(
        "TLS, CA and password stand in the defaults",
        ["tls: true", "ca", "password"].iter().all(|it| defaults.contains(it)),
    );
    run.holds("and the first node has no settings of its own", !before.contains("tls: true"));
    run.mended_by_map(&words);
}

/// Both ports are open, and each is announced in the place of the other.
fn announced_ports_of_the_other_kind(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let cluster = Cluster::builder().plaintext_too().settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let plaintext = cluster.nodes[0].setting("port");
    for node in &cluster.nodes {
        node.command(&["CONFIG", "SET", "cluster-announce-tls-port", &node.setting("port")]);
        node.command(&["CONFIG", "SET", "cluster-announce-port", &node.address.port().to_string()]);
    }
    cluster.settle();
    let tls = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    let seen = run.check(&tls);
    let plain = run.check(&format!("redis://127.0.0.1:{plaintext}"));
    for line in seen.lines("server").iter().chain(&plain.lines("server")).filter(|line| line.starts_with("CONFIG")) {
        cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.settle();
    run.mended(&tls);
    run.mended(&format!("redis://127.0.0.1:{plaintext}"));
}

/// Redis 6.0 gossips one port: with `tls-cluster yes` the TLS one, to plaintext clients as well.
fn one_port_for_everybody(run: &mut Run) {
    const IDS: [&str; 2] = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let mut plain: Vec<Fake> = IDS.map(|_| Fake::bind("127.0.0.1")).into();
    let mut secure: Vec<Fake> = IDS.map(|_| Fake::bind("127.0.0.1")).into();
    let ports: Vec<u16> = secure.iter().map(|node| node.address.port()).collect();
    let entry = plain[0].address;
    for (n, id) in IDS.into_iter().enumerate() {
        run.name(id, &(n + 1).to_string());
        let script = six(id, plain[n].address.port(), IDS.into_iter().zip(ports.iter().copied()).collect());
        plain[n].serve(None, Arc::clone(&script));
        secure[n].serve(Some(&certificate), script);
    }
    let seen = run.check(&format!("redis://{entry}"));
    run.mended(&format!("{} --cacert {}", seen.lines("client")[0], pki.ca().display()));
}

/// A node of Redis 6.0: no SHARDS, no host names, one port.
fn six(own: &'static str, port: u16, nodes: Vec<(&'static str, u16)>) -> super::support::fake::Script {
    let info = format!("redis_version:6.0.16\r\nredis_mode:cluster\r\nrun_id:aa\r\ntcp_port:{port}\r\nrole:master\r\n");
    Arc::new(move |command| match command {
        "CLUSTER MYID" => bulk(own),
        "INFO" => bulk(&info),
        "HELLO" => array(&[bulk("mode"), bulk("cluster")]),
        "CLUSTER INFO" => bulk("cluster_state:ok\r\n"),
        "PING" => "+PONG\r\n".to_owned(),
        "CLUSTER SLOTS" => array(&[slots(0, 8191, nodes[0]), slots(8192, 16383, nodes[1])]),
        "CLUSTER NODES" => {
            let line = |(n, (id, port)): (usize, &(&str, u16))| {
                let flags = if *id == own { "myself,master" } else { "master" };
                let (first, last) = (n * 8192, n * 8192 + 8191);
                format!("{id} 127.0.0.1:{port}@1{port} {flags} - 0 0 {} connected {first}-{last}\n", n + 1)
            };
            bulk(&nodes.iter().enumerate().map(line).collect::<String>())
        }
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

fn slots(first: u16, last: u16, (id, port): (&str, u16)) -> String {
    let node = array(&[bulk("127.0.0.1"), format!(":{port}\r\n"), bulk(id)]);
    array(&[format!(":{first}\r\n"), format!(":{last}\r\n"), node])
}
