//! ioredis (and iovalkey): resolves a seed's name and verifies the IP, dials the preferred endpoint of discovered nodes.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where, node_redis::in_nodes_words,
};
use crate::names::stacks;

/// Version 6: `hello 3` first; what the server says to it without a password is another sentence.
pub const CLIENT: Client = Client {
    id: "ioredis",
    versions: ">=6",
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
    plain: Plain {
        speaks_as: Where::EveryNode,
        on_lone_word: Some("WRONGPASS"),
        behind_strict_proxy: Some(StrictProxy {
            text: "Reached the max retries per request limit",
            options: Some("disableClientInfo: true, enableReadyCheck: false, protocol: 2"),
        }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "natMap",
        since: "4.3.0",
        carries: Carries::AddressAndName,
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "Seeds are not mapped, and verified by IP unless dnsLookup passes their names through; \
               nodes that announce no host are left out before the map is asked.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME", "SENTINEL SENTINELS"],
        one_transport: false,
        heeds_role: true,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text: |symptom, place| match (symptom, place) {
        (Symptom::NoAuth, Where::SomeNodes | Where::EveryNode) => {
            Some("NOAUTH HELLO must be called with the client already authenticated".to_owned())
        }
        _ => text(symptom, place),
    },
};

/// Version 5.
pub const BEFORE_6: Client = Client {
    versions: ">=5, <6",
    learnt_from: "5.11.1",
    source: "ioredis 5.11.1, built/cluster/index.js",
    plain: Plain {
        behind_strict_proxy: Some(StrictProxy {
            text: "Reached the max retries per request limit",
            options: Some("disableClientInfo: true, enableReadyCheck: false"),
        }),
        ..CLIENT.plain
    },
    text,
    ..CLIENT
};

/// What the `error` event carries, and `node error` for a discovered node. Nothing rejects at a seed: commands stay
/// queued while it tries again and again.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::NoAuth
        | Symptom::WrongPass
        | Symptom::AuthRefused(_)
        | Symptom::NotPermitted("CLUSTER SLOTS")
        | Symptom::UnknownCommand("CLUSTER SLOTS")
        | Symptom::ClusterDisabled => return symptom.in_the_servers_words(),
        // Without CLUSTER INFO it waits for ever to be ready; without hosts, for nodes: it says nothing of either.
        Symptom::NotPermitted(_) | Symptom::UnknownCommand(_) | Symptom::LeftOut => return None,
        // Of what went wrong at a seed it keeps only that the connection is gone.
        _ if place == Where::Seed => "Failed to refresh slots cache.",
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::Closed(_) => "read ECONNRESET",
        Symptom::NotSpoken => "wrong version number",
        // The alert and the reset race here.
        Symptom::ClientCertificate => "Connection is closed.",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "connect ETIMEDOUT",
        // It is never ready, and says nothing of it.
        Symptom::ClusterDown => return None,
        Symptom::WrongNode => "Too many Cluster redirections. Last error: ReplyError: ",
        _ => return in_nodes_words(symptom),
    };
    Some(said.to_owned())
}

/// What the `error` event carries. Of what went wrong at a Sentinel it keeps only what the server said; a server that cannot be
/// used is told of, and then asked for again without end.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    const UNREACHABLE: &str = "All sentinels are unreachable. Retrying from scratch after 10ms. Last error: ";
    let last = match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => "ERR No such master with that name",
        (Symptom::NoAuth, Where::Seed) => "NOAUTH",
        (Symptom::WrongPass, Where::Seed) => "WRONGPASS",
        (Symptom::NotPermitted(_), Where::Seed) => "NOPERM",
        (_, Where::Seed) => "Connection is closed.",
        // It goes on to the next Sentinel, and from the last one to the first.
        (Symptom::IsReplica, _) => return None,
        _ => return text(symptom, place),
    };
    Some(format!("{UNREACHABLE}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_keeps_the_reason_to_itself_unless_the_server_gave_it() {
        let said = |symptom, place| (CLIENT.text)(&symptom, place);
        let refused = || Symptom::Refused("10.0.0.4:6379".parse().unwrap());
        assert_eq!(said(refused(), Where::Seed).unwrap(), "Failed to refresh slots cache.");
        assert_eq!(said(refused(), Where::SomeNodes).unwrap(), "connect ECONNREFUSED 10.0.0.4:6379");
        assert_eq!(said(Symptom::NoAuth, Where::Seed).unwrap(), "NOAUTH");
        assert_eq!(said(Symptom::NotPermitted("CLUSTER SLOTS"), Where::Seed).unwrap(), "NOPERM");
        assert_eq!(said(Symptom::NotPermitted("CLUSTER INFO"), Where::Seed), None);
    }
}
