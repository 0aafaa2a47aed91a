//! Clusters again: what a node is told to announce, who comes back as what, and who is left to vote.

use std::{net::IpAddr, process::Command, sync::Arc, thread, time::Duration};

use super::{
    network::open,
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        fake::{Fake, Node, array, bulk, cluster_node},
        free_port,
        server::{Server, Settings},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-20", play: lost_address_of_a_dead_node },
    Case { id: "N-21", play: half_of_two_primaries },
    Case { id: "N-22", play: one_port_for_all },
    Case { id: "N-23", play: one_node_that_knows_no_address },
    Case { id: "N-24", play: names_on_some },
    Case { id: "N-25", play: preferred_by_some },
    Case { id: "N-26", play: just_after_a_failover },
    Case { id: "N-27", play: one_name_for_all },
    Case { id: "N-28", play: came_back_without_cluster_mode },
    Case { id: "N-29", play: bus_port_as_endpoint },
    Case { id: "N-30", play: endpoint_loads },
    Case { id: "N-32", play: all_slots_under_way },
    Case { id: "N-33", play: holes_that_are_allowed },
    Case { id: "N-34", play: every_bus_is_closed },
    Case { id: "N-35", play: a_seed_without_slots },
    Case { id: "N-36", play: names_that_are_cut_off },
    Case { id: "N-37", play: names_that_an_old_server_does_not_know },
    Case { id: "N-38", play: two_families },
    Case { id: "N-39", play: two_of_six_came_back_elsewhere },
];

const SOON: Duration = Duration::from_secs(40);

fn quick() -> Settings {
    Settings::default().config("cluster-node-timeout", "1500")
}

fn untold() -> Settings {
    quick().config("cluster-announce-ip", "")
}

/// Pastes lines of a finding into a shell, those that hold this.
fn paste(seen: &Seen, piece: &str) {
    let lines: Vec<String> = seen.lines("server").into_iter().filter(|line| line.contains(piece)).collect();
    assert!(!lines.is_empty(), "there is something to paste");
    for line in lines {
        super::support::run(Command::new("sh").args(["-c", &line]));
    }
}

/// Waits until the nodes are of one mind, and well.
fn well(cluster: &Cluster, alive: &[usize]) {
    wait_until("the cluster is well again", SOON, || {
        for n in alive {
            let [info, nodes] = ["INFO", "NODES"].map(|part| cluster.nodes[*n].command(&["CLUSTER", part]));
            let bad = ["fail", "handshake", "noaddr", "disconnected"].iter().any(|word| nodes.contains(word));
            if !info.contains("cluster_state:ok") || bad || nodes.lines().count() != alive.len() {
                return Err([info, nodes].concat());
            }
        }
        Ok(())
    });
}

fn gives_up(cluster: &Cluster, nodes: usize) {
    is_given_up(&cluster.nodes[0], nodes);
}

fn is_given_up(by: &Server, nodes: usize) {
    wait_until("the cluster gives them up", SOON, || {
        let view = by.command(&["CLUSTER", "NODES"]);
        if view.matches("master,fail ").count() == nodes { Ok(()) } else { Err(view) }
    });
}

fn opened(range: std::ops::Range<u8>) -> Vec<IpAddr> {
    range.map(open).collect()
}

fn endpoint(cluster: &Cluster, n: usize) -> String {
    format!("redis://{}", cluster.nodes[n].address)
}

/// A node came back at the address of another one, which is dead; then that is gone for good.
fn lost_address_of_a_dead_node(run: &mut Run) {
    let (port, bus) = (free_port(), free_port().to_string());
    let settings = untold().port(port).config("cluster-port", &bus);
    let mut cluster = Cluster::builder().nodes(5).ips(opened(0..5)).settings(settings).start();
    run.name_nodes(&cluster);
    cluster.nodes[2].kill();
    cluster.nodes[3].kill();
    gives_up(&cluster, 2);
    thread::sleep(Duration::from_secs(6));
    cluster.nodes[2].move_to(open(3));
    wait_until("the address is lost, and the node that came back is taken in", SOON, || {
        let views = [0, 1, 4].map(|n| cluster.nodes[n].command(&["CLUSTER", "NODES"]));
        let settled = |view: &&String| view.contains("master,fail,noaddr") && view.matches("fail").count() == 1;
        views.iter().find(|view| !settled(view)).map_or(Ok(()), |view| Err(view.clone()))
    });
    thread::sleep(Duration::from_secs(3));
    let seen = run.check(&endpoint(&cluster, 0));
    let fix = seen.lines("server").into_iter().find(|line| line.contains("--cluster fix")).expect("a line is printed");
    super::support::run(Command::new("sh").args(["-c", &format!("echo yes | {fix}")]));
    thread::sleep(Duration::from_secs(3));
    let seen = run.check(&endpoint(&cluster, 0));
    paste(&seen, "CLUSTER FORGET");
    well(&cluster, &[0, 1, 2, 4]);
    run.mended(&endpoint(&cluster, 0));
}

