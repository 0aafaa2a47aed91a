//! redis-cli: follows MOVED and looks at the chain, never at a name: that it connects proves nothing about names.

use super::{Client, Dials, Evidence, Symptom, Verifies, hiredis};

/// `redis-cli -c`. Without `-c` it stays where it is.
pub const CLIENT: Client = Client {
    id: "redis-cli",
    versions: ">=6",
    source: "redis 7.4.1, src/redis-cli.c",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    verifies: Verifies::Nothing,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: None,
    text,
};

/// What it prints.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    match symptom {
        Symptom::TlsRequired | Symptom::ClientCertificate => Some("Error: Connection reset by peer".to_owned()),
        Symptom::Chain { .. } => {
            hiredis::text(symptom).map(|inner| format!("Could not connect to Redis at …: {inner}"))
        }
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            hiredis::text(symptom).map(|inner| format!("Could not connect to Redis at {at}: {inner}"))
        }
        Symptom::WrongPass => Some("AUTH failed: WRONGPASS …".to_owned()),
        _ => hiredis::text(symptom),
    }
}
