//! Sentinels, and what they hand out.

use std::net::IpAddr;

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        cases::Seen,
        pki::{Certificate, Leaf, Pki},
        sentinels::{Group, monitor, monitor_at, servers},
        server::{Server, Settings},
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-09", play: addresses_for_names },
    Case { id: "O-10", play: container_addresses },
    Case { id: "O-43", play: a_loopback_answer },
    Case { id: "O-45", play: the_primary_by_name },
];

/// The names of the network, from node 0.
pub const NAMES: [&str; 6] =
    ["one.lab.test", "two.lab.test", "three.lab.test", "four.lab.test", "five.lab.test", "six.lab.test"];

/// A machine of its own: open to clients, and speaking to others from its own address.
pub fn at(n: usize) -> Settings {
    let ip = open(u8::try_from(n).unwrap());
    Settings::default().ip(ip).config("bind-source-addr", &ip.to_string()).config("protected-mode", "no")
}

/// TLS with a certificate for this.
pub fn secured(pki: &Pki, n: usize, san: &str) -> Settings {
    let certificate: Certificate = pki.issue(&format!("node-{n}"), &Leaf::new(&[san]));
    at(n).tls(&certificate)
}

pub fn name_group(run: &mut Run, group: &Group) {
    for (id, name) in group.names() {
        run.name(id, &name);
    }
}

/// `h1:p1,h2:p2,h3:p3`, each under its own address.
pub fn listed(group: &Group) -> String {
    let places: Vec<String> = group.sentinels.iter().map(|sentinel| sentinel.address.to_string()).collect();
    places.join(",")
}

/// The remedy of the first finding that is for servers, its placeholders filled in, where it belongs: what is for Sentinels
/// at each of `sentinels`, the rest at every server.
pub fn apply(seen: &Seen, group: &Group, sentinels: &[usize], fill: impl Fn(&str, usize) -> String) {
    let lines = seen.lines("server");
    assert!(!lines.is_empty(), "there is nothing to apply: {}", seen.text());
    for line in &lines {
        let is_for_sentinels = line.starts_with("SENTINEL ");
        let whom: Vec<(usize, &Server)> = if is_for_sentinels {
            sentinels.iter().map(|n| (n + group.servers.len(), &group.sentinels[*n])).collect()
        } else {
            group.servers.iter().enumerate().collect()
        };
        for (n, server) in whom {
            let line = fill(line, n);
            assert!(!line.contains("-OF-"), "a placeholder is left: {line}");
            server.command(&line.split(' ').collect::<Vec<_>>());
        }
    }
}

/// Certificates hold names, one each; Sentinels hand out IPs.
fn addresses_for_names(run: &mut Run) {
    let pki = Pki::new();
    let settings = |n: usize| secured(&pki, n, &format!("DNS:{}", NAMES[n]));
    let servers = servers(&[settings(0), settings(1), settings(2)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..6).map(|n| (settings(n), lines.clone())));
    name_group(run, &group);
    let to = |host: &str, n: usize| format!("{host}:{}", group.sentinels[n].address.port());
    let hosts = [to(NAMES[3], 0), to(NAMES[4], 1), to(NAMES[5], 2)].join(",");
    let words = format!("rediss+sentinel://{hosts}/mymaster --cacert {}", pki.ca().display());
    let seen = run.check(&words);
    apply(&seen, &group, &[0, 1, 2], |line, n| {
        line.replace("NAME-OF-THIS-SERVER", NAMES[n])
            .replace("NAME-OF-THIS-SENTINEL", NAMES[n])
            .replace("NAME-OF-THE-PRIMARY", NAMES[0])
    });
    group.settle();
    run.mended(&words);
}

/// The ports are published on loopback; Sentinels know the addresses of containers.
fn container_addresses(run: &mut Run) {
    let inside = |n: usize| {
        let ip: IpAddr = filtered(u8::try_from(n).unwrap());
        Settings::default()
            .ip(ip)
            .config("bind", &format!("{ip} 127.0.0.1"))
            .config("bind-source-addr", &ip.to_string())
            .config("protected-mode", "no")
    };
    let servers = servers(&[inside(0), inside(1), inside(2)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..6).map(|n| (inside(n), lines.clone())));
    name_group(run, &group);
    let words = format!("127.0.0.1:{}", group.sentinels[0].address.port());
    run.check(&words);
    run.mended_by_map(&words);
}

/// The Sentinel on the primary's own machine was given the machine's name, which /etc/hosts there makes 127.0.1.1.
fn a_loopback_answer(run: &mut Run) {
    // Without a replica: to that one the Sentinel says hello from another address, and the last hello is what counts.
    let servers = servers(&[at(0).config("bind", "10.88.0.1 127.0.1.1")]);
    let own = vec![monitor_at("mymaster", "127.0.1.1", &servers[0])];
    let others = vec![monitor("mymaster", &servers[0])];
    // It says hello from where it reaches the primary: from a loopback address.
    let beside = Settings::default().ip(open(0)).config("protected-mode", "no");
    let group = Group::of(servers, vec![(beside, own), (at(1), others.clone()), (at(2), others)]);
    name_group(run, &group);
    let words = format!("redis+sentinel://{}/mymaster", listed(&group));
    let seen = run.check(&words);
    let bad = group.sentinels[0].address;
    run.check(&format!("redis://{bad}"));
    run.check(&format!("redis://{}", group.sentinels[1].address));
    apply(&seen, &group, &[0], |line, _| line.to_owned());
    group.settle();
    run.mended(&words);
}

/// Both options for host names are on, and servers and Sentinels announce none.
fn the_primary_by_name(run: &mut Run) {
    let pki = Pki::new();
    let settings = |n: usize| secured(&pki, n, "DNS:*.lab.test");
    let servers = servers(&[settings(0), settings(1), settings(2)]);
    let lines = vec![
        "resolve-hostnames yes".to_owned(),
        "announce-hostnames yes".to_owned(),
        monitor_at("mymaster", NAMES[0], &servers[0]),
    ];
    let group = Group::of(servers, (3..6).map(|n| (settings(n), lines.clone())));
    name_group(run, &group);
    let port = group.sentinels[0].address.port();
    let words = format!("rediss+sentinel://{}:{port}/mymaster --cacert {}", NAMES[3], pki.ca().display());
    let seen = run.check(&words);
    apply(&seen, &group, &[0, 1, 2], |line, n| {
        line.replace("NAME-OF-THIS-SERVER", NAMES[n])
            .replace("NAME-OF-THIS-SENTINEL", NAMES[n])
            .replace("NAME-OF-THE-PRIMARY", NAMES[0])
    });
    group.settle();
    run.mended(&words);
}
