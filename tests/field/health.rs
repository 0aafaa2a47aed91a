//! Clusters that are not well themselves: dead nodes, lost slots, views that differ, the bus, new addresses.

use std::{net::IpAddr, process::Command, sync::Arc, thread, time::Duration};

use super::{
    network::open,
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        doctor,
        fake::{Fake, array, bulk},
        free_port, output, run,
        server::{Server, Settings},
        text, wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-17", play: own_address_is_old },
    Case { id: "O-17-moved", play: all_came_back_elsewhere },
    Case { id: "O-17-noaddr", play: addresses_were_dealt_out_anew },
    Case { id: "O-17-replicas", play: replicas_stay_behind },
    Case { id: "O-25", play: slots_deleted },
    Case { id: "O-25-dead", play: owner_dead },
    Case { id: "O-25-takeover", play: majority_dead },
    Case { id: "O-25-new", play: never_joined },
    Case { id: "O-25-unwilling", play: replica_shall_not },
    Case { id: "O-25-reset", play: reset_on_one_node },
    Case { id: "O-25-many", play: many_dead },
    Case { id: "O-26", play: dead_bus },
    Case { id: "O-26-failed", play: failed_and_answering },
    Case { id: "O-26-handshake", play: met_nobody },
    Case { id: "O-26-split", play: split },
    Case { id: "O-30", play: unknown_endpoint },
    Case { id: "O-30-question", play: names_preferred_and_none_announced },
    Case { id: "O-41", play: forgotten_on_one_node },
    Case { id: "O-41-clone", play: one_id_twice },
    Case { id: "O-41-open", play: slot_left_open },
];

const SOON: Duration = Duration::from_secs(40);

/// Gossip goes round in half of this.
fn quick() -> Settings {
    Settings::default().config("cluster-node-timeout", "1500")
}

/// Nodes learn their addresses from each other, as they do unless they are told.
fn untold() -> Settings {
    quick().config("cluster-announce-ip", "")
}

fn opened(range: std::ops::Range<u8>) -> Vec<IpAddr> {
    range.map(open).collect()
}

fn endpoint(cluster: &Cluster, n: usize) -> String {
    format!("redis://{}", cluster.nodes[n].address)
}

/// The lines of the first finding for one audience: those that begin with a word of these.
fn lines(seen: &Seen, begin: &str) -> Vec<String> {
    seen.lines("server").into_iter().filter(|line| line.contains(begin)).collect()
}

/// Pastes lines into a shell.
fn paste(lines: &[String]) {
    assert!(!lines.is_empty(), "there is something to paste");
    for line in lines {
        run(Command::new("sh").args(["-c", line]));
    }
}

/// Closes (`add`) or opens (`del`) the bus port of every node to all that are not of its side of the network. Who may not take its own
/// source address takes another, so that nobody else is let in.
pub fn close_the_bus(cluster: &Cluster, verb: &str, side: impl Fn(usize) -> &'static str) {
    for (n, node) in cluster.nodes.iter().enumerate() {
        let (to, bus) = (node.address.ip().to_string(), node.bus_port().to_string());
        let port = ["to", &to, "ipproto", "tcp", "dport", &bus];
        let own = [&["rule", verb, "pref", "0", "from", side(n)], &port[..], &["lookup", "local"]].concat();
        let others = [&["rule", verb, "pref", "1"], &port[..], &["prohibit"]].concat();
        for words in [own, others] {
            run(Command::new("ip").args(words));
        }
    }
}

/// Runs lines on a node, as they are.
fn on(cluster: &Cluster, n: usize, lines: &[String]) {
    assert!(!lines.is_empty(), "there is something to run");
    for line in lines {
        cluster.nodes[n].command(&line.split(' ').collect::<Vec<_>>());
    }
}

/// Waits until the nodes are of one mind, and well.
fn well(cluster: &Cluster, alive: &[usize]) {
    wait_until("the cluster is well again", SOON, || {
        for n in alive {
            let [info, nodes] = ["INFO", "NODES"].map(|part| cluster.nodes[*n].command(&["CLUSTER", part]));
            let replication = cluster.nodes[*n].command(&["INFO", "replication"]);
            if replication.contains("master_link_status:down") {
                return Err(replication);
            }
            let nodes = nodes.replace("nofailover", "");
            let bad = ["fail", "handshake", "noaddr", "disconnected"].iter().any(|word| nodes.contains(word));
            if !info.contains("cluster_state:ok") || bad || nodes.lines().count() != alive.len() {
                return Err([info, nodes].concat());
            }
        }
        Ok(())
    });
}

