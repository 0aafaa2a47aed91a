//! Several causes at once: the order in which they are to be mended, and what is on top of each next look.

use std::{fs, time::Duration};

use super::{
    certificates::{apply, reissued},
    network::{filtered, open},
    run::{Case, Run},
    support::{
        cluster::Cluster,
        pki::{Certificate, Leaf, Pki},
        server::Settings,
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "M-01", play: a_name_a_date_a_user_and_a_dead_node },
    Case { id: "M-02", play: the_endpoint_first },
    Case { id: "M-03", play: one_map_for_two_causes },
    Case { id: "M-04", play: slots_before_an_address },
];

/// A certificate of its own for each node, at a path where it can be replaced.
fn of_each(pki: &Pki, nodes: usize, leaf: impl Fn(usize) -> Leaf) -> Vec<Certificate> {
    (0..nodes).map(|n| pki.issue(&format!("node-{n}"), &leaf(n))).collect()
}

/// Another certificate at the same paths: a renewal that no server has loaded yet.
fn replace(old: &Certificate, new: &Certificate) {
    for (from, to) in [(&new.cert, &old.cert), (&new.key, &old.key)] {
        fs::copy(from, to).unwrap();
    }
}

/// All certificates name no address, that of the fifth node is over too, the third does not know the user, the second is dead.
fn a_name_a_date_a_user_and_a_dead_node(run: &mut Run) {
    let pki = Pki::new();
    let right = of_each(&pki, 6, |_| Leaf::new(&["DNS:redis.lab.test"]));
    let start = right.clone();
    let cluster = Cluster::builder().nodes(6).replicas(1).ips((0..6).map(open).collect());
    let cluster =
        cluster.each(move |n, settings| settings.tls(&start[n]).config("cluster-allow-replica-migration", "no"));
    let mut cluster = cluster.start();
    run.name_nodes(&cluster);
    cluster.nodes[4].load(&pki.issue("over", &Leaf::new(&["DNS:redis.lab.test"]).expired()));
    for (n, node) in cluster.nodes.iter().enumerate() {
        if n != 2 {
            node.command(&["ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all"]);
        }
    }
    let dead = cluster.nodes[1].node_id();
    cluster.nodes[1].kill();
    let alive: Vec<usize> = vec![0, 2, 3, 4, 5];
    wait_until_failed(&cluster, &alive, &dead);
    let port = cluster.nodes[0].address.port();
    let words = format!("rediss://app:secret@redis.lab.test:{port} --cacert {}", pki.ca().display());
    let seen = run.check(&words);
    let new = reissued(&seen, &pki, "named");
    for n in &alive {
        cluster.nodes[*n].load(&new);
    }
    run.check(&words);
    cluster.nodes[2].command(&["ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all"]);
    run.check(&words);
    cluster.nodes[1].start_again_with(&new);
    cluster.nodes[1].command(&["ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all"]);
    cluster.wait_for_views("the node is back", |view| !view.contains("fail"));
    wait_until("it has its copy", Duration::from_secs(20), || cluster.nodes[1].replication_is_up());
    cluster.wait_for_views("all know it as a replica", |view| view.matches("slave").count() == 3);
    wait_until("it is in", Duration::from_secs(20), || {
        let shards = cluster.nodes.iter().map(|node| node.command(&["CLUSTER", "SHARDS"]));
        shards.into_iter().find(|shards| shards.matches("online").count() < 6).map_or(Ok(()), Err)
    });
    run.mended(&words);
}

fn wait_until_failed(cluster: &Cluster, alive: &[usize], dead: &str) {
    wait_until("the node is failed", Duration::from_secs(60), || {
        let views = alive.iter().map(|n| cluster.nodes[*n].command(&["CLUSTER", "NODES"]));
        let agreed = |view: &String| {
            let line = view.lines().find(|line| line.starts_with(dead)).unwrap_or_default();
            line.contains("fail") && !line.contains("fail?") && !line.contains('-') | line.ends_with("connected")
        };
        views.into_iter().find(|view| !agreed(view)).map_or(Ok(()), Err)
    });
}

