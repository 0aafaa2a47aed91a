//! Round trips are the budget: one connection for each socket address, one flight of questions on it, and the seed's own
//! connection is not opened twice. Counted on the wire, by a relay before every node of the lab.

#![cfg(feature = "lab")]

mod support;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use redis_doctor::{
    facts::{ClientAuth, Host, Limits, Override, Scheme, Snapshot, Target, Transport, Trust},
    lab::{self, Lab},
    probe::Probe,
};
use support::fake::{Fake, array, bulk};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A TLS record's type: application data, which in TLS 1.3 is also what the end of the handshake looks like (RFC 8446 §5.2).
const APPLICATION_DATA: u8 = 23;
/// An encrypted alert in TLS 1.3: two bytes, the type and the tag.
const ALERT: usize = 19;

#[test]
fn tls_takes_one_connection_and_one_flight_for_every_address() {
    let seen = looked_at("healthy?nodes=12", Scheme::Tls);
    assert_eq!(seen.connections.len(), 12, "the seed is one of its nodes, and its connection is reused");
    seen.each_address_once();
    seen.connections.iter().for_each(|(_, sent)| one_flight_over_tls(sent));
}

#[test]
fn names_and_addresses_that_lead_to_one_socket_share_a_connection() {
    let seen = looked_at("azure-enterprise", Scheme::Tls);
    // Six nodes, and the service's own port in front of one of them: nobody announces that, so it is asked again who is there.
    assert_eq!((seen.connections.len(), seen.snapshot.again.len()), (7 + 3, 3));
    let at_seed = |(at, _): &&(SocketAddr, Vec<Vec<u8>>)| Some(*at) == seen.snapshot.seed.socket;
    assert_eq!(seen.connections.iter().filter(at_seed).count(), 1 + 3, "beside the nodes");
    seen.each_address_once();
    assert!(seen.snapshot.nodes.iter().all(|node| node.attempts[0].candidates.len() > 1));
}

#[test]
fn plaintext_takes_one_write() {
    let seen = looked_at("plaintext", Scheme::Plaintext);
    assert_eq!((seen.snapshot.seed.transport, seen.connections.len()), (Transport::Plaintext, 6));
    seen.each_address_once();
    for (_, sent) in &seen.connections {
        assert_eq!(sent.len(), 1, "all questions in one write, and none after an answer: {sent:?}");
    }
}

#[test]
fn a_sentinel_takes_one_more_write_and_nobody_else_does() {
    let mut sentinel = Fake::bind("127.0.0.1");
    let groups = array(&[bulk("mymaster"), bulk("orders")]);
    sentinel.serve(
        None,
        Arc::new(move |command| match command {
            "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:sentinel\r\n"),
            "ROLE" => array(&[bulk("sentinel"), groups.clone()]),
            "SENTINEL MYID" => bulk("aa"),
            _ => "*0\r\n".to_owned(),
        }),
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connections = runtime.block_on(async {
        let relays = Relays::default();
        let there = relays.before(sentinel.address).await;
        let target = Target {
            overrides: vec![there],
            ..Target::at(sentinel.address.to_string().parse().unwrap(), Scheme::Plaintext)
        };
        Probe::new(target, Limits::default()).unwrap().gather(|_| ()).await;
        relays.0.lock().unwrap().clone()
    });
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].1.len(), 2, "what everybody is asked, then all groups at once: {:?}", connections[0].1);
}