fn own_address_is_old(run: &mut Run) {
    let mut cluster = Cluster::builder().ips(opened(0..3)).settings(untold()).start();
    run.name_nodes(&cluster);
    cluster.nodes[2].restart_with(|conf| {
        let own = conf.lines().find(|line| line.contains("myself")).unwrap();
        conf.replace(own, &own.replace("10.88.0.3:", "10.255.77.9:"))
    });
    well(&cluster, &[0, 1, 2]);
    let seen = run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 2));
    on(&cluster, 2, &lines(&seen, "CONFIG SET"));
    cluster.wait_for_views("it announces the new one", |view| !view.contains("10.255.77.9"));
    run.mended(&endpoint(&cluster, 0));
}

/// A `StatefulSet`, or `docker compose down` and `up`: every nodes.conf holds the old addresses.
fn all_came_back_elsewhere(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).ips(opened(0..3)).settings(untold()).start();
    run.name_nodes(&cluster);
    cluster.nodes.iter_mut().for_each(Server::kill);
    for (n, node) in cluster.nodes.iter_mut().enumerate() {
        node.move_to(open(3 + n % 3));
    }
    thread::sleep(Duration::from_secs(3));
    let first = endpoint(&cluster, 0);
    run.check(&first);
    let others: Vec<String> = cluster.nodes[1..].iter().map(|node| format!("--node {}", node.address)).collect();
    run.check(&format!("{first} {}", others[..2].join(" ")));
    let all = format!("{first} {}", others.join(" "));
    let seen = run.check(&all);
    paste(&lines(&seen, "CLUSTER MEET"));
    well(&cluster, &[0, 1, 2, 3, 4, 5]);
    run.mended(&first);
}

/// The same, mended by hand: the nodes have met, and the replicas go on dialling the old addresses.
fn replicas_stay_behind(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).ips(opened(0..3)).settings(untold()).start();
    run.name_nodes(&cluster);
    cluster.nodes.iter_mut().for_each(Server::kill);
    for (n, node) in cluster.nodes.iter_mut().enumerate() {
        node.move_to(open(3 + n % 3));
    }
    thread::sleep(Duration::from_secs(4));
    for node in &cluster.nodes[1..] {
        let (ip, port) = (node.address.ip().to_string(), node.address.port().to_string());
        cluster.nodes[0].command(&["CLUSTER", "MEET", &ip, &port, &node.bus_port().to_string()]);
    }
    let (ip, port) = (cluster.nodes[0].address.ip().to_string(), cluster.nodes[0].address.port().to_string());
    cluster.nodes[1].command(&["CLUSTER", "MEET", &ip, &port, &cluster.nodes[0].bus_port().to_string()]);
    cluster.wait_for_views("they know each other", |view| {
        view.lines().count() == 6
            && !view.contains("fail")
            && !view.contains("disconnected")
            && !view.contains("handshake")
    });
    let first = endpoint(&cluster, 0);
    // Findings that are alike are told as one: the next look has the lines of the next replica.
    let mut told = 0;
    // Meanwhile one may have taken over from a primary that was slow to come back.
    let is_cut_off = |node: &Server| node.command(&["INFO", "replication"]).contains("master_link_status:down");
    while cluster.nodes.iter().any(is_cut_off) && told < 8 {
        let seen = super::support::cases::check(&first);
        let behind = seen.findings().iter().find(|finding| finding["code"] == "primary-link-down");
        let line = behind.and_then(|finding| finding["remedies"][0]["lines"][0].as_str()).map(str::to_owned);
        // None is named while they come up.
        if let Some(line) = line {
            let n = (0..3).find(|n| line.contains(&cluster.nodes[*n].node_id())).expect("it names the primary");
            on(&cluster, n + 3, &[line]);
        }
        told += 1;
        thread::sleep(Duration::from_secs(2));
    }
    run.holds("replicas that were left behind are told what to copy from", told < 8);
    well(&cluster, &[0, 1, 2, 3, 4, 5]);
    run.check(&first);
    run.mended(&first);
}

