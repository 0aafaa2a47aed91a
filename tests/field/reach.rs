//! Ways that are closed: firewalls, partitions, loopback addresses, balancers, and the port of the cluster bus.

use std::{
    net::{IpAddr, SocketAddr},
    process::Command,
    thread,
    time::Duration,
};

use super::{
    network::{filtered, open, unrouted},
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        forward::Forward,
        free_port, output,
        pki::{Leaf, Pki},
        server::{Server, Settings},
        text,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-16", play: one_balancer },
    Case { id: "O-16-guarded", play: guarded_balancer },
    Case { id: "O-16-pinned", play: pinned_balancer },
    Case { id: "O-19", play: loopback },
    Case { id: "O-26-bus", play: dead_bus_port },
    Case { id: "O-55", play: partition },
    Case { id: "O-55-half", play: half_behind_a_firewall },
    Case { id: "O-55-mixed", play: several_reasons },
    Case { id: "O-55-ports", play: ports_of_the_shards },
];

/// Types the lines that a remedy prints for this audience, with the placeholders filled in; how many there were.
pub fn type_lines(seen: &Seen, audience: &str, fill: &[(String, String)]) -> usize {
    let lines = seen.lines(audience);
    let typed: Vec<String> = lines.into_iter().filter(|line| line.starts_with("redis-cli ")).collect();
    for line in &typed {
        let filled = fill.iter().fold(line.clone(), |line, (placeholder, value)| {
            line.split(' ').map(|word| if word == placeholder { value } else { word }).collect::<Vec<_>>().join(" ")
        });
        let said = output(Command::new("sh").arg("-c").arg(&filled));
        assert_eq!(text(&said.stdout).trim(), "OK", "{filled}: {}", text(&said.stderr));
    }
    typed.len()
}

/// Nodes 1 to 3 on addresses that are filtered, unless told otherwise; each listens on an open one, too.
fn inside(addresses: Vec<IpAddr>, settings: Settings) -> Cluster {
    let bind = addresses.clone();
    let each = move |n: usize, node: Settings| node.config("bind", &format!("{} {}", bind[n], open(n)));
    Cluster::builder().nodes(addresses.len()).ips(addresses).settings(settings).each(each).start()
}

fn at_open(cluster: &Cluster, n: usize) -> SocketAddr {
    SocketAddr::new(open(n), cluster.nodes[n].address.port())
}

/// One balancer before pods that announce addresses of their own network.
fn one_balancer(run: &mut Run) {
    let cluster = inside((0..3).map(filtered).collect(), Settings::default());
    run.name_nodes(&cluster);
    let targets = (0..3).map(|n| at_open(&cluster, n)).collect();
    let balancer = Forward::start(targets, None);
    let endpoint = format!("redis://{}", balancer.address);
    let seen = run.check(&endpoint);
    let lines = seen.lines("server");
    run.holds("a line for every node", lines.len() == 3);
    for (line, n) in lines.iter().zip(0..) {
        type_inside(&cluster, &line.replace(&format!("ADDRESS-{}", n + 1), &open(n).to_string()));
    }
    cluster.wait_for_views("the address goes round", |view| view.matches("10.88.0").count() == 3);
    is_settled(&cluster);
    run.mended(&endpoint);
}

/// The same with TLS and a password.
fn guarded_balancer(run: &mut Run) {
    let pki = Pki::new();
    let settings = Settings::default().tls(&pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]))).password("sesame");
    let cluster = inside((0..3).map(filtered).collect(), settings);
    run.name_nodes(&cluster);
    let balancer = Forward::start((0..3).map(|n| at_open(&cluster, n)).collect(), None);
    run.check(&format!("rediss://default:sesame@{} --cacert {}", balancer.address, pki.ca().display()));
}

/// A balancer that keeps this machine on one node: nobody can tell it from a forward, and it is not called a balancer.
fn pinned_balancer(run: &mut Run) {
    let cluster = inside((0..3).map(filtered).collect(), Settings::default());
    run.name_nodes(&cluster);
    let balancer = Forward::start(vec![at_open(&cluster, 1)], None);
    run.check(&format!("redis://{}", balancer.address));
}

/// A link that goes to a new address is opened anew.
fn is_settled(cluster: &Cluster) {
    cluster.wait_for_views("the links stand", |view| !view.contains("disconnected") && !view.contains("fail"));
}

