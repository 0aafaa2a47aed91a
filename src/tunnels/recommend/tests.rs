//! Recommendations from small looks made by hand.

use super::*;
use crate::{
    address_map::derive,
    facts::{
        Announced, Asked, Attempt, AuthOutcome, Connection, Failure, FailureKind, Kind, Names, NodeAddress, NodeFlags,
        NodeId, NodeProbe, Observed, Role, SNAPSHOT_FORMAT, Server, Slots, Stage, TargetFacts, Topology,
    },
};

/// A cluster whose nodes announce these hosts, looked at through `seed`; whether the nodes answer there.
fn look(seed: &str, socket: &str, announced: &[&str], reached: bool) -> Snapshot {
    let endpoint: Endpoint = seed.parse().unwrap();
    let nodes: Vec<Node> = announced.iter().enumerate().map(|(n, host)| node(n, host)).collect();
    let probe = |(n, node): (usize, &Node)| {
        let at = node.address.preferred_endpoint().unwrap();
        let attempts = vec![attempt(Candidate::Preferred, &at, reached.then_some(n), socket)];
        NodeProbe { id: node.id.clone(), attempts }
    };
    Snapshot {
        format: SNAPSHOT_FORMAT,
        tool_version: String::new(),
        taken_at: 0,
        judged_at: None,
        vantage: Vantage { hostname: Some("ws".to_owned()), addresses: vec![[192, 0, 2, 7].into()] },
        target: TargetFacts {
            endpoint: endpoint.clone(),
            asked: Asked::Plaintext,
            server_name: None,
            sni: None,
            username: None,
            password_given: false,
            password_oddity: None,
            client_certificate_given: false,
            client_certificate: None,
            trust: None,
            detours: None,
            sentinels: Vec::new(),
            sentinel_username: None,
            sentinel_password_given: false,
            group: None,
            database: 0,
            known: Vec::new(),
            given: None,
        },
        seed: attempt(Candidate::Seed, &endpoint, Some(0), socket),
        nodes: nodes.iter().enumerate().map(probe).collect(),
        topology: Observed::Seen(Topology {
            kind: Kind::Cluster,
            announced: nodes.len(),
            nodes,
            views: Vec::new(),
            sights: Vec::new(),
            malformed: Vec::new(),
            groups: Vec::new(),
            other_groups: Vec::new(),
        }),
        also: Vec::new(),
        again: Vec::new(),
        aliases: Vec::new(),
        names: Names::default(),
        buses: Vec::new(),
        chains: Vec::new(),
        anchors: Vec::new(),
        idle: None,
        cut_short: false,
    }
}

fn id(n: usize) -> NodeId {
    NodeId::try_from(format!("{n:040x}")).unwrap()
}

fn node(n: usize, host: &str) -> Node {
    let address = NodeAddress { preferred: Announced::from_text(host), port: Some(6379), ..NodeAddress::default() };
    let (slots, flags) = (Slots::default(), NodeFlags::default());
    Node { id: id(n), role: Role::Primary, address, primary: None, slots, flags }
}

fn attempt(candidate: Candidate, endpoint: &Endpoint, answers: Option<usize>, socket: &str) -> Attempt {
    let silence = Failure { stage: Stage::Connect, kind: FailureKind::TimedOut, detail: String::new() };
    let connection = |n| Connection {
        local: None,
        connect_ms: 1,
        tls: Observed::NotTried("plaintext".to_owned()),
        auth: Observed::Seen(AuthOutcome::NotNeeded),
        identity: Observed::Seen(id(n)),
        server: Observed::Seen(Server::default()),
        own_address: None,
        of_another_cluster: false,
        refusals: Vec::new(),
        cut: None,
        slots_ms: None,
        watch: None,
    };
    Attempt {
        server_name: endpoint.host.clone(),
        candidates: vec![(candidate, endpoint.clone())],
        named: None,
        socket: Some(socket.parse().unwrap()),
        transport: Transport::Plaintext,
        connection: answers.map_or(Observed::Failed(silence), |n| Observed::Seen(connection(n))),
        spoke: None,
        tls_port: None,
        hello: None,
        looks: None,
        by_name: Vec::new(),
        took_ms: 1,
    }
}

fn kinds(advice: &Advice) -> Vec<&'static str> {
    advice.all.iter().map(|recommendation| recommendation.kind.unwrap_or("none")).collect()
}

/// Kinds for nodes that do not answer where they say they are.
fn for_lost(seed: &str, announced: &[&str]) -> Vec<&'static str> {
    let snapshot = look(seed, "127.0.0.1:6379", announced, false);
    kinds(&recommend(&snapshot, &derive(&snapshot)))
}

