//! At three in the morning: Sentinels and proxies whose trouble looks like another one.

use std::sync::Arc;

use super::{
    network::open,
    run::{Case, Run},
    sentinels::{at, listed, name_group},
    support::{
        fake::{Fake, HANG_UP, array, bulk},
        free_port,
        sentinels::{Group, monitor, monitor_alone, servers},
        server::{Server, Settings},
        tunnel::Tunnel,
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "W-01", play: the_first_sentinel_is_gone },
    Case { id: "W-02", play: nobody_may_be_promoted },
    Case { id: "W-03", play: sentinels_that_never_notice },
    Case { id: "W-04", play: a_user_behind_sentinels },
    Case { id: "W-05", play: credentials_for_open_sentinels },
    Case { id: "W-06", play: proxies_that_tell_nothing },
    Case { id: "W-06-twemproxy", play: twemproxy },
    Case { id: "W-07", play: tls_where_sentinels_have_none },
];

/// How long Sentinels may take to notice something.
const NOTICE: std::time::Duration = std::time::Duration::from_secs(40);

/// A group on machines of their own, whose Sentinels have these lines besides.
fn group(replicas: usize, more: &[&str], settings: impl Fn(Settings) -> Settings) -> Group {
    let servers = servers(&(0..=replicas).map(|n| settings(at(n))).collect::<Vec<_>>());
    let mut lines = vec![monitor("mymaster", &servers[0])];
    lines.extend(more.iter().map(|line| (*line).to_owned()));
    Group::of(servers, (3..6).map(|n| (at(n), lines.clone())))
}

fn command(server: &Server, line: &str) {
    server.command(&line.split(' ').collect::<Vec<_>>());
}

/// The list still has a Sentinel that no other knows any more, in the first place.
fn the_first_sentinel_is_gone(run: &mut Run) {
    let group = group(1, &[], |settings| settings);
    name_group(run, &group);
    let gone = format!("{}:{}", open(8), free_port());
    run.name(gone.clone(), "gone");
    run.check(&format!("redis+sentinel://{gone},{}/mymaster", listed(&group)));
    run.mended(&format!("redis+sentinel://{}/mymaster", listed(&group)));
}

/// `replica-priority 0` on every replica: all is well, until the primary dies.
fn nobody_may_be_promoted(run: &mut Run) {
    let settings = |settings: Settings| settings.config("replica-priority", "0");
    let mut group = group(2, &["down-after-milliseconds mymaster 2000"], settings);
    name_group(run, &group);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    run.check(&words);
    group.servers[0].kill();
    wait_until("the Sentinels call the primary down", NOTICE, || {
        let flags = group.sentinels[2].command(&["SENTINEL", "MASTER", "mymaster"]);
        if flags.contains("o_down") { Ok(()) } else { Err(flags) }
    });
    let seen = run.check(&words);
    let lines = seen.lines("server");
    command(&group.servers[1], &lines[0]);
    wait_until("a Sentinel knows of it", NOTICE, || {
        let replicas = group.sentinels[0].command(&["SENTINEL", "REPLICAS", "mymaster"]);
        if replicas.contains("slave-priority\n100") { Ok(()) } else { Err(replicas) }
    });
    command(&group.sentinels[0], &lines[1]);
    let new = group.servers[1].address.port().to_string();
    wait_until("the other replica takes its place", NOTICE + NOTICE, || {
        let told = group.sentinels[0].command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"]);
        if told.contains(&new) { Ok(()) } else { Err(told) }
    });
    run.holds("the line that is printed ends the outage", true);
}

/// `down-after-milliseconds` of a day.
fn sentinels_that_never_notice(run: &mut Run) {
    let mut group = group(1, &["down-after-milliseconds mymaster 86400000"], |settings| settings);
    name_group(run, &group);
    group.servers[0].kill();
    group.servers[1].loses_its_primary();
    run.check(&format!("redis+sentinel://{}/mymaster", listed(&group)));
}

/// A user of the servers whom Sentinels do not know, and who may read and no more; then on one of the servers alone.
fn a_user_behind_sentinels(run: &mut Run) {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor_alone("mymaster", &servers[0])];
    let group = Group::of(servers, [(at(3), lines)]);
    name_group(run, &group);
    let words = format!("redis+sentinel://app:pw@{}/mymaster", listed(&group));
    for server in &group.servers {
        command(server, "ACL SETUSER app on >pw ~app:* +@read");
    }
    let seen = run.check(&words);
    let lines = seen.lines("server");
    group.servers.iter().for_each(|server| lines.iter().for_each(|line| command(server, line)));
    run.mended(&words);
    command(&group.servers[1], "ACL SETUSER app -info");
    run.check(&words);
}

/// The servers' password given to Sentinels that have none, and one for servers that have none.
fn credentials_for_open_sentinels(run: &mut Run) {
    let guarded = group(1, &["auth-pass mymaster sesame"], |settings| settings.password("sesame"));
    name_group(run, &guarded);
    let words = format!("redis+sentinel://:sesame@{}/mymaster", listed(&guarded));
    run.check(&format!("{words} --sentinel-pass sesame"));
    run.mended(&words);
    let free = group(1, &[], |settings| settings);
    name_group(run, &free);
    let words = format!("redis+sentinel://:sesame@{}/mymaster", listed(&free));
    let seen = run.check(&words);
    for line in seen.lines("server").iter().map(|line| line.replace("PASSWORD", "sesame")) {
        let whom = if line.starts_with("SENTINEL ") { &free.sentinels } else { &free.servers };
        for server in whom {
            command(server, &line);
        }
    }
    run.mended(&words);
}

/// A real one, which does not send the answers that it has when it hangs up.
fn twemproxy(run: &mut Run) {
    let server = Server::start(&at(1));
    let proxy = Tunnel::twemproxy(open(2), server.address);
    run.check(&format!("redis://{}", proxy.address));
    run.check(&proxy.address.to_string());
    run.check(&format!("redis://{}/3", proxy.address));
    run.check(&format!("rediss://{}", proxy.address));
}

/// Proxies that answer PING and GET: twemproxy hangs up on all else, predixy tells of itself, others forbid.
fn proxies_that_tell_nothing(run: &mut Run) {
    let predixy = bulk("# Proxy\r\nVersion:1.0.5\r\nName:Predixy\r\nSingleThread:1\r\n");
    let answers =
        [HANG_UP.to_owned(), "-ERR unknown command\r\n".to_owned(), "-ERR command not allowed\r\n".to_owned()];
    for (n, otherwise) in answers.into_iter().enumerate() {
        let predixy = predixy.clone();
        let mut proxy = Fake::bind(&open(7).to_string());
        proxy.serve(
            None,
            Arc::new(move |command| match command {
                "PING" => "+PONG\r\n".to_owned(),
                "INFO" if n == 1 => predixy.clone(),
                get if get.starts_with("GET ") => array(&[]),
                _ => otherwise.clone(),
            }),
        );
        run.check(&format!("redis://{}", proxy.address));
    }
}

/// `rediss+sentinel://`, and neither Sentinels nor servers speak TLS.
fn tls_where_sentinels_have_none(run: &mut Run) {
    let servers = servers(&[at(0)]);
    let lines = vec![monitor_alone("mymaster", &servers[0])];
    let group = Group::of(servers, [(at(3), lines)]);
    name_group(run, &group);
    let seen = run.check(&format!("rediss+sentinel://{}/mymaster", listed(&group)));
    run.mended(&seen.lines("client")[0]);
}
