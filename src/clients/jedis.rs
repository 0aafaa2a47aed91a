//! Jedis: dials the preferred endpoint of CLUSTER SLOTS; `ssl(true)` compares names since 7.5.0 only.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Since 7.5.0 endpoint identification is on.
pub const CLIENT: Client = Client {
    id: "jedis",
    versions: ">=7.5",
    learnt_from: "7.5.3",
    source: "Jedis 7.5.3, DefaultJedisSocketFactory.java",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::GivesUp,
    on_empty: Blank::Localhost,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::java::JAVA_17,
    needs: &[],
    plain: Plain {
        on_lone_word: Some("Password not provided in uri."),
        behind_strict_proxy: Some(StrictProxy {
            text: "Unexpected end of stream.",
            options: Some("clientSetInfoConfig(ClientSetInfoConfig.DISABLED)"),
        }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some("Could not initialize cluster slots cache."),
    hook: Some(Hook {
        option: "hostAndPortMapper",
        since: "4.0",
        carries: Carries::Address,
        covers: Covers::ALL,
        gaps: "",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: false,
        heeds_role: false,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// Before, with `ssl(true)` and no `SSLParameters`, the chain was all it looked at.
pub const BEFORE_7_5: Client = Client {
    versions: "<7.5, ssl(true)",
    learnt_from: "7.4.1",
    source: "Jedis 7.4.1, DefaultJedisSocketFactory.java",
    verifies: Verifies::Nothing,
    stack: &stacks::java::JAVA_NO_ENDPOINT_ID,
    ..CLIENT
};

/// What `getSuppressed()` holds of "Could not initialize cluster slots cache." at a seed, and of "No more cluster attempts
/// left." or "Cluster retry deadline exceeded." at a node.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) | Symptom::Unreachable(at) => {
            return Some(format!("Failed to connect to {}.", at.unbracketed()));
        }
        // "Connect timed out" or "Read timed out".
        Symptom::TimedOut(_) => "java.net.SocketTimeoutException: ",
        Symptom::NoSuchName(name) => return Some(format!("java.net.UnknownHostException: {name}")),
        Symptom::TlsRequired | Symptom::Closed(_) => "java.net.SocketException: Connection reset",
        Symptom::TlsNotSpoken => "java.net.SocketTimeoutException: Read timed out",
        // The alert is lost where the command is written after the server has closed: "Broken pipe", "Connection reset".
        Symptom::ClientCertificate if place == Where::SomeNodes => "No more cluster attempts left.",
        Symptom::ClientCertificate => "Could not initialize cluster slots cache.",
        Symptom::BlankEndpoint(_) => "Cannot read the array length because \"bytes\" is null",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// The exception's message. What was wrong at the Sentinels is only logged.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(name), _) => {
            Some(format!("Can connect to sentinel, but {name} seems to be not monitored."))
        }
        (_, Where::Seed) => Some("All sentinels down, cannot determine where ".to_owned()),
        (Symptom::IsReplica, _) => symptom.in_the_servers_words(),
        _ => text(symptom, place),
    }
}
