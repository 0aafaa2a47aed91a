//! Each scene, asked over real sockets by a client that verifies.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::*;
use crate::{
    facts::{SlotRange, Slots, SubjectAltName},
    wire::resp::{self, Decoded, Value},
};

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

struct Client {
    stream: Box<dyn Stream>,
    input: Vec<u8>,
}

impl Client {
    async fn plain(port: u16) -> Self {
        let stream = TcpStream::connect(loopback(port)).await.unwrap();
        Client { stream: Box::new(stream), input: Vec::new() }
    }

    async fn tls(lab: &Lab, port: u16, name: &str) -> std::io::Result<Self> {
        let stream = handshake(lab, port, name).await?;
        Ok(Client { stream: Box::new(stream), input: Vec::new() })
    }

    /// To a node of the lab, in its own transport.
    async fn of(lab: &Lab, port: u16) -> Self {
        if lab.tls { Self::tls(lab, port, "localhost").await.unwrap() } else { Self::plain(port).await }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next reply, as the bytes it came in.
    async fn receive(&mut self) -> Vec<u8> {
        loop {
            if let Decoded::Done(_, used) = resp::decode(&self.input, 8, 64 << 20).unwrap() {
                return self.input.drain(..used).collect();
            }
            assert_ne!(self.stream.read_buf(&mut self.input).await.unwrap(), 0, "closed");
        }
    }

    async fn raw(&mut self, command: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        resp::pack(&mut bytes, &command.split(' ').collect::<Vec<_>>());
        self.send(&bytes).await;
        self.receive().await
    }

    /// The reply as text: of an error or a string.
    async fn text(&mut self, command: &str) -> String {
        let raw = self.raw(command).await;
        match decode(&raw) {
            Value::Error(text) => format!("-{}", String::from_utf8_lossy(text)),
            Value::Nil => "nil".into(),
            value => value.text().unwrap().into_owned(),
        }
    }

    /// Which slots go to which port, by CLUSTER SLOTS.
    async fn slots(&mut self) -> Vec<(SlotRange, u16)> {
        let raw = self.raw("CLUSTER SLOTS").await;
        let slot = |v: &Value<'_>| u16::try_from(v.int().unwrap()).unwrap();
        let row = |row: &Value<'_>| {
            let row = row.array().unwrap();
            (SlotRange(slot(&row[0]), slot(&row[1])), row[2].array().unwrap()[1].port().unwrap())
        };
        decode(&raw).array().unwrap().iter().map(row).collect()
    }
}

fn decode(raw: &[u8]) -> Value<'_> {
    match resp::decode(raw, 8, 64 << 20) {
        Ok(Decoded::Done(value, _)) => value,
        other => panic!("{other:?}"),
    }
}

async fn handshake(lab: &Lab, port: u16, name: &str) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(lab.ca_der.clone().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(loopback(port)).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}

async fn lab(request: &str) -> Lab {
    start(&request.parse().unwrap()).await.unwrap()
}

/// `id ip:port@bus flags ...` of CLUSTER NODES.
fn nodes(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split(' ').collect()).collect()
}

