//! `cert --for` on a real cluster: what is said of a certificate beforehand comes true once the nodes load it.

mod support;

use serde_json::Value;
use support::{
    cluster::Cluster,
    doctor, need, output,
    pki::{Certificate, Leaf, Pki},
    server::{Server, Settings},
    text,
};

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["code"].as_str().unwrap()).collect()
}

fn load(server: &Server, certificate: &Certificate) {
    let (cert, key) = (certificate.cert.to_str().unwrap(), certificate.key.to_str().unwrap());
    server.command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
}

#[test]
fn what_is_said_before_comes_true() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let pki = Pki::new();
    let leaf = |names: &[&str]| Leaf::new(names).common_name("node");
    let present = pki.issue("present", &leaf(&["IP:127.0.0.1", "DNS:localhost"]));
    let cluster = Cluster::builder().settings(Settings::default().tls(&present)).start();
    let (endpoint, ca) = (format!("rediss://{}", cluster.nodes[0].address), pki.ca());
    let ask = |certificate: &Certificate| -> Value {
        let mut command = doctor();
        command.arg("cert").arg(&certificate.cert).arg("--ca").arg(&ca).args(["--for", &endpoint, "--json"]);
        let ended = output(&mut command);
        let said: Value =
            serde_json::from_slice(&ended.stdout).unwrap_or_else(|why| panic!("{why}: {}", text(&ended.stderr)));
        assert_eq!(said["exit"], ended.status.code().unwrap());
        said
    };
    let check = || -> Value {
        let ended = output(doctor().args(["check", &endpoint, "--format", "json", "--cacert"]).arg(&ca));
        serde_json::from_slice(&ended.stdout).unwrap()
    };

    let same = ask(&pki.issue("same", &leaf(&["IP:127.0.0.1"])));
    assert_eq!((&same["exit"], codes(&same["defects"])), (&Value::from(0), Vec::new()), "{same:#}");
    assert_eq!(same["for"]["clients_failing"], Value::Array(Vec::new()));

    let alone = ask(&pki.issue("alone", &leaf(&["IP:127.0.0.1"]).usage("serverAuth")));
    assert_eq!(codes(&alone["defects"]), ["client-usage-missing"]);

    let names = pki.issue("names", &leaf(&["DNS:localhost"]));
    let said = ask(&names);
    let missing = |host: &&Value| host["needed"] == true && host["covered"] == false;
    let hosts = said["for"]["hosts"].as_array().unwrap();
    assert_eq!(hosts.iter().filter(missing).map(|host| &host["entry"]).collect::<Vec<_>>(), ["IP:127.0.0.1"]);
    assert_eq!((&said["exit"], codes(&check()["findings"])), (&Value::from(1), Vec::new()));
    cluster.nodes.iter().for_each(|node| load(node, &names));
    let report = check();
    assert_eq!(report["findings"][0]["code"], "san-mismatch");
    let affected = |list: &Value, key: &str| -> Vec<String> {
        let mut ids: Vec<String> = list.as_array().unwrap().iter().map(|client| client[key].to_string()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let fail: Vec<Value> = report["findings"][0]["clients"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|client| client["outcome"] != "ok")
        .cloned()
        .collect();
    assert_eq!(affected(&said["for"]["clients_failing"], "id"), affected(&Value::Array(fail), "id"));
}
