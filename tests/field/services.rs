//! Hosted services: what they announce, refuse and require, and what people make of it.

use std::{fmt::Write as _, time::Duration};

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        azure::azure_shape,
        cases::check,
        cluster::Cluster,
        fake::Fake,
        pki::{Certificate, Leaf, Pki},
        server::{Server, Settings, primary_and_replica},
        service::{Node, Service, primaries},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-02", play: azure_enterprise },
    Case { id: "O-03", play: azure_premium },
    Case { id: "O-05", play: private_authority },
    Case { id: "O-27", play: heroku },
    Case { id: "O-34", play: filtered_shards },
    Case { id: "O-49", play: changed_root },
    Case { id: "O-52", play: serverless },
    Case { id: "O-53", play: wrong_endpoint },
    Case { id: "O-54", play: proxies },
    Case { id: "O-54-healthy", play: healthy_services },
];

/// Nodes at IPs, a certificate for a wildcard of names, and a service that lets nobody configure it.
fn azure_enterprise(run: &mut Run) {
    let azure = azure_shape();
    run.name_nodes(&azure.cluster);
    let words = azure.arguments().join(" ");
    let seen = run.check(&words);
    run.holds("the service is named", seen.report["provider"]["id"] == "azure-redis-enterprise");
    run.holds("nothing is left of CONFIG SET", !seen.text().contains("CONFIG SET"));
    run.mended_by_map(&words);

    // Its successor, with another suffix; found through the certificate behind a name of one's own.
    let names = ["DNS:*.westus3.redis.azure.net"];
    let (pki, cluster) = tls_cluster(&names);
    let successor = format!("shop.westus3.redis.azure.net:{}", port(&cluster));
    let words = format!(
        "rediss://{successor} --cacert {}{}",
        pki.ca().display(),
        resolved("shop.westus3.redis.azure.net", &cluster)
    );
    run.name_nodes(&cluster);
    let seen = run.check(&words);
    run.holds("the successor is named", seen.report["provider"]["id"] == "azure-managed-redis");
}

/// Every node at the address of the one name, at ports of their own.
fn azure_premium(run: &mut Run) {
    let name = "shop.redis.cache.windows.net";
    let (pki, cluster) = tls_cluster(&[&format!("DNS:{name}")]);
    run.name_nodes(&cluster);
    let words =
        format!("rediss://{name}:{} --cacert {}{}", port(&cluster), pki.ca().display(), resolved(name, &cluster));
    run.check(&words);
    run.mended_by_map(&words);
}

/// The application was not given the CA: of a service with a bundle, and of one with an authority of each instance.
fn private_authority(run: &mut Run) {
    let name = "redis-12000.c1.us-east-1-2.ec2.redns.redis-cloud.com";
    let pki = Pki::named("redis-doctor test cloud root");
    let server = Server::start(&Settings::default().tls(&pki.issue("cloud", &Leaf::new(&[&format!("DNS:{name}")]))));
    let port = server.address.port();
    run.name(format!("{name}:{port}"), "1");
    let words = format!("rediss://{name}:{port} --resolve {name}:{port}:127.0.0.1");
    run.check(&words);
    run.mended(&format!("{words} --cacert {}", pki.ca().display()));

    let pki = Pki::named("Google Cloud Memorystore Redis Server CA");
    let leaf = Leaf::new(&[&format!("IP:{}", open(7))]);
    let mut instance = at_port(&open(7).to_string(), 6378);
    instance.serve(Some(&pki.issue("instance", &leaf)), Service::standalone("6.2.14").script());
    run.check(&format!("rediss://{}", instance.address));
}

/// The chain that the service sends ends in a root of its own, which nobody publishes.
fn heroku(run: &mut Run) {
    let name = "ec2-52-1-2-3.compute-1.amazonaws.com";
    let pki = Pki::named("redis-doctor test heroku root");
    let certificate = pki.with_chain(&pki.issue("heroku", &Leaf::new(&[&format!("DNS:{name}")]).common_name(name)));
    let server = Server::start(&Settings::default().tls(&certificate).password("p1d2"));
    let port = server.address.port();
    run.check(&format!("rediss://:p1d2@{name}:{port} --resolve {name}:{port}:127.0.0.1"));
}

