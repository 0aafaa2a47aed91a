//! Servers that answer and do not serve: full, busy, loading, without a primary; and replicas that copy from nobody.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::{
    network::open,
    run::{Case, Run},
    sentinels::at,
    support::{
        cases::Seen,
        cluster::Cluster,
        fake::{Fake, Script, array, bulk},
        run as shell,
        sentinels::monitor_alone,
        server::{Server, Settings},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-60", play: memory_is_full },
    Case { id: "N-60-cluster", play: memory_of_one_node },
    Case { id: "N-61", play: script_without_an_end },
    Case { id: "N-61-cluster", play: script_on_one_node },
    Case { id: "N-62", play: replicas_of_each_other },
    Case { id: "N-63", play: primary_was_never_there },
    Case { id: "N-64", play: primary_turns_its_replica_away },
    Case { id: "N-65", play: replica_of_a_sentinel },
    Case { id: "N-66", play: replica_is_too_old },
    Case { id: "N-67", play: replica_hangs },
    Case { id: "N-68", play: disk_is_full },
    Case { id: "N-69", play: loading_takes_long },
];

const SOON: Duration = Duration::from_secs(40);

/// Runs a printed line on a server.
fn on(server: &Server, line: &str) {
    server.command(&line.split(' ').collect::<Vec<_>>());
}

/// The first printed line that begins like this.
fn line(seen: &Seen, audience: &str, begin: &str) -> String {
    let lines = seen.lines(audience);
    lines.iter().find(|line| line.starts_with(begin)).cloned().unwrap_or_else(|| panic!("{begin}: {lines:?}"))
}

/// Writes until that is refused.
fn fill(server: &Server, key: &str) {
    let script = "for i=1,60 do redis.call('set',KEYS[1]..i,string.rep('x',50000)) end";
    for n in 0..8 {
        let mut cli = Command::new("redis-cli");
        let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
        cli.args(["-h", &ip, "-p", &port, "EVAL", script, "1", &format!("{key}{n}")]);
        let _ = cli.output();
    }
}

