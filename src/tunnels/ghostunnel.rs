//! ghostunnel: a process for each node that verifies as Go does; it cannot be talked out of it.

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
