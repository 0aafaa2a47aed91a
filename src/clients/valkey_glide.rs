//! valkey-glide: prefers an announced host name over the preferred endpoint since 2.2.6; built on a fork of redis-rs.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Hook, OneBadNode, Plain, Port, PortZero, Resolves, Sni, Symptom,
    Verifies, Where, WithoutHello,
};
use crate::names::stacks;

/// Since 2.4.0 there is a map.
pub const CLIENT: Client = Client {
    id: "valkey-glide",
    versions: ">=2.4",
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
    verifies: Verifies::DialledOnce,
    sni: Sni::Names,
    fixed_name: None,
    stack: &stacks::rustls::RUSTLS,
    needs: &["HELLO", "PING"],
    plain: Plain {
        needs: &["INFO"],
        without_hello: Some(WithoutHello {
            text: "Received error for address",
            option: "protocol=ProtocolVersion.RESP2",
        }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "address_resolver",
        since: "2.4.0",
        carries: Carries::Address,
        covers: Covers { seeds: true, discovered: true, redirects: true, sentinel: false },
        gaps: "It is called again on its own output, so it must leave that as it is; a MOVED without a host is not followed.",
    }),
    follows: None,
    text,
};

/// Since 2.2.6 the announced host name is dialled.
pub const BEFORE_2_4: Client = Client {
    versions: ">=2.2.6, <2.4",
    learnt_from: "2.2.10",
    source: "valkey-glide 2.2.6, 2.2.10, 2.3.0 and 2.3.1, run",
    hook: None,
    text: text_before_2_4,
    ..CLIENT
};

/// Before, the preferred endpoint was.
pub const BEFORE_2_2_6: Client = Client {
    versions: "<2.2.6",
    learnt_from: "2.2.5",
    source: "valkey-glide 2.0.1, 2.1.1, 2.2.0, 2.2.3 and 2.2.5, run",
    dials: Dials::Preferred,
    ..BEFORE_2_4
};

/// What a command is told where no discovered node can be used.
const IN_RECOVERY: &str = "Connection in recovery- ClientError";

/// What a `ClosingError` holds when the client is made, or a command that fails later: making one succeeds as soon as a seed
/// answers, and the reason why a node does not is then only in its debug log.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    match (place, symptom) {
        (_, Symptom::NotPermitted(_)) => Some("An error was signalled by the server: - PermissionDenied".to_owned()),
        (_, Symptom::UnknownCommand("HELLO")) => {
            Some("An error was signalled by the server: - ResponseError: unknown command 'HELLO'".to_owned())
        }
        (_, Symptom::ClusterDisabled | Symptom::UnknownCommand(_)) | (Where::EveryNode, Symptom::LeftOut) => {
            Some("No topology views found- ResponseError".to_owned())
        }
        // On the console; the command itself is only told that it has run out of time.
        (_, Symptom::ClusterDown) => {
            Some("An error was signalled by the server: - ClusterDown: The cluster is down".to_owned())
        }
        (Where::Seed, _) => at_the_seed(symptom),
        (Where::EveryNode, _) => Some(IN_RECOVERY.to_owned()),
        // The first command may run out of time before it says this.
        (Where::SomeNodes, Symptom::TimedOut(_)) => Some("timed out".to_owned()),
        // The address of the redirect follows: a blank host is blank there, too.
        (Where::SomeNodes, _) => Some("Requested connection not found - ConnectionNotFoundForRoute: ".to_owned()),
    }
}

/// The same before it said "in recovery".
fn text_before_2_4(symptom: &Symptom, place: Where) -> Option<String> {
    let said = text(symptom, place)?;
    Some(if said == IN_RECOVERY { "No random connection found- AllConnectionsUnavailable".to_owned() } else { said })
}

/// The reason, which the error that is raised holds once for each of the two connections that it tries.
fn at_the_seed(symptom: &Symptom) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::ClientCertificate | Symptom::Closed(_) => {
            "Multiplexed connection driver unexpectedly terminated- IoError"
        }
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "timed out",
        Symptom::NotSpoken => "received corrupt message of type InvalidContentType",
        Symptom::Handshake(_) => "received fatal alert: ",
        Symptom::NoSuchName(_) => "failed to lookup address information: ",
        Symptom::Refused(_) => "Connection refused (os error 111)",
        Symptom::Unreachable(_) => "Network is unreachable (os error 101)",
        Symptom::NoAuth => "NOAUTH: HELLO must be called with the client already authenticated",
        Symptom::WrongPass => "WRONGPASS: invalid username-password pair or user is disabled.",
        _ => return None,
    };
    Some(said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::of_version, *};

    #[test]
    fn the_reason_is_told_at_the_seed_only() {
        let refused = Symptom::Refused("10.0.0.4:6379".parse().unwrap());
        for (place, words) in [
            (Where::Seed, "Connection refused (os error 111)"),
            (Where::EveryNode, "Connection in recovery- ClientError"),
            (Where::SomeNodes, "Requested connection not found - ConnectionNotFoundForRoute: "),
        ] {
            assert_eq!(text(&refused, place).as_deref(), Some(words));
        }
    }

    #[test]
    fn names_came_with_a_patch_and_the_map_later() {
        for (version, dials, mapped) in [
            ("2.2.5", Dials::Preferred, false),
            ("2.2.6", Dials::HostnameElsePreferred, false),
            ("2.3.1", Dials::HostnameElsePreferred, false),
            ("2.4.0", Dials::HostnameElsePreferred, true),
        ] {
            let client = of_version("valkey-glide", version)[0];
            assert_eq!((client.dials, client.hook.is_some()), (dials, mapped), "{version}");
        }
    }
}
