//! `ca-request` on saved looks in which what is announced was changed: which names, which wildcard, and what is refused.

#![cfg(feature = "lab")]

mod support;

use std::{fs, path::PathBuf, process::Command};

use redis_doctor::{
    facts::{Announced, NodeAddress, Observed, Snapshot},
    names::STACKS,
    request::{self, Options, Request},
};
use support::{doctor, need, output, run, text};
use tempfile::TempDir;

/// Where the endpoint was reached.
const RESOLVED: &str = "10.0.0.1:6379";
const PLAIN: Options = Options { per_node: false, no_wildcard: false };

fn healthy() -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    output(doctor().args(["check", "lab://healthy", "--save"]).arg(&file));
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// The endpoint under this name, and the nodes as `announce` has them.
fn announcing(seed: &str, mut announce: impl FnMut(usize, &mut NodeAddress)) -> Snapshot {
    let mut snapshot = healthy();
    snapshot.target.endpoint.host = seed.parse().unwrap();
    // Some clients verify what a seed resolves to.
    snapshot.seed.socket = Some(RESOLVED.parse().unwrap());
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    for (n, node) in topology.nodes.iter_mut().enumerate() {
        announce(n, &mut node.address);
    }
    snapshot
}

fn named(seed: &str, name: impl Fn(usize) -> String) -> Snapshot {
    announcing(seed, |n, address| {
        let host = Announced::from_text(&name(n));
        (address.preferred, address.hostname, address.ip) = (host.clone(), host.clone(), host);
    })
}

fn derived(snapshot: &Snapshot, options: Options) -> Request {
    request::derive(snapshot, options).unwrap()
}

/// Those that are asked for beside the address of the seed.
fn names(request: &Request) -> Vec<String> {
    let all = request.certificates[0].entries.iter().map(|entry| entry.name.to_string());
    let mut names: Vec<String> = all.collect();
    assert_eq!(names.pop().as_deref(), Some("IP:10.0.0.1"), "{names:?}");
    names
}

#[test]
fn a_wildcard_stands_for_two_names_or_more_of_one_domain() {
    let nodes = |domain: &'static str| move |n: usize| format!("n{n}.{domain}");
    let whole = derived(&named("redis.example.com", nodes("nodes.example.com")), PLAIN);
    assert_eq!(names(&whole), ["DNS:redis.example.com", "DNS:*.nodes.example.com"]);
    assert!(whole.proof.is_whole(), "{:#?}", whole.proof);
    let covering = &whole.certificates[0].entries[1];
    assert_eq!(covering.covers.len(), 6);

    let exact = Options { no_wildcard: true, ..PLAIN };
    assert_eq!(names(&derived(&named("redis.example.com", nodes("nodes.example.com")), exact)).len(), 7);
    // One name alone gets no wildcard.
    let one = derived(&named("redis.example.com", |_| "redis.example.com".to_owned()), PLAIN);
    assert_eq!(names(&one), ["DNS:redis.example.com"]);
}

#[test]
fn no_wildcard_where_some_stack_takes_none() {
    for domain in ["local", "redis"] {
        let request = derived(&named(&format!("redis.{domain}"), |n| format!("n{n}.{domain}")), PLAIN);
        assert_eq!(names(&request).len(), 7, "{domain}: {:?}", names(&request));
        assert!(request.proof.is_whole(), "{domain}: {:#?}", request.proof);
    }
    let single = derived(&named("redis", |n| format!("redis-{n}")), PLAIN);
    assert_eq!(names(&single).len(), 7);
    assert!(single.proof.is_whole(), "{:#?}", single.proof);
}

#[test]
fn every_stack_takes_every_wildcard_for_every_name_under_it() {
    // Whatever is put under a wildcard is judged before; here the rule is that such names exist at all.
    let request = derived(&named("redis.example.com", |n| format!("{n}-a.sub.example.com")), PLAIN);
    assert_eq!(names(&request), ["DNS:redis.example.com", "DNS:*.sub.example.com"]);
    assert!(request.proof.is_whole(), "{} stacks: {:#?}", STACKS.len(), request.proof);
}

