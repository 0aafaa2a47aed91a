//! Lettuce: reads CLUSTER NODES; since 6.3 an announced host name wins over the IP, whatever the servers prefer.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Since 6.3 the announced host name is dialled.
pub const CLIENT: Client = Client {
    id: "lettuce",
    versions: ">=6.3",
    learnt_from: "7.7.0",
    source: "Lettuce 7.7.0, core/cluster/models/partitions/ClusterPartitionParser.java",
    evidence: Evidence::Read,
    dials: Dials::HostnameElseIp,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Skip,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::java::JAVA_17,
    needs: &["INFO"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook { option: "MappingSocketAddressResolver", since: "5.1", covers: Covers::ALL, gaps: "" }),
    text,
};

/// Before, the IP was.
pub const BEFORE_6_3: Client = Client { versions: "<6.3", dials: Dials::Ip, ..CLIENT };

/// The innermost cause of "Cannot retrieve initial cluster partitions from initial URIs".
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(format!("Unable to connect to {}", at.unbracketed())),
        Symptom::TimedOut(at) => return Some(format!("connection timed out: /{}", at.unbracketed())),
        Symptom::ClientCertificate => "Received fatal alert: certificate_required",
        Symptom::TlsRequired | Symptom::TlsNotSpoken | Symptom::Closed(_) => {
            "Cannot retrieve initial cluster partitions from initial URIs"
        }
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
