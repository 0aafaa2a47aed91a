//! predis: asks for no topology until the first MOVED, then dials what that says and the preferred endpoints.

use super::{Blank, Client, Dials, Evidence, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where};
use crate::names::stacks;

/// Version 3.
pub const CLIENT: Client = Client {
    id: "predis",
    versions: ">=3",
    learnt_from: "3.6.0",
    source: "predis 3.6.0, src/Connection/Cluster/RedisCluster.php",
    evidence: Evidence::Run,
    dials: Dials::Redirects,
    on_nil: Blank::Literal,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
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

/// TLS reasons are PHP warnings. A server with cluster mode off never says MOVED, and so is not noticed.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsNotSpoken => "SSL: Handshake timed out",
        Symptom::Refused(at) => return Some(format!("Connection refused [tcp://{at}]")),
        Symptom::TimedOut(at) => return Some(format!("Connection timed out [tcp://{at}]")),
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::WrongPass => {
            "No connections available in the pool"
        }
        Symptom::ClusterDisabled => return None,
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