#[test]
fn names_and_addresses_say_where_nodes_are() {
    assert_eq!(for_lost("127.0.0.1:6379", &["redis-0.redis.ns.svc.cluster.local", "10.1.0.4"]), ["kubectl", "ssh"]);
    assert_eq!(for_lost("clustercfg.r.abc.euw1.cache.amazonaws.com:6379", &["10.0.0.11", "10.0.0.12"]), ["ssm", "ssh"]);
    assert_eq!(
        for_lost(
            "127.0.0.1:6379",
            &["vm-1.europe-west1-b.c.project.internal", "vm-2.europe-west1-b.c.project.internal"]
        ),
        ["iap", "ssh"]
    );
    assert_eq!(for_lost("r.redis.cache.windows.net:6379", &["10.0.0.11", "10.0.0.12"]), ["ssh"]);
    assert_eq!(for_lost("redis.example.com:6379", &["127.0.0.1", "127.0.0.2"]), ["ssh", "spiped"]);
    assert_eq!(for_lost("redis.example.com:6379", &["10.0.0.11", "10.0.0.12"]), ["ssh", "kubectl"]);
    assert_eq!(for_lost("redis.example.com:6379", &["n1.example.com", "n2.example.com"]), ["ssh"]);
}

#[test]
fn who_was_not_met_is_looked_at_from_elsewhere_first_and_who_was_has_another_fault() {
    let mut snapshot = look("redis.example.com:6379", "192.0.2.1:6379", &[], false);
    assert_eq!(kinds(&recommend(&snapshot, &derive(&snapshot))), [""; 0]);
    let met = recommend(&snapshot, &derive(&snapshot)).text("r.example.com", " --out t", Some("turned-away: no"));
    assert!(
        met.ends_with(
            "Found: turned-away: no\nMend that first; this says more:\n    redis-doctor check r.example.com\n"
        )
    );
    let failure = Failure { stage: Stage::Connect, kind: FailureKind::TimedOut, detail: String::new() };
    snapshot.seed.connection = Observed::Failed(failure);
    let unmet = recommend(&snapshot, &derive(&snapshot)).text("r.example.com", " --out t", None);
    assert!(unmet.contains("    redis-doctor check r.example.com --save seen.json\n"), "{unmet}");
    assert!(unmet.contains("    redis-doctor tunnel --from seen.json --with ssh --via "), "{unmet}");
}

#[test]
fn what_is_printed_says_from_where_and_what_to_type() {
    let snapshot = look("redis.example.com:6379", "192.0.2.1:6379", &["10.0.0.11", "10.0.0.12"], false);
    let text = recommend(&snapshot, &derive(&snapshot)).text("redis://redis.example.com:6379", " --out tunnel", None);
    assert_eq!(
        text,
        "Seen: redis.example.com:6379 answers in plaintext, and 2 of 2 nodes do not, at what they announce, seen from 192.0.2.7 (ws), \
         such as 10.0.0.11:6379.\n\n\
         ssh: such addresses mean something inside one network only: through a machine there that has ssh; one process\n    \
         redis-doctor tunnel redis://redis.example.com:6379 --with ssh --via '[USER@]BASTION[:PORT]' --out tunnel\n\n\
         kubectl: where they are addresses of pods: kubectl finds each pod by its address\n    \
         redis-doctor tunnel redis://redis.example.com:6379 --with kubectl --via '[CONTEXT/]NAMESPACE' --out tunnel\n"
    );
}

#[test]
fn plaintext_that_answers_is_sealed_unless_it_never_leaves_the_machine() {
    let first = |socket| {
        let snapshot = look("10.0.0.11:6379", socket, &["10.0.0.11", "10.0.0.12"], true);
        recommend(&snapshot, &derive(&snapshot)).all.remove(0)
    };
    assert_eq!(first("127.0.0.1:6379").kind, None);
    assert!(first("10.0.0.11:6379").why.contains("unless you trust it"));
    assert_eq!(first("192.0.2.1:6379").kind, Some("spiped"));
}

#[test]
fn tls_that_answers_needs_none() {
    let mut snapshot = look("n0.example.com:6379", "192.0.2.1:6379", &["n0.example.com"], true);
    let map = derive(&snapshot);
    snapshot.seed.transport = Transport::Tls;
    let advice = recommend(&snapshot, &map);
    assert_eq!(advice.all[0].kind, None);
    assert!(advice.all[0].why.ends_with("as it is"), "{}", advice.all[0].why);
    assert!(
        advice.seen.ends_with("reached over TLS at what it announces, seen from 192.0.2.7 (ws)"),
        "{}",
        advice.seen
    );
}

#[test]
fn what_cannot_be_told_apart_is_not_called_reachable() {
    let snapshot = look("10.0.0.10:6379", "10.0.0.10:6379", &["10.0.0.11", "10.0.0.12"], true);
    let map = AddressMap { refused: Some("a balancer stands there".to_owned()), ..AddressMap::default() };
    let advice = recommend(&snapshot, &map);
    assert!(advice.seen.ends_with("a balancer stands there"));
    assert_eq!(kinds(&advice)[0], "ssh");
}
