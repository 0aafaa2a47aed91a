//! Ways that lead to several servers, to the wrong one, or nowhere: balancers, virtual addresses, firewalls that say no.

use std::{net::SocketAddr, process::Command, thread, time::Duration};

use super::{
    network::open,
    run::{Case, Run},
    sentinels::at,
    support::{
        cases::Seen,
        cluster::Cluster,
        fake::Fake,
        free_port,
        pki::{Certificate, Leaf, Pki},
        run as shell,
        server::{Server, Settings},
        service::{Node, Service, primaries},
        tunnel::Tunnel,
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-70", play: balancer_without_a_check },
    Case { id: "N-70-password", play: balancer_without_a_check_nor_password },
    Case { id: "N-71", play: virtual_address_on_the_replica },
    Case { id: "N-72", play: firewalls_that_say_no },
    Case { id: "N-73", play: nobody_on_loopback },
    Case { id: "N-74", play: discovery_takes_long },
    Case { id: "N-75", play: several_versions },
    Case { id: "N-76", play: one_without_a_replica },
];

const SOON: Duration = Duration::from_secs(40);

/// Some certificate: the balancer's file holds one, and no listener uses it.
fn unused() -> (Pki, Certificate) {
    let pki = Pki::new();
    let certificate = pki.issue("balancer", &Leaf::new(&["IP:127.0.0.1"]));
    (pki, certificate)
}

/// A primary and its replica behind `HAProxy`, which sends one connection here and the next one there.
fn in_turns(run: &mut Run, settings: impl Fn(usize) -> Settings, login: &str) {
    let (primary, replica) = (Server::start(&settings(0)), Server::start(&settings(1)));
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    let (_pki, certificate) = unused();
    let servers =
        |check: &str| format!("  server a {} {check}\n  server b {} {check}\n", primary.address, replica.address);
    let balancer = Tunnel::haproxy_with("", &format!("  balance roundrobin\n{}", servers("")), &certificate);
    let to = |at: SocketAddr| format!("redis://{login}{at}");
    let seen = run.check(&to(balancer.address));
    run.check(&to(balancer.address));
    run.check(&format!(
        "redis://{login}redis-ro.lab.test:6379 --connect-to redis-ro.lab.test:6379:{}",
        balancer.address
    ));
    let lines: Vec<String> = seen.lines("network").iter().map(|line| line.replace("PASSWORD", "sesame")).collect();
    let lines = format!("  {}\n  balance roundrobin\n{}", lines.join("\n  "), servers("check inter 200 fastinter 200"));
    let mended = Tunnel::haproxy_with("", &lines, &certificate);
    thread::sleep(Duration::from_secs(2));
    for _ in 0..3 {
        run.mended(&format!("{} --expect primary", to(mended.address)));
    }
}

fn balancer_without_a_check(run: &mut Run) {
    in_turns(run, at, "");
}

fn balancer_without_a_check_nor_password(run: &mut Run) {
    in_turns(run, |n| at(n).password("sesame"), ":sesame@");
}

/// keepalived moved the address to the replica, or left it there after a failover.
fn virtual_address_on_the_replica(run: &mut Run) {
    let floating: SocketAddr = SocketAddr::new([10, 88, 7, 7].into(), free_port());
    shell(Command::new("ip").args(["address", "replace", "10.88.7.7/32", "dev", "lo"]));
    let on = |n: u8, too: &str| {
        let settings = at(n.into()).port(floating.port());
        Server::start(&settings.config("bind", format!("{} {too}", open(n)).trim()))
    };
    let (primary, replica) = (on(0, ""), on(1, "10.88.7.7"));
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    run.check(&format!("redis://{floating}"));
    run.check(&format!("redis://{}", replica.address));
    primary.command(&["FAILOVER", "TO", &replica.address.ip().to_string(), &replica.address.port().to_string()]);
    wait_until("the roles are swapped", SOON, || {
        let info = replica.command(&["INFO", "replication"]);
        if info.contains("role:master") && info.contains("state=online") { Ok(()) } else { Err(info) }
    });
    run.mended(&format!("redis://{floating} --expect primary"));
}

/// `REJECT --reject-with icmp-host-prohibited`, as of firewalld, and a rule of this machine.
fn firewalls_that_say_no(run: &mut Run) {
    for how in ["unreachable", "prohibit"] {
        shell(Command::new("ip").args(["route", "replace", how, "10.99.0.1/32"]));
        run.check("redis://10.99.0.1:6379");
    }
}

/// localhost in a container is the container.
fn nobody_on_loopback(run: &mut Run) {
    let port = free_port();
    run.check(&format!("redis://127.0.0.1:{port}"));
    run.check(&format!("redis://[::1]:{port}"));
}

/// The seed is kept from answering for as long as ioredis waits, and longer.
fn discovery_takes_long(run: &mut Run) {
    let cluster = Cluster::builder().settings(Settings::default().config("enable-debug-command", "yes")).start();
    run.name_nodes(&cluster);
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&endpoint);
    let address = cluster.nodes[0].address;
    let sleep = move || {
        let mut cli = Command::new("redis-cli");
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let _ = cli.args(["-h", &ip, "-p", &port, "DEBUG", "SLEEP", "1.8"]).output();
    };
    // Each look is three runs of the program.
    let busy = thread::spawn(move || (0..8).for_each(|_| sleep()));
    thread::sleep(Duration::from_millis(200));
    run.check(&endpoint);
    busy.join().unwrap();
    run.mended(&endpoint);
}

