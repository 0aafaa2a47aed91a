//! Primaries and replicas: names that lead to the wrong one, addresses that lead to nobody, links that are down.

use std::{net::IpAddr, sync::Arc};

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        fake::{Fake, array, bulk},
        forward::Forward,
        free_port,
        pki::{Leaf, Pki},
        server::{Server, Settings},
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-18", play: name_that_leads_to_a_replica },
    Case { id: "O-18-chain", play: replica_of_a_replica },
    Case { id: "O-18-filtered", play: primary_out_of_reach },
    Case { id: "O-18-ipv6", play: over_ipv6 },
    Case { id: "O-18-lost", play: primary_gone_and_masterdown },
    Case { id: "O-18-misconf", play: writes_refused_for_the_disk },
    Case { id: "O-18-noreplicas", play: writes_refused_for_want_of_replicas },
    Case { id: "O-18-password", play: replica_without_the_password },
    Case { id: "O-18-tls", play: replica_that_copies_in_plaintext },
    Case { id: "O-18-untrusted", play: replica_without_the_ca },
    Case { id: "O-18-versions", play: other_servers_and_versions },
    Case { id: "O-44", play: replica_behind_nat },
    Case { id: "O-44-names", play: replicas_by_name },
    Case { id: "O-44-ports", play: replica_by_the_other_port },
    Case { id: "O-44-shared", play: replicas_behind_one_nat },
    Case { id: "O-44-tunnel", play: replica_by_a_tunnel_of_its_own },
];

/// Binds and speaks from this address, to replicas as well.
fn at(ip: IpAddr) -> Settings {
    Settings::default().ip(ip).config("protected-mode", "no").config("bind-source-addr", &ip.to_string())
}

/// After a failover the name still leads to the old primary, which is a replica now.
fn name_that_leads_to_a_replica(run: &mut Run) {
    let (old, new) = (Server::start(&at(open(0))), Server::start(&at(open(1))));
    old.replicate(&new);
    run.name(new.address.to_string(), "primary");
    let port = old.address.port();
    run.check(&format!("redis://redis.lab.test:{port}"));
    run.check(&format!("redis://redis.lab.test:{port} --expect primary"));
    run.check(&format!("redis://redis.lab.test:{port} --expect replica"));
    run.check(&format!("redis://redis-ro.lab.test:{port} --resolve redis-ro.lab.test:{port}:{}", open(0)));
    run.check(&format!("redis://{}", old.address));
    let to = format!("{}:{}", open(1), new.address.port());
    run.mended(&format!("redis://{to} --expect primary"));
    run.mended(&format!("redis://redis.lab.test:{port} --connect-to redis.lab.test:{port}:{to} --expect primary"));
}

/// The replica's connections come out of another address, as behind NAT: the primary lists it there.
fn replica_behind_nat(run: &mut Run) {
    let primary = Server::start(&at(open(0)));
    let replica = Server::start(&at(open(1)));
    let gateway = Forward::start_on((open(2), 0).into(), vec![primary.address], Some(open(2)));
    replica.replicate_from(gateway.address);
    run.name(format!("{}:{}", open(2), replica.address.port()), "replica");
    let by_primary = format!("redis://{}", primary.address);
    let seen = run.check(&by_primary);
    run.check(&format!("redis://{}", replica.address));
    // By the primary it is not known where the replica is; by the replica it is.
    for line in seen.lines("server") {
        let filled = line.replace("ADDRESS", &open(1).to_string());
        replica.command(&filled.split(' ').collect::<Vec<_>>());
    }
    primary.knows_replica(replica.address);
    run.mended(&by_primary);
}

/// Two replicas behind one gateway listen at the same port: the primary lists one address twice.
fn replicas_behind_one_nat(run: &mut Run) {
    let primary = Server::start(&at(open(0)));
    let gateway = Forward::start_on((open(2), 0).into(), vec![primary.address], Some(open(2)));
    let (one, other) = (Server::start(&at(open(1))), Server::start(&at(open(3))));
    // Inside, each listens at 6379.
    other.command(&["CONFIG", "SET", "port", &one.address.port().to_string()]);
    for replica in [&one, &other] {
        replica.replicate_from(gateway.address);
    }
    run.name(format!("{}:{}", open(2), one.address.port()), "both");
    let by_primary = format!("redis://{}", primary.address);
    let seen = run.check(&by_primary);
    for (replica, ip) in [(&one, open(1)), (&other, open(3))] {
        for line in seen.lines("server").iter().filter(|line| !line.starts_with('#')) {
            let port = one.address.port().to_string();
            let filled = line.replace("ADDRESS", &ip.to_string()).replace("PORT", &port);
            replica.command(&filled.split(' ').collect::<Vec<_>>());
        }
        primary.knows_replica((ip, one.address.port()).into());
    }
    run.mended(&by_primary);
}

