//! redis-py: dials the preferred endpoint of CLUSTER SLOTS; compares names since 6.0 only.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where, WithoutHello,
};
use crate::{facts::Endpoint, names::stacks};

/// Since 8.0 it says HELLO 3, and the server's answer to that is what it shows.
pub const CLIENT: Client = Client {
    id: "redis-py",
    versions: ">=8",
    learnt_from: "8.1.0",
    source: "redis-py 8.1.0, redis/cluster.py",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Localhost,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Localhost,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::python::PYTHON_3_11,
    needs: &["HELLO", "COMMAND"],
    plain: Plain {
        on_lone_word: Some("invalid username-password pair or user is disabled."),
        behind_strict_proxy: Some(StrictProxy {
            text: "Connection closed by server.",
            options: Some("protocol=2, lib_name=None, lib_version=None"),
        }),
        without_hello: Some(WithoutHello { text: "unknown command 'HELLO'", option: "protocol=2" }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some("A ``db`` querystring option can only be 0 in cluster mode"),
    hook: Some(Hook {
        option: "address_remap",
        since: "4.5.5",
        carries: Carries::Address,
        covers: Covers { seeds: false, discovered: true, redirects: false, sentinel: false },
        gaps: "Seeds are not mapped, nor are redirects during resharding: MOVED dials the announced address before it comes \
               back to the map, ASK fails.",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL MASTERS"],
        one_transport: false,
        heeds_role: false,
        heeds: Heeds::Down,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// Since 6.0 `ssl_check_hostname` is on, and every slot has to be covered.
pub const BEFORE_8: Client = Client {
    versions: ">=6, <8",
    learnt_from: "7.4.0",
    source: "redis-py 7.4.0, redis/connection.py",
    needs: &["COMMAND"],
    plain: Plain {
        behind_strict_proxy: Some(StrictProxy {
            text: "Connection closed by server.",
            options: Some("lib_name=None, lib_version=None"),
        }),
        without_hello: None,
        ..CLIENT.plain
    },
    text: text_before_hello,
    ..CLIENT
};

/// Before, the chain was all it looked at.
pub const BEFORE_6: Client = Client {
    versions: "<6",
    learnt_from: "5.3.1",
    source: "redis-py 5.3.1, redis/connection.py",
    verifies: Verifies::Nothing,
    ..BEFORE_8
};

/// What stands in front of the last error, where no node could be used.
const NONE_REACHABLE: &str = "Please provide at least one reachable node: Error ";

/// The exception's message, without the "Redis Cluster cannot be connected." in front of it.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(format!("Error 111 connecting to {}. Connection refused.", shown(at))),
        Symptom::Unreachable(at) => {
            return Some(format!("Error 101 connecting to {}. Network is unreachable.", shown(at)));
        }
        Symptom::NoSuchName(_) => "Name or service not known",
        Symptom::NotPermitted("COMMAND") => "has no permissions to run the 'command' command",
        // The server's own words are only in `__context__`.
        Symptom::ClusterDisabled | Symptom::NotPermitted(_) | Symptom::UnknownCommand("HELLO" | "CLUSTER SLOTS") => {
            "Cluster mode is not enabled on this node"
        }
        Symptom::TlsRequired => "(104, 'Connection reset by peer')",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Timeout connecting to server",
        Symptom::NotSpoken => "wrong version number",
        // The alert races with the first write, which may find the connection closed: "EOF occurred in violation of protocol".
        Symptom::ClientCertificate if place == Where::SomeNodes => "tlsv13 alert certificate required",
        Symptom::ClientCertificate => NONE_REACHABLE,
        Symptom::Handshake(_) => "[SSL: ",
        Symptom::NoAuth => "HELLO must be called with the client already authenticated",
        Symptom::WrongPass => "invalid username-password pair or user is disabled.",
        // It cuts off the first word, where that is ERR or one that it knows.
        Symptom::AuthRefused(said) => said.strip_prefix("ERR ").unwrap_or(said),
        // It cuts off the first word of what a server says.
        Symptom::ClusterDown => "The cluster is down",
        Symptom::UnknownCommand(_) => "unknown command",
        _ => return None,
    };
    Some(said.to_owned())
}

/// A host as its messages show it: a nil one, which leads to this machine, is Python's `None` (it resolves the name
/// `localhost` before it dials).
fn shown(at: &Endpoint) -> String {
    match at.host.name() {
        Some("localhost") => format!("None:{}", at.port),
        _ => at.unbracketed(),
    }
}

/// The same of a version that says AUTH and not HELLO.
fn text_before_hello(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::NoAuth => Some("Authentication required.".to_owned()),
        _ => text(symptom, place),
    }
}

/// The exception's message: `MasterNotFoundError` for whatever goes wrong at the Sentinels.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(name) | Symptom::CalledDown(name), _) => Some(format!("No master found for '{name}'")),
        (Symptom::NotPermitted(_), _) => Some("has no permissions to run the 'sentinel|".to_owned()),
        (_, Where::Seed) => Some("No master found for '".to_owned()),
        (Symptom::NoAuth, _) => Some("uthentication".to_owned()),
        (Symptom::IsReplica, _) => Some("The previous master is now a slave".to_owned()),
        _ => text(symptom, Where::SomeNodes),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::of_version, *};

    fn told(version: &str, symptom: &Symptom, place: Where) -> Option<String> {
        (of_version("redis-py", version)[0].text)(symptom, place)
    }

    #[test]
    fn hello_came_with_8() {
        for (version, words) in
            [("8", "HELLO must be called"), ("7.4.0", "Authentication"), ("5.3.1", "Authentication")]
        {
            assert!(told(version, &Symptom::NoAuth, Where::Seed).unwrap().starts_with(words), "{version}");
        }
    }

    #[test]
    fn names_are_compared_since_6() {
        for (version, verifies) in
            [("8.1.0", Verifies::Dialled), ("6.0.0", Verifies::Dialled), ("5.3.1", Verifies::Nothing)]
        {
            assert_eq!(of_version("redis-py", version)[0].verifies, verifies, "{version}");
        }
    }

    #[test]
    fn a_nil_host_is_none() {
        for (at, words) in [
            ("localhost:7001", "Error 111 connecting to None:7001. Connection refused."),
            ("[fd00::1]:7001", "Error 111 connecting to fd00::1:7001. Connection refused."),
        ] {
            let refused = Symptom::Refused(at.parse().unwrap());
            assert_eq!(told("8", &refused, Where::EveryNode).as_deref(), Some(words));
        }
    }

    #[test]
    fn what_may_not_be_asked_reads_as_no_cluster() {
        let told = |command| told("8", &Symptom::NotPermitted(command), Where::Seed).unwrap();
        assert_eq!(told("CLUSTER SLOTS"), "Cluster mode is not enabled on this node");
        assert_eq!(told("COMMAND"), "has no permissions to run the 'command' command");
    }
}
