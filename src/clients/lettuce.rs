//! Lettuce: reads CLUSTER NODES; since 6.2.7 an announced host name wins over the IP, whatever the servers prefer.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where,
};
use crate::{facts::Endpoint, names::stacks};

/// Since 6.2.7 (and in every 6.3) the announced host name is dialled.
pub const CLIENT: Client = Client {
    id: "lettuce",
    versions: ">=6.2.7",
    learnt_from: "7.7.0",
    source: "Lettuce 7.7.0, core/cluster/models/partitions/ClusterPartitionParser.java",
    evidence: Evidence::Run,
    dials: Dials::HostnameElseIp,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Skip,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::java::JAVA_17,
    needs: &[],
    plain: Plain {
        behind_strict_proxy: Some(StrictProxy { text: "Connection closed prematurely", options: None }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "MappingSocketAddressResolver",
        since: "5.1",
        carries: Carries::Address,
        covers: Covers::ALL,
        gaps: "An ASK without a host, from nodes that announce none, is not followed.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: true,
        heeds_role: false,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// Before, the IP was, whatever the servers prefer.
pub const BEFORE_6_2_7: Client =
    Client { versions: "<6.2.7", learnt_from: "6.2.6", source: "Lettuce 6.2.6 and 6.1.10", dials: Dials::Ip, ..CLIENT };

/// The exception, its causes and what is logged as a warning. At a seed all of it stands behind "Unable to establish a
/// connection to Redis Cluster"; for one bad node the outermost message names it, and for all of them it names none.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let to = |at: &Endpoint| match place {
        Where::Seed => format!("Unable to connect to [{}/<unresolved>:{}]: ", at.host, at.port),
        Where::SomeNodes => format!("Unable to connect to {}/<unresolved>:{}", at.host, at.port),
        Where::EveryNode => "Unable to connect".to_owned(),
    };
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) if place == Where::Seed => return Some(to(at) + "Connection refused: "),
        Symptom::Refused(at) | Symptom::TimedOut(at) | Symptom::Unreachable(at) => return Some(to(at)),
        Symptom::NoSuchName(name) => return Some(format!("Failed to resolve '{name}'")),
        Symptom::ClientCertificate => "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required",
        Symptom::TlsRequired | Symptom::Closed(_) => "Connection reset",
        Symptom::TlsNotSpoken => "handshake timed out after ",
        Symptom::NoAuth => "NOAUTH HELLO must be called with the client already authenticated",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// The exception's message, and its causes.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(name), _) => {
            Some(format!("Cannot provide redisAddress using sentinel for masterId {name}"))
        }
        (Symptom::NotPermitted(_), _) => Some("Cannot obtain master using SENTINEL MASTER.".to_owned()),
        (Symptom::Certificate(_) | Symptom::NoAuth | Symptom::WrongPass, _) => text(symptom, place),
        (_, Where::Seed) => Some("Cannot connect to a Redis Sentinel: [".to_owned()),
        (Symptom::IsReplica, _) => symptom.in_the_servers_words(),
        _ => text(symptom, Where::SomeNodes),
    }
}
