//! go-redis: dials the preferred endpoint of CLUSTER SLOTS; a `rediss://` URL fixes the verified name for every node.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// A `tls.Config` of one's own, without `ServerName`.
pub const OWN_TLS_CONFIG: Client = Client {
    id: "go-redis",
    versions: ">=9, tls.Config{}",
    learnt_from: "9.22.0",
    source: "go-redis 9.22.0, osscluster.go",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::GivesUp,
    on_empty: Blank::Localhost,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Seed,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: true,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: Some("tls.Config.ServerName"),
    stack: &stacks::go::GO_1_23,
    needs: &[],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook { option: "ClusterOptions.NewClient", since: "9", covers: Covers::ALL, gaps: "" }),
    text,
};

/// `ParseClusterURL` sets `ServerName` to the host of the URL.
pub const FROM_URL: Client =
    Client { versions: ">=9, rediss:// URL", verifies: Verifies::SeedWhatever, ..OWN_TLS_CONFIG };

/// The error that the command returns.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(format!("dial tcp {at}: connect: connection refused")),
        Symptom::Unreachable(at) => return Some(format!("dial tcp {at}: connect: network is unreachable")),
        Symptom::TimedOut(_) => "i/o timeout",
        Symptom::NoSuchName(_) => "no such host",
        Symptom::TlsRequired | Symptom::Closed(_) => "EOF",
        Symptom::TlsNotSpoken => "context deadline exceeded",
        Symptom::NotSpoken => "tls: first record does not look like a TLS handshake",
        Symptom::ClientCertificate => "remote error: tls: certificate required",
        Symptom::BlankEndpoint(_) => "redis: nil",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
