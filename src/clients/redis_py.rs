//! redis-py: dials the preferred endpoint of CLUSTER SLOTS; compares names since 6.0 only.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Since 6.0 `ssl_check_hostname` is on.
pub const CLIENT: Client = Client {
    id: "redis-py",
    versions: ">=6",
    learnt_from: "8.1.0",
    source: "redis-py 8.1.0, redis/cluster.py",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Localhost,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Localhost,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::python::PYTHON_3_11,
    needs: &["COMMAND"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook {
        option: "address_remap",
        since: "4.5.5",
        covers: Covers { seeds: false, discovered: true, redirects: false, sentinel: false },
        gaps: "Seeds and MOVED/ASK redirects during resharding are not mapped.",
    }),
    text,
};

/// Before, the chain was all it looked at.
pub const BEFORE_6: Client = Client {
    versions: "<6",
    learnt_from: "5.3.1",
    source: "redis-py 5.3.1, redis/connection.py",
    verifies: Verifies::Nothing,
    text: text_before_hello,
    ..CLIENT
};

/// The exception's message, without the "Redis Cluster cannot be connected." in front of it.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => {
            return Some(format!("Error 111 connecting to {}. Connection refused.", at.unbracketed()));
        }
        Symptom::Unreachable(at) => {
            return Some(format!("Error 101 connecting to {}. Network is unreachable.", at.unbracketed()));
        }
        Symptom::TlsRequired | Symptom::Closed(_) => "Connection reset by peer",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Timeout connecting to server",
        Symptom::NotSpoken => "wrong version number",
        Symptom::ClientCertificate => "tlsv13 alert certificate required",
        Symptom::NoAuth => "HELLO must be called with the client already authenticated",
        Symptom::WrongPass => "invalid username-password pair or user is disabled.",
        Symptom::ClusterDisabled | Symptom::NotPermitted(_) => "Cluster mode is not enabled on this node",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// The same of a version that says AUTH and not HELLO; valkey-py, its fork, does so too.
pub(super) fn text_before_hello(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::NoAuth => Some("Authentication required.".to_owned()),
        _ => text(symptom, place),
    }
}
