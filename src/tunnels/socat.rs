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
    let command = |arguments| Command {
        program: "socat",
        package: "Debian: apt-get install socat",
        arguments,
        ends: false,
        settles: 1,
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{End, File, Run, fixtures};

    fn each(side: &Side) -> (&[String], Vec<Vec<&str>>) {
        let Run::Each(command, instances) = &side.run else { panic!("one process a node") };
        let values = instances.iter().map(|i| i.variables.iter().map(|(_, value)| value.as_str()).collect());
        (&command.arguments, values.collect())
    }

    fn paths(side: &Side) -> Vec<&str> {
        side.files.iter().map(|File { path, .. }| path.as_str()).collect()
    }

    #[test]
    fn nodes_with_tls_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        let (words, values) = each(&sides[0]);
        assert_eq!(sides[0].end, End::Client);
        assert_eq!(paths(&sides[0]), ["ca.pem", "client.pem"]);
        assert_eq!(
            words,
            [
                "${LISTEN},reuseaddr,fork,max-children=1000,backlog=128,nodelay,keepalive",
                "OPENSSL:${TARGET},verify=1,cafile=ca.pem,cert=client.pem,${PEER},openssl-min-proto-version=TLS1.2,\
                 connect-timeout=5,nodelay,keepalive,keepidle=60,keepintvl=15,keepcnt=4",
            ]
        );
        assert_eq!(
            values,
            [
                [
                    "TCP4-LISTEN:20001,bind=127.0.0.1",
                    "10.0.0.11:6379",
                    "commonname=n1.example.com,snihost=n1.example.com"
                ],
                [
                    "TCP4-LISTEN:20002,bind=127.0.0.1",
                    "n2.example.com:6379",
                    "commonname=n2.example.com,snihost=n2.example.com"
                ],
                [
                    "TCP4-LISTEN:20003,bind=127.0.0.1",
                    "[2001:db8::3]:6379",
                    "commonname=n3.example.com,snihost=n3.example.com"
                ],
            ]
        );
    }

    #[test]
    fn an_address_is_verified_and_not_sent_as_sni() {
        let mut plan = Plan { identity: false, ..fixtures::originate() };
        plan.nodes[2].server_name = None;
        plan.nodes[2].local.ip = "::1".parse().unwrap();
        let sides = write(&plan).unwrap();
        let (words, values) = each(&sides[0]);
        assert!(words[1].contains("cafile=ca.pem,${PEER}"), "{}", words[1]);
        assert_eq!(values[2], ["TCP6-LISTEN:20003,bind=[::1]", "[2001:db8::3]:6379", "commonname=2001:db8::3,nosni"]);
    }

    #[test]
    fn a_pair_verifies_both_ways() {
        let mut plan = fixtures::pair();
        plan.nodes[2].far_listen.ip = "2001:db8::3".parse().unwrap();
        let sides = write(&plan).unwrap();
        let (words, values) = each(&sides[0]);
        assert_eq!(paths(&sides[0]), ["tunnel-ca.pem", "tunnel-client.pem"]);
        assert!(words[1].contains("verify=1,cafile=tunnel-ca.pem,cert=tunnel-client.pem,${PEER}"), "{}", words[1]);
        assert_eq!(
            values[0][1..],
            ["192.0.2.1:20001", "commonname=node-1.tunnel.internal,snihost=node-1.tunnel.internal"]
        );
        let (words, values) = each(&sides[1]);
        assert_eq!(paths(&sides[1])[..2], ["tunnel-ca.pem", "certificates/node-1.pem"]);
        assert_eq!(
            words,
            [
                "${LISTEN},reuseaddr,fork,max-children=1000,backlog=128,nodelay,keepalive,verify=1,cafile=tunnel-ca.pem,\
                 cert=${CERTIFICATE},openssl-min-proto-version=TLS1.2",
                "TCP:${TARGET},connect-timeout=5,nodelay,keepalive,keepidle=60,keepintvl=15,keepcnt=4",
            ]
        );
        assert_eq!(
            values[0],
            ["OPENSSL-LISTEN:20001,pf=ip4,bind=192.0.2.1", "10.0.0.11:6379", "certificates/node-1.pem"]
        );
        assert_eq!(
            values[2],
            ["OPENSSL-LISTEN:20003,pf=ip6,bind=[2001:db8::3]", "[2001:db8::3]:6379", "certificates/node-3.pem"]
        );
    }

    #[test]
    fn nobody_to_trust_is_no_tunnel() {
        assert!(write(&Plan { anchors: false, ..fixtures::originate() }).unwrap_err().contains("--cacert"));
    }
}
