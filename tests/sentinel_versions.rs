//! Sentinels of other versions and services, and hostile ones, by script: what is asked of them, and what is made of it.

mod support;

use std::sync::Arc;

use serde_json::Value;
use support::{
    cases::{Seen, check},
    fake::{Fake, Script, array, bulk, cluster_node},
    need,
    pki::{Leaf, Pki},
};

const ODD: &str = "-ERR unknown command\r\n";

fn entry(fields: &[(&str, &str)]) -> String {
    array(&fields.iter().flat_map(|(name, value)| [bulk(name), bulk(value)]).collect::<Vec<_>>())
}

fn node(host: &str, port: u16, run_id: &str) -> String {
    entry(&[("name", "mymaster"), ("ip", host), ("port", &port.to_string()), ("runid", run_id), ("flags", "master")])
}

/// Any port of this machine that nobody listens on.
const NOBODY: u16 = 1;

fn info(version: &str) -> String {
    bulk(&format!("# Server\r\nredis_version:{version}\r\nredis_mode:sentinel\r\nrun_id:eeee\r\n"))
}

/// What `check` makes of a Sentinel with this script, and what it was asked after INFO.
fn seen(script: Script) -> (Seen, String) {
    let mut sentinel = Fake::bind("127.0.0.1");
    sentinel.serve(None, script);
    let seen = check(&format!("redis://{} --timeout 2s", sentinel.address));
    (seen, sentinel.heard())
}

fn listed(seen: &Seen) -> Vec<String> {
    let nodes = seen.report["topology"]["nodes"].as_array().unwrap();
    let line = |node: &Value| format!("{} {}", node["role"].as_str().unwrap(), node["announced"]["preferred"]);
    nodes.iter().map(line).collect()
}

#[test]
fn before_5_0_there_are_slaves_and_no_id() {
    let (seen, heard) = seen(Arc::new(|command| match command {
        "INFO" => info("4.0.14"),
        "ROLE" => array(&[bulk("sentinel"), array(&[bulk("mymaster")])]),
        "SENTINEL MASTERS" => array(&[node("127.0.0.1", NOBODY, "aa")]),
        "SENTINEL SLAVES mymaster" => array(&[node("127.0.0.2", NOBODY, "")]),
        "SENTINEL SENTINELS mymaster" => array(&[node("127.0.0.3", NOBODY, "bb")]),
        "SENTINEL MYID" => "-ERR Unknown sentinel subcommand 'myid'\r\n".to_owned(),
        _ => ODD.to_owned(),
    }));
    let nodes = ["primary \"127.0.0.1\"", "replica \"127.0.0.2\"", "sentinel \"127.0.0.1\"", "sentinel \"127.0.0.3\""];
    assert_eq!(listed(&seen), nodes);
    assert!(!heard.contains("REPLICAS"), "{heard}");
    let codes: Vec<&str> = seen.findings().iter().filter_map(|finding| finding["code"].as_str()).collect();
    assert_eq!(codes, ["node-unreachable"], "an id that is not told is no fault: {}", seen.text());
}

#[test]
fn a_service_without_role_is_asked_once_more() {
    // The discovery service of Redis Enterprise: two entries for a database, few fields, no lists of nodes.
    let few =
        |name: &str| entry(&[("name", name), ("ip", "127.0.0.1"), ("port", "1"), ("flags", "master,disconnected")]);
    let masters = array(&[few("db"), few("db@internal")]);
    let (seen, heard) = seen(Arc::new(move |command| match command {
        "INFO" => info("7.2.4"),
        "SENTINEL MASTERS" => masters.clone(),
        _ => ODD.to_owned(),
    }));
    let groups = seen.report["topology"]["groups"].as_array().unwrap();
    let names: Vec<&Value> = groups.iter().map(|group| &group["name"]).collect();
    assert_eq!(names, ["db"], "what is for who is inside is gone into where that is asked for");
    assert_eq!(listed(&seen)[0], "primary \"127.0.0.1\"");
    assert!(heard.contains("REPLICAS\r\n$2\r\ndb\r\n"), "{heard}");
}

#[test]
fn nobody_else_is_asked_about_groups() {
    let mut server = Fake::bind("127.0.0.1");
    let port = server.address.port();
    server.serve(None, cluster_node("aa", vec![("aa", "127.0.0.1", port)]));
    check(&format!("redis://{}", server.address));
    assert!(!server.heard().contains("SENTINEL"), "{}", server.heard());
}

#[test]
fn what_is_handed_out_is_not_believed() {
    let hostile = ["${POD_IP}", "a b", "-oProxyCommand=x", "x\ny", "\u{1b}[31m"];
    let replicas = array(&hostile.map(|host| node(host, 6379, "")));
    let long = "m".repeat(2_000);
    let (seen, heard) = seen(Arc::new(move |command| match command {
        "INFO" => info("7.2.4"),
        "ROLE" => array(&[bulk("sentinel"), array(&[bulk("mymaster"), bulk(&long), "*0\r\n".to_owned()])]),
        "SENTINEL MYID" => bulk("\u{1b}[31mred"),
        "SENTINEL MASTERS" => array(&[node("127.0.0.1", NOBODY, "aa"), ":1\r\n".to_owned(), "*0\r\n".to_owned()]),
        "SENTINEL REPLICAS mymaster" => replicas.clone(),
        "SENTINEL SENTINELS mymaster" => ":7\r\n".to_owned(),
        _ => ODD.to_owned(),
    }));
    assert_eq!(listed(&seen).len(), 7);
    assert!(!heard.contains("mmmm"), "a name beyond all bounds is not asked about");
    assert!(seen.report["address_map"].as_array().unwrap().is_empty(), "{}", seen.text());
}

#[test]
fn a_password_does_not_leave_tls_for_a_plaintext_server() {
    if !need("openssl") {
        return;
    }
    let pki = Pki::new();
    let (mut sentinel, mut server) = (Fake::bind("127.0.0.1"), Fake::bind("127.0.0.1"));
    let port = server.address.port();
    server.serve(
        None,
        Arc::new(|command| match command {
            "PING" => "+PONG\r\n".to_owned(),
            "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:standalone\r\nrole:master\r\nrun_id:aa\r\n"),
            _ => ODD.to_owned(),
        }),
    );
    let script: Script = Arc::new(move |command| match command {
        "INFO" => info("7.2.4"),
        "ROLE" => array(&[bulk("sentinel"), array(&[bulk("mymaster")])]),
        "SENTINEL MYID" => bulk("bb"),
        "SENTINEL MASTERS" => array(&[node("127.0.0.1", port, "aa")]),
        auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
        _ => array(&[]),
    });
    sentinel.serve(Some(&pki.issue("sentinel", &Leaf::new(&["IP:127.0.0.1"]))), script);
    let (ip, port) = (sentinel.address.ip(), sentinel.address.port());
    let seen = check(&format!("-h {ip} -p {port} -a hunter2secret --cacert {}", pki.ca().display()));
    assert!(sentinel.heard().contains("hunter2secret"), "the Sentinel is safe to send it to");
    let heard = server.heard();
    assert!(heard.contains("INFO") && !heard.contains("hunter2secret"), "{heard}");
    assert_eq!(seen.title(), "the password was not sent: the endpoint speaks TLS, and these servers do not");
}
