//! go-redis: dials the preferred endpoint of CLUSTER SLOTS; a `rediss://` URL fixes the verified name for every node.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// A `tls.Config` of one's own, without `ServerName`.
pub const OWN_TLS_CONFIG: Client = Client {
    id: "go-redis",
    versions: ">=9, tls.Config{}",
    source: "go-redis 9.22.0, osscluster.go",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: false,
    hook: Some(Hook { option: "ClusterOptions.NewClient", since: "9", gaps: "" }),
    text,
};

/// `ParseClusterURL` sets `ServerName` to the host of the URL.
pub const FROM_URL: Client = Client { versions: ">=9, rediss:// URL", verifies: Verifies::Seed, ..OWN_TLS_CONFIG };

/// The error that the command returns.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::go(symptom),
        Symptom::Refused(at) => return Some(format!("dial tcp {at}: connect: connection refused")),
        Symptom::TimedOut(at) => return Some(format!("dial tcp {at}: i/o timeout")),
        Symptom::TlsRequired => "EOF",
        Symptom::TlsNotSpoken => "context deadline exceeded",
        Symptom::ClientCertificate => "remote error: tls: certificate required",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
        Symptom::ClusterDisabled => "ERR This instance has cluster support disabled",
    };
    Some(said.to_owned())
}