fn port_of(node: &[&str]) -> u16 {
    let address = node[1].split('@').next().unwrap();
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

async fn ports(lab: &Lab) -> Vec<u16> {
    let text = Client::of(lab, lab.endpoint.port).await.text("CLUSTER NODES").await;
    nodes(&text).iter().map(|n| port_of(n)).collect()
}

#[tokio::test]
async fn every_node_knows_itself_and_every_slot_has_an_owner() {
    for scene in ["healthy", "azure-enterprise", "docker-nat", "split-view", "healthy?nodes=1", "healthy?nodes=7"] {
        let lab = lab(scene).await;
        for port in ports(&lab).await {
            let mut client = Client::of(&lab, port).await;
            let (id, text) = (client.text("CLUSTER MYID").await, client.text("CLUSTER NODES").await);
            let myself: Vec<_> = nodes(&text).into_iter().filter(|n| n[2].starts_with("myself,")).collect();
            assert_eq!((myself.len(), myself[0][0], port_of(&myself[0])), (1, id.as_str(), port), "{scene}");
            let slots = Slots::new(client.slots().await.into_iter().map(|(range, _)| range).collect());
            assert_eq!(slots.to_string(), "0-16383", "{scene}");
        }
    }
}

#[tokio::test]
async fn moved_leads_to_the_announced_owner_and_the_key_stays_there() {
    let lab = lab("healthy").await;
    let mut owners = HashMap::new();
    for port in ports(&lab).await {
        let mut client = Client::of(&lab, port).await;
        for (range, owner) in client.slots().await {
            owners.insert(range, owner);
        }
        let reply = client.text("SET foo bar").await;
        let owner = *owners.iter().find(|(range, _)| (range.0..=range.1).contains(&12182)).unwrap().1;
        let expected = if port == owner { "OK".into() } else { format!("-MOVED 12182 127.0.0.1:{owner}") };
        assert_eq!(reply, expected);
        let mut there = Client::of(&lab, owner).await;
        assert_eq!(there.text("SET {foo}.2 x").await, "OK");
        assert_eq!(there.text("GET {foo}.2").await, "x");
        assert_eq!(there.text("DEL foo {foo}.2 {foo}.3").await.parse::<i64>().unwrap(), i64::from(port == owner) + 1);
        assert_eq!(there.text("GET foo").await, "nil");
    }
    assert_eq!(owners.len(), 3);
}

#[tokio::test]
async fn a_replica_reads_after_readonly() {
    let lab = lab("healthy?nodes=2").await;
    let ports = ports(&lab).await;
    let (mut primary, mut replica) = (Client::of(&lab, ports[0]).await, Client::of(&lab, ports[1]).await);
    assert_eq!(primary.text("SET k v").await, "OK");
    assert!(replica.text("GET k").await.starts_with("-MOVED "));
    assert_eq!(replica.text("READONLY").await, "OK");
    assert_eq!(replica.text("GET k").await, "v");
    assert!(replica.text("SET k w").await.starts_with("-MOVED "));
    assert!(
        replica
            .text("INFO replication")
            .await
            .contains(&format!("role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:{}", ports[0]))
    );
    let (up, down) = (primary.raw("ROLE").await, replica.raw("ROLE").await);
    assert!(
        up.starts_with(b"*3\r\n$6\r\nmaster\r\n:") && down.starts_with(b"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:")
    );
}

#[tokio::test]
async fn pipelines_inline_commands_and_both_protocols_are_understood() {
    let lab = lab("plaintext?nodes=1").await;
    let mut client = Client::plain(lab.endpoint.port).await;
    client.send(b"PING\r\nECHO hi\r\n\r\n*1\r\n$4\r\nPING\r\nHELLO\r\nHELLO 4\r\nCLUSTER INFO\r\nGET none\r\n").await;
    for expected in ["+PONG\r\n", "$2\r\nhi\r\n", "+PONG\r\n", "*14\r\n$6\r\nserver", "-NOPROTO ", "$", "$-1\r\n"] {
        let reply = String::from_utf8(client.receive().await).unwrap();
        assert!(reply.starts_with(expected), "{reply:?} {expected:?}");
    }
    client
        .send(b"HELLO 3 AUTH default x SETNAME me\r\nCLUSTER INFO\r\nGET none\r\nCLUSTER SHARDS\r\nCONFIG GET x\r\n")
        .await;
    for expected in ["%7\r\n$6\r\nserver", "=", "_\r\n", "*1\r\n%2\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n", "%0\r\n"]
    {
        let reply = String::from_utf8(client.receive().await).unwrap();
        assert!(reply.starts_with(expected), "{reply:?} {expected:?}");
    }
    let unknown = "-ERR unknown command 'NONSENSE', with args beginning with: 'a' 'b' ";
    assert_eq!(client.text("NONSENSE a b").await, unknown);
    assert_eq!(client.text("GET").await, "-ERR wrong number of arguments for 'get' command");
    assert!(client.text("DEL a b").await.starts_with("-CROSSSLOT "));
    assert_eq!(
        client.text("AUTH nobody x").await,
        format!("-{}", "WRONGPASS invalid username-password pair or user is disabled.")
    );
    assert_eq!(client.text("CLUSTER KEYSLOT foo").await, "12182");
    client.send(b"QUIT\r\nPING\r\n").await;
    assert_eq!(client.receive().await, b"+OK\r\n");
    assert_eq!(client.stream.read_buf(&mut client.input).await.unwrap(), 0);
}

#[tokio::test]
async fn broken_requests_end_the_connection_and_nothing_else() {
    let lab = lab("plaintext?nodes=1").await;
    let mut client = Client::plain(lab.endpoint.port).await;
    client.send(b"*1\r\n$99999999\r\n").await;
    assert_eq!(client.receive().await, b"-ERR Protocol error: invalid bulk length\r\n");
    assert_eq!(client.stream.read_buf(&mut client.input).await.unwrap(), 0);
    let mut half = Client::plain(lab.endpoint.port).await;
    half.send(b"*2\r\n$4\r\nEC").await;
    drop(half);
    assert_eq!(Client::plain(lab.endpoint.port).await.text("PING").await, "PONG");
}

#[tokio::test]
async fn azure_presents_the_wildcard_and_announces_addresses() {
    let lab = lab("azure-enterprise").await;
    let name = "my-redis.westus3.redisenterprise.cache.azure.net";
    assert_eq!(lab.endpoint.host.to_string(), name);
    assert!(
        matches!(&lab.overrides[..], [Override::Resolve { host: Some(host), port: None, .. }] if host.name() == Some(name))
    );
    let mut seed = Client::tls(&lab, lab.endpoint.port, name).await.unwrap();
    let text = seed.text("CLUSTER NODES").await;
    let nodes = nodes(&text);
    assert!(nodes[0][2] == "myself,master" && port_of(&nodes[0]) != lab.endpoint.port);
    for node in &nodes {
        assert!(node[1].starts_with("127.0.0.1:"));
        assert!(Client::tls(&lab, port_of(node), "127.0.0.1").await.is_err());
        let mut client = Client::tls(&lab, port_of(node), name).await.unwrap();
        assert_eq!(client.text("CLUSTER MYID").await, node[0]);
    }
    let wildcard = "*.westus3.redisenterprise.cache.azure.net";
    assert_eq!(sans(&lab, lab.endpoint.port).await, [wildcard, "localhost"]);
}

#[tokio::test]
async fn healthy_speaks_for_localhost_and_its_address() {
    let lab = lab("healthy").await;
    for port in ports(&lab).await {
        assert_eq!(sans(&lab, port).await, ["localhost", "127.0.0.1"]);
        Client::tls(&lab, port, "127.0.0.1").await.unwrap();
    }
    assert!(lab.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(lab.local_endpoint(), lab.endpoint);
}

/// The names of the leaf at a port.
async fn sans(lab: &Lab, port: u16) -> Vec<String> {
    let stream = handshake(lab, port, "localhost").await.unwrap();
    let der = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    let leaf = X509Certificate::from_der(&der).unwrap().1;
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(ip) => ip.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        other => panic!("{other:?}"),
    };
    names.iter().map(name).collect()
}

#[tokio::test]
async fn docker_announces_addresses_that_lead_nowhere_and_ports_that_are_published() {
    let lab = lab("docker-nat").await;
    assert!(!lab.tls);
    let text = Client::plain(lab.endpoint.port).await.text("CLUSTER NODES").await;
    for (i, node) in nodes(&text).iter().enumerate() {
        assert_eq!(node[1].split(':').next().unwrap(), format!("172.18.0.{}", i + 2));
        assert_eq!(Client::plain(port_of(node)).await.text("CLUSTER MYID").await, node[0]);
    }
    let led = lab.overrides.iter().filter_map(|o| match o {
        Override::ConnectTo { from_host: Some(_), to_host: Some(Host::Ip(ip)), to_port: Some(port), .. } => {
            Some(SocketAddr::new(*ip, *port))
        }
        _ => None,
    });
    let led: Vec<_> = led.collect();
    assert_eq!(led.len(), 6);
    for address in led {
        assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn one_primary_has_expired() {
    let lab = lab("expired-certificate").await;
    let mut failed = Vec::new();
    for (i, port) in ports(&lab).await.into_iter().enumerate() {
        if let Err(e) = Client::tls(&lab, port, "localhost").await {
            assert!(e.to_string().contains("expired"), "{e}");
            failed.push(i);
        }
    }
    assert_eq!(failed, [1]);
}

#[tokio::test]
async fn one_node_sees_another_cluster() {
    let lab = lab("split-view").await;
    let mut views = Vec::new();
    for port in ports(&lab).await {
        let mut client = Client::of(&lab, port).await;
        let text = client.text("CLUSTER NODES").await;
        let known = nodes(&text).len();
        assert!(client.text("CLUSTER INFO").await.contains(&format!("cluster_known_nodes:{known}\r\n")));
        views.push((known, client.slots().await.first().unwrap().0));
    }
    let usual = (6, SlotRange(0, 5460));
    assert_eq!(views, [usual, (5, SlotRange(0, 99)), usual, usual, usual, usual]);
}

#[tokio::test]
async fn plaintext_is_silent_to_a_client_hello() {
    let lab = lab("plaintext").await;
    assert!(lab.tls);
    let hello = handshake(&lab, lab.endpoint.port, "localhost");
    assert!(timeout(Duration::from_millis(300), hello).await.is_err());
    let mut client = Client::plain(lab.endpoint.port).await;
    client.send(b"PING\r\n").await;
    assert_eq!(client.receive().await, b"+PONG\r\n");
}

#[tokio::test]
async fn the_slow_node_shakes_hands_and_is_silent() {
    let lab = lab("slow-node").await;
    let ports = ports(&lab).await;
    let mut slow = Client::of(&lab, ports[1]).await;
    assert!(timeout(Duration::from_millis(300), slow.text("PING")).await.is_err());
    assert_eq!(Client::of(&lab, ports[2]).await.text("PING").await, "PONG");
}

#[tokio::test]
async fn a_thousand_nodes_start_and_agree() {
    let before = Instant::now();
    let lab = lab("healthy?nodes=1000").await;
    eprintln!("1,000 nodes started in {:?}", before.elapsed());
    let mut client = Client::of(&lab, lab.endpoint.port).await;
    let text = client.text("CLUSTER NODES").await;
    let nodes = nodes(&text);
    assert_eq!((nodes.len(), client.slots().await.len()), (1000, 500));
    assert_eq!(decode(&client.raw("CLUSTER SHARDS").await).array().unwrap().len(), 500);
    let mut last = Client::of(&lab, port_of(&nodes[999])).await;
    assert_eq!(last.text("CLUSTER MYID").await, nodes[999][0]);
    let own = last.text("CLUSTER NODES").await;
    assert_eq!(own.lines().filter(|line| line.contains("myself,")).count(), 1);
    assert!(own.lines().last().unwrap().contains("myself,slave"));
}

#[tokio::test]
async fn dropping_the_lab_closes_everything() {
    let lab = lab("plaintext?nodes=2").await;
    let port = lab.endpoint.port;
    let mut client = Client::plain(port).await;
    assert_eq!(client.text("PING").await, "PONG");
    drop(lab);
    assert!(!matches!(client.stream.read_buf(&mut client.input).await, Ok(1..)));
    assert!(TcpStream::connect(loopback(port)).await.is_err());
}

#[tokio::test]
async fn host_names_and_unknown_endpoints_are_announced_as_redis_does() {
    let mut plan = Plan::healthy("names", 2);
    (plan.tls, plan.ask_tls) = (false, false);
    for (node, preferred) in plan.nodes.iter_mut().zip([Preferred::Hostname, Preferred::Unknown]) {
        node.preferred = preferred;
    }
    plan.nodes[0].hostname = Some("node-0.example".into());
    plan.nodes[1].port = Some(1);
    let lab = play(plan.clone()).await.unwrap();
    let mut client = Client::plain(lab.endpoint.port).await;
    let text = client.text("CLUSTER NODES").await;
    assert!(text.contains(",node-0.example myself,master") && text.contains(" 127.0.0.1:1@10001 slave"));
    let raw = String::from_utf8(client.raw("CLUSTER SLOTS").await).unwrap();
    assert!(raw.contains("$14\r\nnode-0.example\r\n:") && raw.contains("*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"));
    assert!(raw.contains("*4\r\n$1\r\n?\r\n:1\r\n"));
    let shards = client.raw("CLUSTER SHARDS").await;
    let node = decode(&shards);
    let node = &node.array().unwrap()[0].field("nodes").unwrap().array().unwrap()[0];
    assert_eq!(node.field("endpoint").unwrap().text().unwrap(), "node-0.example");
    assert_eq!(node.field("port").unwrap().port(), Some(lab.endpoint.port));

    // The other way round: the seed prefers unknown endpoints, and so its answers name none.
    plan.nodes[0].preferred = Preferred::Unknown;
    let lab = play(plan).await.unwrap();
    let mut client = Client::plain(lab.endpoint.port).await;
    let raw = String::from_utf8(client.raw("CLUSTER SLOTS").await).unwrap();
    assert!(raw.contains("*4\r\n$-1\r\n:"));
    assert!(raw.contains("*4\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$14\r\nnode-0.example\r\n"));
}

#[tokio::test]
async fn a_plan_that_does_not_hold_together_is_refused() {
    let mut plan = Plan::healthy("flawed", 2);
    plan.nodes[1].primary = Some(7);
    assert!(play(plan).await.unwrap_err().ends_with("node 1 copies what is no primary"));
    let mut plan = Plan::healthy("flawed", 1);
    plan.nodes[0].certificate.names = vec![SubjectAltName::Other("x".into())];
    assert!(play(plan).await.is_err());
}

#[test]
fn requests_name_a_scene_and_its_size() {
    let parse = |text: &str| text.parse::<Request>();
    assert_eq!(parse("healthy?nodes=100").unwrap().nodes, 100);
    assert_eq!(parse("azure-enterprise").unwrap().nodes, 6);
    let names = "; the scenes are healthy, azure-enterprise, docker-nat, elasticache-serverless, expired-certificate, renewed-on-disk, split-view, plaintext, slow-node";
    for (text, what) in [
        ("helthy", "there is no lab scene \"helthy\""),
        ("healthy?size=3", "a lab scene takes ?nodes=N and not \"?size=3\""),
        ("healthy?nodes=0", "healthy takes 1 to 1000 nodes, not \"nodes=0\""),
        ("healthy?nodes=1001", "healthy takes 1 to 1000 nodes, not \"nodes=1001\""),
        ("split-view?nodes=2", "split-view takes 3 to 1000 nodes, not \"nodes=2\""),
    ] {
        assert_eq!(parse(text).unwrap_err(), format!("{what}{names}"));
    }
}
