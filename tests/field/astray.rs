//! Looks that begin at the wrong place, addresses that lead to another cluster, and what only the past explains.

use std::{net::IpAddr, process::Command, thread, time::Duration};

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        cases::check,
        cluster::Cluster,
        doctor, output,
        sentinels::Group,
        server::{Server, Settings},
        text, wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-01-node", play: nodes_that_the_user_knows },
    Case { id: "O-17-endpoint", play: dead_endpoint },
    Case { id: "O-17-alone", play: endpoint_knows_nobody },
    Case { id: "O-25-promoted", play: promoted },
    Case { id: "O-41-stranger", play: node_of_another_cluster },
    Case { id: "O-43-tilt", play: tilt },
];

const SOON: Duration = Duration::from_secs(40);

fn quick() -> Settings {
    Settings::default().config("cluster-node-timeout", "1500")
}

fn opened(range: std::ops::Range<u8>) -> Vec<IpAddr> {
    range.map(open).collect()
}

fn endpoint(cluster: &Cluster, n: usize) -> String {
    format!("redis://{}", cluster.nodes[n].address)
}

fn named(nodes: &[Server]) -> String {
    nodes.iter().map(|node| format!(" --node {}", node.address)).collect::<Vec<_>>().concat()
}

/// Nodes announce what clients do not reach; where they are reached the user says, and each proves by its id that it is.
fn nodes_that_the_user_knows(run: &mut Run) {
    let both = |n: usize, settings: Settings| {
        let (inside, outside) = (filtered(n).to_string(), open(n).to_string());
        settings
            .config("bind", &format!("{outside} {inside}"))
            .config("cluster-announce-ip", &inside)
            .config("bind-source-addr", &inside)
    };
    let cluster = Cluster::builder().ips(opened(0..3)).each(both).start();
    run.name_nodes(&cluster);
    let first = endpoint(&cluster, 0);
    run.check(&first);
    let all = format!("{first}{}", named(&cluster.nodes[1..]));
    run.check(&all);
    run.mended_by_map(&all);
}

/// The endpoint in the configuration is a machine that is gone.
fn dead_endpoint(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).start();
    run.name_nodes(&cluster);
    let dead = format!("redis://{}:{}", open(99), cluster.nodes[0].address.port());
    run.check(&dead);
    let seen = run.check(&format!("{dead}{}", named(&cluster.nodes[1..])));
    let begin = seen.lines("client").into_iter().next().expect("a node to begin at is named");
    run.mended(&format!("redis://{begin}"));
}

/// A node came back with an empty disk: it is a cluster of its own.
fn endpoint_knows_nobody(run: &mut Run) {
    let cluster = Cluster::builder().ips(opened(0..3)).settings(quick()).start();
    run.name_nodes(&cluster);
    let ip = open(4);
    let own = [("cluster-enabled", "yes"), ("protected-mode", "no"), ("bind-source-addr", &ip.to_string())];
    let settings = own.iter().fold(Settings::default().ip(ip), |settings, (name, value)| settings.config(name, value));
    let alone = Server::start(&settings);
    let first = format!("redis://{}", alone.address);
    run.check(&first);
    let words = format!("{first}{}", named(&cluster.nodes[..2]));
    let seen = run.check(&words);
    for line in seen.lines("server") {
        super::support::run(Command::new("sh").args(["-c", &line]));
    }
    wait_until("it is part of the cluster", SOON, || {
        let nodes = alone.command(&["CLUSTER", "NODES"]);
        let info = alone.command(&["CLUSTER", "INFO"]);
        let bad = ["handshake", "disconnected", "fail"].iter().any(|word| nodes.contains(word));
        if nodes.lines().count() == 4 && !bad && info.contains("cluster_state:ok") { Ok(()) } else { Err(nodes) }
    });
    cluster.wait_for_views("all have heard of it", |view| view.lines().count() == 4 && !view.contains("handshake"));
    run.mended(&first);
}

/// A primary died, its replica took over, and it came back as a replica: healthy, and yet something happened.
fn promoted(run: &mut Run) {
    let mut cluster = Cluster::builder().nodes(6).replicas(1).ips(opened(0..6)).settings(quick()).start();
    run.name_nodes(&cluster);
    run.check(&endpoint(&cluster, 1));
    cluster.nodes[0].kill();
    wait_until("its replica takes over", SOON, || {
        let role = cluster.nodes[3].command(&["INFO", "replication"]);
        if role.contains("role:master") { Ok(()) } else { Err(role) }
    });
    cluster.nodes[0].restart_with(str::to_owned);
    cluster.nodes[0].has_its_primary();
    cluster.wait_for_views("all is well again", |view| !view.contains("fail") && !view.contains("disconnected"));
    run.mended(&endpoint(&cluster, 1));
    run.check(&endpoint(&cluster, 1));
    let screen = text(&output(doctor().args(["topology", &endpoint(&cluster, 1)])).stdout);
    if std::env::var_os("FIELD_SCREENS").is_some() {
        println!("{screen}");
    }
    run.holds("topology tells it, too", screen.contains("was promoted"));
}

/// An address was dealt out anew: a node of another cluster answers there.
fn node_of_another_cluster(run: &mut Run) {
    let [ours, theirs] = [(); 2].map(|()| Cluster::builder().ips(opened(0..3)).start());
    run.name_nodes(&ours);
    let port = theirs.nodes[2].address.port().to_string();
    ours.nodes[2].command(&["CONFIG", "SET", "cluster-announce-port", &port]);
    ours.wait_for_views("it is announced", |view| view.contains(&format!(":{port}@")));
    run.check(&endpoint(&ours, 0));
    run.check(&endpoint(&theirs, 0));
    ours.nodes[2].command(&["CONFIG", "SET", "cluster-announce-port", "0"]);
    let own = ours.nodes[2].address.port();
    ours.wait_for_views("it is announced no more", |view| view.contains(&format!(":{own}@")));
    let words = format!("{} --fail-on warning", endpoint(&ours, 0));
    wait_until("all nodes have heard of it", SOON, || {
        let seen = check(&words);
        if seen.exit == 0 { Ok(()) } else { Err(seen.text()) }
    });
    run.mended(&endpoint(&ours, 0));
}

/// A machine was suspended for some seconds.
fn tilt(run: &mut Run) {
    let group = Group::plain();
    group.names().into_iter().for_each(|(id, name)| run.name(id, &name));
    let info = group.sentinels[1].command(&["INFO", "server"]);
    let pid = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("INFO has a process_id").trim();
    super::support::run(Command::new("kill").args(["-STOP", pid]));
    // A jump of two seconds is the limit; a Sentinel that is silent for longer is no matter of this case.
    thread::sleep(Duration::from_secs(3));
    super::support::run(Command::new("kill").args(["-CONT", pid]));
    wait_until("it is in tilt", SOON, || {
        let info = group.sentinels[1].command(&["INFO", "sentinel"]);
        if info.contains("sentinel_tilt:1") { Ok(()) } else { Err(info) }
    });
    let words = format!("redis+sentinel://{}/mymaster", group.sentinels[0].address);
    run.check(&words);
    wait_until("the tilt is over", SOON, || {
        let seen = check(&format!("{words} --fail-on warning"));
        if seen.exit == 0 { Ok(()) } else { Err(seen.text()) }
    });
    run.mended(&words);
}
