//! What the application is given is wrong: the number of a database, the form of a password.

use super::{
    network::open,
    run::{Case, Run},
    sentinels::{at, listed, name_group},
    support::{
        cluster::Cluster,
        sentinels::{Group, monitor, servers},
        server::{Server, Settings},
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-80", play: a_number_on_a_cluster },
    Case { id: "N-80-denied", play: select_is_not_granted },
    Case { id: "N-81", play: too_high_a_number },
    Case { id: "N-82", play: behind_sentinels },
    Case { id: "N-83", play: a_password_without_its_colon },
    Case { id: "N-84", play: more_than_the_password },
    Case { id: "N-85", play: libraries_of_today_and_no_hello },
];

/// A URL from the time before the cluster.
fn a_number_on_a_cluster(run: &mut Run) {
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[0].address;
    let seen = run.check(&format!("redis://{at}/3"));
    run.check(&format!("-h {} -p {} -n 3", at.ip(), at.port()));
    run.check(&format!("{at},defaultDatabase=3"));
    run.check(&format!("redis://{at}/0"));
    run.mended(&seen.lines("client")[0]);
}

fn select_is_not_granted(run: &mut Run) {
    let server = Server::start(&at(1));
    server.command(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-select"]);
    let words = format!("redis://app:pw@{}/3", server.address);
    let seen = run.check(&words);
    for line in seen.lines("server") {
        server.command(&line.split(' ').collect::<Vec<_>>());
    }
    run.mended(&words);
}

fn too_high_a_number(run: &mut Run) {
    let settings = at(1);
    let server = Server::start(&settings);
    let seen = run.check(&format!("redis://{}?db=20", server.address));
    run.check(&format!("redis://{}/15", server.address));
    let (setting, value) = seen.lines("server")[0].split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let anew = Server::start(&settings.config(&setting, &value));
    run.mended(&format!("redis://{}?db=20", anew.address));
}

/// Sentinels have no databases; the servers behind them do.
fn behind_sentinels(run: &mut Run) {
    let servers = servers(&[at(0), at(1)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..6).map(|n| (at(n), lines.clone())));
    name_group(run, &group);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&format!("{words}/16"));
    run.check(&format!("{words}/15"));
    run.mended(&seen.lines("client")[0]);
}

/// `redis://PASSWORD@HOST`: redis-cli is content, and most libraries are not.
fn a_password_without_its_colon(run: &mut Run) {
    let cluster =
        Cluster::builder().ips((0..3).map(open).collect()).settings(Settings::default().password("sesame")).start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[0].address;
    let seen = run.check(&format!("redis://sesame@{at}"));
    run.check(&format!("redis://tahini@{at}"));
    run.mended(&seen.lines("client")[0].replace("PASSWORD", "sesame"));
}

/// What comes along with a password: the end of a line, quotes, the encoding of URLs; or nothing in its place.
fn more_than_the_password(run: &mut Run) {
    let server = Server::start(&at(1).password("se:s@me"));
    for password in ["se:s@me%0A", "%22se:s%40me%22", "%20se:s%40me", "%24%7BREDIS_PASSWORD%7D"] {
        run.check(&format!("redis://:{password}@{}", server.address));
    }
    run.check(&format!("redis://{} -a se:s%40me", server.address));
    run.mended(&format!("redis://{} -a se:s@me", server.address));
}

/// As at every server from before 6.0.
fn libraries_of_today_and_no_hello(run: &mut Run) {
    let server = Server::start(&at(1).config("rename-command", "HELLO "));
    run.check(&format!("redis://{}", server.address));
    let cluster = Cluster::builder()
        .ips((2..5).map(open).collect())
        .settings(Settings::default().config("rename-command", "HELLO "))
        .start();
    run.name_nodes(&cluster);
    run.check(&format!("redis://{}", cluster.nodes[0].address));
}
