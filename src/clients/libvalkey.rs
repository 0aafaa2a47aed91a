//! libvalkey: hiredis's fork with a cluster client; it looks at the chain and never at a name.

use super::{Blank, Client, Dials, Symptom, Where, hiredis};

/// Version 0.
pub const CLIENT: Client = Client {
    id: "libvalkey",
    versions: ">=0.1",
    source: "libvalkey (2026-06), src/cluster.c",
    learnt_from: "0.1",
    dials: Dials::Preferred,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    text,
    ..hiredis::CLIENT
};

fn text(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::ClusterDisabled => symptom.in_the_servers_words(),
        _ => hiredis::text(symptom, place),
    }
}
