//! Addresses that mean nothing outside: containers, pods, machines behind NAT.

use std::{process::Command, thread::sleep, time::Duration};

use super::{
    network::{filtered, unrouted},
    run::{Case, Run},
    support::cluster::Cluster,
};

pub const CASES: &[Case] =
    &[Case { id: "O-01", play: docker_bridge }, Case { id: "O-01-nowhere", play: addresses_that_lead_nowhere }];

/// The ports are published on loopback; the nodes announce the addresses of their containers.
fn docker_bridge(run: &mut Run) {
    let (mut inside, containers) = (Cluster::builder(), (0..3).map(filtered).collect());
    inside = inside.ips(containers).each(|n, node| node.config("bind", &format!("{} 127.0.0.1", filtered(n))));
    let cluster = inside.start();
    run.name_nodes(&cluster);
    let endpoint = format!("redis://127.0.0.1:{}", cluster.nodes[0].address.port());
    run.check(&endpoint);
    run.mended_by_map(&endpoint);
}

/// Addresses were announced that not even the nodes reach: each that is believed cuts a link, over which the next would have been
/// learnt, so that every node ends with another list.
fn addresses_that_lead_nowhere(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    for (n, node) in cluster.nodes.iter().enumerate() {
        node.command(&["CONFIG", "SET", "cluster-announce-ip", &unrouted(n).to_string()]);
        sleep(Duration::from_millis(2500));
    }
    run.check(&format!("redis://{}", cluster.nodes[2].address));
    let first = format!("redis://{}", cluster.nodes[0].address);
    for node in ["10.254.0.2", "10.254.0.1"] {
        for line in run.check(&first).lines("server") {
            super::support::run(Command::new("sh").args(["-c", &line]));
        }
        cluster.wait_for_views("every node has another address of it", |view| {
            let others = view.lines().filter(|line| !line.contains("10.254."));
            !view.contains(node) && others.into_iter().all(|line| !line.contains("disconnected"))
        });
    }
    cluster.settle();
    run.mended(&first);
}
