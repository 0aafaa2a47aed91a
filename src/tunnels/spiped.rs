//! spiped: two ends for each node and a key of their own between them; what passes through is nobody else's to read.

use super::{Carries, Command, Content, End, File, Instance, Node, Plan, Run, Side, Tunnel, plan::SocketEnd};
use crate::facts::Endpoint;

/// Sealed pairs.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "spiped",
    about: "plaintext nodes over an untrusted network: two processes a node, a shared key for each pair, no certificates",
    carries: Carries::Sealed,
    evidence: "run",
    via: None,
    refuses: |_, _| None,
    write,
};

#[expect(clippy::unnecessary_wraps, reason = "other kinds may refuse")]
fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let near = |node: &Node| (node.local, node.far.clone());
    let far = |node: &Node| (node.far_listen, node.inside.clone());
    Ok(vec![side(plan, End::Client, "-e", &near), side(plan, End::Server, "-d", &far)])
}

/// `-n` is 100 by default, and who comes later waits for ever; `-g` wants forward secrecy of the other end, too; `-F` stays
/// in the foreground (spiped 1.6). `-o` is 5 s by default, and the queue of its listener holds 10: of a pool's hundred
/// connections at once most are heard at the second or third attempt only, 1, 3 and 7 s after the first, and some were given
/// up by then.
fn side(plan: &Plan, end: End, direction: &str, ends: &dyn Fn(&Node) -> (SocketEnd, Endpoint)) -> Side {
    let words = ["-F", direction, "-g", "-o", "20", "-s", "${LISTEN}", "-t", "${TARGET}", "-k", "${KEY}", "-n"];
    let instance = |node: &Node| {
        let (listen, target) = ends(node);
        let variables =
            vec![("LISTEN", bracketed(&listen.endpoint())), ("TARGET", bracketed(&target)), ("KEY", key(node))];
        Instance { name: node.name(), variables }
    };
    let command = Command {
        program: "spiped",
        package: "Debian: apt-get install spiped",
        arguments: words.iter().map(|&word| word.to_owned()).chain([plan.connections.to_string()]).collect(),
        ends: false,
        settles: 1,
    };
    Side {
        end,
        files: plan.nodes.iter().map(|node| File { path: key(node), content: Content::Key(node.number) }).collect(),
        run: Run::Each(command, plan.nodes.iter().map(instance).collect()),
    }
}

fn key(node: &Node) -> String {
    format!("keys/{}.key", node.name())
}

/// Every address stands in brackets, IPv4 too; names stand without.
fn bracketed(endpoint: &Endpoint) -> String {
    match endpoint.host.ip() {
        Some(ip) => format!("[{ip}]:{}", endpoint.port),
        None => endpoint.to_string(),
    }
}
