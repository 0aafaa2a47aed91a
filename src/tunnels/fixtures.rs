//! Plans that the tests of several kinds share: an IPv4 node, a named one, an IPv6 one.

use super::{Content, Layout, Mode, Node, Plan, Side, plan::SocketEnd};
use crate::{
    address_map::{Mapping, Proof, Way},
    facts::{Announced, Endpoint, Host, NodeId, Role},
};

/// Nodes without TLS, for a kind with an end beside each of them; all far ends on 192.0.2.1.
pub(super) fn pair() -> Plan {
    plan(Mode::Pair, false)
}

/// Nodes that speak TLS, for a kind that speaks it to them; anchors are known, a client certificate is wanted.
pub(super) fn originate() -> Plan {
    Plan { identity: true, ..plan(Mode::Originate, true) }
}

/// Nodes without TLS, through somebody.
pub(super) fn forward(via: &str) -> Plan {
    Plan { via: Some(via.to_owned()), ..plan(Mode::Forward, false) }
}

fn plan(mode: Mode, tls: bool) -> Plan {
    let nodes =
        [("10.0.0.11", "n1.example.com"), ("n2.example.com", "n2.example.com"), ("2001:db8::3", "n3.example.com")];
    Plan {
        mode,
        tls,
        nodes: (1..).zip(nodes).map(|(n, (host, name))| node(n, host.parse().unwrap(), name, tls)).collect(),
        left_out: Vec::new(),
        layout: Layout::Ports,
        via: None,
        connections: 1000,
        anchors: tls,
        identity: false,
    }
}

fn node(number: usize, host: Host, name: &str, tls: bool) -> Node {
    let port = 20_000 + u16::try_from(number).unwrap();
    let local = SocketEnd { ip: [127, 0, 0, 1].into(), port };
    let announced = Endpoint::new(host.clone(), 6379);
    let server_name = tls.then(|| name.parse().unwrap());
    let proof = Proof { chain: None, name: None, identity: String::new(), socket: String::new() };
    let way = Way { endpoint: local.endpoint(), server_name: Host::Ip(local.ip), proof: proof.clone() };
    Node {
        number,
        id: NodeId::try_from(format!("{number:040x}")).unwrap(),
        role: Role::Primary,
        local,
        far: Endpoint::new("192.0.2.1".parse().unwrap(), port),
        far_listen: SocketEnd { ip: [192, 0, 2, 1].into(), port },
        inside: announced.clone(),
        outside: announced.clone(),
        server_name,
        proved: true,
        mapping: Mapping {
            in_use: false,
            node_id: NodeId::try_from(format!("{number:040x}")).unwrap(),
            preferred: Announced::Host(host),
            hostname: None,
            ip: None,
            resolved: None,
            announced,
            reachable: way.endpoint.clone(),
            server_name: way.server_name.clone(),
            proof,
            ways: vec![way],
        },
    }
}

/// The text of one file of a side.
pub(super) fn text<'a>(side: &'a Side, path: &str) -> &'a str {
    match side.files.iter().find(|file| file.path == path).map(|file| &file.content) {
        Some(Content::Text(text)) => text,
        other => panic!("{path}: {other:?}"),
    }
}

/// The same plan with every far end on a machine of its own: 192.0.2.1, 192.0.2.2 and so on.
pub(super) fn spread(mut plan: Plan) -> Plan {
    for node in &mut plan.nodes {
        let ip = [192, 0, 2, u8::try_from(node.number).unwrap()].into();
        (node.far.host, node.far_listen.ip) = (Host::Ip(ip), ip);
    }
    plan
}
