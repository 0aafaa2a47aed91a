//! Jedis: dials the preferred endpoint of CLUSTER SLOTS; `ssl(true)` compares names since 7.5.0 only.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Since 7.5.0 endpoint identification is on.
pub const CLIENT: Client = Client {
    id: "jedis",
    versions: ">=7.5",
    source: "Jedis 7.5.3, DefaultJedisSocketFactory.java",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook { option: "hostAndPortMapper", since: "4.0", gaps: "" }),
    text,
};

/// Before, with `ssl(true)` and no `SSLParameters`, the chain was all it looked at.
pub const BEFORE_7_5: Client =
    Client { versions: "<7.5, ssl(true)", verifies: Verifies::Nothing, text: text_without_names, ..CLIENT };

/// What `getSuppressed()` of "Could not initialize cluster slots cache." holds.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::jsse(symptom),
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            return Some(format!("Failed to connect to {}.", at.unbracketed()));
        }
        Symptom::TlsRequired => "Connection reset",
        Symptom::TlsNotSpoken => "Read timed out",
        Symptom::ClientCertificate => "Received fatal alert: certificate_required",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
        Symptom::ClusterDisabled => "Could not initialize cluster slots cache.",
    };
    Some(said.to_owned())
}

fn text_without_names(symptom: &Symptom<'_>) -> Option<String> {
    if matches!(symptom, Symptom::NameMismatch { .. }) { None } else { text(symptom) }
}
