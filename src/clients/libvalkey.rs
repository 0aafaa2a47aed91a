//! libvalkey: hiredis's fork with a cluster client; it looks at the chain and never at a name.

use super::{Client, Dials, Evidence, Symptom, Where, hiredis};

/// Version 0.
pub const CLIENT: Client = Client {
    id: "libvalkey",
    versions: ">=0.1",
    source: "libvalkey (2026-06), src/cluster.c",
    evidence: Evidence::Read,
    learnt_from: "2026-06",
    dials: Dials::Preferred,
    text,
    ..hiredis::CLIENT
};

fn text(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::ClusterDisabled => Some("ERR This instance has cluster support disabled".to_owned()),
        _ => hiredis::text(symptom, place),
    }
}
