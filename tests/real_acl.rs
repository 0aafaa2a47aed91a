//! Least privilege on real servers: whatever the ACL denies, as much is said as can be said; and one line is enough for all.

mod support;

use std::{fs, sync::Arc, time::Duration};

use support::{
    cases::{Seen, check},
    cluster::Cluster,
    fake::{Fake, array, bulk},
    need,
    server::{Server, Settings, primary_and_replica},
    wait_until,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli")
}

/// What the rules leave of a user, on every one of these servers.
fn allow(servers: &[&Server], rules: &[&str]) {
    for server in servers {
        server.command(&[&["ACL", "SETUSER", "app", "reset", "on", ">pw", "~*", "&*"], rules].concat());
    }
}

fn codes(seen: &Seen) -> Vec<&str> {
    seen.findings().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// Everything that is asked of a data node.
const COMMANDS: [&str; 12] = [
    "hello",
    "info",
    "role",
    "ping",
    "command",
    "client|info",
    "config|get",
    "cluster|myid",
    "cluster|slots",
    "cluster|shards",
    "cluster|nodes",
    "cluster|info",
];

#[test]
fn without_any_one_command_a_cluster_is_still_told() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    cluster.settle();
    let all: Vec<&Server> = cluster.nodes.iter().collect();
    let words = format!("redis://app:pw@{}", cluster.nodes[0].address);
    for command in COMMANDS {
        allow(&all, &["+@all", &format!("-{command}")]);
        let seen = check(&words);
        assert_eq!(seen.report["topology"]["kind"], "cluster", "-{command}");
        assert_eq!(seen.report["topology"]["nodes"].as_array().unwrap().len(), 3, "-{command}");
        assert_eq!(seen.exit, 0, "-{command}: {:?}", codes(&seen));
        let expected: &[&str] = match command {
            "info" | "command" | "ping" | "cluster|slots" | "cluster|shards" | "cluster|nodes" | "cluster|info" => {
                &["discovery-refused"]
            }
            // The others are known otherwise, or explain nothing.
            _ => &[],
        };
        assert_eq!(codes(&seen), expected, "-{command}");
        // What is printed opens it, and closes the case.
        for line in if expected.is_empty() { Vec::new() } else { seen.lines("server") } {
            cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
        }
        let seen = check(&words);
        assert_eq!(codes(&seen), [""; 0], "-{command}, granted");
    }
}

#[test]
fn with_only_one_command_nothing_false_is_said() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    cluster.settle();
    let all: Vec<&Server> = cluster.nodes.iter().collect();
    let words = format!("redis://app:pw@{}", cluster.nodes[0].address);
    for command in COMMANDS {
        allow(&all, &[&format!("+{command}")]);
        let seen = check(&words);
        let told = ["cluster|slots", "cluster|shards", "cluster|nodes"].contains(&command);
        assert_eq!(codes(&seen), [if told { "discovery-refused" } else { "discovery-impossible" }], "+{command}");
        assert_eq!(seen.exit, i32::from(!told), "+{command}");
        assert!(!seen.text().contains("+@all"), "+{command}");
        // The clients' line alone is enough for clients; both for everything.
        for line in seen.lines("server") {
            cluster.everywhere(&line.split(' ').collect::<Vec<_>>());
        }
        assert_eq!(check(&words).exit, 0, "+{command}, granted");
    }
}

#[test]
fn common_shapes_of_users() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    cluster.settle();
    let all: Vec<&Server> = cluster.nodes.iter().collect();
    let words = format!("redis://app:pw@{}", cluster.nodes[0].address);
    for (rules, expected) in [
        ("+@all", None),
        ("resetkeys ~app:* +@all", None),
        ("resetchannels allchannels +@all", None),
        ("+@all -@dangerous", Some("discovery-refused")),
        ("+@read +@write +@connection", Some("discovery-impossible")),
        ("+@read +@write +@connection +cluster", Some("discovery-refused")),
        ("-@all +ping", Some("discovery-impossible")),
        // ElastiCache's "read only" and "no dangerous" users.
        ("+@read +cluster|slots +cluster|shards +cluster|nodes", Some("discovery-refused")),
        ("+@all -@admin", None),
    ] {
        allow(&all, &rules.split(' ').collect::<Vec<_>>());
        assert_eq!(codes(&check(&words)), expected.into_iter().collect::<Vec<_>>(), "{rules}");
    }
}

