//! socat: a process for each node and a child for each connection; small enough to be everywhere.
//!
//! It verifies the chain and the name, with two habits of its own (1.7.4): a certificate without a subject alternative name
//! is judged by its common name, and an IPv6 address in one is compared with what the *name* resolves to.

use std::net::IpAddr;

use super::{
    Carries, Command, Node, Plan, Side, Tunnel,
    plan::SocketEnd,
    tls::{self, Line, Trust},
};
use crate::facts::Host;

/// One process a node.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "socat",
    about: "TLS with nothing but socat: a process for each node; for a few connections, each is a process of its own",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let command =
        |arguments| Command { program: "socat", package: "Debian: apt-get install socat", arguments, ends: false };
    let near = Line { words: near_words(plan), variables: &|node| near(plan, node) };
    tls::each(plan, &command, near, Line { words: far_words(plan), variables: &far })
}

fn near_words(plan: &Plan) -> Vec<String> {
    let Trust { anchors, identity } = tls::trust(plan);
    let identity = identity.map_or_else(String::new, |file| format!(",cert={file}"));
    vec![
        format!("${{LISTEN}},{}", accepting(plan)),
        format!("OPENSSL:${{TARGET}},verify=1,cafile={anchors}{identity},${{PEER}},{OLDEST},{DIALLING}"),
    ]
}

fn far_words(plan: &Plan) -> Vec<String> {
    vec![
        format!("${{LISTEN}},{},verify=1,cafile={},cert=${{CERTIFICATE}},{OLDEST}", accepting(plan), tls::TUNNEL),
        format!("TCP:${{TARGET}},{DIALLING}"),
    ]
}

/// Its own backlog of 5 is less than a pool dials at once.
fn accepting(plan: &Plan) -> String {
    format!("reuseaddr,fork,max-children={},backlog=128,nodelay,keepalive", plan.connections)
}

const OLDEST: &str = "openssl-min-proto-version=TLS1.2";

/// It would dial for minutes; a peer that is gone is noticed after two.
const DIALLING: &str = "connect-timeout=5,nodelay,keepalive,keepidle=60,keepintvl=15,keepcnt=4";

fn near(plan: &Plan, node: &Node) -> Vec<(&'static str, String)> {
    let upstream = tls::upstream(plan, node);
    let SocketEnd { ip, port } = node.local;
    // Without `bind` it listens everywhere.
    let listen = match ip {
        IpAddr::V4(ip) => format!("TCP4-LISTEN:{port},bind={ip}"),
        IpAddr::V6(ip) => format!("TCP6-LISTEN:{port},bind=[{ip}]"),
    };
    // SNI holds names only (RFC 6066 §3), and socat would send whatever it dials.
    let name = match &upstream.name {
        Host::Ip(ip) => format!("commonname={ip},nosni"),
        Host::Name(name) => format!("commonname={name},snihost={name}"),
    };
    vec![("LISTEN", listen), ("TARGET", upstream.target.to_string()), ("PEER", name)]
}

/// Its TLS listener takes an IPv6 address for one only where it is told so.
fn far(node: &Node) -> Vec<(&'static str, String)> {
    let far = tls::terminator(node);
    let SocketEnd { ip, port } = far.listen;
    let listen = match ip {
        IpAddr::V4(ip) => format!("OPENSSL-LISTEN:{port},pf=ip4,bind={ip}"),
        IpAddr::V6(ip) => format!("OPENSSL-LISTEN:{port},pf=ip6,bind=[{ip}]"),
    };
    vec![("LISTEN", listen), ("TARGET", far.target.to_string()), ("CERTIFICATE", far.certificate)]
}
