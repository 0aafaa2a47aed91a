//! Groups of Sentinels that are called otherwise, and replicas that are listed where clients do not reach them.

use super::{
    network::{filtered, open},
    run::{Case, Run},
    sentinels::{at, listed, name_group},
    support::{
        cases::Seen,
        sentinels::{Group, knows, monitor, monitor_alone, servers},
        server::{Server, Settings},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "W-08", play: another_name },
    Case { id: "W-09", play: a_replica_in_a_container },
    Case { id: "W-10", play: a_replica_behind_a_gateway },
    Case { id: "W-11", play: each_copies_from_the_other },
    Case { id: "W-12", play: two_primaries },
    Case { id: "W-13", play: a_sentinel_that_watches_itself },
];

/// The application says `MyMaster`; and a Sentinel that was started from an empty file.
fn another_name(run: &mut Run) {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..5).map(|n| (at(n), lines.clone())));
    name_group(run, &group);
    let seen = run.check(&format!("redis+sentinel://{}/MyMaster", listed(&group)));
    let one = &group.sentinels[0];
    run.check(&format!("{} --group wrong", one.address));
    let empty = Server::sentinel(&at(5), &[]);
    run.name(empty.command(&["SENTINEL", "MYID"]).trim(), "empty");
    run.check(&format!("redis+sentinel://{}/mymaster", empty.address));
    // The first Sentinel of the list is dead: what the others tell counts.
    let dead = format!("{}:1", open(6));
    run.check(&format!("redis+sentinel://{dead},{}/wrong", one.address));
    let line = seen.lines("client").remove(0);
    run.mended(line.strip_prefix("redis-doctor check ").unwrap());
}

/// Primary and Sentinels are reached, and one of two replicas is listed at the address that it has in a container.
fn a_replica_in_a_container(run: &mut Run) {
    let inside = Settings::default()
        .ip(filtered(1))
        .config("bind", &format!("{} {}", filtered(1), open(1)))
        .config("bind-source-addr", &filtered(1).to_string())
        .config("protected-mode", "no");
    let servers = servers(&[at(0), inside, at(2)]);
    let lines = vec![monitor_alone("mymaster", &servers[0])];
    let reaching = |n: usize| {
        let ip = filtered(n);
        at(n).config("bind", &format!("{} {ip}", open(n))).config("bind-source-addr", &ip.to_string())
    };
    let group = Group::of(servers, [(reaching(3), lines)]);
    name_group(run, &group);
    // It takes the Sentinel a moment to connect to replicas that it has heard of.
    let id = group.names()[1].0.clone();
    wait_until("the Sentinel has met the replica", std::time::Duration::from_secs(40), || {
        let said = group.sentinels[0].command(&["SENTINEL", "REPLICAS", "mymaster"]);
        if said.contains(&id) && !said.contains("disconnected") { Ok(()) } else { Err(said) }
    });
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    announce(&seen, &group, &open(1).to_string());
    run.mended(&words);
}

/// The primary lists what the replica's connection came from, or was told: clients and Sentinels find nobody there.
fn a_replica_behind_a_gateway(run: &mut Run) {
    let lost = at(1).config("replica-announce-ip", "10.88.7.7");
    let servers = servers(&[at(0), lost]);
    let lines = vec![monitor_alone("mymaster", &servers[0]), "down-after-milliseconds mymaster 1000".to_owned()];
    let sentinel = Server::sentinel(&at(3), &lines);
    let listed_as = format!("10.88.7.7:{}", servers[1].address.port());
    run.name(listed_as.clone(), "replica-1");
    wait_until("the Sentinel calls the replica down", std::time::Duration::from_secs(40), || {
        let said = sentinel.command(&["SENTINEL", "REPLICAS", "mymaster"]);
        if said.contains("s_down") { Ok(()) } else { Err(said) }
    });
    let group = Group { servers, sentinels: vec![sentinel] };
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    announce(&seen, &group, &open(1).to_string());
    run.mended(&words);
}

/// Somebody made a replica of the primary, of its own replica: there is no primary, and the Sentinel has not noticed yet.
fn each_copies_from_the_other(run: &mut Run) {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor_alone("mymaster", &servers[0]), "down-after-milliseconds mymaster 3600000".to_owned()];
    let group = Group::of(servers, [(at(3), lines)]);
    name_group(run, &group);
    group.servers[0].replicate_from(group.servers[1].address);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    for line in seen.lines("server").iter().filter(|line| !line.starts_with('#')) {
        group.servers[0].command(&line.split(' ').collect::<Vec<_>>());
    }
    group.servers[0].knows_replica(group.servers[1].address);
    run.mended(&words);
}

/// A replica was promoted by hand, where Sentinels may not change it back: SLAVEOF has another name there.
fn two_primaries(run: &mut Run) {
    let kept = at(1).preset("rename-command", "SLAVEOF \"\"");
    let servers = servers(&[at(0), kept]);
    let lines = vec![monitor_alone("mymaster", &servers[0])];
    let group = Group::of(servers, [(at(3), lines)]);
    name_group(run, &group);
    group.servers[1].command(&["REPLICAOF", "NO", "ONE"]);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    for line in seen.lines("server") {
        group.servers[1].command(&line.split(' ').collect::<Vec<_>>());
    }
    group.servers[0].knows_replica(group.servers[1].address);
    run.mended(&words);
}

/// A Sentinel pod that was started anew from a template with `monitor mymaster 127.0.0.1`: nobody is there.
fn a_sentinel_that_watches_itself(run: &mut Run) {
    let servers = servers(&[at(0)]);
    let port = servers[0].address.port();
    let lines = [format!("monitor mymaster 127.0.0.1 {port} 1"), "down-after-milliseconds mymaster 1000".to_owned()];
    let sentinel = Server::sentinel(&at(3), &lines);
    run.name(format!("127.0.0.1:{port}"), "loopback");
    wait_until("the Sentinel calls the primary down", std::time::Duration::from_secs(40), || {
        let said = sentinel.command(&["SENTINEL", "MASTER", "mymaster"]);
        if said.contains("s_down") { Ok(()) } else { Err(said) }
    });
    let words = format!("redis+sentinel://{}/mymaster", sentinel.address);
    let seen = run.check(&words);
    for line in seen.lines("server").iter().filter(|line| line.starts_with("SENTINEL ")) {
        let filled = line.replace("ADDRESS-OF-THE-PRIMARY", &servers[0].address.ip().to_string());
        sentinel.command(&filled.split(' ').collect::<Vec<_>>());
    }
    knows(&sentinel, "mymaster", 0, 0);
    run.mended(&words);
}

/// The lines for servers: those on the replica there, the others at the Sentinel once the primary has heard of it.
fn announce(seen: &Seen, group: &Group, address: &str) {
    let lines = seen.lines("server");
    let (sentinels, replica): (Vec<&String>, Vec<&String>) =
        lines.iter().partition(|line| line.starts_with("SENTINEL "));
    for line in replica {
        let filled = line.replace("ADDRESS", address);
        group.servers[1].command(&filled.split(' ').collect::<Vec<_>>());
    }
    let port = group.servers[1].address.port();
    group.servers[0].knows_replica(format!("{address}:{port}").parse().unwrap());
    for line in sentinels {
        group.sentinels[0].command(&line.split(' ').collect::<Vec<_>>());
    }
    knows(&group.sentinels[0], "mymaster", group.servers.len() - 1, 0);
}