/// stunnel on the replica's machine leads to the primary: nobody else is sent to that loopback address.
fn replica_by_a_tunnel_of_its_own(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(open(0))), Server::start(&at(open(1))));
    let tunnel = Forward::start(vec![primary.address], None);
    replica.command(&["CONFIG", "SET", "bind-source-addr", ""]);
    replica.command(&["CONFIG", "SET", "replica-announce-ip", &open(1).to_string()]);
    replica.replicate_from(tunnel.address);
    primary.knows_replica(replica.address);
    run.check(&format!("redis://{}", primary.address));
    run.check(&format!("redis://{}", replica.address));
}

/// Both have TLS and plaintext ports, and copy in plaintext, as is the default.
fn replica_by_the_other_port(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let both = || Settings::default().tls(&certificate).config("tls-replication", "no");
    let start = || {
        let plain = free_port();
        (Server::start(&both().config("port", &plain.to_string())), plain)
    };
    let ((primary, plain), (replica, replica_plain)) = (start(), start());
    replica.replicate_from((primary.address.ip(), plain).into());
    run.name(format!("127.0.0.1:{replica_plain}"), "replica");
    let words = format!("rediss://{} --cacert {}", primary.address, pki.ca().display());
    let seen = run.check(&words);
    run.check(&format!("redis://127.0.0.1:{plain}"));
    let (ip, port) = (primary.address.ip().to_string(), primary.address.port().to_string());
    for line in seen.lines("server") {
        let filled = line.replace("PRIMARY", &ip).replace("PORT", &port);
        replica.command(&filled.split(' ').collect::<Vec<_>>());
    }
    primary.knows_replica(replica.address);
    run.mended(&words);
}

/// primary <- middle <- last: each end tells the whole of it.
fn replica_of_a_replica(run: &mut Run) {
    let [primary, middle, last] = [0, 1, 3].map(|n| Server::start(&at(open(n))));
    middle.replicate(&primary);
    last.replicate(&middle);
    primary.knows_replica(middle.address);
    middle.knows_replica(last.address);
    for server in [&primary, &middle, &last] {
        let seen = run.check(&format!("redis://{}", server.address));
        let nodes = seen.report["topology"]["nodes"].as_array().unwrap();
        let reached = nodes.iter().filter(|node| !node["reachable"].as_array().unwrap().is_empty()).count();
        run.holds("all three are told and reached", nodes.len() == 3 && reached == 3);
        run.holds(
            "the primary comes first",
            nodes[0]["announced"]["ip"] == "10.88.0.1" && nodes[0]["role"] == "primary",
        );
    }
    run.mended(&format!("redis://{}", last.address));
}

/// The replica copies well; from here its primary is behind a firewall.
fn primary_out_of_reach(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(filtered(0))), Server::start(&at(open(1))));
    replica.command(&["CONFIG", "SET", "bind-source-addr", &filtered(1).to_string()]);
    replica.replicate(&primary);
    run.name(primary.address.to_string(), "primary");
    run.check(&format!("redis://two.lab.test:{} --timeout 2s", replica.address.port()));
}

