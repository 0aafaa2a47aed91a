//! redis-rs: dials the preferred endpoint of CLUSTER SLOTS; a blank one means the host that answered, as the server meant.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Version 1, with rustls.
pub const CLIENT: Client = Client {
    id: "redis-rs",
    versions: ">=1, rustls",
    learnt_from: "1.8.1",
    source: "redis 1.8.1, src/cluster_handling/mod.rs",
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
    needs: &["PING"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook {
        option: "ClusterClientBuilder::node_address_map",
        since: "1.5.0",
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "Exact entries only: there is no rule form.",
    }),
    text,
};

/// The error's text, after "It failed to check startup nodes."; a single bad node shows as a hanging command in the
/// asynchronous client.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::Closed(_) => "Connection reset by peer (os error 104)",
        Symptom::TlsNotSpoken => "Resource temporarily unavailable (os error 11)",
        Symptom::ClientCertificate => "received fatal alert: CertificateRequired",
        Symptom::Refused(_) => "Connection refused (os error 111)",
        Symptom::TimedOut(_) => "timed out",
        Symptom::WrongPass => "Password authentication failed - AuthenticationFailed",
        Symptom::ClusterDisabled => "No connections found - ClusterConnectionNotFound",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
