//! node-redis: dials the preferred endpoint of CLUSTER SLOTS, verifies what it dials, sends no SNI of its own accord.

use super::{
    Blank, Carries, Client, Covers, Dials, Evidence, Follows, Heeds, Hook, OneBadNode, Plain, Port, PortZero, Resolves,
    Sni, StrictProxy, Symptom, Verifies, Where, WithoutHello,
};
use crate::names::stacks;

/// Version 6: `HELLO 3` is the first thing it says, and there is no way on without it.
pub const CLIENT: Client = Client {
    id: "node-redis",
    versions: ">=6",
    learnt_from: "6.3.1",
    source: "node-redis 6.3.1, packages/client/lib/cluster/cluster-slots.ts and client/socket.ts",
    evidence: Evidence::Run,
    dials: Dials::Preferred,
    on_nil: Blank::Localhost,
    on_empty: Blank::Localhost,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Dialled,
    sni: Sni::Configured,
    fixed_name: Some("defaults.socket.servername"),
    stack: &stacks::node::NODE_20,
    needs: &["HELLO"],
    plain: Plain {
        on_lone_word: Some("NOAUTH HELLO must be called with the client already authenticated"),
        behind_strict_proxy: Some(StrictProxy {
            text: "Socket closed unexpectedly",
            options: Some("disableClientInfo: true, RESP: 2"),
        }),
        without_hello: Some(WithoutHello { text: "ERR unknown command 'HELLO'", option: "RESP: 2" }),
        ..Plain::UNKNOWN
    },
    one_bad_node: OneBadNode::FailsAll,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some("All the root nodes are unavailable"),
    hook: Some(Hook {
        option: "nodeAddressMap",
        since: SINCE,
        carries: Carries::AddressAndName,
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "The root nodes themselves are not mapped; a MOVED without a host is not followed.",
    }),
    follows: Some(FOLLOWS),
    text: |symptom, _| match symptom {
        Symptom::NoAuth => Some("NOAUTH HELLO must be called with the client already authenticated".to_owned()),
        Symptom::WrongNode => Some("Too many Cluster redirections".to_owned()),
        _ => text(symptom),
    },
};

/// Version 5: AUTH instead of HELLO, and the last MOVED where redirects never end.
pub const BEFORE_6: Client = Client {
    versions: ">=5, <6",
    learnt_from: "5.12.1",
    source: "node-redis 5.12.1, packages/client/lib/cluster/cluster-slots.ts",
    needs: &[],
    plain: Plain {
        on_lone_word: Some("WRONGPASS"),
        behind_strict_proxy: Some(StrictProxy {
            text: "Socket closed unexpectedly",
            options: Some("disableClientInfo: true"),
        }),
        without_hello: None,
        ..CLIENT.plain
    },
    one_bad_node: OneBadNode::FailsAllButUnasked,
    hook: Some(Hook {
        option: "nodeAddressMap",
        since: SINCE,
        carries: Carries::AddressAndName,
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: true },
        gaps: "The root nodes themselves are not mapped, nor is anything of a Sentinel before 5.11.0; a MOVED without a host \
               is not followed.",
    }),
    follows: Some(Follows { text: by_sentinel_before_6, ..FOLLOWS }),
    text: |symptom, _| text(symptom),
    ..CLIENT
};

/// Version 4: it mostly writes before it reads the server's alert, and has no Sentinel.
pub const BEFORE_5: Client = Client {
    versions: ">=4, <5",
    learnt_from: "4.7.1",
    source: "node-redis 4.7.1, @redis/client 1.6.1, dist/lib/cluster/cluster-slots.js",
    hook: Some(Hook {
        option: "nodeAddressMap",
        since: SINCE,
        carries: Carries::AddressAndName,
        covers: Covers { seeds: false, discovered: true, redirects: true, sentinel: false },
        gaps: "The root nodes themselves are not mapped; a MOVED without a host is not followed.",
    }),
    follows: None,
    text: |symptom, place| match (symptom, place) {
        // The alert and the reset race.
        (Symptom::ClientCertificate, Where::Seed) => Some("All the root nodes are unavailable".to_owned()),
        (Symptom::ClientCertificate, _) => Some("write ECONNRESET".to_owned()),
        _ => text(symptom),
    },
    ..BEFORE_6
};

