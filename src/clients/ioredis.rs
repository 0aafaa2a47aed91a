//! ioredis (and iovalkey): resolves a seed's name and verifies the IP, dials the preferred endpoint of discovered nodes.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Versions 5 and 6.
pub const CLIENT: Client = Client {
    id: "ioredis",
    versions: ">=5",
    source: "ioredis 6.0.0, lib/cluster/index.ts",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook {
        option: "natMap",
        since: "4.3.0",
        gaps: "Seeds are not mapped, and verified by IP unless dnsLookup passes their names through.",
    }),
    text,
};

/// All that is said of a failed seed: the cause is not passed on.
const AT_A_SEED: &str = "ClusterAllFailedError: Failed to refresh slots cache. (lastNodeError: Connection is closed.)";

/// What the `error` event carries, and `node error` for a discovered node; commands stay queued.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => {
            let inner = stack_texts::node(symptom)?;
            return Some(format!("{inner} (node error; at a seed only \"Connection is closed.\")"));
        }
        Symptom::Refused(at) => return Some(format!("connect ECONNREFUSED {}", at.unbracketed())),
        Symptom::TlsRequired | Symptom::ClientCertificate => AT_A_SEED,
        Symptom::TlsNotSpoken => "ClusterAllFailedError: Failed to refresh slots cache. (lastNodeError: timeout)",
        Symptom::TimedOut(_) => "connect ETIMEDOUT",
        Symptom::NoAuth => "ClusterAllFailedError: Failed to refresh slots cache. (lastNodeError: NOAUTH …)",
        Symptom::WrongPass => "ClusterAllFailedError: Failed to refresh slots cache. (lastNodeError: WRONGPASS …)",
        Symptom::ClusterDisabled => {
            "ClusterAllFailedError: Failed to refresh slots cache. \
             (lastNodeError: ERR This instance has cluster support disabled)"
        }
    };
    Some(said.to_owned())
}
