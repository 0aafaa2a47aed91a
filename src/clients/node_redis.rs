//! node-redis: dials the preferred endpoint of CLUSTER SLOTS, verifies what it dials, sends no SNI of its own accord.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Versions 4 to 6.
pub const CLIENT: Client = Client {
    id: "node-redis",
    versions: ">=4",
    learnt_from: "6.3.1",
    source: "node-redis 6.3.1, packages/client/lib/cluster/cluster-slots.ts",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Localhost,
    on_empty: Blank::Localhost,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Configured,
    fixed_name: Some("defaults.socket.servername"),
    stack: &stacks::node::NODE_20,
    needs: &[],
    one_bad_node: OneBadNode::FailsAll,
    dials_replicas: false,
    hook: Some(Hook {
        option: "nodeAddressMap",
        since: "4.x, 2022-02",
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "The root nodes themselves are not mapped.",
    }),
    text,
};

/// What the `error` event carries; `connect()` itself says at most "All the root nodes are unavailable".
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(format!("connect ECONNREFUSED {}", at.unbracketed())),
        Symptom::Unreachable(at) => return Some(format!("connect ENETUNREACH {}", at.unbracketed())),
        Symptom::NoSuchName(host) => return Some(format!("getaddrinfo ENOTFOUND {host}")),
        Symptom::TlsRequired | Symptom::Closed(_) => "read ECONNRESET",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Connection timeout",
        Symptom::NotSpoken => "wrong version number",
        Symptom::ClientCertificate => "tlsv13 alert certificate required",
        Symptom::NoAuth => "NOAUTH HELLO must be called with the client already authenticated",
        Symptom::WrongNode => "Too many Cluster redirections",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
