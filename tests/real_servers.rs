//! The test set-up itself, held to what it promises: other tests stand on it.

mod support;

use std::{net::TcpStream, process::Command};

use support::{
    azure::azure_shape,
    cluster::Cluster,
    need, output,
    pki::{Leaf, Pki},
    server::{Server, Settings, primary_and_replica},
    text,
};

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

#[test]
fn a_server_answers_and_is_gone_with_its_value() {
    if !redis_is_there() {
        return;
    }
    let server = Server::start(&Settings::default().password("open sesame"));
    let address = server.address;
    assert_eq!(server.command(&["PING"]), "PONG\n");
    assert!(TcpStream::connect(address).is_ok());
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_replica_is_in_over_tls_with_client_certificates_and_a_password() {
    if !redis_is_there() {
        return;
    }
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]).common_name("node"));
    let settings = Settings::default().tls(&certificate).client_certificates().password("open sesame");
    let (primary, _replica) = primary_and_replica(&settings);
    assert!(primary.command(&["INFO", "replication"]).contains("connected_slaves:1"));
}

#[test]
fn a_cluster_on_distinct_addresses_is_whole() {
    if !redis_is_there() {
        return;
    }
    let cluster = Cluster::builder().nodes(6).replicas(1).distinct_addresses().start();
    let slots = cluster.nodes[5].command(&["CLUSTER", "SLOTS"]);
    for n in 1..=6 {
        assert!(slots.contains(&format!("127.0.77.{n}")), "{slots}");
    }
}

#[test]
fn the_azure_shape_announces_ips_and_then_names() {
    if !redis_is_there() {
        return;
    }
    let azure = azure_shape();
    let slots = azure.cluster.nodes[0].command(&["CLUSTER", "SLOTS"]);
    assert_eq!(slots.matches("127.0.0.1").count(), 6, "{slots}");
    azure.announce_hostnames();
    let slots = azure.cluster.nodes[0].command(&["CLUSTER", "SLOTS"]);
    assert_eq!(slots.matches(support::azure::SEED).count(), 6, "{slots}");
}

#[test]
fn certificates_say_what_was_asked() {
    if !need("openssl") {
        return;
    }
    let pki = Pki::new();
    let odd = Leaf::new(&["DNS:*.example.com", "IP:10.0.0.5"]).common_name("odd").expired().usage("clientAuth").ca();
    let odd = pki.issue("odd", &odd);
    let said = support::run(Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(&odd.cert));
    for part in ["CN = odd", "DNS:*.example.com, IP Address:10.0.0.5", "2021 GMT", "TLS Web Client Auth", "CA:TRUE"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let plain = pki.issue("plain", &Leaf::new(&[]).days(7));
    let verified = |cert| output(Command::new("openssl").arg("verify").arg("-CAfile").arg(pki.ca()).arg(cert));
    assert!(verified(&plain.cert).status.success());
    assert!(text(&verified(&odd.cert).stderr).contains("certificate has expired"));
}
