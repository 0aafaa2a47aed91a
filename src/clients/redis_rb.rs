//! redis-rb 4 (Ruby), whose cluster client is its own: reads CLUSTER SLOTS, and CLUSTER NODES for the roles.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Version 4. From 5 on redis-rb leaves clusters to redis-cluster-client.
pub const CLIENT: Client = Client {
    id: "redis-rb",
    versions: ">=4.1, <5",
    learnt_from: "4.8.0",
    source: "redis-rb 4.8.0, lib/redis/cluster.rb and lib/redis/cluster/",
    evidence: Evidence::Run,
    // `NodeKey.split` cuts `host:port` at every colon.
    dials: Dials::PreferredToColon,
    on_nil: Blank::GivesUp,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Everything,
    fixed_name: None,
    stack: &stacks::ruby::RUBY,
    needs: &["CLUSTER NODES", "COMMAND"],
    plain: Plain { on_lone_word: Some("NOAUTH"), ..Plain::UNKNOWN },
    // COMMAND is asked of the first node; of the errors only OpenSSL's are not caught there.
    one_bad_node: OneBadNode::FailsThereUnlessFirst,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some(
        "Redis client could not fetch cluster information: ERR SELECT is not allowed in cluster mode",
    ),
    hook: Some(Hook {
        option: "fixed_hostname",
        since: "4.7.0",
        carries: Carries::Less,
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "One host for every node; ports stay as announced, and a nil endpoint ends the discovery all the same.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: true,
        heeds_role: true,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// OpenSSL's errors come as they are; the others as "Error connecting to Redis on" that node, at the seed behind
/// "Redis client could not fetch cluster information:".
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => &refusal.text,
        Symptom::Handshake(_) => "SSL_connect returned=1",
        Symptom::NoSuchName(host) => return Some(format!("Error connecting to Redis on {host}:")),
        Symptom::Refused(at) => return Some(not_connected(&at.unbracketed(), "Errno::ECONNREFUSED")),
        Symptom::TimedOut(_) | Symptom::TlsNotSpoken => "Redis::TimeoutError",
        Symptom::Unreachable(at) => return Some(format!("Error connecting to Redis on {}", at.unbracketed())),
        Symptom::TlsRequired | Symptom::Closed(_) | Symptom::ClientCertificate => "Connection lost (ECONNRESET)",
        Symptom::BlankEndpoint(_) => "undefined method `empty?' for nil",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

fn not_connected(at: &str, error: &str) -> String {
    format!("Error connecting to Redis on {at} ({error})")
}

/// At a Sentinel OpenSSL's errors and the server's come as they are, and "No sentinels available." stands for the others.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (
            Symptom::Certificate(_)
            | Symptom::Handshake(_)
            | Symptom::NoAuth
            | Symptom::WrongPass
            | Symptom::NotPermitted(_),
            _,
        ) => text(symptom, place),
        (Symptom::NoSuchGroup(_), _) | (_, Where::Seed) => Some("No sentinels available.".to_owned()),
        (Symptom::IsReplica, _) => Some("Instance role mismatch. Expected master, got slave.".to_owned()),
        _ => text(symptom, place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Announced;

    #[test]
    fn an_ipv6_address_and_a_blank_have_texts_of_their_own() {
        let said = |symptom| text(&symptom, Where::EveryNode).unwrap();
        assert_eq!(said(Symptom::NoSuchName("fd77".to_owned())), "Error connecting to Redis on fd77:");
        assert_eq!(said(Symptom::BlankEndpoint(Announced::Nil)), "undefined method `empty?' for nil");
        let at = "10.77.0.13:7003".parse().unwrap();
        assert_eq!(said(Symptom::Refused(at)), "Error connecting to Redis on 10.77.0.13:7003 (Errno::ECONNREFUSED)");
    }
}
