//! Not let in: client certificates, passwords and users, permissions, connection limits, protected mode, idle time.

use std::{
    net::{SocketAddr, TcpStream},
    process::Command,
    thread::sleep,
    time::Duration,
};

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        free_port, output,
        pki::{Leaf, Pki},
        server::{Server, Settings},
        text,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-15", play: each_stage_in_turn },
    Case { id: "O-20", play: a_client_certificate_is_demanded },
    Case { id: "O-23", play: a_user_may_not_discover },
    Case { id: "O-24", play: nodes_with_other_passwords },
    Case { id: "O-24-users", play: users_that_differ },
    Case { id: "O-42", play: the_connection_limit },
    Case { id: "O-42-cluster", play: one_node_at_its_limit },
    Case { id: "O-42-nearly", play: nearly_the_connection_limit },
    Case { id: "O-46", play: protected_mode },
    Case { id: "O-46-sentinel", play: protected_mode_of_a_sentinel },
    Case { id: "O-56", play: idle_connections_are_closed },
];

/// The lines of the first finding's first remedy, with its placeholders filled.
fn fix(seen: &Seen, filled: &[(&str, &str)]) -> Vec<Vec<String>> {
    let lines = seen.findings()[0]["remedies"][0]["lines"].as_array().unwrap();
    let fill = |word: &str| filled.iter().fold(word.to_owned(), |word, (name, with)| word.replace(name, with));
    let words = |line: &str| fill(line).split(' ').map(str::to_owned).collect();
    lines.iter().map(|line| words(line.as_str().unwrap())).collect()
}

