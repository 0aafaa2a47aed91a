//! Names: what the resolver says, what DNS says, who stands behind each address, and what nodes announce.
//!
//! `*.field.test` is asked of a name server of the cases' own; `*.lab.test` stands in the hosts file.

use std::{
    collections::HashMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
    time::Duration,
};

use super::{
    network::open,
    run::{Case, Run},
    support::{
        cluster::Cluster,
        dns::{Answer, Dns, chain},
        fake::{Fake, cluster_node},
        pki::{Leaf, Pki},
        server::{Server, Settings},
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-04", play: verified_by_address },
    Case { id: "O-15-dns", play: no_address },
    Case { id: "O-18-dns", play: stale_records },
    Case { id: "O-18-cluster", play: addresses_of_a_cluster },
    Case { id: "O-18-hosts", play: stale_hosts_file },
    Case { id: "O-31", play: short_names },
    Case { id: "O-31-beside", play: names_beside_addresses },
    Case { id: "O-31-compose", play: names_of_a_compose_network },
    Case { id: "O-31-invalid", play: names_that_are_none },
    Case { id: "O-31-sentinel", play: names_that_a_sentinel_knows },
    Case { id: "O-31-swapped", play: swapped_names },
    Case { id: "O-33", play: another_name_for_the_seed },
    Case { id: "O-34-privatelink", play: unlinked_private_zone },
    Case { id: "O-39", play: ipv6_everywhere },
    Case { id: "O-39-family", play: no_route_for_the_family },
    Case { id: "O-39-localhost", play: localhost_is_ipv6 },
    Case { id: "O-39-record", play: dead_aaaa_record },
    Case { id: "O-47", play: friendly_alias },
];

/// The name server of the cases.
pub static DNS: LazyLock<Dns> = LazyLock::new(|| Dns::start(HashMap::new()));

fn addresses(ips: &[IpAddr]) -> Answer {
    Answer::Addresses(Vec::new(), ips.to_vec(), 60)
}

/// Enters the records that were printed (`NAME. TTL IN A ADDRESS`), in place of those of the name.
fn enter(lines: &[String]) {
    let mut records: HashMap<String, Vec<IpAddr>> = HashMap::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, _, "IN", "A" | "AAAA", ip] = words[..] else { continue };
        records.entry(name.trim_end_matches('.').to_owned()).or_default().push(ip.parse().unwrap());
    }
    assert!(!records.is_empty(), "records are printed: {lines:?}");
    for (name, ips) in records {
        DNS.set(&name, addresses(&ips));
    }
}

/// A server on another of the machine's addresses, on the same port.
fn beside(server: &Server, ip: IpAddr, settings: Settings) -> Server {
    Server::start(&settings.ip(ip).config("port", &server.address.port().to_string()))
}

fn at(n: u8) -> Server {
    Server::start(&Settings::default().ip(open(n)).config("protected-mode", "no"))
}

/// Two records of which one is from before: of a replica, of a server that is gone, of somebody else's.
fn stale_records(run: &mut Run) {
    let free = Settings::default().config("protected-mode", "no");
    let primary = at(0);
    // Else the primary would see it come from an address of its own: they are on one machine.
    let announced = free.clone().config("replica-announce-ip", &open(1).to_string());
    let mut replica = beside(&primary, open(1), announced);
    let (ip, port) = (primary.address.ip().to_string(), primary.address.port().to_string());
    replica.command(&["REPLICAOF", &ip, &port]);
    super::support::wait_until("the replica is in", Duration::from_secs(20), || replica.replication_is_up());
    let stranger = beside(&primary, open(2), free);
    let to = format!("redis://cache.field.test:{port}");

    DNS.set("cache.field.test", addresses(&[open(0), open(1)]));
    let seen = run.check(&to);
    enter(&seen.lines("network"));
    run.mended(&to);

    DNS.set("cache.field.test", addresses(&[open(0), open(2)]));
    let seen = run.check(&to);
    enter(&seen.lines("network"));
    run.mended(&to);
    drop(stranger);

    replica.kill();
    DNS.set("cache.field.test", addresses(&[open(0), open(1)]));
    let seen = run.check(&to);
    enter(&seen.lines("network"));
    run.mended(&to);

    let many: Vec<IpAddr> = (0..1_000_u32).map(|n| Ipv4Addr::from_bits(0x7f01_0000 + n).into()).collect();
    DNS.set("many.field.test", addresses(&[&[open(0)][..], &many].concat()));
    let seen = run.check(&format!("redis://many.field.test:{port}"));
    run.holds("a thousand answers take no longer", seen.took < Duration::from_secs(5));
}

