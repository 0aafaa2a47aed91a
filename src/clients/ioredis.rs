//! ioredis (and iovalkey): resolves a seed's name and verifies the IP, dials the preferred endpoint of discovered nodes.

use super::{
    Blank, Client, Covers, Dials, Evidence, Hook, OneBadNode, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// Versions 5 and 6.
pub const CLIENT: Client = Client {
    id: "ioredis",
    versions: ">=5",
    learnt_from: "6.0.0",
    source: "ioredis 6.0.0, lib/cluster/index.ts",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Skip,
    on_empty: Blank::Skip,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Instead(6379),
    port: Port::AsAsked,
    resolves: Resolves::Seeds,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Configured,
    fixed_name: Some("redisOptions.tls.servername"),
    stack: &stacks::node::NODE_20,
    needs: &["CLUSTER INFO"],
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    hook: Some(Hook {
        option: "natMap",
        since: "4.3.0",
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "Seeds are not mapped, and verified by IP unless dnsLookup passes their names through.",
    }),
    text,
};

/// All that is said of a failed seed: the cause is not passed on.
const AT_A_SEED: &str = "Failed to refresh slots cache.";

/// What the `error` event carries, and `node error` for a discovered node; commands stay queued.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        _ if place == Where::Seed => AT_A_SEED,
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(format!("connect ECONNREFUSED {}", at.unbracketed())),
        Symptom::Unreachable(at) => return Some(format!("connect ENETUNREACH {}", at.unbracketed())),
        Symptom::NoSuchName(host) => return Some(format!("getaddrinfo ENOTFOUND {host}")),
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::Closed(_) => "Connection is closed.",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "connect ETIMEDOUT",
        Symptom::LeftOut => return None,
        Symptom::WrongNode => "Too many Cluster redirections",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}