/// The entry port is open, and those of the shards are not.
fn filtered_shards(run: &mut Run) {
    let hosts: Vec<String> = (0..3).map(|n| filtered(n).to_string()).collect();
    let at: Vec<(&str, u16)> = hosts.iter().map(String::as_str).zip(8501..).collect();
    let nodes = primaries(&at);
    name_scripted(run, &nodes);
    let name = "shop.westus3.redis.azure.net";
    let pki = Pki::new();
    let certificate = pki.issue("azure", &Leaf::new(&["DNS:*.westus3.redis.azure.net"]));
    let ip = open(8);
    let mut entry = at_port(&ip.to_string(), 10000);
    entry.serve(Some(&certificate), Service::node("7.4.2", &nodes, 0).over_tls().script());
    run.check(&format!(
        "rediss://{name}:10000 --cacert {} --resolve {name}:10000:{ip} --timeout 2s",
        pki.ca().display()
    ));
}

/// Half of the nodes have a certificate under the new root already.
fn changed_root(run: &mut Run) {
    let (old, new) = (Pki::named("redis-doctor test old root"), Pki::named("redis-doctor test new root"));
    let leaf = Leaf::new(&["IP:127.0.0.1"]);
    let both = old.issue("old", &leaf).ca.with_file_name("both.pem");
    let roots = [old.ca(), new.ca()].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    std::fs::write(&both, roots).unwrap();
    let trusting = |certificate: Certificate| Certificate { ca: both.clone(), ..certificate };
    let (one, other) = (trusting(old.issue("old", &leaf)), trusting(new.issue("new", &leaf)));
    let settings = Settings::default().tls(&one);
    let cluster = Cluster::builder().nodes(3).settings(settings).start();
    cluster.nodes[2].load(&other);
    run.name_nodes(&cluster);
    let endpoint = format!("rediss://127.0.0.1:{}", port(&cluster));
    run.check(&format!("{endpoint} --cacert {}", old.ca().display()));
    run.check(&format!("{endpoint} --cacert {}", both.display()));
}

/// One name: 6379 reads and writes, 6380 reads.
fn serverless(run: &mut Run) {
    let name = "shop-x7f9q2.serverless.use1.cache.amazonaws.com";
    let (pki, shape) = (Pki::new(), serverless_nodes(name));
    let certificate = pki.issue("serverless", &Leaf::new(&[&format!("DNS:{name}")]));
    let fakes: Vec<Fake> = (0..2)
        .map(|n| {
            let mut fake = at_port("127.0.52.1", shape[n].port);
            let service =
                Service::node("7.1.0", &shape, n).over_tls().says(&["os:Amazon ElastiCache", "gcc_version:0.0.0"]);
            fake.serve(Some(&certificate), service.script());
            fake
        })
        .collect();
    let at: String = fakes.iter().fold(String::new(), |mut at, fake| {
        let _ = write!(at, " --resolve {name}:{}:127.0.52.1", fake.address.port());
        at
    });
    let seen = run.check(&format!("rediss://{name}:6379 --cacert {}{at}", pki.ca().display()));
    run.holds("two nodes at one host", seen.report["topology"]["nodes"].as_array().unwrap().len() == 2);
}

fn serverless_nodes(name: &str) -> Vec<Node> {
    let id = |n: u8| format!("{n:x}").repeat(8) + &"0".repeat(32);
    let primary = Node { id: id(10), host: name.to_owned(), port: 6379, slots: Some((0, 16383)), primary: None };
    let replica = Node { id: id(11), port: 6380, slots: None, primary: Some(primary.id.clone()), ..primary.clone() };
    vec![primary, replica]
}

/// One cache has several names, and infrastructure code hands on another one than is needed.
fn wrong_endpoint(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let at = |name: &str, port: u16, rest: &str| format!("{name}:{port} --resolve {name}:{port}:127.0.0.1 {rest}");
    let seed = port(&cluster);
    // One node's own name as the seed of a cluster.
    run.check(&format!("redis://{}", at("shop-0001-001.abc123.0001.use1.cache.amazonaws.com", seed, "")));
    // The configuration endpoint where a plain client is meant; it is well where a cluster's is.
    let configuration = "shop.abc123.clustercfg.use1.cache.amazonaws.com";
    run.check(&format!("redis://{}", at(configuration, seed, "--expect standalone")));
    run.check(&format!("redis://{}", at(configuration, seed, "--expect cluster")));
    // The name says that TLS is off, and TLS is asked for.
    run.check(&format!("rediss://{}", at(configuration, seed, "")));

    let (primary, replica) = primary_and_replica(&Settings::default());
    let (writes, reads) = (primary.address.port(), replica.address.port());
    // The reader endpoint, and the primary's own.
    run.check(&format!("redis://{}", at("shop-ro.abc123.ng.0001.use1.cache.amazonaws.com", reads, "")));
    run.check(&format!("redis://{}", at("shop.abc123.ng.0001.use1.cache.amazonaws.com", writes, "")));
    // The primary endpoint, and a cluster client.
    run.check(&format!("redis://{}", at("shop.abc123.ng.0001.use1.cache.amazonaws.com", writes, "--expect cluster")));
    // A name without TLS that is gone since TLS is required.
    run.check("redis://shop.abc123.clustercfg.use1.cache.amazonaws.com:6379");
    other_names(run);
}