/// A configuration endpoint: a name for every node of a cluster, which is as it should be, unless one is of another.
fn addresses_of_a_cluster(run: &mut Run) {
    let port = |_: usize, settings: Settings| settings.config("port", "7432");
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(port).start();
    let other = Cluster::builder().nodes(1).ip(open(3)).each(port).start();
    run.name_nodes(&cluster);
    let to = "redis://config.field.test:7432";
    DNS.set("config.field.test", addresses(&[open(0), open(1), open(2)]));
    run.check(to);
    DNS.set("config.field.test", Answer::Turns(vec![open(0), open(1), open(2)]));
    run.check(to);
    DNS.set("config.field.test", addresses(&[open(0), open(3), open(8)]));
    let seen = run.check(to);
    enter(&seen.lines("network"));
    run.mended(to);
    drop(other);
}

/// What a server takes for a host name: a dot at its end, what reads as an address, a label beyond all bounds.
fn names_that_are_none(run: &mut Run) {
    LazyLock::force(&DNS);
    let names = ["one.lab.test.".to_owned(), "10.88".to_owned(), format!("{}.lab.test", "a".repeat(70))];
    let announced = move |n: usize, settings: Settings| settings.config("cluster-announce-hostname", &names[n]);
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(announced).start();
    run.name_nodes(&cluster);
    let to = format!("redis://10.88.0.1:{}", cluster.nodes[0].address.port());
    let seen = run.check(&to);
    let line = seen.lines("server").remove(0);
    for (node, own) in cluster.nodes.iter().zip(["one.lab.test", "two.lab.test", "three.lab.test"]) {
        node.command(&line.replace("FULL-NAME", own).split_whitespace().collect::<Vec<_>>());
    }
    cluster
        .wait_for_views("the names go round", |view| view.matches(".lab.test").count() == 3 && !view.contains("aaa"));
    run.mended(&to);
}

/// Services of a compose file, looked at from the host.
fn names_of_a_compose_network(run: &mut Run) {
    LazyLock::force(&DNS);
    let mut node = Fake::bind("10.88.0.1");
    let port = node.address.port();
    let (one, two) = ("1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222");
    node.serve(None, cluster_node(one, vec![(one, "redis_node_1", port), (two, "redis_node_2", port)]));
    run.name(one, "1");
    run.name(two, "2");
    run.check(&format!("redis://10.88.0.1:{port}"));
}

/// A Sentinel that hands out names which resolve where it runs, and not where clients do.
fn names_that_a_sentinel_knows(run: &mut Run) {
    let primary = at(0);
    let port = primary.address.port();
    DNS.set("primary.field.test", addresses(&[open(0)]));
    let lines = ["resolve-hostnames yes", "announce-hostnames yes"].map(str::to_owned);
    let monitor = format!("monitor mymaster primary.field.test {port} 1");
    let sentinel = Server::sentinel(
        &Settings::default().ip(open(0)).config("protected-mode", "no"),
        &[&lines[..], &[monitor]].concat(),
    );
    DNS.set("primary.field.test", Answer::Empty);
    run.name(format!("primary.field.test:{port}"), "primary");
    let to = format!("redis://10.88.0.1:{}", sentinel.address.port());
    let seen = run.check(&to);
    let line = seen.lines("server").into_iter().find(|line| line.starts_with("SENTINEL")).expect("it is printed");
    sentinel.command(&line.split_whitespace().collect::<Vec<_>>());
    run.mended(&to);
}

/// The hosts file has a server's address from before it moved.
fn stale_hosts_file(run: &mut Run) {
    let server = at(0);
    DNS.set("moved.lab.test", addresses(&[open(0)]));
    let to = format!("redis://moved.lab.test:{}", server.address.port());
    let seen = run.check(&to);
    let hosts = fs::read_to_string("/etc/hosts").unwrap();
    let kept = hosts.lines().filter(|line| !line.ends_with("moved.lab.test")).map(str::to_owned);
    fs::write("/etc/hosts", kept.chain(seen.lines("network")).collect::<Vec<_>>().join("\n") + "\n").unwrap();
    run.mended(&to);
}

