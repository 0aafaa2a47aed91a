//! valkey-glide: prefers an announced host name over the preferred endpoint since 2.3; built on a fork of redis-rs.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Since 2.3.0 the announced host name is dialled.
pub const CLIENT: Client = Client {
    id: "valkey-glide",
    versions: ">=2.3",
    learnt_from: "2.5.3",
    source: "valkey-glide 2.5.3, glide-core/redis-rs/redis/src/cluster_topology.rs",
    evidence: Evidence::Run,
    dials: Dials::HostnameElsePreferred,
    on_nil: Blank::AskerIp,
    on_empty: Blank::AskerIp,
    on_question_mark: Blank::Skip,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::rustls::RUSTLS,
    needs: &["PING"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook {
        option: "address_resolver",
        since: "2.4.0",
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "It is called again on its own output, so it must leave that as it is.",
    }),
    text,
};

/// Before, the preferred endpoint was, and there was no map.
pub const BEFORE_2_3: Client = Client { versions: "<2.3", dials: Dials::Preferred, hook: None, ..CLIENT };

/// What a `ClosingError` holds, or later a failing command: creating the client succeeds where only some nodes fail.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::Closed(_) => {
            "Multiplexed connection driver unexpectedly terminated- IoError"
        }
        Symptom::TlsNotSpoken => "timed out",
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            let at = at.unbracketed();
            return Some(format!("Requested connection not found - ConnectionNotFoundForRoute: {at}"));
        }
        Symptom::ClusterDisabled => "This instance has cluster support disabled",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