/// The same of names and ports that other services have.
fn other_names(run: &mut Run) {
    let pki = Pki::new();
    let at = |name: &str, port: u16| {
        format!("{name}:{port} --cacert {} --resolve {name}:{port}:127.0.0.1", pki.ca().display())
    };
    let tls = |file: &str, name: &str| {
        Server::start(&Settings::default().tls(&pki.issue(file, &Leaf::new(&[&format!("DNS:{name}")]))))
    };
    // TLS is there beside plaintext, under other names.
    let preferred = tls("aws", "*.shop.abc123.use1.cache.amazonaws.com");
    run.check(&format!("rediss://{}", at("shop.abc123.ng.0001.use1.cache.amazonaws.com", preferred.address.port())));
    // The name that the private zone has, and no certificate.
    let azure = tls("azure", "shop.redis.cache.windows.net");
    run.check(&format!("rediss://{}", at("shop.privatelink.redis.cache.windows.net", azure.address.port())));
    // The port of the service's predecessor, and a port that the name contradicts.
    run.check(&format!("rediss://{}", at("shop.westus3.redis.azure.net", 6380)));
    run.check(&format!(
        "redis://{}",
        at("redis-12000.c1.us-east-1-2.ec2.redns.redis-cloud.com", 6379).replace("--cacert", "--timeout 2s --cacert")
    ));
}

/// Proxies that know no CLUSTER, no INFO and no HELLO, and say so or hang up.
fn proxies(run: &mut Run) {
    let unknown = ["HELLO", "INFO", "ROLE", "COMMAND", "CLUSTER"];
    let mut envoy = Fake::bind("127.0.0.1");
    envoy.serve(None, Service::default().without(&unknown).script());
    run.check(&format!("redis://{}", envoy.address));
    run.check(&format!("redis://{} --expect cluster", envoy.address));

    let mut twemproxy = Fake::bind("127.0.0.1");
    twemproxy.serve(None, Service::default().hanging_up_on(&unknown).script());
    run.check(&format!("redis://{}", twemproxy.address));

    // A cluster's proxy that only hangs up on HELLO.
    let mut proxy = Fake::bind(&open(5).to_string());
    let nodes = primaries(&[(&open(5).to_string(), proxy.address.port())]);
    name_scripted(run, &nodes);
    proxy.serve(None, Service::node("6.2.0", &nodes, 0).hanging_up_on(&["HELLO"]).script());
    run.check(&format!("redis://{}", proxy.address));

    // A real server from which CLUSTER was taken: a plain server for all that a plain client notices.
    let server = Server::start(&Settings::default().config("rename-command", "CLUSTER \"\""));
    run.check(&format!("redis://{}", server.address));
}

/// Services as they are when all is well: nothing above a notice is said of any of them, and each is known.
fn healthy_services(run: &mut Run) {
    let pki = Pki::new();
    for single in SINGLE {
        healthy_single(run, &pki, single);
    }
    for (id, name, hosts, port, without) in CLUSTERED {
        healthy_cluster(run, &pki, id, name, *hosts, (*port, without));
    }
    for (id, authority) in CHARTS {
        let names = ["shop-0", "shop-1", "shop-2"].map(|pod| format!("{pod}.shop-headless.app.svc.cluster.local"));
        let names = [0, 1, 2].map(|n: usize| names[n].as_str());
        let (name, own) = ("shop.app.svc.cluster.local", Pki::named(authority));
        healthy_cluster(run, &own, id, name, names, (6379, &[]));
    }
    one_address_for_all(run);
    one_host_for_all(run);
    // A port is nobody's sign.
    for port in [6378, 8001, 10001, 25061] {
        let mut fake = at_port("127.0.54.2", port);
        fake.serve(None, Service::standalone("7.2.4").script());
        is_healthy(run, "", &format!("redis://{}", fake.address));
    }
}

/// A service with one endpoint over TLS: id, name, port, what its server lacks.
type Single = (&'static str, &'static str, u16, &'static [&'static str]);

