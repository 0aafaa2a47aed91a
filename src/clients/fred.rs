//! fred: prefers an announced host name over the preferred endpoint; its map changes the verified name, not the dialling.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Version 10, with rustls.
pub const CLIENT: Client = Client {
    id: "fred",
    versions: ">=10, rustls",
    source: "fred 10.1.0, src/protocol/cluster.rs",
    evidence: Evidence::Run,
    dials: Dials::HostnameElsePreferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: false,
    accepts_common_name: false,
    hook: Some(Hook {
        option: "TlsHostMapping",
        since: "10.1 or before",
        gaps: "Only the verified name of IP hosts changes; dialling elsewhere needs a DNS resolver of one's own.",
    }),
    text,
};

/// What `init` fails with.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => {
            return stack_texts::rustls::debug(symptom).as_deref().map(io_error);
        }
        Symptom::TlsRequired => "IO Error: Os { code: 104, kind: ConnectionReset, … }",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Timeout Error: Request timed out.",
        Symptom::ClientCertificate => "AlertReceived(CertificateRequired)",
        Symptom::Refused(_) => "IO Error: Os { code: 111, kind: ConnectionRefused, … }",
        Symptom::NoAuth => "Authentication Error: NOAUTH Authentication required.",
        Symptom::WrongPass => "Authentication Error: WRONGPASS …",
        Symptom::ClusterDisabled => "… ERR This instance has cluster support disabled",
    };
    Some(said.to_owned())
}

fn io_error(inner: &str) -> String {
    format!("IO Error: Custom {{ kind: InvalidData, error: {inner} }}")
}
