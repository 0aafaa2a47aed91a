//! Small maps for the tests of the emitters.

use super::Settings;
use crate::{
    address_map::{AddressMap, Mapping, Proof, Unmapped, Way},
    facts::{Announced, Endpoint, Host, NodeId},
};

/// A map of `announced`, `reachable`, `server name` triples.
pub(super) fn map(nodes: &[(&str, &str, &str)]) -> AddressMap {
    let mappings = nodes.iter().enumerate().map(|(i, (announced, reachable, server_name))| {
        let announced: Endpoint = announced.parse().unwrap();
        let (reachable, server_name): (Endpoint, Host) = (reachable.parse().unwrap(), server_name.parse().unwrap());
        let way = Way { endpoint: reachable.clone(), server_name: server_name.clone(), proof: proof() };
        Mapping {
            node_id: id(i),
            ip: announced.host.ip().map(|_| announced.clone()),
            resolved: announced.host.name().and_then(|_| "192.0.2.1:6379".parse().ok()),
            hostname: announced.host.name().map(|_| announced.clone()),
            announced,
            preferred: Announced::Absent,
            reachable,
            server_name,
            proof: proof(),
            ways: vec![way],
            in_use: false,
        }
    });
    AddressMap { mappings: mappings.collect(), ..AddressMap::default() }
}

fn proof() -> Proof {
    Proof {
        chain: Some(true),
        name: Some(true),
        identity: "cluster-myid".to_owned(),
        socket: "192.0.2.1:8500".to_owned(),
    }
}

/// The shape of Azure: one front host, a port for each node.
pub(super) fn one_host() -> AddressMap {
    map(&[
        ("10.0.0.4:8500", "redis.example.com:8500", "redis.example.com"),
        ("10.0.0.5:8501", "redis.example.com:8501", "redis.example.com"),
    ])
}

/// A name for each node; the third is where it says.
pub(super) fn table() -> AddressMap {
    map(&[
        ("10.0.0.4:6379", "n1.example.com:6379", "n1.example.com"),
        ("10.0.0.5:6379", "n2.example.com:7379", "n2.example.com"),
        ("n3.example.com:6379", "n3.example.com:6379", "n3.example.com"),
    ])
}

/// Reachable where they say, under one other name.
pub(super) fn one_name() -> AddressMap {
    map(&[
        ("10.0.0.4:6379", "10.0.0.4:6379", "redis.example.com"),
        ("10.0.0.5:6379", "10.0.0.5:6379", "redis.example.com"),
    ])
}

/// Reachable where they say, each under a name of its own.
pub(super) fn names() -> AddressMap {
    map(&[("10.0.0.4:6379", "10.0.0.4:6379", "n1.example.com"), ("10.0.0.5:6379", "10.0.0.5:6379", "n2.example.com")])
}

/// IPv6 on both sides.
pub(super) fn ipv6() -> AddressMap {
    map(&[
        ("[2001:db8::4]:6379", "[2001:db8::14]:6379", "2001:db8::14"),
        ("[2001:db8::5]:6379", "[2001:db8::15]:6379", "2001:db8::15"),
    ])
}

/// Plaintext behind a NAT.
pub(super) fn nat() -> AddressMap {
    map(&[("172.18.0.2:6379", "127.0.0.1:7001", "127.0.0.1"), ("172.18.0.3:6379", "127.0.0.1:7002", "127.0.0.1")])
}

/// A node that nobody found a way to.
pub(super) fn unmapped() -> Unmapped {
    Unmapped { node_id: id(99), announced: "10.0.0.9:6379".to_owned(), why: "*/ refused\n".to_owned() }
}

/// TLS with everything given.
pub(super) fn tls() -> Settings {
    Settings {
        seed: "redis.example.com:10000".parse().unwrap(),
        tls: true,
        ca_file: Some("ca.pem".to_owned()),
        username: Some("app".to_owned()),
        password: true,
        server_name: None,
        client_certificate: None,
        closed: false,
    }
}

/// Plaintext with nothing given.
pub(super) fn plaintext() -> Settings {
    Settings {
        seed: "127.0.0.1:7001".parse().unwrap(),
        tls: false,
        ca_file: None,
        username: None,
        password: false,
        server_name: None,
        client_certificate: None,
        closed: false,
    }
}

/// A tunnel of plaintext, or one that terminates TLS: a local port for each node.
pub(super) fn tunnel() -> AddressMap {
    map(&[("10.0.0.4:6379", "127.0.0.1:20711", "127.0.0.1"), ("10.0.0.5:6379", "127.0.0.1:20712", "127.0.0.1")])
}

/// A tunnel that TLS passes through: a name for the first node, an address for the second.
pub(super) fn through() -> AddressMap {
    map(&[("10.0.0.4:6379", "127.0.0.1:20711", "n1.example.com"), ("10.0.0.5:6379", "127.0.0.1:20712", "10.0.0.5")])
}

/// What goes with [`tunnel`].
pub(super) fn closed() -> Settings {
    Settings { seed: "127.0.0.1:20711".parse().unwrap(), closed: true, ..plaintext() }
}

/// What goes with [`through`].
pub(super) fn closed_tls() -> Settings {
    Settings { seed: "127.0.0.1:20711".parse().unwrap(), closed: true, ..tls() }
}

fn id(i: usize) -> NodeId {
    NodeId::from_wire(format!("{i:040x}").as_bytes()).unwrap()
}