/// Two nodes came back at each other's address: each finds itself where the other was.
fn addresses_were_dealt_out_anew(run: &mut Run) {
    let (port, bus) = (free_port(), free_port().to_string());
    let settings = untold().port(port).config("cluster-port", &bus);
    let mut cluster = Cluster::builder().ips(opened(0..3)).settings(settings).start();
    run.name_nodes(&cluster);
    cluster.nodes[1..].iter_mut().for_each(Server::kill);
    cluster.nodes[1].move_to(open(2));
    cluster.nodes[2].move_to(open(1));
    wait_until("they have lost each other", SOON, || {
        let views: Vec<String> = cluster.nodes.iter().map(|node| node.command(&["CLUSTER", "NODES"])).collect();
        let lost = |view: &&String| view.contains("noaddr");
        if views.iter().filter(lost).count() == 2 && !lost(&&views[0]) { Ok(()) } else { Err(views.concat()) }
    });
    thread::sleep(Duration::from_secs(2));
    run.check(&endpoint(&cluster, 1));
    let seen = run.check(&endpoint(&cluster, 0));
    paste(&lines(&seen, "CLUSTER MEET"));
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

fn slots_deleted(run: &mut Run) {
    let cluster = Cluster::builder().settings(quick()).start();
    run.name_nodes(&cluster);
    let slots = ["CLUSTER", "DELSLOTS", "0", "1", "2", "7", "6000"];
    for node in &cluster.nodes {
        node.command(&slots);
    }
    let seen = run.check(&endpoint(&cluster, 1));
    paste(&lines(&seen, "CLUSTER ADDSLOTS"));
    well(&cluster, &[0, 1, 2]);
    cluster.wait_for_views("the slots go round", |view| view.contains(" 0-5460"));
    run.mended(&endpoint(&cluster, 1));
}

fn failed(cluster: &Cluster, alive: &[usize], mark: &str, count: usize) {
    wait_until("they are called failed", SOON, || {
        let views = alive.iter().map(|n| cluster.nodes[*n].command(&["CLUSTER", "NODES"]));
        let marked = |view: &String| {
            view.lines().filter(|line| line.split(' ').any(|w| w.split(',').any(|f| f == mark))).count()
        };
        views.into_iter().find(|view| marked(view) != count).map_or(Ok(()), Err)
    });
}

/// A primary without a replica.
fn owner_dead(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(4).replicas(0).settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.nodes[3].kill();
    failed(&cluster, &[0, 1, 2], "fail", 1);
    thread::sleep(Duration::from_secs(1));
    let first = endpoint(&cluster, 0);
    let seen = run.check(&first);
    paste(&lines(&seen, "--cluster fix").iter().map(|line| format!("echo yes | {line}")).collect::<Vec<_>>());
    thread::sleep(Duration::from_secs(3));
    let seen = run.check(&first);
    paste(&lines(&seen, "CLUSTER FORGET"));
    well(&cluster, &[0, 1, 2]);
    run.mended(&first);
}

/// Two of three primaries at once: nobody may vote, and their replicas wait.
fn majority_dead(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).settings(quick()).start();
    run.name_nodes(&cluster);
    for n in [0, 1] {
        cluster.nodes[n].kill();
    }
    failed(&cluster, &[2, 3, 4, 5], "fail?", 2);
    thread::sleep(Duration::from_secs(1));
    let third = endpoint(&cluster, 2);
    let seen = run.check(&third);
    paste(&lines(&seen, "CLUSTER FAILOVER"));
    failed(&cluster, &[2, 3, 4, 5], "fail", 2);
    thread::sleep(Duration::from_secs(2));
    let seen = run.check(&third);
    paste(&lines(&seen, "CLUSTER FORGET"));
    well(&cluster, &[2, 3, 4, 5]);
    run.mended(&third);
}

/// Started with cluster-enabled, and nothing more.
fn never_joined(run: &mut Run) {
    let nodes: Vec<_> =
        (0..3).map(|_| super::support::server::Server::start(&quick().config("cluster-enabled", "yes"))).collect();
    let first = format!("redis://{}", nodes[0].address);
    let seen = run.check(&first);
    let line = lines(&seen, "--cluster create").remove(0);
    let line = line
        .replace("HOST2:PORT2", &nodes[1].address.to_string())
        .replace("HOST3:PORT3", &nodes[2].address.to_string());
    paste(&[format!("{line} --cluster-yes")]);
    thread::sleep(Duration::from_secs(3));
    run.mended(&first);
}