/// The endpoint's certificate is over, which stops everybody; those of the others name other hosts, which stops more.
fn the_endpoint_first(run: &mut Run) {
    let pki = Pki::new();
    let right = of_each(&pki, 6, |n| if n == 0 { Leaf::new(&["IP:10.88.0.1"]) } else { Leaf::new(&["IP:10.88.0.99"]) });
    let start = right.clone();
    let cluster = Cluster::builder().nodes(6).replicas(1).ips((0..6).map(open).collect());
    let cluster = cluster.each(move |n, settings| settings.tls(&start[n])).start();
    run.name_nodes(&cluster);
    let renewed = pki.issue("renewed", &Leaf::new(&["IP:10.88.0.1"]));
    replace(&right[0], &pki.issue("over", &Leaf::new(&["IP:10.88.0.1"]).expired()));
    cluster.nodes[0].load(&right[0]);
    replace(&right[0], &renewed);
    let words = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    let seen = run.check(&words);
    apply(&seen, "server", &cluster.nodes[0]);
    let seen = run.check(&words);
    let new = reissued(&seen, &pki, "named");
    cluster.nodes[1..].iter().for_each(|node| node.load(&new));
    run.mended(&words);
}

/// Addresses of containers, and certificates without them: one map mends both. What is over on one of the nodes stays.
fn one_map_for_two_causes(run: &mut Run) {
    let pki = Pki::new();
    let right = of_each(&pki, 3, |_| Leaf::new(&["DNS:localhost"]));
    let start = right.clone();
    let containers = (0..3).map(filtered).collect();
    let cluster = Cluster::builder().ips(containers);
    let bind = |n: usize| format!("{} 127.0.0.1", filtered(u8::try_from(n).unwrap()));
    let cluster = cluster.each(move |n, settings| settings.tls(&start[n]).config("bind", &bind(n))).start();
    run.name_nodes(&cluster);
    let renewed = pki.issue("renewed", &Leaf::new(&["DNS:localhost"]));
    replace(&right[2], &pki.issue("over", &Leaf::new(&["DNS:localhost"]).expired()));
    cluster.nodes[2].load(&right[2]);
    replace(&right[2], &renewed);
    let words = format!("rediss://localhost:{} --cacert {}", cluster.nodes[0].address.port(), pki.ca().display());
    let seen = run.check(&words);
    // The map of the other two is there by now, and what is printed says which one is not in it.
    run.holds("the map leads to the two whose certificates are good", seen.map().len() == 2);
    let map = run.map_file(&words);
    let seen = run.check(&format!("{words} --map {}", map.path().display()));
    apply(&seen, "server", &cluster.nodes[2]);
    run.mended_by_map(&words);
}

/// Slots without an owner stop every client everywhere, an address that leads nowhere those of one node.
fn slots_before_an_address(run: &mut Run) {
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).settings(Settings::default()).start();
    run.name_nodes(&cluster);
    cluster.nodes[1].command(&["CLUSTER", "DELSLOTS", "8000"]);
    cluster.nodes[0].command(&["CLUSTER", "DELSLOTS", "8000"]);
    cluster.nodes[2].command(&["CLUSTER", "DELSLOTS", "8000"]);
    let moved = filtered(2).to_string();
    cluster.nodes[2].command(&["CONFIG", "SET", "cluster-announce-ip", &moved]);
    cluster.wait_for_views("the address is known", |view| view.contains(&moved) && !view.contains("fail"));
    let words = format!("redis://{}", cluster.nodes[0].address);
    run.check(&words);
    cluster.nodes[1].command(&["CLUSTER", "ADDSLOTS", "8000"]);
    cluster.wait_for_views("the slot is owned", |view| view.contains("5461-10921"));
    run.check(&words);
    cluster.nodes[2].command(&["CONFIG", "SET", "cluster-announce-ip", &open(2).to_string()]);
    cluster.wait_for_views("the address is right", |view| !view.contains(&moved) && !view.contains("disconnected"));
    // Links are opened anew after a change of address, and are listed a moment later.
    wait_until("the links are back", Duration::from_secs(30), || {
        let links = cluster.nodes.iter().map(|node| node.command(&["CLUSTER", "LINKS"]));
        links.into_iter().find(|links| links.matches("direction").count() < 4).map_or(Ok(()), Err)
    });
    run.mended(&words);
}
