//! Maps over small snapshots made by hand.

use super::*;
use crate::{
    address_map::written::parse,
    facts::{
        Announced, Asked, Attempt, AuthOutcome, Candidate, Connection, FailureKind, Kind, Names, NodeFlags, NodeProbe,
        Observed, SNAPSHOT_FORMAT, Server, Slots, Stage, TargetFacts, Topology, Transport, Vantage,
    },
};

/// What answers at an endpoint: a node by number, somebody else, nobody.
#[derive(Clone, Copy)]
enum There {
    Node(usize),
    Stranger,
    Nobody,
    Silent,
}
use There::{Nobody, Node as At, Silent, Stranger};

fn id(n: usize) -> NodeId {
    NodeId::try_from(format!("{n:040x}")).unwrap()
}

fn attempt(candidate: Candidate, endpoint: &str, there: There) -> Attempt {
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let identity = match there {
        At(n) => Observed::Seen(id(n)),
        Stranger => Observed::Seen(id(99)),
        Nobody | Silent => Observed::NotTried("not asked".to_owned()),
    };
    let refused = Failure { stage: Stage::Connect, kind: FailureKind::Refused, detail: "refused".to_owned() };
    let connection = Connection {
        local: None,
        connect_ms: 1,
        tls: Observed::NotTried("plaintext".to_owned()),
        auth: Observed::Seen(AuthOutcome::NotNeeded),
        identity,
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
        candidates: vec![(candidate, endpoint)],
        named: None,
        socket: None,
        transport: Transport::Plaintext,
        connection: if matches!(there, Nobody) { Observed::Failed(refused) } else { Observed::Seen(connection) },
        spoke: None,
        tls_port: None,
        hello: None,
        looks: None,
        by_name: Vec::new(),
        took_ms: 1,
    }
}

