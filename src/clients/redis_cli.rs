//! redis-cli: follows MOVED and looks at the chain, never at a name: that it connects proves nothing about names.

use super::{
    Blank, Client, Dials, Evidence, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where, hiredis,
};
use crate::names::stacks;

/// `redis-cli -c`. Without `-c` it stays where it is.
pub const CLIENT: Client = Client {
    id: "redis-cli",
    versions: ">=6",
    learnt_from: "7.4.1",
    source: "redis 7.4.1, src/redis-cli.c",
    evidence: Evidence::Run,
    dials: Dials::Redirects,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Nothing,
    sni: Sni::Configured,
    fixed_name: None,
    stack: &stacks::openssl::HIREDIS,
    needs: &[],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: None,
    text,
};

/// What it prints.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::TlsRequired | Symptom::ClientCertificate => Some("Error: Connection reset by peer".to_owned()),
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            hiredis::text(symptom, place).map(|inner| format!("Could not connect to Redis at {at}: {inner}"))
        }
        Symptom::WrongPass => Some("AUTH failed: WRONGPASS".to_owned()),
        _ => hiredis::text(symptom, place),
    }
}