fn memory_is_full(run: &mut Run) {
    let server = Server::start(&at(0).config("maxmemory", "4mb"));
    run.name(server.run_id(), "primary");
    let endpoint = format!("redis://{}", server.address);
    run.check(&endpoint);
    fill(&server, "k");
    let seen = run.check(&endpoint);
    // Nothing may be evicted that has no time to live.
    server.command(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    run.check(&endpoint);
    server.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    on(&server, &line(&seen, "server", "CONFIG SET maxmemory "));
    run.mended(&endpoint);
    server.command(&["CONFIG", "SET", "maxmemory", "4mb"]);
    on(&server, &line(&seen, "server", "CONFIG SET maxmemory-policy"));
    run.mended(&endpoint);
}

fn memory_of_one_node(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let node = &cluster.nodes[1];
    node.command(&["CONFIG", "SET", "maxmemory", "3mb"]);

    let tags = ["{a}", "{b}", "{c}", "{d}", "{e}"];
    for tag in tags {
        fill(node, tag);
    }
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    let seen = run.check(&endpoint);
    on(node, &line(&seen, "server", "CONFIG SET maxmemory "));
    run.mended(&endpoint);
}

/// `while true do end`: everybody waits, and then is told BUSY.
fn script_without_an_end(run: &mut Run) {
    let server = Server::start(&at(0).config("lua-time-limit", "200").password("sesame"));
    run.name(server.address.to_string(), "server");
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let words = ["-h", &ip, "-p", &port, "EVAL", "while true do end", "0"];
    let mut cli = Command::new("redis-cli");
    cli.args(words).env("REDISCLI_AUTH", "sesame").stdout(Stdio::null()).stderr(Stdio::null());
    let mut looping = cli.spawn().unwrap();
    wait_until("it is busy", SOON, || {
        let said = server.command_as("sesame", &["PING"]);
        if said.starts_with("BUSY") { Ok(()) } else { Err(said) }
    });
    let endpoint = format!("redis://:sesame@{}", server.address);
    let seen = run.check(&endpoint);
    server.command_as("sesame", &line(&seen, "server", "SCRIPT KILL").split(' ').collect::<Vec<_>>());
    let _ = looping.wait();
    run.mended(&endpoint);
}

/// The others call its node failed after a while, and it is not dead.
fn script_on_one_node(run: &mut Run) {
    let settings = Settings::default().config("lua-time-limit", "200").config("cluster-node-timeout", "2000");
    let cluster = Cluster::builder().settings(settings).start();
    run.name_nodes(&cluster);
    let node = &cluster.nodes[1];
    let (ip, port) = (node.address.ip().to_string(), node.address.port().to_string());
    let mut cli = Command::new("redis-cli");
    cli.args(["-h", &ip, "-p", &port, "EVAL", "while true do end", "0"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut looping = cli.spawn().unwrap();
    thread::sleep(Duration::from_secs(6));
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    let seen = run.check(&endpoint);
    let kill = line(&seen, "server", "SCRIPT KILL");
    run.check(&format!("redis://{}", node.address));
    on(node, &kill);
    let _ = looping.wait();
    wait_until("it is well", SOON, || {
        let info = cluster.nodes[0].command(&["CLUSTER", "NODES"]);
        if info.contains("fail") { Err(info) } else { Ok(()) }
    });
    run.mended(&endpoint);
}

fn replicas_of_each_other(run: &mut Run) {
    let [one, other, alone] = [0, 1, 2].map(|n| Server::start(&at(n)));
    run.name(one.run_id(), "one");
    run.name(alone.run_id(), "alone");
    run.name(other.address.to_string(), "other");
    one.copies_from(other.address);
    other.copies_from(one.address);
    let endpoint = format!("redis://{}", one.address);
    let seen = run.check(&endpoint);
    alone.copies_from(alone.address);
    let by_itself = run.check(&format!("redis://{}", alone.address));
    on(&alone, &line(&by_itself, "server", "REPLICAOF"));
    on(&one, &line(&seen, "server", "REPLICAOF"));
    other.has_its_primary();
    one.knows_replica(other.address);
    run.mended(&format!("{endpoint} --expect primary"));
    run.mended(&format!("redis://{} --expect primary", alone.address));
}

/// 6369 for 6379; a pod's name that the chart does not make.
fn primary_was_never_there(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(0)), Server::start(&at(1)));
    run.name(replica.run_id(), "replica");
    replica.command(&["REPLICAOF", "10.88.0.1", "1"]);
    run.name("10.88.0.1:1", "primary");
    let endpoint = format!("redis://{}", replica.address);
    let seen = run.check(&endpoint);
    replica.command(&["REPLICAOF", "redis-master-0.redis-headless.lab.test", "6379"]);
    run.name("redis-master-0.redis-headless.lab.test:6379", "primary");
    run.check(&endpoint);
    let port = primary.address.port().to_string();
    let filled = line(&seen, "server", "REPLICAOF HOST").replace("HOST", "10.88.0.1").replace("PORT", &port);
    on(&replica, &filled);
    replica.has_its_primary();
    primary.knows_replica(replica.address);
    run.mended(&endpoint);
}

fn primary_turns_its_replica_away(run: &mut Run) {
    let primary = Server::start(&Settings::default().ip(open(0)));
    let replica = Server::start(&at(1));
    run.name(replica.run_id(), "replica");
    run.name(primary.address.to_string(), "primary");
    replica.copies_from(primary.address);
    wait_until("it tried", SOON, || {
        let info = replica.command(&["INFO", "replication"]);
        if info.contains("master_link_status:down") { Ok(()) } else { Err(info) }
    });
    let seen = run.check(&format!("redis://{}", replica.address));
    for line in seen.lines("server") {
        let line = line.replace("PASSWORD", "sesame");
        let words: Vec<&str> = line.split(' ').collect();
        primary.command_as("sesame", &words);
        replica.command_as("sesame", &words);
    }
    wait_until("the replica is in", SOON, || {
        let info = replica.command_as("sesame", &["INFO", "replication"]);
        if info.contains("master_link_status:up") { Ok(()) } else { Err(info) }
    });
    run.mended(&format!("redis://:sesame@{}", replica.address));
}

fn replica_of_a_sentinel(run: &mut Run) {
    let (primary, replica) = (Server::start(&at(0)), Server::start(&at(1)));
    let sentinel = Server::sentinel(&at(0), &[monitor_alone("mymaster", &primary)]);
    run.name(replica.run_id(), "replica");
    replica.copies_from(sentinel.address);
    thread::sleep(Duration::from_secs(2));
    let endpoint = format!("redis://{}", replica.address);
    let seen = run.check(&endpoint);
    let port = primary.address.port().to_string();
    let line = line(&seen, "server", "REPLICAOF").replace("HOST", "10.88.0.1").replace("PORT", &port);
    on(&replica, &line);
    replica.has_its_primary();
    primary.knows_replica(replica.address);
    run.mended(&endpoint);
}

fn answering(info: String) -> Script {
    Arc::new(move |command| match command {
        "INFO" => bulk(&info),
        "HELLO" => array(&[bulk("mode"), bulk("standalone")]),
        "PING" => "+PONG\r\n".to_owned(),
        command if command.starts_with("CLUSTER") => "-ERR This instance has cluster support disabled\r\n".to_owned(),
        "CONFIG GET tls-replication" => array(&[]),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

/// The snapshot of Redis 7 is nothing that Redis 5 reads; from 5 to 6.2 it is one format.
fn replica_is_too_old(run: &mut Run) {
    for (replica_is, primary_is) in [("5.0.14", "7.2.4"), ("5.0.14", "6.2.14")] {
        let (mut primary, mut replica) = (Fake::bind("10.88.0.1"), Fake::bind("10.88.0.2"));
        let (up, down) = (primary.address.port(), replica.address.port());
        primary.serve(
            None,
            answering(format!(
                "redis_version:{primary_is}\r\nredis_mode:standalone\r\nrun_id:11\r\nrole:master\r\nuptime_in_seconds:900\r\n\
                 connected_slaves:1\r\nslave0:ip=10.88.0.2,port={down},state=send_bulk,offset=0,lag=0\r\nmaster_replid:aa11\r\n"
            )),
        );
        replica.serve(
            None,
            answering(format!(
                "redis_version:{replica_is}\r\nredis_mode:standalone\r\nrun_id:22\r\nrole:slave\r\nmaster_host:10.88.0.1\r\n\
                 master_port:{up}\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\nuptime_in_seconds:900\r\n\
                 master_replid:aa11\r\n"
            )),
        );
        run.name("22", "replica");
        run.name(format!("10.88.0.2:{down}"), "replica");
        run.check(&format!("redis://10.88.0.2:{down}"));
        run.check(&format!("redis://10.88.0.1:{up}"));
    }
}

/// `min-replicas-max-lag` is over: writes are refused, and the cause is the replica.
fn replica_hangs(run: &mut Run) {
    let primary = Server::start(&at(0).config("min-replicas-to-write", "1").config("min-replicas-max-lag", "2"));
    let replica = Server::start(&at(1));
    replica.replicate(&primary);
    primary.knows_replica(replica.address);
    run.name(primary.run_id(), "primary");
    run.name(replica.address.to_string(), "replica");
    let info = replica.command(&["INFO", "server"]);
    let process = info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().to_owned();
    shell(Command::new("kill").args(["-STOP", &process]));
    wait_until("it lags", SOON, || {
        let info = primary.command(&["INFO", "replication"]);
        if info.contains("min_slaves_good_slaves:0") { Ok(()) } else { Err(info) }
    });
    let endpoint = format!("redis://{}", primary.address);
    run.check(&format!("{endpoint} --timeout 2s"));
    shell(Command::new("kill").args(["-CONT", &process]));
    wait_until("it is good again", SOON, || {
        let info = primary.command(&["INFO", "replication"]);
        if info.contains("min_slaves_good_slaves:1") { Ok(()) } else { Err(info) }
    });
    run.mended(&endpoint);
}

/// A disk of its own, gone with the case.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn mount() -> Self {
        let folder = TempDir::new().unwrap();
        shell(Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path()));
        Disk { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Nothing fits any more.
    fn fill(&self) {
        let _ = fs::write(self.path().join("fill"), vec![0; 2_000_000]);
    }

    fn clear(&self) {
        fs::remove_file(self.path().join("fill")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// No space is left: for the snapshot, and for the append-only file.
fn disk_is_full(run: &mut Run) {
    let (one, other) = (Disk::mount(), Disk::mount());
    let snapshots = Server::start(&at(0).config("save", "3600 1").config("enable-protected-configs", "yes"));
    let appends = Server::start(&at(1).config("enable-protected-configs", "yes"));
    run.name(snapshots.run_id(), "snapshots");
    run.name(appends.run_id(), "appends");
    snapshots.command(&["CONFIG", "SET", "dir", one.path().to_str().unwrap()]);
    appends.command(&["CONFIG", "SET", "dir", other.path().to_str().unwrap()]);
    appends.command(&["CONFIG", "SET", "appendonly", "yes"]);
    wait_until("it appends", SOON, || {
        let info = appends.command(&["INFO", "persistence"]);
        if info.contains("aof_rewrite_in_progress:0") && info.contains("aof_enabled:1") { Ok(()) } else { Err(info) }
    });
    one.fill();
    other.fill();
    snapshots.command(&["SET", "key", &"0123456789abcdef".repeat(2000)]);
    snapshots.saves(false);
    wait_until("appending fails", SOON, || {
        let mut cli = Command::new("redis-cli");
        let (ip, port) = (appends.address.ip().to_string(), appends.address.port().to_string());
        let _ = cli.args(["-h", &ip, "-p", &port, "SET", "key", &"y".repeat(9000)]).output();
        let info = appends.command(&["INFO", "persistence"]);
        if info.contains("aof_last_write_status:err") { Ok(()) } else { Err(info) }
    });
    let [by_snapshot, by_appending] = [&snapshots, &appends].map(|server| format!("redis://{}", server.address));
    let seen = run.check(&by_snapshot);
    run.check(&by_appending);
    one.clear();
    other.clear();
    on(&snapshots, &line(&seen, "server", "BGSAVE"));
    wait_until("both save again", SOON, || {
        let [one, other] = [&snapshots, &appends].map(|server| server.command(&["INFO", "persistence"]));
        if one.contains("rdb_last_bgsave_status:ok") && other.contains("aof_last_write_status:ok") {
            Ok(())
        } else {
            Err([one, other].concat())
        }
    });
    run.mended(&by_snapshot);
    run.mended(&by_appending);
}

/// A large snapshot, and a client that was started with the server.
fn loading_takes_long(run: &mut Run) {
    let mut server = Server::start(
        &at(0)
            .config("key-load-delay", "400")
            .config("loading-process-events-interval-bytes", "1024")
            .config("save", "3600 1"),
    );
    server.command(&["EVAL", "for i=1,20000 do redis.call('set',i,i) end", "0"]);
    server.saves(true);
    server.kill();
    server.start_anew();
    let endpoint = format!("redis://{}", server.address);
    run.name(server.run_id(), "primary");
    run.check(&endpoint);
    run.mended(&format!("{endpoint} --wait 30s"));
}
