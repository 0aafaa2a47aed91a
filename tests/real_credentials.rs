//! `check` on real servers that want credentials, withhold commands, or turn clients away.

mod support;

use std::{net::TcpStream, time::Duration};

use support::{
    cases::Cases,
    cluster::Cluster,
    forward::Forward,
    need,
    pki::{Leaf, Pki},
    server::{Server, Settings},
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

#[test]
fn passwords_and_users_on_a_cluster() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().settings(Settings::default().password("sesame")).start();
    let mut cases = Cases::of(&cluster);
    let at = cluster.nodes[0].address;
    let (ip, port) = (at.ip(), at.port());
    let refused = "credentials-refused endpoint";
    let seen = cases.case("requirepass, none given", &format!("redis://{at}"), 1, &[refused]);
    assert_eq!(seen.title(), "the server wants credentials, and none were sent");
    let seen = cases.case("requirepass, wrong", &format!("redis://:tahini@{at}"), 1, &[refused]);
    assert!(!seen.text().contains("tahini"), "{}", seen.text());
    cases.case("requirepass, right", &format!("redis://:sesame@{at}"), 0, &[]);
    cases.case("redis-cli's form on plaintext", &format!("-h {ip} -p {port} -a sesame"), 0, &[]);
    let seen =
        cases.case("host:port -a on plaintext", &format!("{at} -a sesame"), 1, &["credentials-withheld endpoint"]);
    let remedy = seen.lines("client");
    cases.case("its way out", &format!("{} -a sesame", remedy[0]), 0, &[]);

    cluster.everywhere(&["ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all"]);
    let app = format!("redis://app:pw@{at}");
    cases.case("a user that is the same everywhere", &app, 0, &[]);
    cluster.nodes[2].command(&["ACL", "SETUSER", "app", "resetpass", ">other"]);
    let seen = cases.case("another password on one node", &app, 1, &["credentials-refused 3"]);
    assert!(seen.title().contains("accepted by 2 of the nodes and refused by 1"), "{}", seen.title());
    cluster.nodes[2].command(&["ACL", "DELUSER", "app"]);
    cases.case("no such user on one node", &app, 1, &["credentials-refused 3"]);
}

#[test]
fn what_a_user_may_not_do_is_told_and_survived() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().start();
    let mut cases = Cases::of(&cluster);
    let at = cluster.nodes[0].address;
    let mut user = |name: &str, rules: &[&str], exit, findings: &[&str]| {
        cluster.everywhere(&[&["ACL", "SETUSER", "app", "reset", "on", ">pw", "~*"], rules].concat());
        cases.case(name, &format!("redis://app:pw@{at}"), exit, findings)
    };
    let refused = "discovery-refused endpoint > privileges-missing endpoint";
    let seen = user("+@all -@dangerous -@admin", &["+@all", "-@dangerous", "-@admin"], 0, &[refused]);
    assert_eq!(seen.title(), "user \"app\" may not run INFO");
    assert_eq!(seen.lines("server"), ["ACL SETUSER app +info", "ACL SETUSER app +config|get"]);
    let seen = user("+cluster|slots alone", &["+cluster|slots"], 0, &[refused]);
    let grants: Vec<Vec<String>> =
        seen.lines("server").iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    let impossible = "discovery-impossible endpoint > discovery-refused endpoint > privileges-missing endpoint";
    user("nothing at all", &[], 1, &[impossible]);
    for grant in grants {
        cluster.everywhere(&grant.iter().map(String::as_str).collect::<Vec<_>>());
    }
    cluster.everywhere(&["ACL", "SETUSER", "app", "+cluster|slots"]);
    cases.case("its remedies, applied", &format!("redis://app:pw@{at}"), 0, &[]);
}

#[test]
fn commands_that_were_renamed_away() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let port = support::free_port().to_string();
    let settings = Settings::default().config("cluster-enabled", "yes").config("cluster-port", &port);
    let server = Server::start(&settings.config("rename-command", "CLUSTER "));
    let seen = cases.case(
        "CLUSTER renamed away",
        &format!("redis://{}", server.address),
        1,
        &["discovery-impossible endpoint > discovery-refused endpoint > command-unsupported endpoint"],
    );
    assert!(seen.title().contains("CLUSTER"), "{}", seen.title());
    let port = support::free_port().to_string();
    let settings = Settings::default().config("cluster-enabled", "yes").config("cluster-port", &port);
    let server = Server::start(&settings.config("rename-command", "HELLO ").config("rename-command", "INFO "));
    server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let seen = cases.case(
        "HELLO and INFO renamed away",
        &format!("redis://{}", server.address),
        0,
        &[
            "discovery-refused endpoint > command-unsupported endpoint",
            &format!("endpoint-nil (empty):{}", server.address.port()),
        ],
    );
    assert_eq!(seen.title(), "the server refuses INFO");
    let server = Server::start(&Settings::default().config("rename-command", "INFO "));
    cases.case(
        "standalone without INFO",
        &format!("redis://{}", server.address),
        0,
        &["discovery-refused endpoint > command-unsupported endpoint"],
    );
}

#[test]
fn servers_that_turn_everybody_away() {
    if !redis_is_there() {
        return;
    }
    let mut cases = Cases::new();
    let server =
        Server::start(&Settings::default().config("bind", "127.0.0.1 127.0.0.3").config("protected-mode", "yes"));
    let elsewhere = Forward::start(vec![server.address], Some([127, 0, 0, 3].into()));
    let away = "turned-away endpoint";
    for to in [format!("redis://{}", elsewhere.address), format!("rediss://{}", elsewhere.address)] {
        let seen = cases.case(&format!("protected mode ({})", &to[..6]), &to, 1, &[away]);
        assert!(seen.title().contains("protected mode"), "{}", seen.title());
    }
    cases.case("protected mode, no scheme", &elsewhere.address.to_string(), 1, &[away]);
    cases.case("protected mode, from its own machine", &format!("redis://{}", server.address), 0, &[]);

    let server = Server::start(&Settings::default().config("maxclients", "1"));
    let first = occupy(&server);
    for to in
        [format!("redis://{}", server.address), format!("rediss://{}", server.address), server.address.to_string()]
    {
        let seen = cases.case(&format!("connection limit reached ({})", &to[..7]), &to, 1, &[away]);
        assert!(seen.title().contains("connection limit"), "{}", seen.title());
    }
    drop(first);

    let pki = Pki::new();
    let node = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]));
    let server = Server::start(&Settings::default().tls(&node).config("maxclients", "1"));
    let _first = occupy(&server);
    let to = format!("rediss://{} --cacert {}", server.address, pki.ca().display());
    let seen = cases.case("connection limit reached, TLS", &to, 1, &["endpoint-unreachable endpoint"]);
    assert!(seen.text().contains("maxclients"), "{}", seen.title());
    assert!(seen.took < Duration::from_secs(1));
}

/// The one connection that the server allows, held open until it is dropped.
fn occupy(server: &Server) -> TcpStream {
    std::thread::sleep(Duration::from_millis(200));
    let stream = TcpStream::connect(server.address).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    stream
}