/// A plaintext cluster of nodes with (preferred, host name, IP), all on port 6379; what is where, beside the nodes.
fn cluster(nodes: &[(&str, &str, &str)], reached: bool, also: &[(&str, There)]) -> Snapshot {
    let node = |(n, (preferred, hostname, ip)): (usize, &(&str, &str, &str))| Node {
        id: id(n),
        role: Role::Primary,
        address: NodeAddress {
            preferred: Announced::from_text(preferred),
            hostname: Announced::from_text(hostname),
            ip: Announced::from_text(ip),
            port: Some(6379),
            ..NodeAddress::default()
        },
        primary: None,
        slots: Slots::default(),
        flags: NodeFlags::default(),
    };
    let nodes: Vec<Node> = nodes.iter().enumerate().map(node).collect();
    let probe = |(n, node): (usize, &Node)| {
        let at = node.address.preferred_endpoint().map_or("seed.test:6379".to_owned(), |e| e.to_string());
        let there = if reached { At(n) } else { Nobody };
        NodeProbe { id: node.id.clone(), attempts: vec![attempt(Candidate::Preferred, &at, there)] }
    };
    Snapshot {
        format: SNAPSHOT_FORMAT,
        tool_version: String::new(),
        taken_at: 0,
        judged_at: None,
        vantage: Vantage::default(),
        target: TargetFacts {
            endpoint: "seed.test:6379".parse().unwrap(),
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
        seed: attempt(Candidate::Seed, "seed.test:6379", At(0)),
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
        also: also.iter().map(|(at, there)| attempt(Candidate::Also, at, *there)).collect(),
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

const THREE: [(&str, &str, &str); 3] =
    [("10.0.0.4", "n0.test", "10.0.0.4"), ("10.0.0.5", "n1.test", "10.0.0.5"), ("10.0.0.6", "n2.test", "10.0.0.6")];
const WAYS: [(&str, There); 3] = [("n0.test:1", At(0)), ("n1.test:1", At(1)), ("n2.test:1", At(2))];

fn judged(snapshot: &Snapshot, map: &str) -> Audit {
    audit(snapshot, &parse(map.as_bytes()).unwrap(), None).unwrap()
}

fn codes(audit: &Audit) -> Vec<Vec<&'static str>> {
    audit.entries.iter().map(|e| e.faults.iter().map(Fault::code).collect()).collect()
}

#[test]
fn a_right_map_is_proved() {
    let seen = cluster(&THREE, false, &WAYS);
    let audit = judged(&seen, "10.0.0.4:6379=n0.test:1\n10.0.0.5:6379=n1.test:1\n10.0.0.6:6379=N2.test:1");
    assert!(audit.is_well(), "{audit:?}");
    assert_eq!(audit.entries.iter().map(|e| e.node.clone()).collect::<Vec<_>>(), [0, 1, 2].map(|n| Some(id(n))));
}

#[test]
fn a_crossed_pair_is_two_other_nodes() {
    let seen = cluster(&THREE, false, &WAYS);
    let audit = judged(&seen, "10.0.0.4:6379=n1.test:1\n10.0.0.5:6379=n0.test:1\n10.0.0.6:6379=n2.test:1");
    assert_eq!(codes(&audit), [vec!["other-node"], vec!["other-node"], vec![]]);
    let other = Fault::OtherNode {
        id: id(1),
        announced: Some("10.0.0.5:6379".to_owned()),
        crossing: Some(Crossing {
            key: "10.0.0.5:6379".to_owned(),
            target: "n0.test:1".parse().unwrap(),
            swapped: true,
        }),
    };
    assert_eq!(audit.entries[0].faults, [other]);
    assert!(audit.missing.is_empty() && !audit.is_well());
}

#[test]
fn a_node_is_missing_only_where_it_needs_an_entry() {
    let map = "10.0.0.4:6379=n0.test:1";
    let lost = judged(&cluster(&THREE, false, &WAYS), map);
    assert_eq!(
        lost.missing.iter().map(|m| m.announced.as_str()).collect::<Vec<_>>(),
        ["10.0.0.5:6379", "10.0.0.6:6379"]
    );
    let reached = judged(&cluster(&THREE, true, &WAYS), map);
    assert!(reached.is_well() && reached.not_needed == 2, "{reached:?}");
}

#[test]
fn a_key_that_nobody_announces_is_told_with_the_one_that_is() {
    let audit = judged(&cluster(&THREE, true, &WAYS), "10.0.0.7:6379=n1.test:1\n10.0.0.8:6379=n3.test:1");
    assert_eq!(audit.entries[0].faults, [Fault::NeverAnnounced(Some("10.0.0.5:6379".parse().unwrap()))]);
    assert_eq!(codes(&audit)[1], ["never-announced", "not-tried"]);
}

#[test]
fn what_does_not_answer_and_what_is_somebody_else() {
    let there = [("a.test:1", Nobody), ("b.test:1", Stranger), ("c.test:1", Silent)];
    let audit = judged(
        &cluster(&THREE, true, &there),
        "10.0.0.4:6379=a.test:1\n10.0.0.5:6379=b.test:1\n10.0.0.6:6379=c.test:1",
    );
    assert_eq!(codes(&audit), [["not-answering"], ["other-node"], ["not-tried"]]);
    assert!(matches!(&audit.entries[1].faults[0], Fault::OtherNode { announced: None, .. }));
}

#[test]
fn the_form_of_the_key_matters_where_the_client_is_known() {
    let seen = cluster(&THREE, true, &WAYS);
    let map = r#"{"n0.test:6379": {"host": "n0.test", "port": 1}}"#;
    let looked_up: Endpoint = "10.0.0.4:6379".parse().unwrap();
    assert_eq!(judged(&seen, map).entries[0].faults, [Fault::OtherForm { form: Form::Hostname, looked_up }]);
    assert!(judged(&seen, "n0.test:6379=n0.test:1").is_well(), "nobody said for which client");
    let by_name = |address: &NodeAddress| address.hostname_endpoint();
    let written = |map: &str| parse(map.as_bytes()).unwrap();
    let reader = Reader { looks_up: &by_name, refuses: &|_, _| None };
    assert!(audit(&seen, &written(map), Some(reader)).unwrap().is_well());
    let by_ip = audit(&seen, &written("10.0.0.4:6379=n0.test:1"), Some(reader)).unwrap();
    assert!(matches!(&by_ip.entries[0].faults[..], [Fault::OtherForm { form: Form::Preferred, .. }]));
}

#[test]
fn keys_of_objects_are_compared_byte_by_byte() {
    let six = [("2001:db8::5", "", "2001:db8::5")];
    let seen = cluster(&six, true, &WAYS);
    let key = |key: &str| judged(&seen, &format!(r#"{{"{key}": {{"host": "n0.test", "port": 1}}}}"#));
    assert!(key("2001:db8::5:6379").is_well());
    for spelled in ["[2001:db8::5]:6379", "2001:DB8::5:6379", "2001:db8:0::5:6379"] {
        assert_eq!(key(spelled).entries[0].faults, [Fault::Spelling("2001:db8::5:6379".to_owned())], "{spelled}");
    }
    assert!(judged(&seen, "[2001:db8::5]:6379=n0.test:1").is_well(), "lines are nobody's table");
}

#[test]
fn one_key_twice_and_one_target_twice() {
    let seen = cluster(&THREE, true, &WAYS);
    let twice = judged(&seen, "10.0.0.4:6379=n0.test:1\n10.0.0.4:6379=n0.test:1");
    assert!(twice.is_well(), "the same said twice is harmless: {twice:?}");
    let differs = judged(&seen, "10.0.0.4:6379=n0.test:1\n10.0.0.4:6379=n1.test:1");
    assert_eq!(codes(&differs), [vec![], vec!["repeated-key", "other-node"]]);
    let balancer = judged(&seen, "10.0.0.4:6379=n0.test:1\n10.0.0.5:6379=n0.test:1");
    assert_eq!(codes(&balancer), [vec!["shared-target"], vec!["other-node", "shared-target"]]);
    let two_forms = judged(&seen, "10.0.0.4:6379=n0.test:1\nn0.test:6379=n0.test:1");
    assert!(two_forms.is_well(), "both are keys of one node");
}

#[test]
fn nodes_behind_one_announced_address_cannot_be_told_apart() {
    let blank = [("", "", "10.0.0.4"), ("", "", "10.0.0.5")];
    let audit = judged(&cluster(&blank, true, &WAYS), "seed.test:6379=n0.test:1");
    assert_eq!(codes(&audit), [["ambiguous-key"]]);
}

#[test]
fn keys_of_nodes_that_were_left_out_are_not_called_wrong() {
    let mut seen = cluster(&THREE, true, &WAYS);
    if let Observed::Seen(topology) = &mut seen.topology {
        topology.announced = 9;
        topology.nodes[2].flags.handshake = true;
    }
    seen.nodes[2].attempts.clear();
    let audit = judged(&seen, "10.0.0.9:6379=n1.test:1");
    assert_eq!(codes(&audit)[0][0], "not-tried");
    assert!(audit.missing.is_empty(), "who is still joining needs no entry: {audit:?}");
}

#[test]
fn the_endpoint_itself_may_have_an_entry() {
    let audit = judged(&cluster(&THREE, true, &WAYS), "seed.test:6379=n1.test:1");
    assert!(audit.is_well() && audit.entries[0].is_seed);
}

#[test]
fn without_a_deployment_nothing_is_judged() {
    let mut seen = cluster(&THREE, true, &WAYS);
    seen.topology = Observed::NotTried("no".to_owned());
    assert!(audit(&seen, &parse(b"a:1=b:1").unwrap(), None).is_err());
}

/// A map that names its nodes by number: key, target, id.
fn forwards(snapshot: &Snapshot, entries: &[(&str, &str, usize)]) -> Audit {
    let entry = |(key, target, n): &(&str, &str, usize)| {
        format!(r#"{{"announced": "{key}", "reachable": "{target}", "node_id": "{}"}}"#, id(*n))
    };
    let map = format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(","));
    audit_forwards(snapshot, &parse(map.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_forward_for_every_node_and_every_node_has_one() {
    let right =
        [("10.0.0.4:6379", "n0.test:1", 0), ("10.0.0.5:6379", "n1.test:1", 1), ("10.0.0.6:6379", "n2.test:1", 2)];
    let seen = cluster(&THREE, true, &WAYS);
    assert!(forwards(&seen, &right).is_well());
    let short = forwards(&seen, &right[..2]);
    assert_eq!((short.missing.len(), short.not_needed), (1, 0), "reachable as announced, and around the tunnel");
}

#[test]
fn nodes_that_have_moved_or_left_are_known_by_their_ids() {
    let seen = cluster(&THREE, true, &[("n0.test:1", Nobody), ("n1.test:1", At(1)), ("n2.test:1", At(2))]);
    let moved = forwards(&seen, &[("10.0.9.9:6379", "n0.test:1", 0), ("10.0.0.5:6379", "n1.test:1", 1)]);
    assert_eq!(codes(&moved)[0], ["node-moved", "not-answering"]);
    assert_eq!(moved.entries[0].faults[0], Fault::Moved { id: id(0), announced: Some("10.0.0.4:6379".to_owned()) });
    assert_eq!(moved.missing.len(), 1, "of the node that moved its own entry speaks: {:?}", moved.missing);
    let left = forwards(&seen, &[("10.0.9.9:6379", "n1.test:1", 7), ("10.0.0.6:6379", "n2.test:1", 8)]);
    assert_eq!(codes(&left), [vec!["node-left", "other-node"], vec!["node-left"]]);
    // Its address is another node's now, which the forward leads to.
    let taken = forwards(&seen, &[("10.0.0.5:6379", "n1.test:1", 0)]);
    assert_eq!(codes(&taken), [["node-moved"]]);
}

#[test]
fn three_that_went_round_are_told_with_where_their_nodes_are() {
    let seen = cluster(&THREE, false, &WAYS);
    let turned =
        [("10.0.0.4:6379", "n1.test:1", 0), ("10.0.0.5:6379", "n2.test:1", 1), ("10.0.0.6:6379", "n0.test:1", 2)];
    let audit = forwards(&seen, &turned);
    let Fault::OtherNode { crossing: Some(crossing), .. } = &audit.entries[0].faults[0] else { panic!("{audit:?}") };
    assert_eq!((crossing.key.as_str(), crossing.swapped), ("10.0.0.6:6379", false));
}

#[test]
fn without_a_deployment_ids_are_all_there_is() {
    let mut seen = cluster(&THREE, true, &[("n0.test:1", Nobody), ("n1.test:1", At(1)), ("n2.test:1", Stranger)]);
    seen.topology = Observed::NotTried("no".to_owned());
    let map = r#"[{"announced": "a:1", "reachable": "n0.test:1"}, {"announced": "b:1", "reachable": "n1.test:1"},
        {"announced": "c:1", "reachable": "n1.test:1", "node_id": "ID1"},
        {"announced": "d:1", "reachable": "n2.test:1", "node_id": "ID1"}]"#;
    let written = parse(map.replace("ID1", id(1).as_str()).as_bytes()).unwrap();
    assert!(!knows(&seen, &written));
    let audit = unanswered(&seen, &written);
    assert_eq!(codes(&audit), [vec!["not-answering"], vec!["not-tried"], vec![], vec!["other-node"]]);
}