fn dead_bus(run: &mut Run) {
    let cluster = Cluster::builder().settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.nodes[1].command(&["CONFIG", "SET", "cluster-announce-bus-port", "39999"]);
    wait_until("the others dial it", SOON, || {
        let view = cluster.nodes[0].command(&["CLUSTER", "NODES"]);
        if view.contains("disconnected") { Ok(()) } else { Err(view) }
    });
    // A link that was down for a moment is none.
    thread::sleep(Duration::from_secs(4));
    run.holds("cluster_state is ok", cluster.nodes[0].command(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    let seen = run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 1));
    on(&cluster, 1, &lines(&seen, "CONFIG SET"));
    cluster.wait_for_views("nobody is told of the dead port", |view| !view.contains("39999"));
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

fn met_nobody(run: &mut Run) {
    let cluster = Cluster::builder().settings(Settings::default().config("cluster-node-timeout", "8000")).start();
    run.name_nodes(&cluster);
    cluster.nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", "7999"]);
    run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 1));
    // It says to wait.
    well(&cluster, &[0, 1, 2]);
    run.mended(&endpoint(&cluster, 0));
}

/// A firewall between two halves of the machines, which clients do not notice.
fn split(run: &mut Run) {
    let side = |n: u8| IpAddr::from([127, 0, if n < 3 { 81 } else { 82 }, n + 1]);
    let cluster = Cluster::builder().nodes(6).replicas(1).ips((0..6).map(side).collect()).settings(quick()).start();
    run.name_nodes(&cluster);
    let rule = |verb: &str| close_the_bus(&cluster, verb, |n| if n < 3 { "127.0.81.0/24" } else { "127.0.82.0/24" });
    rule("add");
    wait_until("the halves notice", SOON, || {
        let views: Vec<String> = cluster.nodes.iter().map(|node| node.command(&["CLUSTER", "NODES"])).collect();
        views.iter().find(|view| view.matches("fail").count() < 3).map_or(Ok(()), |view| Err(view.clone()))
    });
    thread::sleep(Duration::from_secs(2));
    run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 5));
    rule("del");
    well(&cluster, &[0, 1, 2, 3, 4, 5]);
    run.mended(&endpoint(&cluster, 0));
}

fn unknown_endpoint(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "unknown-endpoint");
    let seen = run.check(&endpoint(&cluster, 0));
    (0..3).for_each(|n| on(&cluster, n, &lines(&seen, "CONFIG SET")));
    run.mended(&endpoint(&cluster, 0));
}

fn names_preferred_and_none_announced(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let seen = run.check(&endpoint(&cluster, 0));
    let set = lines(&seen, "cluster-announce-hostname");
    paste(&set.iter().map(|line| line.replace("NAME", "localhost")).collect::<Vec<_>>());
    cluster.wait_for_views("the names go round", |view| view.matches("localhost").count() == 3);
    run.mended(&endpoint(&cluster, 0));
}

fn forgotten_on_one_node(run: &mut Run) {
    let cluster = Cluster::builder().nodes(4).settings(quick()).start();
    run.name_nodes(&cluster);
    let gone = cluster.nodes[2].node_id();
    cluster.nodes[1].command(&["CLUSTER", "FORGET", &gone]);
    let seen = run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 1));
    paste(&lines(&seen, "CLUSTER MEET"));
    well(&cluster, &[0, 1, 2, 3]);
    run.mended(&endpoint(&cluster, 1));
}

fn slot_left_open(run: &mut Run) {
    let cluster = Cluster::builder().settings(quick()).start();
    run.name_nodes(&cluster);
    let [first, second] = [0, 1].map(|n| cluster.nodes[n].node_id());
    cluster.nodes[0].command(&["CLUSTER", "SETSLOT", "93", "MIGRATING", &second]);
    let seen = run.check(&endpoint(&cluster, 2));
    cluster.nodes[1].command(&["CLUSTER", "SETSLOT", "93", "IMPORTING", &first]);
    run.check(&endpoint(&cluster, 2));
    cluster.nodes[1].command(&["CLUSTER", "SETSLOT", "93", "STABLE"]);
    paste(&lines(&seen, "SETSLOT 93 STABLE"));
    run.mended(&endpoint(&cluster, 2));
}

/// cluster-replica-no-failover: the replica waits to be told.
fn replica_shall_not(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.config_set("cluster-replica-no-failover", "yes");
    cluster.nodes[0].kill();
    failed(&cluster, &[1, 2, 3, 4, 5], "fail", 1);
    thread::sleep(Duration::from_secs(1));
    let second = endpoint(&cluster, 1);
    let seen = run.check(&second);
    paste(&lines(&seen, "CLUSTER FAILOVER"));
    thread::sleep(Duration::from_secs(4));
    let seen = run.check(&second);
    paste(&lines(&seen, "CLUSTER FORGET"));
    well(&cluster, &[1, 2, 3, 4, 5]);
    run.mended(&second);
}