/// A name without an address, each for another reason.
fn no_address(run: &mut Run) {
    let server = at(0);
    for (name, answer) in [
        ("none.field.test", None),
        ("empty.field.test", Some(Answer::Empty)),
        ("broken.field.test", Some(Answer::Broken)),
        ("silent.field.test", Some(Answer::Silence)),
        ("loop.field.test", Some(Answer::Chain(chain(&["other.field.test", "loop.field.test"])))),
        ("zone.field.test", Some(Answer::Nowhere(chain(&["a.privatelink.field.test"])))),
    ] {
        if let Some(answer) = answer {
            DNS.set(name, answer);
        }
        let seen = run.check(&format!("redis://{name}:{}", server.address.port()));
        run.holds("it is told in time", seen.took < Duration::from_secs(8));
    }
}

/// Pods announce their short names to clients outside.
fn short_names(run: &mut Run) {
    LazyLock::force(&DNS);
    let named = |n: usize, settings: Settings| settings.config("cluster-announce-hostname", &format!("redis-{n}"));
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(named).start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let to = format!("redis://redis.lab.test:{}", cluster.nodes[0].address.port());
    let seen = run.check(&to);
    run.mended_by_map(&to);
    for line in seen.lines("server").iter().take(2) {
        let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('"')).collect();
        cluster.everywhere(&words);
    }
    cluster.wait_for_views("the names are gone", |view| !view.contains(",redis-"));
    run.mended(&to);

    // Full names that nobody has entered yet.
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    for (n, node) in cluster.nodes.iter().enumerate() {
        node.command(&["CONFIG", "SET", "cluster-announce-hostname", &format!("redis-{n}.svc.field.test")]);
    }
    cluster.wait_for_views("the names are known", |view| view.matches(".svc.field.test").count() == 3);
    let seen = run.check(&to);
    enter(&seen.lines("network"));
    run.mended(&to);
}

/// The same, where addresses are preferred: some libraries go by the name all the same.
fn names_beside_addresses(run: &mut Run) {
    LazyLock::force(&DNS);
    let named = |n: usize, settings: Settings| settings.config("cluster-announce-hostname", &format!("pod-{n}"));
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(named).start();
    run.name_nodes(&cluster);
    let to = format!("redis://10.88.0.1:{}", cluster.nodes[0].address.port());
    let seen = run.check(&to);
    let line = seen.lines("server").remove(0);
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('"')).collect();
    cluster.everywhere(&words);
    cluster.wait_for_views("the names are gone", |view| !view.contains("pod-"));
    run.mended(&to);
}

/// The names of two nodes lead to each other.
fn swapped_names(run: &mut Run) {
    let named = |n: usize, settings: Settings| {
        settings.config("cluster-announce-hostname", &format!("s{n}.field.test")).config("port", "7431")
    };
    for (n, ip) in [(0, 0), (1, 2), (2, 1)] {
        DNS.set(&format!("s{n}.field.test"), addresses(&[open(ip)]));
    }
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(named).start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let seen = run.check("redis://10.88.0.1:7431");
    run.mended_by_map("redis://10.88.0.1:7431");
    enter(&seen.lines("network"));
    run.mended("redis://10.88.0.1:7431");
}

/// The seed is given by name; its node announces an address.
fn another_name_for_the_seed(run: &mut Run) {
    LazyLock::force(&DNS);
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://redis.lab.test:{}", cluster.nodes[0].address.port()));
}

/// A private endpoint, asked for from a network that does not know its zone.
fn unlinked_private_zone(run: &mut Run) {
    let way = chain(&["mycache.privatelink.redis.field.test", "front.field.test"]);
    let public = Answer::Addresses(way.clone(), vec![Ipv4Addr::new(203, 0, 113, 10).into()], 300);
    DNS.set("mycache.redis.field.test", public);
    let server = at(0);
    let to = format!("redis://mycache.redis.field.test:{}", server.address.port());
    let seen = run.check(&to);
    run.holds("the zone is named", seen.text().contains("--zone-name privatelink.redis.field.test "));
    // The zone is linked.
    DNS.set("mycache.redis.field.test", Answer::Addresses(way[..1].to_vec(), vec![open(0)], 10));
    run.mended(&to);
}

