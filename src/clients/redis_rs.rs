//! redis-rs: dials the preferred endpoint of CLUSTER SLOTS; a blank one means the host that answered, as the server meant.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Version 1, with rustls.
pub const CLIENT: Client = Client {
    id: "redis-rs",
    versions: ">=1, rustls",
    source: "redis 1.8.1, src/cluster_handling/mod.rs",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: false,
    accepts_common_name: false,
    hook: Some(Hook {
        option: "ClusterClientBuilder::node_address_map",
        since: "1.5.0",
        gaps: "Exact entries only: there is no rule form.",
    }),
    text,
};

/// The error's text, after "It failed to check startup nodes."; a single bad node shows as a hanging command in the
/// asynchronous client.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::rustls::displayed(symptom),
        Symptom::TlsRequired => "Connection reset by peer (os error 104)",
        Symptom::TlsNotSpoken => "Resource temporarily unavailable (os error 11)",
        Symptom::ClientCertificate => "received fatal alert: CertificateRequired",
        Symptom::Refused(_) => "Connection refused (os error 111)",
        Symptom::TimedOut(_) => "timed out",
        Symptom::NoAuth => "\"NOAUTH\": Authentication required.",
        Symptom::WrongPass => "Password authentication failed - AuthenticationFailed",
        Symptom::ClusterDisabled => "No connections found - ClusterConnectionNotFound",
    };
    Some(said.to_owned())
}
