//! Lettuce: reads CLUSTER NODES; since 6.3 an announced host name wins over the IP, whatever the servers prefer.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Since 6.3 the announced host name is dialled.
pub const CLIENT: Client = Client {
    id: "lettuce",
    versions: ">=6.3",
    source: "Lettuce 7.7.0, core/cluster/models/partitions/ClusterPartitionParser.java",
    evidence: Evidence::Read,
    dials: Dials::HostnameElseIp,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook { option: "MappingSocketAddressResolver", since: "5.1", gaps: "" }),
    text,
};

/// Before, the IP was.
pub const BEFORE_6_3: Client = Client { versions: "<6.3", dials: Dials::Ip, ..CLIENT };

/// The innermost cause of "Cannot retrieve initial cluster partitions from initial URIs […]".
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::jsse(symptom),
        Symptom::Refused(at) => return Some(format!("Unable to connect to {}", at.unbracketed())),
        Symptom::TimedOut(at) => return Some(format!("connection timed out: /{}", at.unbracketed())),
        Symptom::ClientCertificate => "Received fatal alert: certificate_required",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
        Symptom::TlsRequired | Symptom::TlsNotSpoken | Symptom::ClusterDisabled => {
            "Cannot retrieve initial cluster partitions from initial URIs […]"
        }
    };
    Some(said.to_owned())
}
