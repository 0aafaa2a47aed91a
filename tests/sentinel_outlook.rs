//! What is foretold of client libraries behind real Sentinels: as the released packages fared when they were run against the same.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{
    doctor, need, output,
    pki::{Leaf, Pki},
    sentinels::{Group, knows, monitor_alone},
    server::{Server, Settings},
    text,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

/// `clients` with these words: how it ends, and what is said of each library (and set-up), `ok` or `stage: text`.
fn foretold(words: &str) -> (i32, BTreeMap<String, String>) {
    let ran = output(doctor().arg("clients").args(words.split(' ')).args(["--format", "json"]));
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", text(&ran.stderr)));
    let word = |value: &Value| value.as_str().unwrap_or("(nothing)").to_owned();
    let fate = |client: &Value| match client["outcome"].as_str() {
        Some("fails") => format!("{}: {}", word(&client["stage"]), word(&client["text"])),
        outcome => outcome.unwrap_or_default().to_owned(),
    };
    let clients = report["clients"].as_array().unwrap().iter();
    let fates = clients.map(|client| (format!("{} {}", word(&client["id"]), word(&client["versions"])), fate(client)));
    (ran.status.code().unwrap(), fates.collect())
}

fn expect(words: &str, exit: i32, fates: &[(&str, &str)]) {
    let (code, told) = foretold(words);
    assert_eq!(code, exit, "{words}: {told:#?}");
    for (client, fate) in fates {
        assert_eq!(told.get(*client).map(String::as_str), Some(*fate), "{words}: {client}: {told:#?}");
    }
}

#[test]
fn who_follows_sentinels_works_where_they_tell_the_truth() {
    if !redis_is_there() {
        return;
    }
    let group = Group::plain();
    let at = group.sentinels[0].address;
    // That redis-cli asks no Sentinel is nothing that is wrong here, unless it is what was asked.
    expect(
        &format!("redis+sentinel://{at}/mymaster"),
        0,
        &[
            ("node-redis >=6", "ok"),
            ("node-redis >=4, <5", "protocol: ERR unknown command"),
            ("ioredis >=6", "ok"),
            ("redis-py >=8", "ok"),
            ("redisson >=4, one host name as seed", "ok"),
            ("redis-cli >=7.2", "protocol: ERR unknown command"),
        ],
    );
    expect(&format!("redis://{at} --client hiredis"), 1, &[]);
    expect(
        &format!("redis+sentinel://{at}/MyMaster"),
        1,
        &[
            ("node-redis >=5, <6", "protocol: ERR No such master with that name"),
            ("redis-py >=8", "protocol: No master found for 'MyMaster'"),
            (
                "go-redis >=9.20, tls.Config{}",
                "protocol: redis: all sentinels specified in configuration are unreachable: redis: nil",
            ),
            ("jedis >=7.5", "protocol: Can connect to sentinel, but MyMaster seems to be not monitored."),
        ],
    );
}

#[test]
fn one_sentinel_is_too_few_for_redisson_alone() {
    if !redis_is_there() {
        return;
    }
    let primary = Server::start(&Settings::default().password("sesame"));
    let lines = [monitor_alone("mymaster", &primary), "auth-pass mymaster sesame".to_owned()];
    let sentinel = Server::sentinel(&Settings::default(), &lines);
    knows(&sentinel, "mymaster", 0, 0);
    let few = "protocol: SENTINEL SENTINELS command returns less than 2 nodes or connection can't be established to some of them!";
    expect(
        &format!("redis+sentinel://:sesame@{}", sentinel.address),
        1,
        &[("ioredis >=6", "ok"), ("redisson >=4, several seeds or an IP", few)],
    );
    expect(
        &format!("redis+sentinel://:tahini@{}", sentinel.address),
        1,
        &[
            ("node-redis >=6", "auth: (nothing)"),
            ("redis-py >=8", "auth: invalid username-password pair or user is disabled."),
            ("lettuce >=6.2.7", "auth: WRONGPASS"),
            ("redis-rb >=4.1, <5", "auth: WRONGPASS"),
        ],
    );
}

