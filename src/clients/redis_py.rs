//! redis-py: dials the preferred endpoint of CLUSTER SLOTS; compares names since 6.0 only.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Since 6.0 `ssl_check_hostname` is on.
pub const CLIENT: Client = Client {
    id: "redis-py",
    versions: ">=6",
    source: "redis-py 8.1.0, redis/cluster.py",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook {
        option: "address_remap",
        since: "4.5.5",
        gaps: "Seeds and MOVED/ASK redirects during resharding are not mapped.",
    }),
    text,
};

/// Before, the chain was all it looked at.
pub const BEFORE_6: Client = Client {
    versions: "<6",
    source: "redis-py 5.3.1, redis/connection.py",
    verifies: Verifies::Nothing,
    text: text_without_names,
    ..CLIENT
};

/// The exception's message, without the "Redis Cluster cannot be connected. …" in front of it.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::python(symptom),
        Symptom::Refused(at) => {
            return Some(format!("Error 111 connecting to {}. Connection refused.", at.unbracketed()));
        }
        Symptom::TlsRequired => "Error while reading from … : (104, 'Connection reset by peer')",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Timeout connecting to server",
        Symptom::ClientCertificate => "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required",
        Symptom::NoAuth => "HELLO must be called with the client already authenticated, …",
        Symptom::WrongPass => "invalid username-password pair or user is disabled.",
        Symptom::ClusterDisabled => "Cluster mode is not enabled on this node",
    };
    Some(said.to_owned())
}

/// The same of a version that compares no names; valkey-py, its fork, still does not.
pub(super) fn text_without_names(symptom: &Symptom<'_>) -> Option<String> {
    match symptom {
        Symptom::NameMismatch { .. } => None,
        Symptom::NoAuth => Some("Authentication required.".to_owned()),
        _ => text(symptom),
    }
}