#[test]
fn an_underscore_is_asked_for_in_full_and_told_of() {
    let request = derived(&named("redis.example.com", |n| format!("redis_{n}.sub.example.com")), PLAIN);
    assert_eq!(names(&request).len(), 7, "{:?}", names(&request));
    assert!(!request.proof.is_whole());
    let java = request.proof.failing.iter().find(|failing| failing.clients.contains(&"jedis")).unwrap();
    assert!(java.text.contains("Illegal given domain name"), "{java:?}");
    assert!(java.advice.contains("redis-"), "{java:?}");
}

#[test]
fn a_dot_at_the_end_is_not_asked_for_and_told_of() {
    let request = derived(&named("redis.example.com", |n| format!("n{n}.sub.example.com.")), PLAIN);
    assert!(names(&request).iter().all(|name| !name.ends_with('.')), "{:?}", names(&request));
    assert!(request.proof.failing.iter().all(|failing| failing.advice.contains("without the dot")));
    assert!(!request.proof.is_whole());
}

#[test]
fn what_is_no_host_is_refused_and_written_nowhere() {
    let evil = "x\nsubjectAltName = DNS:evil.example.com #";
    let snapshot = announcing("redis.example.com", |n, address| {
        if n == 0 {
            address.preferred = Announced::from_text(evil);
            address.hostname = Announced::from_text("\u{202e}r\u{e9}dis.example.com");
        }
    });
    let request = derived(&snapshot, PLAIN);
    assert!(request.left_out.iter().any(|left| left.host.contains("evil")), "{:#?}", request.left_out);
    let (folder, file) = saved(&snapshot);
    for form in ["text", "openssl", "cert-manager"] {
        let done = output(doctor().args(["ca-request", "--as", form, "--from"]).arg(&file));
        let said = text(&done.stdout);
        assert!(said.lines().all(|line| !line.starts_with("subjectAltName = DNS:evil")), "{said}");
        assert!(!said.contains('\u{202e}') && !text(&done.stderr).contains('\u{202e}'), "{said}");
        if form != "text" {
            assert!(!said.contains("evil"), "{said}");
            assert!(text(&done.stderr).contains("evil"), "{}", text(&done.stderr));
        }
    }
    drop(folder);
}

#[test]
fn nothing_is_asked_for_that_nobody_announces() {
    // Some clients dial localhost for a node that announces no host.
    let snapshot = announcing("redis.example.com", |_, address| {
        (address.preferred, address.hostname) = (Announced::QuestionMark, Announced::Empty);
    });
    let request = derived(&snapshot, PLAIN);
    assert!(names(&request).iter().all(|name| name != "DNS:localhost"), "{:?}", names(&request));
    // A name that is read as an address by some, and addresses of many machines.
    for host in ["10.5", "0.0.0.0", "ff02::1", "0x7f000001"] {
        let request = derived(&named("redis.example.com", |_| host.to_owned()), PLAIN);
        assert_eq!(names(&request), ["DNS:redis.example.com"], "{host}");
        assert!(!request.proof.is_whole() && !request.left_out.is_empty(), "{host}");
    }
}

#[test]
fn what_a_name_leads_to_on_this_machine_alone_is_told() {
    let mut snapshot = named("redis.example.com", |n| format!("n{n}.example.com"));
    snapshot.seed.socket = Some("127.0.0.1:7001".parse().unwrap());
    let request = derived(&snapshot, PLAIN);
    let told: Vec<_> = request.left_out.iter().map(|left| (left.host.as_str(), left.clients.as_slice())).collect();
    assert_eq!(told, [("127.0.0.1", &["ioredis"][..])]);
    assert_eq!(request.proof.passing, request.proof.clients - 2);
}

#[test]
fn one_for_each_node_has_its_own_names_and_the_shared_one() {
    let snapshot = named("redis.example.com", |n| format!("n{n}.example.com"));
    let request = derived(&snapshot, Options { per_node: true, ..PLAIN });
    assert_eq!(request.certificates.len(), 6);
    for (n, wanted) in request.certificates.iter().enumerate() {
        let names: Vec<String> = wanted.entries.iter().map(|entry| entry.name.to_string()).collect();
        assert!(names.contains(&"DNS:redis.example.com".to_owned()), "{names:?}");
        assert!(names.contains(&format!("DNS:n{n}.example.com")), "{names:?}");
        assert!(!names.contains(&format!("DNS:n{}.example.com", (n + 1) % 6)), "{names:?}");
    }
    assert!(request.proof.is_whole(), "{:#?}", request.proof);
}

