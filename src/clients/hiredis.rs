//! hiredis: a connection, not a cluster client; it looks at the chain and never at a name.

use super::{
    Blank, Client, Dials, Evidence, OneBadNode, Plain, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// From 1.0, which brought TLS, to 1.4.1. What is dialled is the application's business: a redirect stands for it here.
pub const CLIENT: Client = Client {
    id: "hiredis",
    versions: ">=1",
    learnt_from: "1.4.1",
    source: "hiredis 1.4.1, ssl.c",
    evidence: Evidence::Read,
    dials: Dials::Redirects,
    on_nil: Blank::Literal,
    on_empty: Blank::Literal,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Nothing,
    sni: Sni::Configured,
    fixed_name: Some("server_name"),
    stack: &stacks::openssl::HIREDIS,
    needs: &[],
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: None,
    follows: None,
    text,
};

/// What `errstr` holds; libvalkey, its fork, says the same, and redis-cli prints it.
pub(super) fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::ClusterDisabled | Symptom::TlsNotSpoken | Symptom::LeftOut => return None,
        Symptom::Certificate(_) => "SSL_connect failed: certificate verify failed",
        Symptom::Handshake(_) | Symptom::NotSpoken => "SSL_connect failed:",
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::Closed(_) => "Connection reset by peer",
        Symptom::Refused(_) => "Connection refused",
        Symptom::TimedOut(_) => "Connection timed out",
        Symptom::Unreachable(_) => "Network is unreachable",
        Symptom::NoSuchName(_) => "Name or service not known",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