#[test]
fn only_a_server_in_trouble_is_asked_once_more() {
    for (link, writes) in [("up", 1), ("down", 2)] {
        let mut replica = Fake::bind("127.0.0.1");
        let info = format!(
            "redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:aa\r\nrole:slave\r\nmaster_link_status:{link}\r\n"
        );
        replica.serve(
            None,
            Arc::new(move |command| match command {
                "INFO" => bulk(&info),
                "CONFIG GET tls-replication" => array(&[bulk("tls-replication"), bulk("no")]),
                _ => "+PONG\r\n".to_owned(),
            }),
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (snapshot, connections) = runtime.block_on(async {
            let relays = Relays::default();
            let there = relays.before(replica.address).await;
            let target = Target {
                overrides: vec![there],
                ..Target::at(replica.address.to_string().parse().unwrap(), Scheme::Plaintext)
            };
            let snapshot = Probe::new(target, Limits::default()).unwrap().gather(|_| ()).await;
            (snapshot, relays.0.lock().unwrap().clone())
        });
        assert_eq!((connections.len(), connections[0].1.len()), (1, writes), "{link}: {:?}", connections[0].1);
        let said = &snapshot.seed.opened().unwrap().server.seen().unwrap().replication;
        assert_eq!(said.over_tls, (link == "down").then_some(false));
    }
}

#[test]
fn further_handshakes_come_after_and_only_where_they_are_asked_for() {
    let limits = Limits { tls_looks: 4, ..Limits::default() };
    let seen = looked_at_within("healthy?nodes=12", Scheme::Tls, &limits);
    let looks = seen.snapshot.nodes.iter().flat_map(|node| &node.attempts).filter_map(|a| a.looks.as_ref());
    let looks: Vec<_> = looks.collect();
    assert_eq!(looks.len(), 4, "of more nodes an even sample");
    for look in &looks {
        assert!(look.versions.iter().all(|version| version.accepted.seen().is_some()), "{look:?}");
        assert!(look.names.iter().all(|name| name.chain.seen().is_some()), "{look:?}");
        assert_eq!(look.client_auth.seen(), Some(&ClientAuth::None), "{look:?}");
    }
    let further = seen.connections.len() - 12;
    assert!((8..=16).contains(&further), "{further}: two to four at each");
    for (_, sent) in &seen.connections[..12] {
        one_flight_over_tls(sent);
    }
}

/// The handshake's end, then one record with every question; at the end perhaps a goodbye.
fn one_flight_over_tls(sent: &[Vec<u8>]) {
    let bytes = sent.concat();
    let mut rest = &bytes[..];
    let mut data = Vec::new();
    while let [kind, _, _, high, low, body @ ..] = rest {
        let length = usize::from(*high) << 8 | usize::from(*low);
        data.extend((*kind == APPLICATION_DATA && length != ALERT).then_some(length));
        rest = &body[length..];
    }
    assert!(rest.is_empty(), "whole records only");
    assert_eq!(data.len(), 2, "Finished and the questions, as records of {data:?} bytes");
}

/// One connection: the relay that took it, and what the client wrote, read by read.
type Connection = (SocketAddr, Vec<Vec<u8>>);

/// What came of a look, and what the relays saw of it.
struct Seen {
    snapshot: Snapshot,
    connections: Vec<Connection>,
}

impl Seen {
    fn each_address_once(&self) {
        let mut counts: HashMap<SocketAddr, usize> = HashMap::new();
        self.connections.iter().for_each(|(at, _)| *counts.entry(*at).or_default() += 1);
        if let Some(count) = self.snapshot.seed.socket.and_then(|seed| counts.get_mut(&seed)) {
            *count -= self.snapshot.again.len();
        }
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        let nodes = &self.snapshot.nodes;
        assert!(nodes.iter().all(|node| node.attempts.iter().all(|a| a.identity() == Some(&node.id))), "{nodes:#?}");
    }
}

/// Looks at a scene twice: to learn its ports, and with a relay before each of them.
fn looked_at(scene: &str, scheme: Scheme) -> Seen {
    looked_at_within(scene, scheme, &Limits::default())
}

/// The same, with other limits the second time.
fn looked_at_within(scene: &str, scheme: Scheme, limits: &Limits) -> Seen {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let lab = lab::start(&scene.parse().unwrap()).await.unwrap();
        let plain = gather(&lab, scheme, lab.overrides.clone(), &Limits::default()).await;
        let sockets = plain.nodes.iter().flat_map(|node| &node.attempts).chain([&plain.seed]).filter_map(|a| a.socket);
        let relays = Relays::default();
        let mut overrides = Vec::new();
        let mut known = Vec::new();
        for socket in sockets {
            if !known.contains(&socket) {
                overrides.push(relays.before(socket).await);
                known.push(socket);
            }
        }
        overrides.extend(lab.overrides.clone());
        let snapshot = gather(&lab, scheme, overrides, limits).await;
        let connections = relays.0.lock().unwrap().clone();
        Seen { snapshot, connections }
    })
}

async fn gather(lab: &Lab, scheme: Scheme, overrides: Vec<Override>, limits: &Limits) -> Snapshot {
    let trust = Trust { label: "the lab's CA".to_owned(), anchors: vec![lab.ca_der.clone()] };
    let target = Target { trust, overrides, ..Target::at(lab.endpoint.clone(), scheme) };
    Probe::new(target, limits.clone()).unwrap().gather(|_| ()).await
}

/// Every connection that was made, in the order of acceptance.
#[derive(Default)]
struct Relays(Arc<Mutex<Vec<Connection>>>);

impl Relays {
    /// Starts one; what leads to the port leads there.
    async fn before(&self, node: SocketAddr) -> Override {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (log, here) = (Arc::clone(&self.0), listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let index = {
                    let mut log = log.lock().unwrap();
                    log.push((here, Vec::new()));
                    log.len() - 1
                };
                let log = Arc::clone(&log);
                connections
                    .spawn(async move { relay(client, node, |bytes| log.lock().unwrap()[index].1.push(bytes)).await });
            }
        });
        Override::ConnectTo {
            from_host: None,
            from_port: Some(node.port()),
            to_host: Some(Host::Ip(here.ip())),
            to_port: Some(here.port()),
        }
    }
}

async fn relay(client: TcpStream, node: SocketAddr, wrote: impl Fn(Vec<u8>)) {
    let server = TcpStream::connect(node).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
        wrote(bytes[..read].to_vec());
        if to_server.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
    answers.abort();
}
