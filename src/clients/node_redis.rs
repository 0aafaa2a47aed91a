//! node-redis: dials the preferred endpoint of CLUSTER SLOTS, verifies what it dials, sends no SNI of its own accord.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Versions 4 to 6.
pub const CLIENT: Client = Client {
    id: "node-redis",
    versions: ">=4",
    source: "node-redis 6.3.1, packages/client/lib/cluster/cluster-slots.ts",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook {
        option: "nodeAddressMap",
        since: "4.x, 2022-02",
        gaps: "The root nodes themselves are not mapped.",
    }),
    text,
};

/// What the `error` event carries; `connect()` itself says at most "All the root nodes are unavailable".
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::node(symptom),
        Symptom::Refused(at) => return Some(format!("connect ECONNREFUSED {}", at.unbracketed())),
        Symptom::TlsRequired => "read ECONNRESET",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Connection timeout",
        Symptom::ClientCertificate => {
            "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: … tlsv13 alert certificate required …"
        }
        Symptom::NoAuth => "NOAUTH HELLO must be called with the client already authenticated, …",
        Symptom::WrongPass => "WRONGPASS …",
        Symptom::ClusterDisabled => "ERR This instance has cluster support disabled",
    };
    Some(said.to_owned())
}
