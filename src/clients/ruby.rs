//! redis-cluster-client (Ruby): reads CLUSTER SHARDS, where a blank endpoint gives way to the host name or the IP.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Hook, OneBadNode, Plain, Port, PortZero, Resolves, Sni, Symptom,
    Verifies, Where, WithoutHello,
};
use crate::names::stacks;

/// Version 0.17, under redis-rb 6 and redis-clustering alike.
pub const CLIENT: Client = Client {
    id: "redis-cluster-client",
    versions: ">=0.17",
    learnt_from: "0.17.0",
    source: "redis-cluster-client 0.17.0, lib/redis_client/cluster/node.rb",
    evidence: Evidence::Run,
    dials: Dials::PreferredElseIp,
    on_nil: Blank::Literal,
    on_empty: Blank::Literal,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::PlaintextFirst,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Everything,
    fixed_name: None,
    stack: &stacks::ruby::RUBY,
    needs: &["COMMAND", "HELLO"],
    plain: Plain {
        without_hello: Some(WithoutHello {
            text: "redis-client requires Redis 6+ with HELLO command available",
            option: "protocol: 2",
        }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "fixed_hostname",
        since: "0.17 or before",
        carries: Carries::Less,
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "One host for every node; ports stay as announced.",
    }),
    follows: None,
    text,
};

/// The tail of "Redis client could not fetch cluster information:", or the `CannotConnectError` of one node.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => {
            return Some(format!("Connection refused - connect(2) for {}", at.unbracketed()));
        }
        Symptom::TlsRequired | Symptom::Closed(_) => "Connection reset by peer",
        Symptom::TlsNotSpoken => "Redis client could not fetch cluster information:",
        Symptom::ClientCertificate => "tlsv13 alert certificate required",
        Symptom::TimedOut(_) => "Connection timed out",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