/// Somebody thought that it would help.
fn reset_on_one_node(run: &mut Run) {
    let cluster = Cluster::builder().nodes(4).settings(quick()).start();
    run.name_nodes(&cluster);
    cluster.nodes[3].command(&["CLUSTER", "RESET", "SOFT"]);
    thread::sleep(Duration::from_secs(4));
    let seen = run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 3));
    paste(&lines(&seen, "redis-cli -h"));
    well(&cluster, &[0, 1, 2, 3]);
    run.mended(&endpoint(&cluster, 0));
}

/// The majority calls it failed, and clients are answered: its bus is closed, both ways.
fn failed_and_answering(run: &mut Run) {
    let side = |n: u8| IpAddr::from([127, 0, if n < 3 { 83 } else { 84 }, n + 1]);
    let cluster = Cluster::builder().nodes(4).ips((0..4).map(side).collect()).settings(quick()).start();
    run.name_nodes(&cluster);
    let rule = |verb: &str| close_the_bus(&cluster, verb, |n| if n < 3 { "127.0.83.0/24" } else { "127.0.84.0/24" });
    rule("add");
    failed(&cluster, &[0, 1, 2], "fail", 1);
    thread::sleep(Duration::from_secs(3));
    run.check(&endpoint(&cluster, 0));
    run.check(&endpoint(&cluster, 3));
    rule("del");
    well(&cluster, &[0, 1, 2, 3]);
    run.mended(&endpoint(&cluster, 0));
}

/// A volume was copied, and its nodes.conf with it.
fn one_id_twice(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    let twin = cluster.nodes[2].twin(open(6));
    let both = format!("{} --node {} --node {}", endpoint(&cluster, 0), cluster.nodes[2].address, twin.address);
    let seen = run.check(&both);
    paste(&lines(&seen, "RESET HARD"));
    thread::sleep(Duration::from_secs(5));
    run.mended(&endpoint(&cluster, 0));
}

/// Thirty of a hundred primaries are gone.
fn many_dead(run: &mut Run) {
    const ALL: usize = 100;
    let id = |n: usize| format!("{n:040x}");
    let mut alive: Vec<Fake> = (0..70).map(|_| Fake::bind("127.0.0.1")).collect();
    let mut ports: Vec<u16> = alive.iter().map(|fake| fake.address.port()).collect();
    ports.resize_with(ALL, free_port);
    let range = |n: usize| (n * 16384 / ALL, (n + 1) * 16384 / ALL - 1);
    let lines = |own: usize| -> String {
        let line = |n: usize| {
            let flags = match n {
                70.. => "master,fail",
                _ if n == own => "myself,master",
                _ => "master",
            };
            let (from, to) = range(n);
            let link = if n < 70 { "connected" } else { "disconnected" };
            format!("{} 127.0.0.1:{}@1 {flags} - 0 1700000000000 {n} {link} {from}-{to}\n", id(n), ports[n])
        };
        (0..ALL).map(line).collect()
    };
    let slot = |n: usize| {
        let (from, to) = range(n);
        let node = array(&[bulk("127.0.0.1"), format!(":{}\r\n", ports[n]), bulk(&id(n)), array(&[])]);
        array(&[format!(":{from}\r\n"), format!(":{to}\r\n"), node])
    };
    let slots = array(&(0..ALL).map(slot).collect::<Vec<_>>());
    for (n, fake) in alive.iter_mut().enumerate() {
        let (nodes, slots, own) = (bulk(&lines(n)), slots.clone(), bulk(&id(n)));
        fake.serve(
            None,
            Arc::new(move |command| match command {
                "CLUSTER MYID" => own.clone(),
                "CLUSTER SLOTS" => slots.clone(),
                "CLUSTER NODES" => nodes.clone(),
                "CLUSTER INFO" => bulk("cluster_state:fail\r\n"),
                "INFO" => bulk("redis_version:7.0.15\r\nredis_mode:cluster\r\nrun_id:aaaa\r\n"),
                "PING" => "+PONG\r\n".to_owned(),
                _ => "-ERR unknown command\r\n".to_owned(),
            }),
        );
    }
    (0..ALL).for_each(|n| run.name(id(n), if n < 70 { "alive" } else { "dead" }));
    let first = format!("redis://127.0.0.1:{}", ports[0]);
    run.check(&first);
    let screen = output(doctor().args(["check", &first]));
    let findings = text(&screen.stdout);
    let findings = findings.split("\nnode ").next().unwrap_or_default();
    run.holds(&format!("2 KB are enough, and these are {}:\n{findings}", findings.len()), findings.len() < 2048);
}
