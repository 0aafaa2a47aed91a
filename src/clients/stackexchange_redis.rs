//! StackExchange.Redis: reads CLUSTER NODES and dials IPs; a host name shared by all configured endpoints is the verified one.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// All configured endpoints are one host name, or `sslHost` is set.
pub const ONE_HOST: Client = Client {
    id: "stackexchange-redis",
    versions: ">=2.6.80, one host name or sslHost",
    learnt_from: "3.1.31",
    source: "StackExchange.Redis 3.1.31, Configuration/DefaultOptionsProvider.cs",
    evidence: Evidence::Read,
    dials: Dials::IpWhereAnswered,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Asker,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Seed,
    sni: Sni::Names,
    fixed_name: Some("sslHost"),
    stack: &stacks::dotnet::DOTNET_LINUX,
    needs: &[],
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "ConfigurationOptions.Tunnel",
        since: "2.6.80",
        carries: Carries::Address,
        covers: Covers::ALL,
        gaps: "The verified name is not changed by it: sslHost does that, for all nodes at once.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Read,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: true,
        heeds_role: false,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// The configured endpoints are several host names, or IPs.
pub const SEVERAL_HOSTS: Client =
    Client { versions: ">=2.6.80, several host names or IPs", verifies: Verifies::Dialled, ..ONE_HOST };

/// The message of the `RedisConnectionException`: of `Connect` at a seed, else of a command.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) if place == Where::Seed => return Some(refusal.text.clone()),
        Symptom::WrongPass | Symptom::AuthRefused(_) | Symptom::ClientCertificate => REFUSED,
        Symptom::NoAuth => "NOAUTH Returned - connection has not yet authenticated",
        Symptom::TlsRequired | Symptom::TlsNotSpoken | Symptom::Closed(_) | Symptom::Handshake(_) => NO_CONNECTION,
        Symptom::Refused(_) | Symptom::TimedOut(_) | Symptom::Unreachable(_) | Symptom::NoSuchName(_)
            if place == Where::Seed =>
        {
            NO_CONNECTION
        }
        Symptom::NotSpoken => "Cannot determine the frame size or a corrupted frame was received.",
        Symptom::Certificate(_)
        | Symptom::Refused(_)
        | Symptom::TimedOut(_)
        | Symptom::Unreachable(_)
        | Symptom::NoSuchName(_) => "is not reachable at this point of time",
        Symptom::ClusterDisabled => return None,
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

const REFUSED: &str =
    "There was an authentication failure; check that passwords (or client certificates) are configured correctly:";
const NO_CONNECTION: &str = "It was not possible to connect to the redis server(s)";

/// The message of the `RedisConnectionException` (`ConnectionMultiplexer.Sentinel.cs`).
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => {
            Some("Sentinel: Failed connecting to configured primary for service: ".to_owned())
        }
        (Symptom::IsReplica, _) => symptom.in_the_servers_words(),
        _ => text(symptom, Where::Seed),
    }
}