/// The primary is gone; the replica refuses even reads.
fn primary_gone_and_masterdown(run: &mut Run) {
    let (mut primary, replica) = (Server::start(&at(open(0))), Server::start(&at(open(1))));
    replica.replicate(&primary);
    replica.command(&["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    run.name(primary.address.to_string(), "primary");
    run.name(replica.run_id(), "replica");
    primary.kill();
    replica.loses_its_primary();
    let seen = run.check(&format!("redis://{}", replica.address));
    let promote = seen.lines("server").into_iter().find(|line| line.starts_with("REPLICAOF")).unwrap();
    replica.command(&promote.split(' ').collect::<Vec<_>>());
    run.mended(&format!("redis://{} --expect primary", replica.address));
}

/// The primary wants a password that the replica does not have.
fn replica_without_the_password(run: &mut Run) {
    let (primary, replica) =
        (Server::start(&at(open(0)).password("sesame")), Server::start(&at(open(1)).password("sesame")));
    replica.command(&["CONFIG", "SET", "masterauth", "wrong"]);
    replica.copies_from(primary.address);
    run.name(replica.run_id(), "replica");
    let words = format!("redis://:sesame@{}", replica.address);
    let seen = run.check(&words);
    for line in seen.lines("server") {
        replica.command(&line.replace("PASSWORD", "sesame").split(' ').collect::<Vec<_>>());
    }
    replica.has_its_primary();
    run.mended(&words);
}

/// The primary's port speaks TLS, and the replica does not.
fn replica_that_copies_in_plaintext(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2"]));
    let (primary, replica) =
        (Server::start(&at(open(0)).tls(&certificate)), Server::start(&at(open(1)).tls(&certificate)));
    replica.command(&["CONFIG", "SET", "tls-replication", "no"]);
    replica.copies_from(primary.address);
    run.name(replica.run_id(), "replica");
    let words = format!("rediss://{} --cacert {}", replica.address, pki.ca().display());
    let seen = run.check(&words);
    for line in seen.lines("server") {
        replica.command(&line.split(' ').collect::<Vec<_>>());
    }
    replica.has_its_primary();
    run.mended(&words);
}

/// The replica's CA file does not hold who signed the primary's certificate.
fn replica_without_the_ca(run: &mut Run) {
    let (pki, other) = (Pki::new(), Pki::new());
    let own = |pki: &Pki, n| pki.issue(&format!("node-{n}"), &Leaf::new(&[&format!("IP:{}", open(n))]));
    let (first, mut second) = (own(&pki, 0), own(&pki, 1));
    second.ca = other.ca();
    let (primary, replica) = (Server::start(&at(open(0)).tls(&first)), Server::start(&at(open(1)).tls(&second)));
    replica.copies_from(primary.address);
    run.name(replica.run_id(), "replica");
    let words = format!("rediss://{} --cacert {}", replica.address, pki.ca().display());
    let seen = run.check(&words);
    for line in seen.lines("server") {
        replica.command(&line.replace("FILE", pki.ca().to_str().unwrap()).split(' ').collect::<Vec<_>>());
    }
    replica.has_its_primary();
    run.mended(&words);
}

/// The directory is gone, and the last snapshot failed.
fn writes_refused_for_the_disk(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(open(0)).config("save", "3600 1")), Server::start(&at(open(1))));
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    run.name(primary.run_id(), "primary");
    run.name(primary.address.to_string(), "primary");
    primary.command(&["SET", "key", "value"]);
    let file = primary.setting("dbfilename");
    std::fs::create_dir(std::path::Path::new(&primary.setting("dir")).join(&file)).unwrap();
    primary.saves(false);
    run.check(&format!("redis://{}", primary.address));
    run.check(&format!("redis://{}", replica.address));
    std::fs::remove_dir(std::path::Path::new(&primary.setting("dir")).join(&file)).unwrap();
    primary.saves(true);
    run.mended(&format!("redis://{}", primary.address));
}

/// Two replicas are wanted, and there is one.
fn writes_refused_for_want_of_replicas(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(open(0))), Server::start(&at(open(1))));
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    primary.command(&["CONFIG", "SET", "min-replicas-to-write", "2"]);
    run.name(primary.run_id(), "primary");
    run.check(&format!("redis://{}", primary.address));
    let third = Server::start(&at(open(3)));
    third.replicate(&primary);
    primary.knows_replica(third.address);
    run.mended(&format!("redis://{}", primary.address));
}

/// IPv6 throughout, and a replica that announces itself by name.
fn over_ipv6(run: &mut Run) {
    let ip = |n: u16| IpAddr::from([0xfd00, 0x88, 0, 0, 0, 0, 0, n]);
    let (primary, replica) = (Server::start(&at(ip(1))), Server::start(&at(ip(2))));
    replica.command(&["CONFIG", "SET", "replica-announce-ip", "fd00:88::2"]);
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    run.name(format!("[fd00:88::9]:{}", replica.address.port()), "replica");
    run.check(&format!("redis://{}", primary.address));
    replica.command(&["CONFIG", "SET", "replica-announce-ip", "fd00:88::9"]);
    replica.command(&["CLIENT", "KILL", "TYPE", "master"]);
    primary.knows_replica((ip(9), replica.address.port()).into());
    let seen = run.check(&format!("redis://{}", replica.address));
    for line in seen.lines("server") {
        replica.command(&line.split(' ').collect::<Vec<_>>());
    }
    primary.knows_replica(replica.address);
    run.mended(&format!("redis://{}", replica.address));
}