#[test]
fn servers_without_a_cluster_need_less() {
    if !redis_is_there() {
        return;
    }
    let (primary, replica) = primary_and_replica(&Settings::default());
    // ROLE lists who is online, which takes the replica's first word.
    primary.knows_replica(replica.address);
    let kind = "replication";
    for server in [&primary, &replica] {
        let words = format!("redis://app:pw@{}", server.address);
        for command in COMMANDS {
            allow(&[&primary, &replica], &["+@all", &format!("-{command}")]);
            let seen = check(&words);
            assert_eq!(seen.report["topology"]["kind"], kind, "-{command}");
            let expected: &[&str] = if ["info", "ping"].contains(&command) { &["discovery-refused"] } else { &[] };
            let mut found = codes(&seen);
            found.retain(|code| *code != "endpoint-is-replica");
            assert_eq!(found, expected, "-{command}");
        }
        for command in COMMANDS {
            allow(&[&primary, &replica], &[&format!("+{command}")]);
            let seen = check(&words);
            assert_eq!(seen.exit, 0, "+{command}: {:?}", codes(&seen));
            let told = ["info", "role"].contains(&command);
            assert_eq!(seen.report["topology"]["kind"] == kind, told, "+{command}");
        }
    }
}

#[test]
fn passwords_with_signs_in_them() {
    if !redis_is_there() {
        return;
    }
    let server = Server::start(&Settings::default());
    for (password, in_a_url) in [
        ("p a\"s's", "p%20a%22s%27s"),
        ("100%", "100%25"),
        ("a/b?c#d@e:f", "a%2Fb%3Fc%23d%40e%3Af"),
        ("gr\u{fc}n\u{1f511}", "gr%C3%BCn%F0%9F%94%91"),
        ("+&=;,", "+&=;,"),
    ] {
        server.command(&["ACL", "SETUSER", "app", "reset", "on", &format!(">{password}"), "~*", "&*", "+@all"]);
        let seen = check(&format!("redis://app:{in_a_url}@{}", server.address));
        assert_eq!((seen.exit, codes(&seen)), (0, Vec::new()), "{password}");
        let seen = check(&format!("redis://app:{in_a_url}x@{}", server.address));
        assert_eq!(codes(&seen), ["credentials-refused"], "{password}");
        assert!(!seen.text().contains(in_a_url) && !seen.text().contains(password), "{}", seen.text());
    }
    // Disabled, and removed: the server answers the same to both.
    for change in [&["SETUSER", "app", "off"][..], &["DELUSER", "app"]] {
        server.command(&[&["ACL"], change].concat());
        let seen = check(&format!("redis://app:+&=;,@{}", server.address));
        assert_eq!(codes(&seen), ["credentials-refused"], "{change:?}");
        assert!(seen.text().contains("as to the default user"), "{}", seen.text());
    }
}

#[test]
fn who_comes_with_a_certificate_is_named_by_the_server() {
    let mut node = Fake::bind("127.0.0.1");
    // Redis 8.6 and Valkey 9 take the user from a field of the certificate: nobody gave a name.
    let denied = |command: &str| {
        let name = command.to_lowercase().replace(' ', "|");
        format!("-NOPERM User svc-orders has no permissions to run the '{name}' command\r\n")
    };
    node.serve(
        None,
        Arc::new(move |command| match command {
            "HELLO" => array(&["server", "redis", "mode", "cluster", "role", "master"].map(bulk)),
            command => denied(command),
        }),
    );
    let seen = check(&format!("redis://{}", node.address));
    assert_eq!(codes(&seen), ["discovery-impossible"]);
    assert_eq!(seen.title(), "user \"svc-orders\" may not ask for the topology");
    assert!(seen.lines("server")[0].starts_with("ACL SETUSER svc-orders +"), "{:?}", seen.lines("server"));
}

