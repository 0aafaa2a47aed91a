//! phpredis (`RedisCluster`): dials the preferred endpoint of CLUSTER SLOTS; a nil one crashes the process (5.3.7, 6.1.0).

use super::{
    Blank, Client, Dials, Evidence, OneBadNode, Plain, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// From 5.3, which was the first to take a TLS context, to 6.1.
pub const CLIENT: Client = Client {
    id: "phpredis",
    versions: ">=5.3",
    learnt_from: "5.3.7",
    source: "phpredis 5.3.7 and 6.1.0, cluster_library.c",
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
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: None,
    follows: None,
    text,
};

/// The reasons of TLS and of the resolver are PHP warnings; the exceptions do not say why.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match (symptom, place) {
        (Symptom::Certificate(refusal), _) => &refusal.text,
        (Symptom::NoSuchName(host), _) => {
            return Some(format!("php_network_getaddresses: getaddrinfo for {host} failed"));
        }
        (Symptom::BlankEndpoint(_), _) => "signal 11",
        // SET answers false, without a word.
        (Symptom::LeftOut, _) | (Symptom::NoAuth, Where::SomeNodes) => return None,
        (Symptom::ClientCertificate, Where::SomeNodes) => "Error processing response from Redis node!",
        (Symptom::ClusterDown, _) => "The Redis Cluster is down (CLUSTERDOWN)",
        (_, Where::Seed) => "Couldn't map cluster keyspace using any provided seed",
        (_, Where::EveryNode) => "Can't communicate with any node in the cluster",
        (_, Where::SomeNodes) => "Timed out attempting to find data in the correct node!",
    };
    Some(said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_stands_for_all_reasons() {
        let refused = || Symptom::Refused("10.77.0.13:7003".parse().unwrap());
        for (place, said) in [
            (Where::Seed, "Couldn't map cluster keyspace using any provided seed"),
            (Where::EveryNode, "Can't communicate with any node in the cluster"),
            (Where::SomeNodes, "Timed out attempting to find data in the correct node!"),
        ] {
            assert_eq!(text(&refused(), place).as_deref(), Some(said));
        }
    }
}