#[test]
fn a_provider_s_certificate_is_not_the_user_s_to_ask_for() {
    for (host, name) in [
        ("r.westeurope.redis.azure.net", "Azure Managed Redis"),
        ("clustercfg.r.abc123.euw1.cache.amazonaws.com", "ElastiCache"),
        ("clustercfg.r.abc123.memorydb.eu-west-1.amazonaws.com", "MemoryDB"),
        ("redis-12345.c1.eu-west-1-1.ec2.redns.redis-cloud.com", "Redis Cloud"),
    ] {
        let request = derived(&named(host, |_| host.to_owned()), PLAIN);
        assert!(request.managed.is_some_and(|managed| managed.name.contains(name)), "{host}");
    }
    assert_eq!(derived(&named("redis.example.com", |_| "redis.example.com".to_owned()), PLAIN).managed, None);
}

#[test]
fn hundreds_of_addresses_are_all_judged() {
    let mut snapshot = healthy();
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("no topology") };
    let (node, probe) = (topology.nodes[0].clone(), snapshot.nodes[0].clone());
    for n in 0..600_u32 {
        let id: redis_doctor::facts::NodeId = format!("{n:040x}").try_into().unwrap();
        let mut more = node.clone();
        let host = Announced::from_text(&std::net::Ipv4Addr::from(0x0a00_0100 + n).to_string());
        (more.address.preferred, more.address.hostname, more.address.ip) = (host.clone(), Announced::Absent, host);
        more.id = id.clone();
        topology.nodes.push(more);
        snapshot.nodes.push(redis_doctor::facts::NodeProbe { id, ..probe.clone() });
    }
    for per_node in [false, true] {
        let request = derived(&snapshot, Options { per_node, ..PLAIN });
        assert!(request.names().len() > 600);
        assert!(request.proof.is_whole(), "{:#?}", request.proof.failing.first());
        assert_eq!(request.certificates.len(), if per_node { 606 } else { 1 });
    }
}

#[test]
fn openssl_takes_names_of_every_length() {
    if !need("openssl") {
        return;
    }
    // More than a common name may hold (64), and each as long as a label and a name can be.
    let long = |n: usize| format!("{}{n}.{}.{}.example.com", "a".repeat(62), "b".repeat(63), "c".repeat(63));
    for (seed, name) in
        [(long(9), &long as &dyn Fn(usize) -> String), ("::1".to_owned(), &|_| "2001:db8::5".to_owned())]
    {
        let (folder, file) = saved(&named(&seed, name));
        for flags in [&["--no-wildcard"][..], &["--per-node", "--key-type", "rsa"]] {
            let done = output(doctor().args(["ca-request", "--as", "openssl", "--from"]).arg(&file).args(flags));
            let config = text(&done.stdout);
            fs::write(folder.path().join("redis.cnf"), &config).unwrap();
            let commands = config.lines().filter_map(|line| line.strip_prefix("# "));
            for command in commands.filter(|line| line.starts_with("openssl req ")) {
                run(Command::new("sh").arg("-ec").arg(command).current_dir(folder.path()));
            }
        }
        for stem in ["redis", "redis-6"] {
            let mut show = Command::new("openssl");
            show.args(["req", "-noout", "-text", "-in"]).arg(folder.path().join(format!("{stem}.csr")));
            let shown = run(&mut show);
            assert!(shown.contains("TLS Web Server Authentication, TLS Web Client Authentication"), "{shown}");
            assert_eq!(shown.contains("Key Encipherment"), stem == "redis-6", "{shown}");
        }
    }
}

fn saved(snapshot: &Snapshot) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    fs::write(&file, serde_json::to_string(snapshot).unwrap()).unwrap();
    (folder, file)
}
