//! Redisson: reads CLUSTER NODES and dials IPs; exactly one host name as seed fixes the verified name for every node.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// One `nodeAddress` that is a host name. An announced host name counts only where it is the sole extra field of a
/// CLUSTER NODES address (servers before 7.2), and is resolved to an IP even then: hence the IP here.
pub const ONE_SEED: Client = Client {
    id: "redisson",
    versions: ">=4, one host name as seed",
    source: "Redisson 4.7.0, cluster/ClusterConnectionManager.java",
    evidence: Evidence::Read,
    dials: Dials::Ip,
    verifies: Verifies::Seed,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook { option: "setNatMapper", since: "2020-01", gaps: "The seed itself is not mapped." }),
    text,
};

/// Several seeds, or an IP: every node is verified by its own address.
pub const SEVERAL_SEEDS: Client =
    Client { versions: ">=4, several seeds or an IP", verifies: Verifies::Dialled, ..ONE_SEED };

/// The innermost cause of the `RedisConnectionException`.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::jsse(symptom),
        Symptom::Refused(_) | Symptom::TimedOut(_) => "Not all slots covered! Only … slots are available…",
        Symptom::ClientCertificate => "Received fatal alert: certificate_required",
        Symptom::NoAuth => "RedisAuthRequiredException: NOAUTH Authentication required.",
        Symptom::WrongPass => "RedisWrongPasswordException: WRONGPASS …",
        Symptom::TlsRequired | Symptom::TlsNotSpoken | Symptom::ClusterDisabled => "Can't connect to servers!",
    };
    Some(said.to_owned())
}