const SINGLE: &[Single] = &[
    ("azure-managed-redis", "shop.westus3.redis.azure.net", 10000, &[]),
    ("azure-redis-enterprise", "shop.westus3.redisenterprise.cache.azure.net", 10000, &["ROLE", "CLUSTER MYID"]),
    ("azure-cache", "shop.redis.cache.windows.net", 6380, &[]),
    ("elasticache", "master.shop.abc123.use1.cache.amazonaws.com", 6379, &[]),
    ("redis-cloud", "redis-12000.c1.us-east-1-2.ec2.redns.redis-cloud.com", 12000, &["ROLE", "CLUSTER"]),
    ("alibaba", "r-bp1abc.redis.rds.aliyuncs.com", 6379, &["CLUSTER"]),
    ("huawei-dcs", "redis-1234-shop.dcs.huaweicloud.com", 6379, &[]),
    ("upstash", "usable-cat-31337.upstash.io", 6379, &["ROLE", "CLUSTER"]),
    ("aiven", "valkey-shop-acme.aivencloud.com", 23456, &["CLUSTER", "COMMAND"]),
    ("digitalocean", "shop-do-user-123-0.b.db.ondigitalocean.com", 25061, &[]),
    ("render", "frankfurt-keyvalue.render.com", 6379, &[]),
    ("ibm", "0a1b2c3d.c1v.databases.appdomain.cloud", 31042, &[]),
    ("oci-cache", "amaaaab-p.redis.us-ashburn-1.oci.oraclecloud.com", 6379, &[]),
];

fn healthy_single(run: &mut Run, pki: &Pki, (id, name, port, without): &Single) {
    let certificate = pki.issue(id, &Leaf::new(&[&format!("DNS:{name}")]));
    let mut fake = at_port("127.0.54.1", *port);
    fake.serve(Some(&certificate), Service::standalone("7.2.4").without(without).script());
    let words = format!("rediss://{name}:{port} --cacert {} --resolve {name}:{port}:127.0.54.1", pki.ca().display());
    is_healthy(run, id, &words);
}

