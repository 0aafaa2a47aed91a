//! ghostunnel: a process for each node that verifies as Go does; it cannot be talked out of it.
//!
//! It listens with `SO_REUSEPORT`: a second process at the same port is no error, and gets a share of the connections.

use super::{
    Carries, Command, Node, Plan, Side, Tunnel,
    plan::SocketEnd,
    tls::{self, Line, Trust},
};

/// One process a node.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "ghostunnel",
    about: "TLS that cannot be left unverified: a process for each node, Go's verification, certificates with names or addresses",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let command = |arguments| Command {
        program: "ghostunnel",
        package: "Go: go install github.com/ghostunnel/ghostunnel@latest",
        arguments,
        ends: false,
        settles: 1,
    };
    let near = Line { words: near_words(plan), variables: &|node| near(plan, node) };
    tls::each(plan, &command, near, Line { words: far_words(plan), variables: &far })
}

/// A certificate and its key in one file are a key store here. Without a client certificate it has to be told so, which
/// turns off nothing but its own.
fn near_words(plan: &Plan) -> Vec<String> {
    let Trust { anchors, identity } = tls::trust(plan);
    let mut words = strings(&["client", "--listen=${LISTEN}", "--target=${TARGET}", "--override-server-name=${PEER}"]);
    words.extend(TIMES.map(str::to_owned));
    words.push(format!("--cacert={anchors}"));
    words.push(identity.map_or("--disable-authentication".to_owned(), |file| format!("--keystore={file}")));
    if !plan.nodes.iter().all(|node| is_near(&node.local.endpoint().to_string())) {
        words.push("--unsafe-listen".to_owned());
    }
    words
}

/// It serves nobody where no client is named.
fn far_words(plan: &Plan) -> Vec<String> {
    let mut words = strings(&["server", "--listen=${LISTEN}", "--target=${TARGET}", "--keystore=${CERTIFICATE}"]);
    words.extend(TIMES.map(str::to_owned));
    words.push(format!("--cacert={}", tls::TUNNEL));
    words.push(format!("--allow-dns={}", tls::CLIENT_NAME));
    if !plan.nodes.iter().all(|node| is_near(&node.inside.to_string())) {
        words.push("--unsafe-target".to_owned());
    }
    words
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// On its way out it would wait five minutes for open connections, which those of a pool outlast.
const TIMES: [&str; 2] = ["--connect-timeout=5s", "--shutdown-timeout=1s"];

/// What it takes for this machine (`consideredSafe` in its main.go); anything else has to be called unsafe.
fn is_near(address: &str) -> bool {
    ["127.0.0.1:", "[::1]:", "localhost:"].iter().any(|safe| address.starts_with(safe))
}

fn near(plan: &Plan, node: &Node) -> Vec<(&'static str, String)> {
    let upstream = tls::upstream(plan, node);
    vec![("LISTEN", spelled(node.local)), ("TARGET", upstream.target.to_string()), ("PEER", upstream.name.to_string())]
}

fn far(node: &Node) -> Vec<(&'static str, String)> {
    let far = tls::terminator(node);
    vec![("LISTEN", spelled(far.listen)), ("TARGET", far.target.to_string()), ("CERTIFICATE", far.certificate)]
}

fn spelled(end: SocketEnd) -> String {
    end.endpoint().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Run, fixtures};

    fn each(side: &Side) -> (Vec<&str>, Vec<Vec<&str>>) {
        let Run::Each(command, instances) = &side.run else { panic!("one process a node") };
        let values = instances.iter().map(|i| i.variables.iter().map(|(_, value)| value.as_str()).collect());
        (command.arguments.iter().map(String::as_str).collect(), values.collect())
    }

    #[test]
    fn nodes_with_tls_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        let (words, values) = each(&sides[0]);
        let start = ["client", "--listen=${LISTEN}", "--target=${TARGET}", "--override-server-name=${PEER}"];
        assert_eq!(words[..4], start);
        assert_eq!(
            words[4..],
            ["--connect-timeout=5s", "--shutdown-timeout=1s", "--cacert=ca.pem", "--keystore=client.pem"]
        );
        assert_eq!(
            values,
            [
                ["127.0.0.1:20001", "10.0.0.11:6379", "n1.example.com"],
                ["127.0.0.1:20002", "n2.example.com:6379", "n2.example.com"],
                ["127.0.0.1:20003", "[2001:db8::3]:6379", "n3.example.com"],
            ]
        );
    }

    #[test]
    fn what_is_not_asked_for_is_said() {
        let mut plan = Plan { identity: false, ..fixtures::originate() };
        plan.nodes[2].server_name = None;
        plan.nodes[2].local.ip = "127.77.0.1".parse().unwrap();
        let sides = write(&plan).unwrap();
        let (words, values) = each(&sides[0]);
        assert_eq!(words[6..], ["--cacert=ca.pem", "--disable-authentication", "--unsafe-listen"]);
        assert_eq!(values[2], ["127.77.0.1:20003", "[2001:db8::3]:6379", "2001:db8::3"]);
    }

    #[test]
    fn a_pair_verifies_both_ways() {
        let sides = write(&fixtures::pair()).unwrap();
        let (words, values) = each(&sides[0]);
        assert_eq!(words[6..], ["--cacert=tunnel-ca.pem", "--keystore=tunnel-client.pem"]);
        assert_eq!(values[0], ["127.0.0.1:20001", "192.0.2.1:20001", "node-1.tunnel.internal"]);
        let (words, values) = each(&sides[1]);
        assert_eq!(words[..4], ["server", "--listen=${LISTEN}", "--target=${TARGET}", "--keystore=${CERTIFICATE}"]);
        let rest = ["--cacert=tunnel-ca.pem", "--allow-dns=client.tunnel.internal", "--unsafe-target"];
        assert_eq!(words[6..], rest);
        assert_eq!(values[2], ["192.0.2.1:20003", "[2001:db8::3]:6379", "certificates/node-3.pem"]);
    }

    #[test]
    fn a_node_on_the_same_machine_is_no_unsafe_target() {
        let mut plan = fixtures::pair();
        for node in &mut plan.nodes {
            node.inside.host = "::1".parse().unwrap();
        }
        let sides = write(&plan).unwrap();
        assert!(!each(&sides[1]).0.contains(&"--unsafe-target"));
    }
}
