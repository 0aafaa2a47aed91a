//! predis: asks for no topology until the first MOVED, then dials what that says and the preferred endpoints.

use super::{Client, Dials, Evidence, Symptom, Verifies, stack_texts};

/// Version 3.
pub const CLIENT: Client = Client {
    id: "predis",
    versions: ">=3",
    source: "predis 3.6.0, src/Connection/Cluster/RedisCluster.php",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: None,
    text,
};

/// TLS reasons are PHP warnings. A server with cluster mode off never says MOVED, and so is not noticed.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::php(symptom),
        Symptom::TlsNotSpoken => "SSL: Handshake timed out",
        Symptom::Refused(at) => return Some(format!("Connection refused [tcp://{at}]")),
        Symptom::TimedOut(at) => return Some(format!("Connection timed out [tcp://{at}]")),
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::WrongPass => {
            "No connections available in the pool"
        }
        Symptom::ClusterDisabled => return None,
    };
    Some(said.to_owned())
}