/// A service whose nodes announce names: id, endpoint, nodes, port, what each of them lacks.
type Clustered = (&'static str, &'static str, [&'static str; 3], u16, &'static [&'static str]);

const CLUSTERED: &[Clustered] = &[
    (
        "elasticache",
        "clustercfg.shop.abc123.use1.cache.amazonaws.com",
        [
            "shop-0001-001.shop.abc123.use1.cache.amazonaws.com",
            "shop-0002-001.shop.abc123.use1.cache.amazonaws.com",
            "shop-0003-001.shop.abc123.use1.cache.amazonaws.com",
        ],
        6379,
        &[],
    ),
    (
        "memorydb",
        "clustercfg.shop.abc123.memorydb.us-east-1.amazonaws.com",
        [
            "shop-0001-001.shop.abc123.memorydb.us-east-1.amazonaws.com",
            "shop-0002-001.shop.abc123.memorydb.us-east-1.amazonaws.com",
            "shop-0003-001.shop.abc123.memorydb.us-east-1.amazonaws.com",
        ],
        6379,
        &[],
    ),
    (
        "oci-cache",
        "amaaaab-1-1.redis.us-ashburn-1.oci.oraclecloud.com",
        [
            "amaaaab-1-1.redis.us-ashburn-1.oci.oraclecloud.com",
            "amaaaab-2-1.redis.us-ashburn-1.oci.oraclecloud.com",
            "amaaaab-3-1.redis.us-ashburn-1.oci.oraclecloud.com",
        ],
        6379,
        &[],
    ),
    (
        "redis-enterprise",
        "redis-12001.rc.lab.test",
        ["node1.rc.lab.test", "node2.rc.lab.test", "node3.rc.lab.test"],
        12001,
        &["ROLE", "CLUSTER MYID"],
    ),
    (
        "ot-redis-operator",
        "shop-leader.redis.svc.cluster.local",
        [
            "shop-leader-0.shop-leader-headless.redis.svc.cluster.local",
            "shop-leader-1.shop-leader-headless.redis.svc.cluster.local",
            "shop-leader-2.shop-leader-headless.redis.svc.cluster.local",
        ],
        6379,
        &[],
    ),
];

/// Charts and operators, by the authority that they make; names of pods alone are anybody's.
const CHARTS: [(&str, &str); 3] =
    [("bitnami-redis-cluster", "redis-cluster-ca"), ("kubeblocks", "KubeBlocks"), ("", "redis-doctor test root")];

fn healthy_cluster(
    run: &mut Run,
    pki: &Pki,
    id: &str,
    name: &str,
    hosts: [&str; 3],
    (port, without): (u16, &[&'static str]),
) {
    let sans: Vec<String> = hosts.iter().chain([&name]).map(|host| format!("DNS:{host}")).collect();
    let sans: Vec<&str> = sans.iter().map(String::as_str).collect();
    let certificate = pki.issue("node", &Leaf::new(&sans));
    let at: Vec<(&str, u16)> = hosts.iter().map(|host| (*host, port)).collect();
    let nodes = primaries(&at);
    let mut words =
        format!("rediss://{name}:{port} --cacert {} --resolve {name}:{port}:127.0.54.11", pki.ca().display());
    let fakes: Vec<Fake> = (0..3)
        .map(|n| {
            let ip = format!("127.0.54.1{}", n + 1);
            if hosts[n] != name {
                let _ = write!(words, " --resolve {}:{port}:{ip}", hosts[n]);
            }
            let mut fake = at_port(&ip, port);
            fake.serve(Some(&certificate), Service::node("7.2.4", &nodes, n).over_tls().without(without).script());
            fake
        })
        .collect();
    is_healthy(run, id, &words);
    drop(fakes);
}

/// Every node announces the instance's one address, behind which a proxy answers for all of them.
fn one_address_for_all(run: &mut Run) {
    let ip = open(8).to_string();
    let nodes = primaries(&[(&ip, 6379), (&ip, 6379), (&ip, 6379)]);
    let mut vip = at_port(&ip, 6379);
    vip.serve(None, Service::node("6.2.6", &nodes, 0).without(&["HELLO"]).script());
    let seen = is_healthy(run, "tencent", &format!("redis://{ip}:6379"));
    run.holds("three nodes at one address", seen == 3);
}

/// Nodes at one address, at ports of their own behind a discovery endpoint.
fn one_host_for_all(run: &mut Run) {
    let ip = open(7).to_string();
    let nodes = primaries(&[(&ip, 11000), (&ip, 11001), (&ip, 11002)]);
    let at = [(6379, 0), (11000, 0), (11001, 1), (11002, 2)];
    let fakes: Vec<Fake> = at
        .map(|(port, own)| {
            let mut fake = at_port(&ip, port);
            fake.serve(None, Service::node("7.2.4", &nodes, own).script());
            fake
        })
        .into();
    is_healthy(run, "memorystore-cluster", &format!("redis://{ip}:6379"));
    drop(fakes);
}

/// Nothing above a notice, and whose it is; how many nodes there are.
pub fn is_healthy(run: &mut Run, id: &str, words: &str) -> usize {
    let seen = check(words);
    let worse: Vec<String> =
        seen.findings().iter().filter(|f| f["severity"] != "info").map(ToString::to_string).collect();
    run.holds(&format!("{id} is healthy ({words}): {worse:#?}"), worse.is_empty() && seen.exit == 0);
    let known = seen.report["provider"]["id"].as_str().unwrap_or_default();
    run.holds(&format!("{id} is known ({words}): {known:?}"), known == id);
    seen.report["topology"]["nodes"].as_array().map_or(0, Vec::len)
}

fn tls_cluster(names: &[&str]) -> (Pki, Cluster) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(names));
    let cluster = Cluster::builder().nodes(3).settings(Settings::default().tls(&certificate)).start();
    (pki, cluster)
}

fn port(cluster: &Cluster) -> u16 {
    cluster.nodes[0].address.port()
}

/// Where a name leads at the port of every node.
fn resolved(name: &str, cluster: &Cluster) -> String {
    cluster.nodes.iter().fold(String::new(), |mut words, node| {
        let _ = write!(words, " --resolve {name}:{}:127.0.0.1", node.address.port());
        words
    })
}

fn name_scripted(run: &mut Run, nodes: &[Node]) {
    for (node, n) in nodes.iter().zip(1..) {
        run.name(node.id.clone(), &n.to_string());
    }
}

/// A scripted server at the very port that a service has: other cases may have it for a while.
pub fn at_port(ip: &str, port: u16) -> Fake {
    let mut taken = None;
    wait_until("the port is free", Duration::from_secs(60), || {
        taken = Fake::bind_port(ip, port);
        taken.as_ref().map(|_| ()).ok_or_else(|| format!("{ip}:{port} is taken"))
    });
    taken.expect("it was waited for")
}