#[test]
fn the_address_that_a_sentinel_tells_is_what_is_verified() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let named = Settings::default().tls(&pki.issue("named", &Leaf::new(&["DNS:localhost"])));
    let group = Group::start(&named, &named, &[]);
    let port = group.sentinels[0].address.port();
    expect(
        &format!("rediss+sentinel://localhost:{port}/mymaster --cacert {}", pki.ca().display()),
        1,
        &[
            ("node-redis >=6", "tls-name: (nothing)"),
            ("redis-py <6", "ok"),
            ("valkey-py >=6", "ok"),
            ("go-redis >=9.20, rediss:// URL", "ok"),
            ("lettuce >=6.2.7", "tls-name: No subject alternative names matching IP address 127.0.0.1 found"),
            // A single host name as seed is what it verifies in a cluster.
            (
                "redisson >=4, one host name as seed",
                "tls-name: No subject alternative names matching IP address 127.0.0.1 found",
            ),
        ],
    );
}

#[test]
fn plaintext_sentinels_before_tls_servers_need_settings_apart() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let certificate = pki.issue("good", &Leaf::new(&["IP:127.0.0.1"]));
    let file = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let sentinel = Settings::default()
        .config("tls-replication", "yes")
        .config("tls-cert-file", &file(&certificate.cert))
        .config("tls-key-file", &file(&certificate.key))
        .config("tls-ca-cert-file", &file(&certificate.ca));
    let primary = Server::start(&Settings::default().tls(&certificate));
    let watching = Server::sentinel(&sentinel, &[monitor_alone("mymaster", &primary)]);
    knows(&watching, "mymaster", 0, 0);
    expect(
        &format!("{} --cacert {}", watching.address, pki.ca().display()),
        1,
        &[
            ("node-redis >=6", "ok"),
            ("ioredis >=6", "ok"),
            ("jedis >=7.5", "ok"),
            ("go-redis >=9.20, tls.Config{}", "protocol: EOF"),
            ("lettuce >=6.2.7", "protocol: Connection reset"),
        ],
    );
}

#[test]
fn a_replica_in_the_primarys_place_refuses_writes() {
    if !redis_is_there() {
        return;
    }
    let (first, second) = (Server::start(&Settings::default()), Server::start(&Settings::default()));
    let lines = [monitor_alone("mymaster", &first), "down-after-milliseconds mymaster 3600000".to_owned()];
    let sentinel = Server::sentinel(&Settings::default(), &lines);
    knows(&sentinel, "mymaster", 0, 0);
    first.replicate(&second);
    let readonly = "protocol: READONLY You can't write against a read only replica.";
    expect(
        &format!("redis+sentinel://{}/mymaster", sentinel.address),
        1,
        &[
            ("node-redis >=6", readonly),
            ("ioredis >=6", "protocol: (nothing)"),
            ("redis-py >=8", "protocol: The previous master is now a slave"),
            ("jedis >=7.5", readonly),
            ("redis-rb >=4.1, <5", "protocol: Instance role mismatch. Expected master, got slave."),
            ("predis >=3", "protocol: Expected master but got slave"),
        ],
    );
}

#[test]
fn a_tunnel_brings_its_map_in_the_librarys_language() {
    if !redis_is_there() {
        return;
    }
    let group = Group::plain();
    let at = format!("redis+sentinel://{}/mymaster", group.sentinels[0].address);
    let written = |client: &str| {
        let ran = output(doctor().args(["tunnel", &at, "--with", "ssh", "--via", "bastion", "--for", client]));
        (ran.status.code().unwrap(), text(&ran.stdout), text(&ran.stderr))
    };
    for (client, words) in
        [("ioredis", "natMap: {"), ("go-redis", "redis.NewFailoverClient"), ("jedis", "\"mymaster\"")]
    {
        let (code, out, err) = written(client);
        assert_eq!(code, 0, "{client}: {err}");
        assert!(out.contains("client/address-map.") && out.contains(words), "{client}: {out}");
        assert!(group.servers.iter().all(|server| out.contains(&server.address.to_string())), "{out}");
    }
    let (code, _, err) = written("phpredis");
    assert!(code == 1 && err.contains("only asks Sentinels"), "{err}");
}
