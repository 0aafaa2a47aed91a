//! redis-cluster-client (Ruby): reads CLUSTER SHARDS, where a blank endpoint gives way to the host name or the IP.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Version 0.17, under redis-rb 6 and redis-clustering alike.
pub const CLIENT: Client = Client {
    id: "redis-cluster-client",
    versions: ">=0.17",
    source: "redis-cluster-client 0.17.0, lib/redis_client/cluster/node.rb",
    evidence: Evidence::Run,
    dials: Dials::PreferredElseIp,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook {
        option: "fixed_hostname",
        since: "0.17 or before",
        gaps: "One host for every node; ports stay as announced.",
    }),
    text,
};

/// The tail of "Redis client could not fetch cluster information: …", or the `CannotConnectError` of one node.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::ruby(symptom),
        Symptom::Refused(at) => {
            return Some(format!("Connection refused - connect(2) for {}", at.unbracketed()));
        }
        Symptom::TlsRequired => "Connection reset by peer",
        Symptom::TlsNotSpoken => "Redis client could not fetch cluster information:",
        Symptom::ClientCertificate => "SSL_read: tlsv13 alert certificate required",
        Symptom::TimedOut(_) => "Connection timed out",
        Symptom::NoAuth => "NOAUTH …",
        Symptom::WrongPass => "WRONGPASS …",
        Symptom::ClusterDisabled => "ERR This instance has cluster support disabled",
    };
    Some(said.to_owned())
}
