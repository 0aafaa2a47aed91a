//! Redisson: reads CLUSTER NODES and dials IPs; exactly one host name as seed fixes the verified name for every node.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// One `nodeAddress` that is a host name. An announced host name counts only where it is the sole extra field of a
/// CLUSTER NODES address (servers before 7.2), and is resolved to an IP even then: hence the IP here.
pub const ONE_SEED: Client = Client {
    id: "redisson",
    versions: ">=4, one host name as seed",
    learnt_from: "4.7.0",
    source: "Redisson 4.7.0, cluster/ClusterConnectionManager.java",
    evidence: Evidence::Read,
    dials: Dials::ResolvedIp,
    on_nil: Blank::Skip,
    on_empty: Blank::Skip,
    on_question_mark: Blank::Skip,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Seed,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::java::JAVA_17,
    needs: &["PING"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: true,
    hook: Some(Hook {
        option: "setNatMapper",
        since: "2020-01",
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "The seed itself is not mapped.",
    }),
    text,
};

/// Several seeds, or an IP: every node is verified by its own address.
pub const SEVERAL_SEEDS: Client =
    Client { versions: ">=4, several seeds or an IP", verifies: Verifies::Dialled, ..ONE_SEED };

/// The innermost cause of the `RedisConnectionException`.
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(_) | Symptom::TimedOut(_) => "Not all slots covered!",
        Symptom::ClientCertificate => "Received fatal alert: certificate_required",
        Symptom::TlsRequired | Symptom::TlsNotSpoken | Symptom::ClusterDisabled | Symptom::Closed(_) => {
            "Can't connect to servers!"
        }
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