/// Two primaries with a replica each: one of two is no majority.
fn half_of_two_primaries(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(4).replicas(1).settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.nodes[0].kill();
    thread::sleep(Duration::from_secs(5));
    let seen = run.check(&endpoint(&cluster, 1));
    paste(&seen, "CLUSTER FAILOVER");
    is_given_up(&cluster.nodes[1], 1);
    thread::sleep(Duration::from_secs(2));
    let seen = run.check(&endpoint(&cluster, 1));
    paste(&seen, "CLUSTER FORGET");
    well(&cluster, &[1, 2, 3]);
    run.mended(&endpoint(&cluster, 1));
}

/// The host's address with the same port for all, as behind one published port.
fn one_port_for_all(run: &mut Run) {
    let cluster = Cluster::builder().ip(open(0)).settings(quick()).start();
    run.name_nodes(&cluster);
    let first = cluster.nodes[0].address;
    for node in &cluster.nodes[1..] {
        node.command(&["CONFIG", "SET", "cluster-announce-port", &first.port().to_string()]);
    }
    cluster.wait_for_views("the port goes round", |view| view.matches(&format!(":{}@", first.port())).count() == 3);
    thread::sleep(Duration::from_secs(2));
    let seen = run.check(&endpoint(&cluster, 0));
    let line = seen.lines("server").into_iter().next().expect("a line is printed").replace("PORT", "0");
    cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
    cluster.wait_for_views("the port goes round", |view| view.matches(&format!(":{}@", first.port())).count() == 1);
    run.mended(&endpoint(&cluster, 0));
}

/// A cluster of one node: nobody has told it what its address is.
fn one_node_that_knows_no_address(run: &mut Run) {
    let settings = quick().ip(open(0)).config("cluster-enabled", "yes").config("protected-mode", "no");
    let alone = Server::start(&settings);
    run.name(alone.node_id(), "1");
    alone.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    wait_until("it is well", SOON, || {
        let info = alone.command(&["CLUSTER", "INFO"]);
        if info.contains("cluster_state:ok") { Ok(()) } else { Err(info) }
    });
    let seen = run.check(&format!("redis://{}", alone.address));
    let line = seen.lines("server").into_iter().next().expect("a line is printed");
    alone.command(&line.split(' ').collect::<Vec<_>>());
    run.mended(&format!("redis://{}", alone.address));
}

/// Names are preferred, and half of the nodes announce one.
fn names_on_some(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    cluster.nodes[0].command(&["CONFIG", "SET", "cluster-announce-hostname", "one.lab.test"]);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-hostname", "two.lab.test"]);
    cluster.wait_for_views("the names go round", |view| view.contains("one.lab") && view.contains("two.lab"));
    let first = format!("redis://one.lab.test:{}", cluster.nodes[0].address.port());
    let seen = run.check(&first);
    let line = seen.lines("server").into_iter().next().expect("a line is printed").replace("NAME", "three.lab.test");
    super::support::run(Command::new("sh").args(["-c", &line]));
    cluster.wait_for_views("the name goes round", |view| view.contains("three.lab"));
    run.mended(&first);
}

/// Each node announces a name, and one of them does not prefer it.
fn preferred_by_some(run: &mut Run) {
    let names = ["one.lab.test", "two.lab.test", "three.lab.test"];
    let each = move |n: usize, node: Settings| node.config("cluster-announce-hostname", names[n]);
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).each(each).start();
    run.name_nodes(&cluster);
    cluster.wait_for_views("the names go round", |view| view.matches(".lab.test").count() == 3);
    for n in [0, 1] {
        cluster.nodes[n].command(&["CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname"]);
    }
    let first = format!("redis://one.lab.test:{}", cluster.nodes[0].address.port());
    let seen = run.check(&first);
    // The odd one is at the endpoint, too.
    run.check(&format!("redis://three.lab.test:{}", cluster.nodes[2].address.port()));
    paste(&seen, "cluster-preferred-endpoint-type");
    run.mended(&first);
}