const FOLLOWS: Follows = Follows {
    evidence: Evidence::Run,
    asks: &["SENTINEL SENTINELS", "SENTINEL MASTER", "SENTINEL REPLICAS"],
    one_transport: false,
    heeds_role: false,
    heeds: Heeds::Link,
    wants_two: false,
    text: by_sentinel,
};

const SINCE: &str = "4.x, 2022-02";

/// What the `error` event carries. `connect()` itself says at most "All the root nodes are unavailable"; with one node
/// that cannot be used it neither resolves nor rejects, and dials that node for ever.
fn text(symptom: &Symptom) -> Option<String> {
    let said = match symptom {
        Symptom::Certificate(refusal) => return Some(refusal.text.clone()),
        Symptom::TlsRequired | Symptom::Closed(_) => "read ECONNRESET",
        Symptom::TlsNotSpoken | Symptom::TimedOut(_) => "Connection timeout",
        Symptom::NotSpoken => "wrong version number",
        Symptom::ClientCertificate => "tlsv13 alert certificate required",
        Symptom::WrongNode => "Error: MOVED",
        _ => return in_nodes_words(symptom).or_else(|| symptom.in_the_servers_words()),
    };
    Some(said.to_owned())
}

/// What the `error` event carries. Of the server that a Sentinel names it is silent: `connect()` neither resolves nor rejects, and
/// it asks the Sentinels again and again.
fn by_sentinel(symptom: &Symptom, place: Where) -> Option<String> {
    match (symptom, place) {
        (Symptom::NoSuchGroup(_), _) => Some("ERR No such master with that name".to_owned()),
        (Symptom::IsReplica, _) => symptom.in_the_servers_words(),
        (_, Where::Seed) => text(symptom),
        _ => None,
    }
}

/// The same of version 5, which says HELLO to nobody and learns at the first command that a password is wanted.
fn by_sentinel_before_6(symptom: &Symptom, place: Where) -> Option<String> {
    match symptom {
        Symptom::NoAuth => symptom.in_the_servers_words(),
        _ => by_sentinel(symptom, place),
    }
}

/// What Node's sockets say (`lib/net.js`), whichever library hands it on: the IP is the one that was tried, a port 0 is
/// left out.
pub(super) fn in_nodes_words(symptom: &Symptom) -> Option<String> {
    let (code, at) = match symptom {
        Symptom::NoSuchName(host) => return Some(format!("getaddrinfo ENOTFOUND {host}")),
        Symptom::Refused(at) => ("ECONNREFUSED", at),
        Symptom::Unreachable(at) => ("ENETUNREACH", at),
        _ => return None,
    };
    Some(match (at.host.ip(), at.port) {
        (None, _) => format!("connect {code}"),
        (Some(ip), 0) => format!("connect {code} {ip}"),
        (Some(_), _) => format!("connect {code} {}", at.unbracketed()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_the_ip_that_it_tried_and_no_port_0() {
        for (at, said) in [
            ("10.0.0.4:6379", "connect ECONNREFUSED 10.0.0.4:6379"),
            ("[2001:db8::4]:6379", "connect ECONNREFUSED 2001:db8::4:6379"),
            ("n1.example.com:6379", "connect ECONNREFUSED"),
        ] {
            assert_eq!(text(&Symptom::Refused(at.parse().unwrap())).unwrap(), said);
        }
        let zero = crate::facts::Endpoint::new("10.0.0.4".parse().unwrap(), 0);
        assert_eq!(text(&Symptom::Refused(zero)).unwrap(), "connect ECONNREFUSED 10.0.0.4");
    }

    #[test]
    fn each_major_version_has_its_words() {
        let said = |client: &Client, symptom| (client.text)(&symptom, Where::Seed).unwrap();
        assert!(said(&CLIENT, Symptom::NoAuth).starts_with("NOAUTH HELLO"));
        assert_eq!(said(&BEFORE_6, Symptom::NoAuth), "NOAUTH");
        assert_eq!(said(&BEFORE_6, Symptom::ClientCertificate), "tlsv13 alert certificate required");
        assert_eq!(said(&BEFORE_5, Symptom::ClientCertificate), "All the root nodes are unavailable");
        assert_eq!(said(&BEFORE_5, Symptom::WrongNode), "Error: MOVED");
    }
}
