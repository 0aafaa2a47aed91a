//! hiredis: a connection, not a cluster client; it looks at the chain and never at a name.

use super::{Client, Dials, Evidence, Symptom, Verifies};

/// Up to 1.4.1. What is dialled is the application's business; the preferred endpoint stands for it here.
pub const CLIENT: Client = Client {
    id: "hiredis",
    versions: "<=1.4.1",
    source: "hiredis 1.4.1, ssl.c",
    evidence: Evidence::Read,
    dials: Dials::Preferred,
    verifies: Verifies::Nothing,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: None,
    text,
};

/// What `errstr` holds; libvalkey, its fork, says the same.
pub(super) fn text(symptom: &Symptom<'_>) -> Option<String> {
    use crate::facts::ChainProblem::CaAsLeaf;

    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::ClusterDisabled | Symptom::Chain { problem: CaAsLeaf, .. } => {
            return None;
        }
        Symptom::Chain { .. } => "SSL_connect failed: certificate verify failed",
        Symptom::TlsRequired | Symptom::ClientCertificate => "Connection reset by peer",
        Symptom::TlsNotSpoken => "(no message: it waits for ever)",
        Symptom::Refused(_) => "Connection refused",
        Symptom::TimedOut(_) => "Connection timed out",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
    };
    Some(said.to_owned())
}