/// Every address is IPv6: in the endpoint, in what is announced, in certificates and in maps.
fn ipv6_everywhere(run: &mut Run) {
    let six = |n: u16| IpAddr::from(Ipv6Addr::new(0xfd00, 0x88, 0, 0, 0, 0, 0, n));
    let pki = Pki::new();
    let sans: Vec<String> = (1..4).map(|n| format!("IP:{}", six(n))).chain(["DNS:six.field.test".to_owned()]).collect();
    let certificate = pki.issue("node", &Leaf::new(&sans.iter().map(String::as_str).collect::<Vec<_>>()));
    let cluster =
        Cluster::builder().ips((1..4).map(six).collect()).settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let port = cluster.nodes[0].address.port();
    let ca = format!("--cacert {}", pki.ca().display());
    run.check(&format!("rediss://[fd00:88::1]:{port} {ca}"));
    // Filtered for clients: a map of IPv6 addresses is made by who is told of others.
    DNS.set("six.field.test", addresses(&[six(1)]));
    run.check(&format!("rediss://six.field.test:{port} {ca}"));
}

/// The endpoint is reached by IPv4, and every node announces IPv6.
fn no_route_for_the_family(run: &mut Run) {
    LazyLock::force(&DNS);
    let mut node = Fake::bind("10.88.0.1");
    let port = node.address.port();
    let (one, two) = ("1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222");
    node.serve(None, cluster_node(one, vec![(one, "2001:db8::1", port), (two, "2001:db8::2", port)]));
    run.name(one, "1");
    run.name(two, "2");
    run.check(&format!("redis://10.88.0.1:{port}"));
}

/// `localhost` is `::1` first, and the server listens on 127.0.0.1.
fn localhost_is_ipv6(run: &mut Run) {
    let server = Server::start(&Settings::default());
    let seen = run.check(&format!("redis://localhost:{}", server.address.port()));
    let line = seen.lines("client").remove(0);
    run.mended(&line);
}

/// An AAAA record of a server that listens on IPv4 alone.
fn dead_aaaa_record(run: &mut Run) {
    let server = at(0);
    DNS.set("dual.field.test", addresses(&["fd00:88::1".parse().unwrap(), open(0)]));
    let to = format!("redis://dual.field.test:{}", server.address.port());
    let seen = run.check(&to);
    enter(&seen.lines("network"));
    run.mended(&to);
}

/// A friendlier name before a managed one, whose certificate does not hold it.
fn friendly_alias(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["DNS:node.managed.field.test"]));
    let server = Server::start(&Settings::default().ip(open(0)).config("protected-mode", "no").tls(&certificate));
    DNS.set("node.managed.field.test", addresses(&[open(0)]));
    DNS.set("redis.field.test", Answer::Addresses(chain(&["node.managed.field.test"]), vec![open(0)], 30));
    let (port, ca) = (server.address.port(), pki.ca());
    run.name(format!("redis.field.test:{port}"), "server");
    let seen = run.check(&format!("rediss://redis.field.test:{port} --cacert {}", ca.display()));
    let line = seen.lines("client").remove(0);
    run.mended(&format!("{line} --cacert {}", ca.display()));
}

/// Names in certificates and in what is announced; ioredis verifies the address of the seed.
fn verified_by_address(run: &mut Run) {
    LazyLock::force(&DNS);
    let pki = Pki::new();
    let names = ["redis.lab.test", "one.lab.test", "two.lab.test", "three.lab.test"].map(|name| format!("DNS:{name}"));
    let certificate = pki.issue("node", &Leaf::new(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    let own = ["one", "two", "three"];
    let announced = move |n: usize, settings: Settings| {
        settings.tls(&certificate).config("cluster-announce-hostname", &format!("{}.lab.test", own[n]))
    };
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).each(announced).start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    run.check(&format!("rediss://redis.lab.test:{} --cacert {}", cluster.nodes[0].address.port(), pki.ca().display()));
}