/// Within the second in which the nodes hear of it.
fn just_after_a_failover(run: &mut Run) {
    let cluster = Cluster::builder().nodes(6).replicas(1).settings(Settings::default()).start();
    run.name_nodes(&cluster);
    // Gossip goes round in half of this.
    cluster.config_set("cluster-node-timeout", "60000");
    cluster.nodes[3].command(&["CLUSTER", "FAILOVER", "TAKEOVER"]);
    run.check(&endpoint(&cluster, 1));
    run.check(&endpoint(&cluster, 0));
    cluster.config_set("cluster-node-timeout", "2000");
    cluster.wait_for_views("all have heard of it", |view| view.matches("slave").count() == 3);
    well(&cluster, &[0, 1, 2, 3, 4, 5]);
    run.mended(&endpoint(&cluster, 1));
}

/// A new configuration file without cluster-enabled.
fn came_back_without_cluster_mode(run: &mut Run) {
    let mut cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[2].address;
    cluster.nodes[2].kill();
    let plain = Settings::default().ip(at.ip()).port(at.port()).config("protected-mode", "no");
    let plain = Server::start(&plain);
    gives_up(&cluster, 1);
    thread::sleep(Duration::from_secs(1));
    run.check(&endpoint(&cluster, 0));
    drop(plain);
    cluster.nodes[2].restart_with(str::to_owned);
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

fn bus_port_as_endpoint(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://{}:{}", open(0), cluster.nodes[0].bus_port()));
    let usual = Server::start(
        &quick()
            .ip(open(1))
            .config("cluster-enabled", "yes")
            .config("protected-mode", "no")
            .config("cluster-port", "0"),
    );
    run.check(&format!("redis://{}:{}", open(1), usual.address.port() + 10_000));
}

/// The seed reads its data from disk.
fn endpoint_loads(run: &mut Run) {
    let settings = quick()
        .config("enable-debug-command", "yes")
        .config("key-load-delay", "1000")
        .config("loading-process-events-interval-bytes", "1024");
    let mut cluster = Cluster::builder().ips(opened(0..3)).settings(settings).start();
    run.name_nodes(&cluster);
    cluster.nodes[0].command(&["DEBUG", "POPULATE", "100000"]);
    cluster.nodes[0].command(&["SAVE"]);
    cluster.nodes[0].restart_with(str::to_owned);
    thread::sleep(Duration::from_millis(500));
    run.check(&endpoint(&cluster, 0));
    is_given_up(&cluster.nodes[1], 1);
    run.check(&endpoint(&cluster, 1));
}

/// A node is being emptied: all that it has is on its way to another one.
fn all_slots_under_way(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    let ids = cluster.node_ids();
    for slot in (0..5461).step_by(2) {
        cluster.nodes[1].command(&["CLUSTER", "SETSLOT", &slot.to_string(), "IMPORTING", &ids[0]]);
        cluster.nodes[0].command(&["CLUSTER", "SETSLOT", &slot.to_string(), "MIGRATING", &ids[1]]);
    }
    run.check(&endpoint(&cluster, 0));
}

/// cluster-require-full-coverage no, and slots without an owner.
fn holes_that_are_allowed(run: &mut Run) {
    let settings = quick().config("cluster-require-full-coverage", "no");
    let mut cluster = Cluster::builder().ips(opened(0..3)).settings(settings).start();
    run.name_nodes(&cluster);
    for node in &cluster.nodes {
        node.command(&["CLUSTER", "DELSLOTSRANGE", "100", "199"]);
    }
    thread::sleep(Duration::from_secs(1));
    let seen = run.check(&endpoint(&cluster, 0));
    cluster.nodes[2].kill();
    gives_up(&cluster, 1);
    run.check(&endpoint(&cluster, 0));
    paste(&seen, "ADDSLOTSRANGE");
    cluster.nodes[2].restart_with(str::to_owned);
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

/// Joined, and no slots yet.
fn a_seed_without_slots(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    let ip = open(4);
    let own = [("cluster-enabled", "yes"), ("protected-mode", "no"), ("bind-source-addr", &ip.to_string())];
    let settings = own.iter().fold(quick().ip(ip), |settings, (name, value)| settings.config(name, value));
    let new = Server::start(&settings.config("cluster-port", &free_port().to_string()));
    run.name_nodes(&cluster);
    run.name(new.node_id(), "4");
    let port = new.address.port().to_string();
    cluster.nodes[0].command(&["CLUSTER", "MEET", &ip.to_string(), &port, &new.bus_port().to_string()]);
    wait_until("it is in", SOON, || {
        let view = new.command(&["CLUSTER", "INFO"]);
        if view.contains("cluster_state:ok") && view.contains("known_nodes:4") { Ok(()) } else { Err(view) }
    });
    thread::sleep(Duration::from_secs(2));
    run.check(&format!("redis://{}", new.address));
}

/// All announce the name of the headless service in place of their own.
fn one_name_for_all(run: &mut Run) {
    let (port, bus) = (free_port(), free_port().to_string());
    let settings = quick().port(port).config("cluster-port", &bus);
    let settings = settings.config("cluster-announce-hostname", "all.lab.test");
    let settings = settings.config("cluster-preferred-endpoint-type", "hostname");
    let cluster = Cluster::builder().ips(opened(0..3)).settings(settings).start();
    run.name_nodes(&cluster);
    cluster.wait_for_views("the name goes round", |view| view.matches("all.lab.test").count() == 3);
    run.check(&format!("redis://all.lab.test:{port}"));
    let seen = run.check(&endpoint(&cluster, 1));
    paste(&seen, "cluster-preferred-endpoint-type ip");
    run.mended(&endpoint(&cluster, 1));
}

/// A firewall came up between all machines, and clients notice nothing at first.
fn every_bus_is_closed(run: &mut Run) {
    let side = |n: u8| IpAddr::from([127, 0, 85, n + 1]);
    let cluster = Cluster::builder().nodes(3).ips((0..3).map(side).collect()).settings(quick()).start();
    run.name_nodes(&cluster);
    let own = ["127.0.85.1/32", "127.0.85.2/32", "127.0.85.3/32"];
    super::health::close_the_bus(&cluster, "add", |n| own[n]);
    thread::sleep(Duration::from_secs(8));
    run.check(&endpoint(&cluster, 0));
    super::health::close_the_bus(&cluster, "del", |n| own[n]);
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

/// One of two primaries that answer alike but for what they say of the cluster.
fn half(fake: &mut Fake, id: &str, nodes: String, slots: String, version: &str) {
    let myid = bulk(id);
    let info = bulk(&format!("{version}\r\nredis_mode:cluster\r\nrole:master\r\nrun_id:aaaa\r\n"));
    fake.serve(
        None,
        Arc::new(move |command| match command {
            "CLUSTER MYID" => myid.clone(),
            "CLUSTER SLOTS" => slots.clone(),
            "CLUSTER NODES" => nodes.clone(),
            "CLUSTER INFO" => bulk("cluster_state:ok\r\n"),
            "INFO" => info.clone(),
            "PING" => "+PONG\r\n".to_owned(),
            _ => "-ERR unknown command\r\n".to_owned(),
        }),
    );
}

/// Valkey tells clients of each family addresses of that family.
fn two_families(run: &mut Run) {
    let ids = ["a".repeat(40), "b".repeat(40)];
    let mut fakes = [Fake::bind("127.0.0.1"), Fake::bind("::1")];
    let ports = [fakes[0].address.port(), fakes[1].address.port()];
    for (own, fake) in fakes.iter_mut().enumerate() {
        let ip = ["127.0.0.1", "::1"][own];
        let line = |n: usize| {
            let (flags, slots) = (if n == own { "myself,master" } else { "master" }, ["0-8191", "8192-16383"][n]);
            let (id, port, bus) = (&ids[n], ports[n], 40000 + n);
            format!(
                "{id} {ip}:{port}@{bus},{}.families.test {flags} - 0 1700000000000 {n} connected {slots}\n",
                ["v4", "v6"][n]
            )
        };
        let nodes = bulk(&[line(0), line(1)].concat());
        let slot = |n: usize| {
            let more = array(&[bulk("ip"), bulk(ip)]);
            let name = bulk(&format!("{}.families.test", ["v4", "v6"][n]));
            let node = array(&[name, format!(":{}\r\n", ports[n]), bulk(&ids[n]), more]);
            array(&[format!(":{}\r\n", n * 8192), format!(":{}\r\n", n * 8192 + 8191), node])
        };
        let slots = array(&[slot(0), slot(1)]);
        half(fake, &ids[own], nodes, slots, "redis_version:7.2.4\r\nvalkey_version:8.1.0");
    }
    (0..2).for_each(|n| run.name(ids[n].clone(), &(n + 1).to_string()));
    let [four, six] = ports;
    run.check(&format!(
        "redis://v4.families.test:{four} --resolve v4.families.test:{four}:127.0.0.1 --resolve v6.families.test:{six}:[::1]"
    ));
}

/// Names in cluster-announce-ip, of which a server keeps 45 characters (7.0.15 does; then its links depend on the resolver).
fn names_that_are_cut_off(run: &mut Run) {
    const IDS: [&str; 2] = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"];
    const CUT: [&str; 2] =
        ["redis-cluster-0.redis-cluster-headless.produc", "redis-cluster-1.redis-cluster-headless.produc"];
    let mut fakes = [Fake::bind("127.0.0.1"), Fake::bind("127.0.0.1")];
    let nodes: Vec<Node> = (0..2).map(|n| (IDS[n], CUT[n], fakes[n].address.port())).collect();
    for (fake, id) in fakes.iter_mut().zip(IDS) {
        fake.serve(None, cluster_node(id, nodes.clone()));
    }
    (1..).zip(IDS).for_each(|(n, id)| run.name(id, &n.to_string()));
    run.check(&format!("redis://{}", fakes[0].address));
}

/// An upgrade is under way: the old server knows of no names, and hands none on.
fn names_that_an_old_server_does_not_know(run: &mut Run) {
    let ids = ["a".repeat(40), "b".repeat(40)];
    let mut fakes = [Fake::bind("127.0.0.1"), Fake::bind("127.0.0.1")];
    let ports = [fakes[0].address.port(), fakes[1].address.port()];
    for (own, fake) in fakes.iter_mut().enumerate() {
        let line = |n: usize| {
            let (flags, slots) = (if n == own { "myself,master" } else { "master" }, ["0-8191", "8192-16383"][n]);
            let name = if n == 0 && own == 0 { ",localhost" } else { "" };
            format!(
                "{} 127.0.0.1:{}@{}{name} {flags} - 0 1700000000000 {n} connected {slots}\n",
                ids[n],
                ports[n],
                40000 + n
            )
        };
        let nodes = bulk(&[line(0), line(1)].concat());
        let slot = |n: usize| {
            let node = array(&[bulk("127.0.0.1"), format!(":{}\r\n", ports[n]), bulk(&ids[n])]);
            array(&[format!(":{}\r\n", n * 8192), format!(":{}\r\n", n * 8192 + 8191), node])
        };
        let version = ["redis_version:7.2.4", "redis_version:6.2.14"][own];
        half(fake, &ids[own], nodes, array(&[slot(0), slot(1)]), version);
    }
    (0..2).for_each(|n| run.name(ids[n].clone(), &(n + 1).to_string()));
    run.check(&format!("redis://127.0.0.1:{}", ports[0]));
    run.check(&format!("redis://127.0.0.1:{}", ports[1]));
}

/// Two pods came back with new addresses, and announce those that stand in their configuration.
fn two_of_six_came_back_elsewhere(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).ips(opened(0..6)).settings(quick()).start();
    run.name_nodes(&cluster);
    for n in [4, 5] {
        let old = cluster.nodes[n].address.ip().to_string();
        cluster.nodes[n].kill();
        cluster.nodes[n].move_to(open(n + 2));
        cluster.nodes[n].command(&["CONFIG", "SET", "cluster-announce-ip", &old]);
    }
    thread::sleep(Duration::from_secs(6));
    run.check(&endpoint(&cluster, 0));
    let known =
        format!("{} --node {} --node {}", endpoint(&cluster, 0), cluster.nodes[4].address, cluster.nodes[5].address);
    let seen = run.check(&known);
    paste(&seen, "cluster-announce-ip");
    well(&cluster, &[0, 1, 2, 3, 4, 5]);
    run.mended(&endpoint(&cluster, 0));
}
