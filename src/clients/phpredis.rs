//! phpredis (`RedisCluster`): dials the preferred endpoint of CLUSTER SLOTS; a nil one crashes the process (6.1.0).

use super::{Blank, Client, Dials, Evidence, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where};
use crate::names::stacks;

/// Versions 5.3 to 6.1.
pub const CLIENT: Client = Client {
    id: "phpredis",
    versions: ">=5.3",
    learnt_from: "6.1.0",
    source: "phpredis 6.1.0, cluster_library.c",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::GivesUp,
    on_empty: Blank::Literal,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Instead(6379),
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Everything,
    fixed_name: Some("peer_name"),
    stack: &stacks::php::PHP,
    needs: &[],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: None,
    text,
};

/// TLS reasons are PHP warnings; the exceptions do not say why.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::ClientCertificate => "socket error on read socket",
        Symptom::Refused(_) | Symptom::TimedOut(_) => "Timed out attempting to find data in the correct node!",
        Symptom::BlankEndpoint(_) => "crashed: signal 11",
        Symptom::LeftOut => return None,
        _ => "Couldn't map cluster keyspace using any provided seed",
    };
    Some(said.to_owned())
}
