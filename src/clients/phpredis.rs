//! phpredis (`RedisCluster`): dials the preferred endpoint of CLUSTER SLOTS; a nil one crashes the process (6.1.0).

use super::{Client, Dials, Evidence, Symptom, Verifies, stack_texts};

/// Versions 5.3 to 6.1.
pub const CLIENT: Client = Client {
    id: "phpredis",
    versions: ">=5.3",
    source: "phpredis 6.1.0, cluster_library.c",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: None,
    text,
};

/// TLS reasons are PHP warnings; the exceptions do not say why.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::php(symptom),
        Symptom::TlsRequired | Symptom::ClientCertificate => "socket error on read socket",
        Symptom::Refused(_) | Symptom::TimedOut(_) => "Timed out attempting to find data in the correct node!",
        Symptom::TlsNotSpoken | Symptom::NoAuth | Symptom::WrongPass | Symptom::ClusterDisabled => {
            "Couldn't map cluster keyspace using any provided seed"
        }
    };
    Some(said.to_owned())
}