/// INFO as Redis 2.8 to 8 and Valkey 7.2 to 9 write it, and ROLE alone where INFO is refused.
fn other_servers_and_versions(run: &mut Run) {
    let said = [
        "redis_version:2.8.24\r\nredis_mode:standalone\r\n",
        "redis_version:3.0.7\r\nredis_mode:standalone\r\n",
        "redis_version:5.0.14\r\nredis_mode:standalone\r\n",
        "redis_version:8.2.1\r\nredis_mode:standalone\r\n",
        "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:7.2.11\r\nredis_mode:standalone\r\n",
        "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.0.0\r\nserver_mode:standalone\r\n",
    ];
    for version in said {
        let (mut primary, mut replica) = (Fake::bind("10.88.0.1"), Fake::bind("10.88.0.2"));
        let (to, from) = (replica.address, primary.address);
        let id = if version.contains(":2.8") || version.contains(":3.0") { "" } else { "master_replid:aa11\r\n" };
        let told = format!(
            "{version}run_id:11\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.88.0.2,port={},state=online,offset=1,lag=0\r\n{id}",
            to.port()
        );
        primary.serve(None, server(told));
        let told = format!(
            "{version}run_id:22\r\nrole:slave\r\nmaster_host:10.88.0.1\r\nmaster_port:{}\r\nmaster_link_status:up\r\nslave_read_only:1\r\n{id}",
            from.port()
        );
        replica.serve(None, server(told));
        run.check(&format!("redis://10.88.0.1:{}", from.port()));
        run.check(&format!("redis://two.lab.test:{}", to.port()));
    }
    let (mut primary, mut replica) = (Fake::bind("10.88.0.1"), Fake::bind("10.88.0.2"));
    let (to, from) = (replica.address, primary.address);
    let listed = array(&[bulk("10.88.0.2"), bulk(&to.port().to_string()), bulk("1")]);
    primary.serve(None, by_role(array(&[bulk("master"), ":1\r\n".to_owned(), array(&[listed])])));
    let port = format!(":{}\r\n", from.port());
    replica
        .serve(None, by_role(array(&[bulk("slave"), bulk("10.88.0.1"), port, bulk("connected"), ":1\r\n".to_owned()])));
    run.check(&format!("redis://10.88.0.1:{}", from.port()));
    run.check(&format!("redis://two.lab.test:{}", to.port()));
}

fn server(info: String) -> super::support::fake::Script {
    Arc::new(move |command| match command {
        "INFO" => bulk(&info),
        "HELLO" => array(&[bulk("mode"), bulk("standalone")]),
        "PING" => "+PONG\r\n".to_owned(),
        command if command.starts_with("CLUSTER") => "-ERR This instance has cluster support disabled\r\n".to_owned(),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

fn by_role(role: String) -> super::support::fake::Script {
    Arc::new(move |command| match command {
        "ROLE" => role.clone(),
        "PING" => "+PONG\r\n".to_owned(),
        command if command.starts_with("CLUSTER") => "-ERR This instance has cluster support disabled\r\n".to_owned(),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

/// Replicas that announce names, and a primary that is dialled by its name.
fn replicas_by_name(run: &mut Run) {
    let named = |n, name: &str| Server::start(&at(open(n)).config("replica-announce-ip", name));
    let (primary, two, three) = (Server::start(&at(open(0))), named(1, "two.lab.test"), named(2, "gone.lab.test"));
    let by_name = |server: &Server, name: &str| format!("{name}:{}", server.address.port());
    two.command(&["REPLICAOF", "one.lab.test", &primary.address.port().to_string()]);
    two.has_its_primary();
    primary.lists(&by_name(&two, "two.lab.test"));
    run.check(&format!("redis://{}", by_name(&primary, "one.lab.test")));
    let seen = run.check(&format!("redis://{}", two.address));
    run.holds("one server under two names is one", seen.report["topology"]["nodes"].as_array().unwrap().len() == 2);
    three.replicate(&primary);
    primary.lists(&by_name(&three, "gone.lab.test"));
    run.name(by_name(&three, "gone.lab.test"), "three");
    let seen = run.check(&format!("redis://{}", primary.address));
    for line in seen.lines("server") {
        three.command(&line.replace("FULL-NAME", "three.lab.test").split(' ').collect::<Vec<_>>());
    }
    primary.lists(&by_name(&three, "three.lab.test"));
    run.mended(&format!("redis://{}", primary.address));
}
