//! Redisson: reads CLUSTER NODES and dials IPs; exactly one host name as seed fixes the verified name for every node.

use std::net::Ipv6Addr;

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, Symptom, Verifies, Where,
};
use crate::names::stacks;

/// One `nodeAddress` that is a host name. An announced host name is resolved to an IP, and where that fails the announced
/// IP is dialled.
pub const ONE_SEED: Client = Client {
    id: "redisson",
    versions: ">=4, one host name as seed",
    learnt_from: "4.7.0",
    source: "Redisson 4.7.0, connection/ClusterConnectionManager.java",
    evidence: Evidence::Run,
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
    plain: Plain { needs: &["PING"], ..Plain::UNKNOWN },
    one_bad_node: OneBadNode::FailsAll,
    // It does, and goes on without one that is bad.
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "setNatMapper",
        since: "2020-01",
        carries: Carries::Address,
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "The seed itself is not mapped; a redirect without a host, from nodes that announce none, is not followed.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME", "SENTINEL SLAVES", "SENTINEL SENTINELS"],
        one_transport: true,
        heeds_role: false,
        heeds: Heeds::Nothing,
        wants_two: true,
        text: by_sentinel,
    }),
    text,
};

/// Several seeds, or an IP: every node is verified by its own address.
pub const SEVERAL_SEEDS: Client =
    Client { versions: ">=4, several seeds or an IP", verifies: Verifies::Dialled, ..ONE_SEED };

/// What the `RedisConnectionException` says, its causes, and what is logged as a warning or an error: a failed handshake is
/// always logged. One primary that is bad is enough for "Not all slots covered!".
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(in_full(&refusal.text)),
        Symptom::NoSuchName(name) => return Some(format!("java.net.UnknownHostException: Failed to resolve '{name}'")),
        Symptom::ClientCertificate => "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required",
        Symptom::NoAuth => "NOAUTH Authentication required.",
        Symptom::WrongPass | Symptom::AuthRefused(_) | Symptom::NotPermitted(_) | Symptom::ClusterDisabled => {
            return symptom.in_the_servers_words();
        }
        _ if place == Where::SomeNodes => "Not all slots covered! Only ",
        _ => "Can't connect to servers!",
    };
    Some(said.to_owned())
}

/// It writes every group of an IPv6 address (`InetAddress.getHostAddress`).
fn in_full(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.parse::<Ipv6Addr>() {
        Ok(ip) => ip.segments().map(|group| format!("{group:x}")).join(":"),
        Err(_) => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The `RedisConnectionException`, and its causes.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => {
            "Master node is undefined! SENTINEL GET-MASTER-ADDR-BY-NAME command returns empty result!"
        }
        (Symptom::OneSentinel, _) => {
            "SENTINEL SENTINELS command returns less than 2 nodes or connection can't be established to some of them!"
        }
        (_, Where::Seed) => "Can't connect to servers!",
        (Symptom::Refused(at) | Symptom::Unreachable(at) | Symptom::TimedOut(at), _) => {
            return Some(format!("Unable to connect to Redis server: {}/{}", at.host, at));
        }
        (Symptom::IsReplica, _) => return symptom.in_the_servers_words(),
        _ => return text(symptom, place),
    };
    Some(said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_full;

    #[test]
    fn ipv6_addresses_are_written_in_full() {
        let text = "No subject alternative names matching IP address fd77::11 found";
        assert_eq!(in_full(text), "No subject alternative names matching IP address fd77:0:0:0:0:0:0:11 found");
        assert_eq!(in_full("No name matching a.example found"), "No name matching a.example found");
    }
}