fn versions(run: &mut Run, said: [(&str, &[&'static str]); 3]) {
    let mut nodes: Vec<Fake> = (0..3).map(|n| Fake::bind(&open(n).to_string())).collect();
    let hosts: Vec<String> = nodes.iter().map(|node| node.address.ip().to_string()).collect();
    let places: Vec<(&str, u16)> =
        nodes.iter().zip(&hosts).map(|(node, host)| (host.as_str(), node.address.port())).collect();
    let known: Vec<Node> = primaries(&places);
    for (n, (version, more)) in said.into_iter().enumerate() {
        nodes[n].serve(None, Service::node(version, &known, n).says(more).script());
        run.name(known[n].id.clone(), &(n + 1).to_string());
    }
    run.check(&format!("redis://{}", nodes[0].address));
}

/// An upgrade that was not ended, and one within a major version, which is none to speak of.
fn several_versions(run: &mut Run) {
    versions(run, [("6.2.14", &[]), ("7.2.4", &[]), ("6.2.14", &[])]);
    versions(run, [("7.0.15", &[]), ("7.2.4", &[]), ("7.4.1", &[])]);
    let valkey: &[&'static str] = &["server_name:valkey", "valkey_version:8.1.3"];
    versions(run, [("7.2.4", valkey), ("7.2.4", valkey), ("7.2.4", &[])]);
    versions(run, [("7.2.4", valkey), ("7.2.4", &["server_name:valkey", "valkey_version:8.0.1"]), ("7.2.4", valkey)]);
}

/// Three primaries and two replicas; then the spare node is made the third.
fn one_without_a_replica(run: &mut Run) {
    let cluster = Cluster::builder().nodes(6).replicas(1).ips((0..6).map(open).collect()).start();
    run.name_nodes(&cluster);
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&endpoint);
    let spare = cluster
        .nodes
        .iter()
        .rfind(|node| node.command(&["CLUSTER", "NODES"]).lines().any(|line| line.contains("myself,slave")));
    let spare = spare.expect("there is a replica");
    // It goes to another primary: one has two then, and one none.
    let own = spare.command(&["CLUSTER", "NODES"]);
    let copied =
        own.lines().find(|line| line.contains("myself")).and_then(|line| line.split(' ').nth(3)).unwrap().to_owned();
    let other = cluster.nodes[..3].iter().map(Server::node_id).find(|id| *id != copied).unwrap();
    spare.command(&["CLUSTER", "REPLICATE", &other]);
    let settled = |of: &str| {
        let of = of.to_owned();
        wait_until("all of them know", SOON, || {
            let views: Vec<String> = cluster.nodes.iter().map(|node| node.command(&["CLUSTER", "NODES"])).collect();
            let own = spare.node_id();
            let known = |view: &String| view.lines().any(|line| line.starts_with(&own) && line.contains(&of));
            let up = spare.command(&["INFO", "replication"]).contains("master_link_status:up");
            if up && views.iter().all(known) { Ok(()) } else { Err(views.concat()) }
        });
    };
    settled(&other);
    let seen: Seen = run.check(&endpoint);
    let line = seen.lines("server").into_iter().next().expect("it prints a line");
    spare.command(&line.split(' ').collect::<Vec<_>>());
    settled(&copied);
    run.check(&endpoint);
    run.mended(&endpoint);
}
