//! fred: prefers an announced host name over the preferred endpoint; its map changes the verified name, not the dialling.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Version 10, with rustls.
pub const CLIENT: Client = Client {
    id: "fred",
    versions: ">=10, rustls",
    learnt_from: "10.1.0",
    source: "fred 10.1.0, src/protocol/cluster.rs",
    evidence: Evidence::Run,
    dials: Dials::HostnameElsePreferred,
    on_nil: Blank::Asker,
    on_empty: Blank::Literal,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::rustls::RUSTLS,
    // And PING, where there is no password: it takes the place of AUTH.
    needs: &["CLUSTER INFO", "CLUSTER SLOTS"],
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsAll,
    dials_replicas: false,
    heeds_state: true,
    in_another_database: None,
    hook: Some(Hook {
        option: "TlsHostMapping",
        since: "6.0.0 or before",
        carries: Carries::Less,
        covers: Covers { seeds: false, discovered: true, redirects: false, sentinel: false },
        gaps: "Only the verified name of IP hosts changes, and not on ASK redirects; dialling elsewhere needs a DNS resolver \
               of one's own.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Read,
        asks: &["SENTINEL SENTINELS", "SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: true,
        heeds_role: true,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// The same rules, read.
pub const BEFORE_10: Client = Client {
    versions: ">=6, <10, rustls",
    learnt_from: "9.0.3",
    source: "fred 6.0.0, 7.0.0 and 9.0.3, src/protocol/cluster.rs",
    evidence: Evidence::Read,
    text: |symptom, place| text(symptom, place).map(|said| details(&said).to_owned()),
    ..CLIENT
};

/// Without the kind of error in front, which was spelt in several ways.
fn details(said: &str) -> &str {
    said.split_once(" Error: ").map_or(said, |(_, details)| details)
}

/// What `init` fails with: the error of one node, whichever was first.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => {
            let inner = refusal.debug.as_ref()?;
            return Some(format!("IO Error: Custom {{ kind: InvalidData, error: {inner}"));
        }
        Symptom::TlsRequired | Symptom::Closed(_) => {
            "IO Error: Os { code: 104, kind: ConnectionReset, message: \"Connection reset by peer\" }"
        }
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Timeout Error: Request timed out.",
        Symptom::NotSpoken => "IO Error: Custom { kind: InvalidData, error: InvalidMessage(",
        Symptom::ClientCertificate => {
            "IO Error: Custom { kind: InvalidData, error: AlertReceived(CertificateRequired) }"
        }
        Symptom::Refused(_) => "IO Error: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
        Symptom::Unreachable(_) => {
            "IO Error: Os { code: 101, kind: NetworkUnreachable, message: \"Network is unreachable\" }"
        }
        Symptom::NoSuchName(_) => {
            "IO Error: Custom { kind: Uncategorized, error: \"failed to lookup address information"
        }
        Symptom::NoAuth => "Authentication Error: NOAUTH Authentication required.",
        Symptom::WrongPass => "Authentication Error: WRONGPASS invalid username-password pair or user is disabled.",
        Symptom::NotPermitted(_) => "Unknown Error: NOPERM",
        Symptom::ClusterDisabled => "Config Error: ERR This instance has cluster support disabled",
        Symptom::WrongNode => "Unknown Error: Too many failed write attempts.",
        Symptom::ClusterDown => "Protocol Error: Invalid or missing cluster state.",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// What `init` fails with (`src/router/sentinel.rs`).
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => Some("Missing primary address in response from sentinel node.".to_owned()),
        (Symptom::NotPermitted(_), _) => text(symptom, place),
        (_, Where::Seed) => Some("Failed to connect to all sentinel nodes.".to_owned()),
        (Symptom::IsReplica, _) => Some("Invalid role: Some(\"slave\")".to_owned()),
        // The kind of the error becomes Sentinel, whatever it was.
        _ => text(symptom, place).map(|said| details(&said).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_10_the_kind_of_error_is_left_out() {
        for (symptom, now, before) in [
            (Symptom::TlsNotSpoken, "Timeout Error: Request timed out.", "Request timed out."),
            (
                Symptom::NoAuth,
                "Authentication Error: NOAUTH Authentication required.",
                "NOAUTH Authentication required.",
            ),
        ] {
            assert_eq!((CLIENT.text)(&symptom, Where::Seed).as_deref(), Some(now));
            assert_eq!((BEFORE_10.text)(&symptom, Where::Seed).as_deref(), Some(before));
        }
    }
}
