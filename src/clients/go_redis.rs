//! go-redis: dials the preferred endpoint of CLUSTER SLOTS; a `rediss://` URL fixes the verified name for every node.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where,
};
use crate::{facts::Endpoint, names::stacks};

/// A `tls.Config` of one's own, without `ServerName`.
pub const OWN_TLS_CONFIG: Client = Client {
    id: "go-redis",
    versions: ">=9.20, tls.Config{}",
    learnt_from: "9.22.0",
    source: "go-redis 9.22.0, osscluster.go",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::GivesUp,
    on_empty: Blank::Localhost,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Seed,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: true,
    verifies: Verifies::Dialled,
    sni: Sni::Names,
    fixed_name: Some("tls.Config.ServerName"),
    stack: &stacks::go::GO_1_23,
    needs: &[],
    plain: Plain {
        on_lone_word: Some("NOAUTH"),
        behind_strict_proxy: Some(StrictProxy { text: "EOF", options: None }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: None,
    hook: Some(Hook {
        option: "ClusterOptions.NewClient",
        since: "9",
        carries: Carries::AddressAndName,
        covers: Covers::ALL,
        gaps: "",
    }),
    follows: Some(Follows {
        evidence: Evidence::Run,
        asks: &["SENTINEL GET-MASTER-ADDR-BY-NAME"],
        one_transport: true,
        heeds_role: false,
        heeds: Heeds::Nothing,
        wants_two: false,
        text: by_sentinel,
    }),
    text,
};

/// `ParseClusterURL` sets `ServerName` to the host of the URL.
pub const FROM_URL: Client =
    Client { versions: ">=9.20, rediss:// URL", verifies: Verifies::SeedWhatever, ..OWN_TLS_CONFIG };

/// Before #3828 a port of 0 was dialled as it stands.
pub const OWN_TLS_CONFIG_BEFORE_9_20: Client = Client {
    versions: ">=9.13, <9.20, tls.Config{}",
    learnt_from: "9.19.0",
    source: "go-redis 9.19.0, osscluster.go",
    evidence: Evidence::Read,
    on_port_zero: PortZero::Dials,
    ..OWN_TLS_CONFIG
};

/// The same with a URL.
pub const FROM_URL_BEFORE_9_20: Client =
    Client { versions: ">=9.13, <9.20, rediss:// URL", verifies: Verifies::SeedWhatever, ..OWN_TLS_CONFIG_BEFORE_9_20 };

/// Any host name counted as a loopback: beside a seed that is one, an announced loopback was dialled as it stands.
pub const OWN_TLS_CONFIG_BEFORE_9_13: Client = Client {
    versions: ">=9, <9.13, tls.Config{}",
    learnt_from: "9.12.1",
    source: "go-redis 9.12.1, osscluster.go",
    loopback_is_seed: false,
    ..OWN_TLS_CONFIG_BEFORE_9_20
};

/// The same with a URL.
pub const FROM_URL_BEFORE_9_13: Client =
    Client { versions: ">=9, <9.13, rediss:// URL", verifies: Verifies::SeedWhatever, ..OWN_TLS_CONFIG_BEFORE_9_13 };

/// The error that the command returns, after "redis: connection pool: failed to dial after 5 attempts: ".
fn text(symptom: &Symptom, _: Where) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::Refused(at) => return Some(dialling(at, "connect: connection refused")),
        Symptom::Unreachable(at) => return Some(dialling(at, "connect: network is unreachable")),
        Symptom::TimedOut(_) => "i/o timeout",
        Symptom::NoSuchName(_) => "no such host",
        Symptom::TlsRequired | Symptom::Closed(_) => "EOF",
        Symptom::TlsNotSpoken => "context deadline exceeded",
        Symptom::NotSpoken => "tls: first record does not look like a TLS handshake",
        Symptom::ClientCertificate => "remote error: tls: certificate required",
        Symptom::BlankEndpoint(_) => "redis: nil",
        Symptom::WrongNode => "MOVED ",
        _ => return symptom.in_the_servers_words(),
    };
    Some(said.to_owned())
}

/// Names are resolved before they are spoken of.
fn dialling(at: &Endpoint, why: &str) -> String {
    match at.host.ip() {
        Some(_) => format!("dial tcp {at}: {why}"),
        None => why.to_owned(),
    }
}

/// The error that the command returns.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    const UNREACHABLE: &str = "redis: all sentinels specified in configuration are unreachable: ";
    match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => Some(format!("{UNREACHABLE}redis: nil")),
        (_, Where::Seed) => Some(UNREACHABLE.to_owned() + &text(symptom, place).unwrap_or_default()),
        (Symptom::IsReplica, _) => symptom.in_the_servers_words(),
        _ => text(symptom, place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::of_version;

    #[test]
    fn names_are_resolved_before_they_are_spoken_of() {
        for (at, said) in [
            ("10.0.0.4:6379", "dial tcp 10.0.0.4:6379: connect: connection refused"),
            ("n1.example.com:6379", "connect: connection refused"),
        ] {
            assert_eq!(text(&Symptom::Refused(at.parse().unwrap()), Where::Seed).unwrap(), said);
        }
    }

    #[test]
    fn every_version_comes_in_both_forms() {
        for (version, loopback_is_seed, port_zero) in
            [("9.22.0", true, PortZero::Seed), ("9.13.0", true, PortZero::Dials), ("8.11.5", false, PortZero::Dials)]
        {
            let entries = of_version("go-redis", version);
            let forms: Vec<_> = entries.iter().filter_map(|client| client.form()).collect();
            assert_eq!(forms, ["tls.Config{}", "rediss:// URL"], "{version}");
            assert!(entries.iter().all(|c| c.loopback_is_seed == loopback_is_seed && c.on_port_zero == port_zero));
        }
    }
}
