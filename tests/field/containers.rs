//! Addresses that mean nothing outside: containers, pods, machines behind NAT.

use super::{
    network::filtered,
    run::{Case, Run},
    support::cluster::Cluster,
};

pub const CASES: &[Case] = &[Case { id: "O-01", play: docker_bridge }];

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
