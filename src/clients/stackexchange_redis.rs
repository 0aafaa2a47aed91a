//! StackExchange.Redis: reads CLUSTER NODES and dials IPs; a host name shared by all configured endpoints is the verified one.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// All configured endpoints are one host name, or `sslHost` is set.
pub const ONE_HOST: Client = Client {
    id: "stackexchange-redis",
    versions: ">=3, one host name or sslHost",
    learnt_from: "3.1.31",
    source: "StackExchange.Redis 3.1.31, Configuration/DefaultOptionsProvider.cs",
    evidence: Evidence::Read,
    dials: Dials::Ip,
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
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook {
        option: "ConfigurationOptions.Tunnel",
        since: "2022-10",
        covers: Covers::ALL,
        gaps: "The verified name is not changed by it: sslHost does that, for all nodes at once.",
    }),
    text,
};

/// The configured endpoints are several host names, or IPs.
pub const SEVERAL_HOSTS: Client =
    Client { versions: ">=3, several host names or IPs", verifies: Verifies::Dialled, ..ONE_HOST };

/// The message of the `RedisConnectionException`.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::WrongPass | Symptom::ClientCertificate => REFUSED,
        Symptom::NoAuth => "NOAUTH Returned - connection has not yet authenticated",
        Symptom::Refused(_) | Symptom::TimedOut(_) => "is not reachable at this point of time",
        Symptom::TlsRequired | Symptom::TlsNotSpoken => "It was not possible to connect to the redis server(s)",
        Symptom::ClusterDisabled => return None,
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

const REFUSED: &str =
    "There was an authentication failure; check that passwords (or client certificates) are configured correctly:";
