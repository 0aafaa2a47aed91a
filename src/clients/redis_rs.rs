//! redis-rs: dials the preferred endpoint of CLUSTER SLOTS; a blank one means the host that answered, as the server meant.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// The blocking client, which sends PING on every connection.
pub const BLOCKING: Client = Client {
    id: "redis-rs",
    versions: ">=1.5, blocking",
    learnt_from: "1.8.1",
    source: "redis 1.8.1, src/cluster_handling/topology.rs and sync_connection/mod.rs",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Skip,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::rustls::RUSTLS,
    needs: &["PING", "CLUSTER SLOTS"],
    plain: Plain { on_lone_word: Some("\"NOAUTH\": Authentication required."), ..Plain::UNKNOWN },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some("Redis server refused to switch database"),
    hook: Some(Hook {
        option: "ClusterClientBuilder::node_address_map",
        since: "1.5.0",
        carries: Carries::Address,
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "Exact entries only: there is no rule form.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Read,
        asks: &["SENTINEL MASTERS"],
        one_transport: false,
        heeds_role: true,
        heeds: Heeds::Down,
        wants_two: false,
        text: by_sentinel,
    }),
    text: blocking,
};

/// The asynchronous client, which keeps why a discovered node cannot be used to its log.
pub const ASYNC: Client = Client {
    versions: ">=1.5, async",
    source: "redis 1.8.1, src/cluster_handling/topology.rs and async_connection/mod.rs",
    needs: &[],
    text: asynchronous,
    ..BLOCKING
};

/// Before `node_address_map` came, in #2155.
pub const BLOCKING_BEFORE_1_5: Client = Client {
    versions: ">=1, <1.5, blocking",
    learnt_from: "1.4.1",
    source: "redis 1.4.1, src/cluster_handling/topology.rs and sync_connection/mod.rs",
    evidence: Evidence::Read,
    hook: None,
    ..BLOCKING
};

/// The same of the asynchronous client.
pub const ASYNC_BEFORE_1_5: Client = Client {
    versions: ">=1, <1.5, async",
    learnt_from: "1.4.1",
    source: "redis 1.4.1, src/cluster_handling/topology.rs and async_connection/mod.rs",
    evidence: Evidence::Read,
    hook: None,
    ..ASYNC
};

/// At the seed after "It failed to check startup nodes. - Io: Failed to connect to each cluster node (HOST:PORT: ". A
/// node that is silent is tried 17 times over before anything is said.
fn blocking(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) if place != Where::Seed => return None,
        Symptom::ClusterDown => return None,
        Symptom::TlsNotSpoken => "Resource temporarily unavailable (os error 11)",
        Symptom::TimedOut(_) => "connection timed out",
        // A refusal of CLUSTER SLOTS is read as an answer without slots.
        Symptom::LeftOut | Symptom::ClusterDisabled | Symptom::NotPermitted("CLUSTER SLOTS") => NO_CONNECTIONS,
        _ => return either(symptom),
    };
    Some(said.to_owned())
}

/// At the seed after "Failed to create initial connections - Io: ". While other nodes can be used, commands for the bad
/// one are tried again and again, and nothing is said.
fn asynchronous(symptom: &Symptom, place: Where) -> Option<String> {
    match (place, symptom) {
        (_, Symptom::WrongNode) => either(symptom),
        (Where::SomeNodes, _)
        | (_, Symptom::ClusterDown)
        | (Where::EveryNode, Symptom::TlsNotSpoken | Symptom::TimedOut(_)) => None,
        (Where::EveryNode, _) => Some(NO_CONNECTIONS.to_owned()),
        (Where::Seed, Symptom::TlsNotSpoken | Symptom::TimedOut(_)) => Some("timed out".to_owned()),
        (Where::Seed, _) => either(symptom),
    }
}

const NO_CONNECTIONS: &str = "No connections found - ClusterConnectionNotFound";

/// What both clients say.
fn either(symptom: &Symptom) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::Closed(_) => "Connection reset by peer (os error 104)",
        Symptom::NotSpoken => "received corrupt message of type InvalidContentType",
        Symptom::ClientCertificate => "received fatal alert: CertificateRequired",
        Symptom::Refused(_) => "Connection refused (os error 111)",
        Symptom::Unreachable(_) => "Network is unreachable (os error 101)",
        Symptom::NoSuchName(_) => "failed to lookup address information",
        Symptom::NoAuth => "\"NOAUTH\": Authentication required.",
        Symptom::WrongPass | Symptom::AuthRefused(_) => "Password authentication failed - AuthenticationFailed",
        Symptom::NotPermitted(_) => "NoPerm: ",
        Symptom::WrongNode => "Moved: ",
        Symptom::ClusterDisabled => "This instance has cluster support disabled",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// The error's message (`src/sentinel.rs`).
fn by_sentinel(symptom: &Symptom, _: Where) -> Option<String> {
    match symptom {
        Symptom::NoSuchGroup(_) | Symptom::CalledDown(_) | Symptom::IsReplica => {
            Some("Master with given name not found in sentinel - MasterNameNotFoundBySentinel".to_owned())
        }
        _ => either(symptom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asynchronous_client_keeps_to_itself_what_is_wrong_with_a_node() {
        let refused = Symptom::Refused("10.0.0.4:6379".parse().unwrap());
        for (place, said) in [
            (Where::Seed, Some("Connection refused (os error 111)")),
            (Where::EveryNode, Some(NO_CONNECTIONS)),
            (Where::SomeNodes, None),
        ] {
            assert_eq!(asynchronous(&refused, place).as_deref(), said, "{place:?}");
        }
    }

    #[test]
    fn a_refused_ping_is_named_and_a_refused_discovery_is_not() {
        let of = |command| blocking(&Symptom::NotPermitted(command), Where::Seed);
        assert_eq!(of("PING").as_deref(), Some("NoPerm: "));
        assert_eq!(of("CLUSTER SLOTS").as_deref(), Some(NO_CONNECTIONS));
    }
}