/// Applies them to a server, past its ports.
fn apply(server: &Server, lines: &[Vec<String>]) {
    for line in lines {
        server.command(&line.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// redis-cli over TCP with this password, past what the server had at its start.
fn cli(at: SocketAddr, password: &str, words: &[String]) {
    let (ip, port) = (at.ip().to_string(), at.port().to_string());
    let mut command = Command::new("redis-cli");
    command.args(["-e", "-h", &ip, "-p", &port]).args(words).env("REDISCLI_AUTH", password);
    let done = output(&mut command);
    assert!(done.status.success(), "{words:?}: {}{}", text(&done.stdout), text(&done.stderr));
}

/// A connection that stays.
fn occupy(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    sleep(Duration::from_millis(100));
    stream
}

/// A library says "failed to refresh slots cache" to all of these; each has to be told apart.
fn each_stage_in_turn(run: &mut Run) {
    let cluster = Cluster::builder()
        .ips((0..3).map(open).collect())
        .settings(Settings::default().password("sesame"))
        .each(|n, node| if n == 2 { node.config("cluster-announce-ip", &filtered(2).to_string()) } else { node })
        .each(|n, node| if n == 2 { node.config("bind", &format!("{} {}", open(2), filtered(2))) } else { node })
        .start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[0].address;
    cluster.everywhere(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@read", "+@write"]);
    let nobody = SocketAddr::new(at.ip(), free_port());
    run.check(&format!("redis://:sesame@nobody.lab.test:{}", at.port()));
    run.check(&format!("redis://:sesame@{nobody}"));
    run.check(&format!("redis://:sesame@{}:{} --timeout 1s", filtered(8), at.port()));
    run.check(&format!("rediss://:sesame@{at}"));
    run.check(&format!("redis://:tahini@{at}"));
    run.check(&format!("redis://app:pw@{at}"));
    run.check(&format!("redis://:sesame@{at} --timeout 1s"));
}

/// `tls-auth-clients yes`, over both versions of TLS; and a server that asks and does without.
fn a_client_certificate_is_demanded(run: &mut Run) {
    let pki = Pki::new();
    let leaf = pki.issue("node", &Leaf::new(&["IP:10.88.0.1"]));
    let ca = pki.ca().display().to_string();
    for versions in ["TLSv1.3", "TLSv1.2"] {
        let settings = Settings::default().ip(open(0)).tls(&leaf).client_certificates().config("protected-mode", "no");
        let server = Server::start(&settings.config("tls-protocols", versions));
        let words = format!("rediss://{} --cacert {ca}", server.address);
        let seen = run.check(&words);
        let given = format!("{words} --cert {} --key {}", leaf.cert.display(), leaf.key.display());
        run.mended(&given);
        let optional = seen.lines("server");
        apply(&server, &[optional[0].split(' ').map(str::to_owned).collect()]);
        run.mended(&words);
    }
}

/// Users as hardened ACLs and hosted services have them.
fn a_user_may_not_discover(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let words = format!("redis://app:pw@{}", cluster.nodes[0].address);
    let user = |rules: &str| {
        let rules: Vec<&str> = rules.split(' ').collect();
        cluster.everywhere(&[&["ACL", "SETUSER", "app", "reset", "on", ">pw", "~app:*"], &rules[..]].concat());
    };
    for rules in ["+@all -@dangerous -@admin", "+@read +@write +@connection", "-@all +ping +get +set"] {
        user(rules);
        let seen = run.check(&words);
        cluster.nodes.iter().for_each(|node| apply(node, &fix(&seen, &[])));
        run.mended(&words);
    }
    // On one node only: what the endpoint allows, the third denies.
    user("+@all");
    cluster.nodes[2].command(&["ACL", "SETUSER", "app", "-cluster", "-info"]);
    let seen = run.check(&words);
    cluster.nodes.iter().for_each(|node| apply(node, &fix(&seen, &[])));
    run.mended(&words);
}

/// `requirepass` differs on one node; then it has none.
fn nodes_with_other_passwords(run: &mut Run) {
    let cluster = Cluster::builder().settings(Settings::default().password("sesame")).start();
    run.name_nodes(&cluster);
    let (at, third) = (cluster.nodes[0].address, cluster.nodes[2].address);
    let words = format!("redis://:sesame@{at}");
    cluster.nodes[2].command(&["CONFIG", "SET", "requirepass", "tahini"]);
    let seen = run.check(&words);
    fix(&seen, &[("PASSWORD", "sesame")])
        .iter()
        .zip(["tahini", "tahini"])
        .for_each(|(line, old)| cli(third, old, line));
    run.mended(&words);
    run.check(&words);
    cluster.nodes[2].command(&["CONFIG", "SET", "requirepass", ""]);
    let seen = run.check(&words);
    apply(&cluster.nodes[2], &fix(&seen, &[("PASSWORD", "sesame")]));
    run.mended(&words);
    run.check(&format!("redis://{at}"));
}

/// Missing, disabled, and with another password on one node; then on all of them.
fn users_that_differ(run: &mut Run) {
    let cluster = Cluster::builder().settings(Settings::default().password("sesame")).start();
    run.name_nodes(&cluster);
    let words = format!("redis://app:pw@{}", cluster.nodes[0].address);
    cluster.everywhere(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all"]);
    for change in [&["DELUSER", "app"][..], &["SETUSER", "app", "off"], &["SETUSER", "app", "resetpass", ">old"]] {
        cluster.nodes[1].command(&[&["ACL"], change].concat());
        let seen = run.check(&words);
        let list = cluster.nodes[0].command(&["ACL", "LIST"]);
        let rules = list.lines().find_map(|line| line.strip_prefix("user app ")).unwrap();
        apply(&cluster.nodes[1], &fix(&seen, &[("RULES", rules)]));
        run.mended(&words);
    }
    cluster.everywhere(&["ACL", "SETUSER", "app", "off"]);
    let seen = run.check(&words);
    let line = seen.lines("server")[0].replace("PASSWORD", "pw");
    cluster.nodes.iter().for_each(|node| apply(node, &[line.split(' ').map(str::to_owned).collect()]));
    run.mended(&words);
}

fn the_connection_limit(run: &mut Run) {
    let server =
        Server::start(&Settings::default().ip(open(0)).config("maxclients", "2").config("protected-mode", "no"));
    let words = format!("redis://{}", server.address);
    let first = occupy(server.address);
    // One connection at a time is enough.
    run.mended(&words);
    let second = occupy(server.address);
    let seen = run.check(&words);
    run.check(&format!("rediss://{}", server.address));
    run.check(&server.address.to_string());
    drop(second);
    apply(&server, &fix(&seen, &[]));
    run.mended(&words);
    drop(first);
}

/// The links of the cluster bus count, too.
fn one_node_at_its_limit(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let third = &cluster.nodes[2];
    third.command(&["CONFIG", "SET", "maxclients", "8"]);
    let mut held: Vec<TcpStream> = (0..8).map(|_| occupy(third.address)).collect();
    let words = format!("redis://{}", cluster.nodes[0].address);
    let seen = run.check(&words);
    held.truncate(1);
    sleep(Duration::from_millis(200));
    apply(third, &fix(&seen, &[]));
    run.mended(&words);
}

fn nearly_the_connection_limit(run: &mut Run) {
    let server =
        Server::start(&Settings::default().ip(open(0)).config("maxclients", "10").config("protected-mode", "no"));
    let words = format!("redis://{}", server.address);
    run.name(server.address.to_string(), "the server");
    let _held: Vec<TcpStream> = (0..8).map(|_| occupy(server.address)).collect();
    let seen = run.check(&words);
    apply(&server, &fix(&seen, &[]));
    run.mended(&words);
}

fn protected_mode(run: &mut Run) {
    let server = Server::start(&Settings::default().ip(open(0)));
    let at = server.address;
    let seen = run.check(&format!("redis://{at}"));
    run.check(&format!("rediss://{at}"));
    apply(&server, &fix(&seen, &[("PASSWORD", "sesame")])[..2]);
    run.mended(&format!("redis://:sesame@{at}"));
}

fn protected_mode_of_a_sentinel(run: &mut Run) {
    let settings = Settings::default().ip(open(1)).config("protected-mode", "no");
    let server = Server::start(&settings);
    let monitor = format!("monitor mymaster {} {} 1", server.address.ip(), server.address.port());
    let own = Settings::default().ip(open(1)).config("protected-mode", "yes");
    let sentinel = Server::sentinel(&own, std::slice::from_ref(&monitor));
    let seen = run.check(&format!("redis+sentinel://{}/mymaster", sentinel.address));
    let lines = fix(&seen, &[("PASSWORD", "sesame")]);
    let (of_sentinel, plain): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line[0] == "sentinel");
    let own = plain.iter().fold(own, |own, line| own.config(&line[0], &line[1]));
    let own_lines = of_sentinel.iter().map(|line| line[1..].join(" "));
    let restarted = Server::sentinel(&own, &[monitor].into_iter().chain(own_lines).collect::<Vec<_>>());
    run.mended(&format!("redis+sentinel://{}/mymaster --sentinel-pass sesame", restarted.address));
}

fn idle_connections_are_closed(run: &mut Run) {
    let server = Server::start(&Settings::default().ip(open(0)).config("timeout", "5").config("protected-mode", "no"));
    let words = format!("redis://{}", server.address);
    let seen = run.check(&words);
    run.check(&format!("{words} --idle 20s"));
    let line = seen.lines("server")[0].clone();
    apply(&server, &[line.split(' ').map(str::to_owned).collect()]);
    run.mended(&format!("{words} --idle 8s"));
    // Who may not read the setting measures it.
    server.command(&["CONFIG", "SET", "timeout", "3"]);
    server.command(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-config"]);
    run.check(&format!("redis://app:pw@{} --idle 20s", server.address));
}