/// Types a line on the machine of the node that it speaks to.
pub fn type_inside(cluster: &Cluster, line: &str) {
    let (place, command) = line.split_once(" CONFIG ").expect("a line of redis-cli");
    let words: Vec<&str> = place.split(' ').collect();
    let at = SocketAddr::new(words[2].parse().unwrap(), words[4].parse().unwrap());
    let node = cluster.nodes.iter().find(|node| node.address == at).expect("it names a node");
    node.command(&[&["CONFIG"], &command.split(' ').collect::<Vec<_>>()[..]].concat());
}

/// Created by 127.0.0.1, used from another machine. That loopback is another one there is played by other servers on the
/// announced ports of this one: an unrelated Redis, a node of another cluster, nobody.
fn loopback(run: &mut Run) {
    let buses: Vec<u16> = (0..3).map(|_| free_port()).collect();
    let far = buses_forwarded(&buses);
    let each = move |n: usize, node: Settings| {
        node.config("cluster-port", &buses[n].to_string()).config("cluster-announce-ip", "127.0.0.1")
    };
    let cluster = Cluster::builder().ip(open(0)).each(each).start();
    run.name_nodes(&cluster);
    let unrelated = |n: usize| Settings::default().config("port", &cluster.nodes[n].address.port().to_string());
    let strangers = [Server::start(&unrelated(0)), Server::start(&unrelated(1).config("cluster-enabled", "yes"))];
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    let seen = run.check(&endpoint);
    run.mended_by_map(&endpoint);
    run.holds("a line for every node", type_lines(&seen, "server", &[]) == 3);
    cluster.wait_for_views("the address goes round", |view| view.matches("10.88.0.1").count() == 3);
    is_settled(&cluster);
    run.mended(&endpoint);
    drop((strangers, far));
}

/// What the nodes have on the loopback of their machine.
fn buses_forwarded(buses: &[u16]) -> Vec<Forward> {
    buses.iter().map(|bus| Forward::start_at(*bus, vec![SocketAddr::new(open(0), *bus)], None)).collect()
}

fn partition(run: &mut Run) {
    let cluster = Cluster::builder().nodes(4).replicas(1).ips(vec![open(0), open(1), open(2), filtered(3)]).start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://{}", cluster.nodes[0].address));
}

fn half_behind_a_firewall(run: &mut Run) {
    let ips = (0..6).map(|n| if n % 2 == 0 { open(n) } else { filtered(n) }).collect();
    let cluster = Cluster::builder().nodes(6).replicas(1).ips(ips).start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://{}", cluster.nodes[0].address));
}

/// A bus port that is announced and that nobody listens on: the others miss the node, clients do not. Healthy clusters are not
/// asked, and neither is a cluster whose bus ports are all closed to clients.
fn dead_bus_port(run: &mut Run) {
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).start();
    run.name_nodes(&cluster);
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&endpoint);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-bus-port", "39999"]);
    cluster.wait_for_views("the link is gone", |view| {
        view.contains("disconnected") || view.contains("myself") && view.contains("39999 myself")
    });
    // A link that was down for a moment is none.
    thread::sleep(Duration::from_secs(4));
    let seen = run.check(&endpoint);
    for line in seen.lines("server") {
        cluster.nodes[1].command(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.wait_for_views("the link is back", |view| !view.contains("disconnected") && !view.contains("39999"));
    run.mended(&endpoint);
}

/// Two filtered, one without a route, and one that nobody can say anything of but that it is down: each its own reason.
fn several_reasons(run: &mut Run) {
    let ips = vec![open(0), filtered(1), filtered(2), unrouted(3)];
    let cluster = Cluster::builder().nodes(4).ips(ips).start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://{}", cluster.nodes[0].address));
}

/// The entry is open; what the nodes listen on is filtered, on the same machine.
fn ports_of_the_shards(run: &mut Run) {
    let cluster = Cluster::builder().ip(open(0)).start();
    run.name_nodes(&cluster);
    let entry = SocketAddr::new(open(0), free_port());
    let listener = Forward::start(vec![cluster.nodes[0].address], None);
    let to = |at: SocketAddr, host: &str, port: u16| format!(" --connect-to {}:{}:{host}:{port}", at.ip(), at.port());
    let shards = cluster.nodes.iter().map(|node| to(node.address, "10.255.9.9", node.address.port()));
    let ways: String = shards.chain([to(entry, "127.0.0.1", listener.address.port())]).collect();
    run.check(&format!("redis://{entry}{ways}"));
}