#[test]
fn a_name_that_the_server_makes_up_gets_into_no_line() {
    let mut node = Fake::bind("127.0.0.1");
    let evil = "-NOPERM User x on nopass ~* +@all\t; rm -rf has no permissions to run the 'info' command\r\n";
    node.serve(None, Arc::new(move |_| evil.to_owned()));
    let seen = check(&format!("redis://{}", node.address));
    for line in seen.lines("server") {
        assert!(!line.contains("rm") && !line.contains("+@all"), "{line}");
    }
}

/// The lines for a user that may run everything redis-doctor asks, as the README has them: of servers, then of Sentinels.
fn lines_of_the_readme() -> Vec<Vec<String>> {
    let readme = fs::read_to_string("README.md").unwrap();
    let lines = readme.lines().filter(|line| line.starts_with("ACL SETUSER doctor "));
    lines.map(|line| line.replace("PASSWORD", "pw").split(' ').map(str::to_owned).collect()).collect()
}

fn make_doctor(server: &Server, line: &[String]) {
    server.command(&line.iter().map(String::as_str).collect::<Vec<_>>());
    server.command(&["ACL", "LOG", "RESET"]);
}

/// Nothing was denied, and nothing was skipped.
fn is_enough(servers: &[&Server], words: &str) {
    let seen = check(words);
    assert_eq!(seen.report["skipped"].to_string(), "[]", "{words}");
    assert!(
        !codes(&seen).iter().any(|code| code.contains("refused") || code.contains("missing")),
        "{:?}",
        codes(&seen)
    );
    for server in servers {
        let denied = server.command(&["ACL", "LOG"]);
        assert_eq!(denied.trim(), "", "{words}: what {} denied", server.address);
    }
}

#[test]
fn the_line_of_the_readme_is_all_that_redis_doctor_needs() {
    if !redis_is_there() {
        return;
    }
    let lines = lines_of_the_readme();
    let [of_servers, of_sentinels] = &lines[..] else { panic!("{lines:?}") };
    let mut cluster = Cluster::builder().nodes(6).replicas(1).start();
    let all: Vec<&Server> = cluster.nodes.iter().collect();
    for server in &all {
        make_doctor(server, of_servers);
    }
    let words = format!("redis://doctor:pw@{}", all[0].address);
    is_enough(&all, &words);

    // Something is wrong, so that more is asked: a replica without its primary, and a cluster that is down.
    cluster.nodes[2].kill();
    let left: Vec<&Server> = cluster.nodes.iter().enumerate().filter(|(n, _)| *n != 2).map(|(_, node)| node).collect();
    let down = |server: &Server| server.command(&["CLUSTER", "NODES"]).contains("fail");
    wait_until("the others notice", Duration::from_secs(30), || {
        if left.iter().all(|server| down(server)) { Ok(()) } else { Err("not yet".to_owned()) }
    });
    check(&words);
    for server in &left {
        assert_eq!(server.command(&["ACL", "LOG"]).trim(), "", "with a node down: what {} denied", server.address);
    }

    let (primary, replica) = primary_and_replica(&Settings::default());
    let monitor = format!("monitor mymaster {} {} 1", primary.address.ip(), primary.address.port());
    let sentinel = Server::sentinel(&Settings::default(), &[monitor]);
    for server in [&primary, &replica] {
        make_doctor(server, of_servers);
    }
    make_doctor(&sentinel, of_sentinels);
    for at in [&primary, &replica] {
        is_enough(&[&primary, &replica], &format!("redis://doctor:pw@{}", at.address));
    }
    wait_until("the Sentinel knows the replica", Duration::from_secs(30), || {
        let replicas = sentinel.command(&["SENTINEL", "REPLICAS", "mymaster"]);
        if replicas.contains("runid") { Ok(()) } else { Err(replicas) }
    });
    is_enough(&[&primary, &replica, &sentinel], &format!("redis://doctor:pw@{}", sentinel.address));
}
