//! Sentinels that are wrong, alone, deaf or dead, while the others are well.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{
    network::filtered,
    run::{Case, Run},
    sentinels::{apply, at, listed, name_group},
    support::{
        fake::{Fake, array, bulk},
        sentinels::{Group, knows, monitor, servers},
        server::{Server, Settings},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-10-announced", play: containers_that_announce },
    Case { id: "O-43-ipv6", play: ipv6 },
    Case { id: "O-43-namesake", play: two_deployments_of_one_name },
    Case { id: "O-43-password", play: a_sentinel_without_the_password },
    Case { id: "O-43-quorum", play: more_than_there_are },
    Case { id: "O-43-stale", play: an_old_primary },
    Case { id: "O-43-dead", play: one_of_three_is_dead },
    Case { id: "O-43-primary", play: the_primary_is_dead },
    Case { id: "O-54-discovery", play: a_discovery_service },
];

fn group_of(run: &mut Run, sentinels: usize) -> Group {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..3 + sentinels).map(|n| (at(n), lines.clone())));
    name_group(run, &group);
    group
}

/// The lines that are printed, with the addresses that clients reach.
fn containers_that_announce(run: &mut Run) {
    let both = |n: usize| {
        let (inside, outside): (IpAddr, IpAddr) = (filtered(u8::try_from(n).unwrap()), address(n));
        Settings::default()
            .ip(inside)
            .config("bind", &format!("{inside} {outside}"))
            .config("bind-source-addr", &inside.to_string())
            .config("protected-mode", "no")
    };
    let servers = servers(&[both(0), both(1)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (2..5).map(|n| (both(n), lines.clone())));
    name_group(run, &group);
    let words = format!("redis+sentinel://{}:{}", address(2), group.sentinels[0].address.port());
    let seen = run.check(&words);
    apply(&seen, &group, &[0, 1, 2], |line, n| {
        let own = address(n).to_string();
        line.replace("ADDRESS-OF-THIS-SERVER", &own)
            .replace("ADDRESS-OF-THIS-SENTINEL", &own)
            .replace("ADDRESS-OF-THE-PRIMARY", "10.88.0.1")
    });
    group.settle();
    run.mended(&words);
}

fn address(n: usize) -> IpAddr {
    super::network::open(u8::try_from(n).unwrap())
}

/// A healthy deployment: nothing is to be said.
fn ipv6(run: &mut Run) {
    let at = |n: usize| {
        let ip: IpAddr = format!("fd00:88::{n}").parse().unwrap();
        Settings::default().ip(ip).config("bind-source-addr", &ip.to_string()).config("protected-mode", "no")
    };
    let servers = servers(&[at(1), at(2)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (4..7).map(|n| (at(n), lines.clone())));
    let seen = run.check(&format!("redis+sentinel://{}/mymaster", listed(&group)));
    run.holds("all five are seen", seen.report["topology"]["nodes"].as_array().unwrap().len() == 5);
}

/// Two applications, each with a `mymaster`, and a list that holds Sentinels of both.
fn two_deployments_of_one_name(run: &mut Run) {
    let one = group_of(run, 3);
    let other = {
        let servers = servers(&[at(2)]);
        let lines = vec![format!("monitor mymaster {} {} 1", servers[0].address.ip(), servers[0].address.port())];
        Group::of(servers, vec![(at(6), lines)])
    };
    run.name(other.sentinels[0].command(&["SENTINEL", "MYID"]).trim(), "stranger");
    let stranger = other.sentinels[0].address;
    run.check(&format!("redis+sentinel://{},{stranger}/mymaster", listed(&one)));
}

/// `requirepass` on the servers, and one Sentinel whose file has no auth-pass.
fn a_sentinel_without_the_password(run: &mut Run) {
    let servers = servers(&[at(0).password("sesame"), at(1).password("sesame")]);
    let deaf = vec![monitor("mymaster", &servers[0]), "down-after-milliseconds mymaster 500".to_owned()];
    let lines = vec![monitor("mymaster", &servers[0]), "auth-pass mymaster sesame".to_owned()];
    let sentinels = [(at(3), lines.clone()), (at(4), lines), (at(5), deaf)];
    let sentinels: Vec<Server> = sentinels.iter().map(|(settings, lines)| Server::sentinel(settings, lines)).collect();
    let group = Group { servers, sentinels };
    knows(&group.sentinels[0], "mymaster", 1, 1);
    name_group(run, &group);
    let suspects = || {
        let told = group.sentinels[2].command(&["SENTINEL", "MASTERS"]);
        if told.contains("s_down") { Ok(()) } else { Err(told) }
    };
    wait_until("it calls the primary down", Duration::from_secs(20), suspects);
    let words = format!("redis+sentinel://:sesame@{}/mymaster", listed(&group));
    let seen = run.check(&words);
    for line in &seen.lines("server")[..1] {
        let line = line.replace("PASSWORD-OF-THE-SERVERS", "sesame");
        group.sentinels[2].command(&line.split(' ').collect::<Vec<_>>());
    }
    group.settle();
    run.mended(&words);
}

/// Two Sentinels, and a quorum of three out of somebody's example.
fn more_than_there_are(run: &mut Run) {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor("mymaster", &servers[0]).trim_end_matches('2').to_owned() + "3"];
    let group = Group::of(servers, (3..5).map(|n| (at(n), lines.clone())));
    name_group(run, &group);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    apply(&seen, &group, &[0, 1], |line, _| line.to_owned());
    run.mended(&words);
}

/// A Sentinel whose file names a server that is a replica by now.
fn an_old_primary(run: &mut Run) {
    let group = group_of(run, 3);
    let old = group.servers[1].address;
    let stale = &group.sentinels[0];
    stale.command(&["SENTINEL", "REMOVE", "mymaster"]);
    stale.command(&["SENTINEL", "MONITOR", "mymaster", &old.ip().to_string(), &old.port().to_string(), "2"]);
    knows(stale, "mymaster", 0, 2);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    run.check(&format!("redis://{}", group.sentinels[1].address));
    apply(&seen, &group, &[0], |line, _| line.to_owned());
    group.settle();
    run.mended(&words);
}

/// The first of the list is dead, another one filtered.
fn one_of_three_is_dead(run: &mut Run) {
    let mut group = group_of(run, 3);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    group.sentinels[0].kill();
    run.check(&words);
    run.check(&format!("redis+sentinel://10.255.0.77,{}", group.sentinels[1].address));
}

/// Nobody takes over: the Sentinels wait for half a minute before they call it down.
fn the_primary_is_dead(run: &mut Run) {
    let mut group = group_of(run, 3);
    for sentinel in &group.sentinels {
        // The replica is not to be promoted.
        sentinel.command(&["SENTINEL", "SET", "mymaster", "down-after-milliseconds", "500"]);
    }
    group.servers[1].command(&["CONFIG", "SET", "replica-priority", "0"]);
    group.servers[0].kill();
    let is_down = || {
        let told = group.sentinels[0].command(&["SENTINEL", "MASTERS"]);
        if told.contains("o_down") { Ok(()) } else { Err(told) }
    };
    wait_until("the Sentinels call it down", Duration::from_secs(20), is_down);
    run.check(&format!("redis+sentinel://{}", listed(&group)));
}

/// Redis Enterprise's discovery service: a few of Sentinel's commands on 8001, and no other.
fn a_discovery_service(run: &mut Run) {
    let mut database = Fake::bind("10.88.0.8");
    database.serve(
        None,
        Arc::new(move |command| match command {
            "INFO" => bulk(
                "redis_version:7.4.0\r\nredis_mode:standalone\r\nrole:master\r\nrun_id:f00d\r\nrlec_version:7.8\r\n",
            ),
            "PING" => "+PONG\r\n".to_owned(),
            _ => "-ERR unknown command\r\n".to_owned(),
        }),
    );
    let port = database.address.port().to_string();
    let mut service = Fake::bind("10.88.0.9");
    service.serve(
        None,
        Arc::new(move |command| {
            let entry = |name: &str, ip: &str| {
                let fields =
                    ["name", name, "ip", ip, "port", &port, "flags", "master,disconnected", "num-other-sentinels", "0"];
                array(&fields.map(bulk))
            };
            match command {
                "SENTINEL MASTERS" => array(&[entry("orders@internal", "10.255.0.8"), entry("orders", "10.88.0.8")]),
                "SENTINEL SENTINELS orders" | "SENTINEL REPLICAS orders" => array(&[]),
                "PING" => "+PONG\r\n".to_owned(),
                _ => "-ERR unknown command\r\n".to_owned(),
            }
        }),
    );
    let at = service.address;
    run.name(format!("10.255.0.8:{}", database.address.port()), "inside");
    let seen = run.check(&format!("redis://{at}"));
    let group = &seen.report["topology"]["groups"][0];
    run.holds(
        "the database is found",
        group["name"] == "orders" && seen.report["topology"]["nodes"].as_array().unwrap().len() == 2,
    );
    run.check(&format!("redis+sentinel://{at}/orders"));
    run.check(&format!("redis+sentinel://{at}/orders%40internal"));
}
