//! valkey-glide: prefers an announced host name over the preferred endpoint since 2.3; built on a fork of redis-rs.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// Since 2.3.0 the announced host name is dialled.
pub const CLIENT: Client = Client {
    id: "valkey-glide",
    versions: ">=2.3",
    source: "valkey-glide 2.5.3, glide-core/redis-rs/redis/src/cluster_topology.rs",
    evidence: Evidence::Run,
    dials: Dials::HostnameElsePreferred,
    verifies: Verifies::Dialled,
    accepts_ca_as_leaf: false,
    accepts_common_name: false,
    hook: Some(Hook {
        option: "address_resolver",
        since: "2.4.0",
        gaps: "It is called again on its own output, so it must leave that as it is.",
    }),
    text,
};

/// Before, the preferred endpoint was, and there was no map.
pub const BEFORE_2_3: Client = Client { versions: "<2.3", dials: Dials::Preferred, hook: None, ..CLIENT };

/// What a `ClosingError` holds, or later a failing command: creating the client succeeds where only some nodes fail.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => return stack_texts::rustls::displayed(symptom),
        Symptom::TlsRequired | Symptom::ClientCertificate => {
            "Multiplexed connection driver unexpectedly terminated- IoError"
        }
        Symptom::TlsNotSpoken => "timed out",
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            let at = at.unbracketed();
            return Some(format!("Requested connection not found - ConnectionNotFoundForRoute: {at}"));
        }
        Symptom::NoAuth => "NOAUTH: HELLO must be called…",
        Symptom::WrongPass => "WRONGPASS: …",
        Symptom::ClusterDisabled => "… This instance has cluster support disabled",
    };
    Some(said.to_owned())
}
