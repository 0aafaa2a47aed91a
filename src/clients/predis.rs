//! predis: asks for no topology until the first MOVED, then dials what that says and the preferred endpoints.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::{Class, Refusal, stacks};

/// Version 3.
pub const CLIENT: Client = Client {
    id: "predis",
    versions: ">=3",
    learnt_from: "3.6.0",
    source: "predis 3.6.0, src/Connection/Cluster/RedisCluster.php",
    evidence: Evidence::Run,
    dials: Dials::AfterMoved,
    on_nil: Blank::Literal,
    on_empty: Blank::Literal,
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
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "connections",
        since: "1.0 or before",
        carries: Carries::AddressAndName,
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "No map, but a connection class of one's own, which sees every address before it is dialled.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: false,
        heeds_role: true,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// From 1.1, the first that speaks TLS to clusters, to before 3.
pub const BEFORE_3: Client = Client {
    versions: ">=1.1, <3",
    learnt_from: "1.1.10",
    source: "predis 1.1.10, src/Connection/Aggregate/RedisCluster.php",
    in_another_database: Some("No connections available in the pool"),
    plain: Plain { on_lone_word: Some("NOAUTH"), ..CLIENT.plain },
    ..CLIENT
};

/// The reasons of TLS are PHP warnings; a seed that fails is dropped from the pool, and that is all that is said of it.
/// A server with cluster mode off never says MOVED, and so is not noticed.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match (symptom, place) {
        // An IPv6 address, of which phpredis' way of connecting warns and this one does not.
        (Symptom::Certificate(Refusal { class: Class::Reference, .. }), Where::Seed) => {
            "No connections available in the pool"
        }
        (Symptom::Certificate(Refusal { class: Class::Reference, .. }), _) => {
            "Error while switching to encrypted communication"
        }
        (Symptom::Certificate(refusal), _) => &refusal.text,
        (Symptom::TlsNotSpoken, _) => "SSL: Handshake timed out",
        (Symptom::NoAuth | Symptom::ClusterDown, _) => return symptom.in_the_servers_words(),
        (Symptom::ClusterDisabled | Symptom::LeftOut, _) => return None,
        (_, Where::Seed) => "No connections available in the pool",
        (Symptom::NoSuchName(host), _) => return Some(format!("getaddrinfo for {host} failed")),
        (Symptom::Refused(_), _) => "Connection refused",
        (Symptom::Unreachable(_), _) => "unreachable",
        // At connecting and at the handshake.
        (Symptom::TimedOut(_), _) => "timed out",
        (Symptom::Handshake(_) | Symptom::NotSpoken, _) => "Error while switching to encrypted communication",
        (Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::Closed(_), _) => "Error while",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// The message of the exception; the reasons of TLS are PHP warnings.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => Some("ERR No such master with that name".to_owned()),
        (Symptom::NoAuth | Symptom::WrongPass | Symptom::NotPermitted(_), _) => symptom.in_the_servers_words(),
        (Symptom::IsReplica, _) => Some("Expected master but got slave".to_owned()),
        (_, Where::Seed) => Some("No sentinel server available for autodiscovery.".to_owned()),
        _ => text(symptom, Where::SomeNodes),
    }
}
