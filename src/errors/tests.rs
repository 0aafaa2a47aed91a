//! What is made of texts that people paste.

use std::collections::BTreeSet;

use super::*;
use crate::{
    checks,
    clients::{self, Symptom, Where},
    facts::Announced,
};

fn codes(text: &str) -> Vec<&'static str> {
    read(text).unwrap_or_else(|| panic!("nothing is known of {text:?}")).leads.iter().map(|lead| lead.code).collect()
}

#[test]
fn every_lead_is_a_finding_and_every_library_is_on_the_shelf() {
    let ids: BTreeSet<&str> = clients::ALL.iter().map(|client| client.id).collect();
    for meaning in MEANINGS {
        assert!(!meaning.phrases.is_empty() && !meaning.leads.is_empty());
        for lead in meaning.leads.iter().chain(phrases::LOOPBACK).chain(phrases::PRIVATE) {
            assert!(checks::by_code(lead.code).is_some(), "{}", lead.code);
            assert!(!lead.why.ends_with('.') && lead.why.len() > 15, "{}", lead.why);
        }
        for (phrase, by) in meaning.phrases {
            assert!(by.iter().all(|id| ids.contains(id)), "{phrase}: {by:?}");
        }
    }
}

#[test]
fn every_phrase_leads_where_its_group_does() {
    for meaning in MEANINGS {
        for (phrase, _) in meaning.phrases {
            let text = phrase.replace('…', " 10.0.0.5 ").replace('#', "3999");
            let found = codes(&format!("2026-11-21 ERROR app: {text}: more"));
            assert!(found.contains(&meaning.leads[0].code), "{phrase}: {found:?}");
        }
    }
}

#[test]
fn no_phrase_stands_twice() {
    let mut seen = BTreeSet::new();
    for (phrase, _) in MEANINGS.iter().flat_map(|meaning| meaning.phrases) {
        assert!(seen.insert(phrase.to_ascii_lowercase()), "{phrase}");
    }
}

/// Symptoms of every kind but certificates, which are the TLS stacks' own; with the findings that may be behind them.
fn symptoms() -> Vec<(Symptom, &'static [&'static str])> {
    let at = || "10.0.0.5:6379".parse().unwrap();
    vec![
        (Symptom::TlsRequired, &["tls-required"]),
        (Symptom::TlsNotSpoken, &["tls-not-spoken"]),
        (Symptom::NotSpoken, &["not-redis", "tls-not-spoken"]),
        (Symptom::ClientCertificate, &["client-certificate-required"]),
        (Symptom::NoSuchName("n1.example.com".to_owned()), &["node-unreachable", "endpoint-unreachable"]),
        (Symptom::Refused(at()), &["node-unreachable"]),
        (Symptom::TimedOut(at()), &["node-unreachable"]),
        (Symptom::Unreachable(at()), &["node-unreachable"]),
        (Symptom::Closed(at()), &["endpoint-unreachable", "node-unreachable", "turned-away"]),
        (Symptom::NoAuth, &["credentials-refused"]),
        (Symptom::WrongPass, &["credentials-refused"]),
        (Symptom::NotPermitted("CLUSTER SLOTS"), &["discovery-refused"]),
        (Symptom::UnknownCommand("CLUSTER SLOTS"), &["discovery-refused"]),
        (Symptom::ClusterDisabled, &["unexpected-kind"]),
        (Symptom::ClusterDown, &["slots-uncovered"]),
        (Symptom::BlankEndpoint(Announced::Nil), &["endpoint-nil", "endpoint-unknown"]),
        (Symptom::BlankEndpoint(Announced::QuestionMark), &["endpoint-nil", "endpoint-unknown"]),
        (Symptom::LeftOut, &["endpoint-nil", "endpoint-unknown"]),
        (Symptom::WrongNode, &["wrong-node"]),
    ]
}

/// A card may hold a piece of what is printed, where the rest differs from case to case.
fn is_a_piece(text: &str, phrase: &str) -> bool {
    let letters = |text: &str| text.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    // Where it was is no part of a phrase.
    let text = text.replace("n1.example.com", "").replace("10.0.0.5:6379", "");
    letters(phrase).contains(&letters(&text))
}

#[test]
fn whatever_a_library_says_leads_to_what_is_wrong() {
    let mut astray = Vec::new();
    for client in clients::ALL {
        for place in [Where::Seed, Where::EveryNode, Where::SomeNodes] {
            // Of a seed nobody expects who it is.
            let met = |symptom: &Symptom| place != Where::Seed || !matches!(symptom, Symptom::WrongNode);
            for (symptom, expected) in symptoms().into_iter().filter(|(symptom, _)| met(symptom)) {
                let Some(text) = (client.text)(&symptom, place) else { continue };
                let found = read(&text).map(|reading| reading.leads).unwrap_or_default();
                let whole =
                    || MEANINGS.iter().filter(|m| m.phrases.iter().any(|(phrase, _)| is_a_piece(&text, phrase)));
                let led = found.iter().chain(whole().flat_map(|meaning| meaning.leads)).map(|lead| lead.code);
                if !led.into_iter().any(|code| expected.contains(&code)) {
                    astray.push(format!("{} {place:?} {symptom:?}: {text:?}", client.id));
                }
            }
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
}

/// Texts of users, whole, and the finding that comes first.
const PASTED: &[(&str, &str)] = &[
    (
        "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: IP: 10.0.0.5 is not in \
         the cert's list: \n    at Object.checkServerIdentity (node:tls:337:12)\n    at TLSSocket.onConnectSecure",
        "san-mismatch",
    ),
    (
        "redis.exceptions.ConnectionError: Error 1 connecting to 10.0.0.5:6379. [SSL: CERTIFICATE_VERIFY_FAILED] \
         certificate verify failed: Hostname mismatch, certificate is not valid for 'n1'. (_ssl.c:1006)",
        "san-mismatch",
    ),
    (
        "dial tcp: tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.5 because it doesn't \
         contain any IP SANs",
        "san-mismatch",
    ),
    ("x509: certificate relies on legacy Common Name field, use SANs instead", "common-name-only"),
    (
        "Caused by: javax.net.ssl.SSLHandshakeException: No subject alternative names matching IP address 10.0.0.5 found",
        "san-mismatch",
    ),
    ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "ca-as-leaf"),
    (
        "IO Error: Custom { kind: InvalidData, error: InvalidCertificate(NotValidForNameContext { expected: \
         IpAddress(V4(Ipv4Addr([10, 0, 0, 5]))), presented: [\"DnsName(\\\"a.test\\\")\"] }) }",
        "san-mismatch",
    ),
    ("PHP Warning: Peer certificate CN=`a.test' did not match expected CN=`10.0.0.5'", "san-mismatch"),
    ("certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)", "chain-untrusted"),
    ("Error: self signed certificate in certificate chain", "chain-untrusted"),
    (
        "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after",
        "certificate-expired",
    ),
    ("SSL operation failed with code 1. OpenSSL Error messages: certificate verify failed", "chain-untrusted"),
    ("remote error: tls: certificate required", "client-certificate-required"),
    ("error:0A000418:SSL routines::tlsv1 alert unknown ca", "client-certificate-refused"),
    ("remote error: tls: unsupported certificate", "client-certificate-refused"),
    ("javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_expired", "client-certificate-refused"),
    ("ssl.SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:4067)", "client-certificate-refused"),
    (
        "Error accepting a client connection: error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
        "tls-required",
    ),
    ("SSL_connect failed: wrong version number", "tls-not-spoken"),
    ("tlsv1 alert protocol version", "tls-handshake-failed"),
    (
        "ClusterAllFailedError: Failed to refresh slots cache. lastNodeError: ReplyError: NOAUTH Authentication required.",
        "credentials-refused",
    ),
    ("ReplyError: NOPERM this user has no permissions to run the 'cluster|slots' command", "discovery-refused"),
    ("ReplyError: MOVED 9259 172.31.24.68:6379", "unexpected-kind"),
    ("ReplyError: ERR SELECT is not allowed in cluster mode", "database-refused"),
    ("ERR DB index is out of range", "database-refused"),
    ("A ``db`` querystring option can only be 0 in cluster mode", "database-refused"),
    ("Multiple databases are not supported on this server; cannot switch to database: 6", "database-refused"),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", "privileges-missing"),
    ("ERR Only 0th database is supported! Selected DB: 1", "database-refused"),
    ("CROSSSLOT Keys in request don't hash to the same slot", "unexpected-kind"),
    ("ERR max number of clients + cluster connections reached", "turned-away"),
    ("ERR max concurrent connections exceeded", "turned-away"),
    ("ERR Protocol error: unauthenticated bulk length", "credentials-refused"),
    ("ERR wrong number of arguments for 'auth' command", "credentials-refused"),
    ("ReplyError: ASK 3999 10.0.0.6:6381", "slot-half-open"),
    ("PartitionSelectorException: Cannot determine a partition to read for slot 4724.", "slots-uncovered"),
    (
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "name-leads-to-replica",
    ),
    ("StackExchange.Redis.RedisTimeoutException: Timeout performing GET key (5000ms)", "node-unreachable"),
    (
        "MaxRetriesPerRequestError: Reached the max retries per request limit (which is 20). Refer to \"maxRetriesPerRequest\"",
        "endpoint-unreachable",
    ),
    ("JedisConnectionException: Could not get a resource from the pool", "endpoint-unreachable"),
    ("JedisExhaustedPoolException: Could not get a resource since the pool is exhausted", "node-unreachable"),
    ("redis: connection pool timeout", "node-unreachable"),
    (
        "Connection to 10.0.0.1:6379 not allowed. This partition is not known in the cluster view.",
        "endpoint-forms-differ",
    ),
    ("getaddrinfo ENOTFOUND ?", "endpoint-unknown"),
    ("connect ECONNREFUSED 10.0.0.5:6379", "node-unreachable"),
    ("-DENIED Redis is running in protected mode because protected mode is enabled", "turned-away"),
    ("CLUSTERDOWN Hash slot not served", "slots-uncovered"),
    ("java.lang.NullPointerException: Cannot read the array length because \"bytes\" is null", "endpoint-nil"),
    ("Unknown RESP type 72 \"H\"", "not-redis"),
    ("unknown prefix: \"72\"", "not-redis"),
    ("certificate is not valid for '1.2.3.4'", "san-mismatch"),
    ("ERR unknown command 'HELLO', with args beginning with: '3'", "command-unsupported"),
    ("getaddrinfo ENOTFOUND redis-0.redis", "hostname-unresolvable"),
    ("READONLY You can't write against a read only replica.", "name-leads-to-replica"),
    ("OOM command not allowed when used memory > 'maxmemory'.", "memory-full"),
    ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "script-running"),
    ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "masterdown"),
    (
        "MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.",
        "saving-failed",
    ),
    ("ERR AUTH <password> called without any password configured for the default user.", "credentials-superfluous"),
    ("[ERR] Not all 16384 slots are covered by nodes.", "slots-uncovered"),
    ("[ERR] Nodes don't agree about configuration!", "views-disagree"),
    ("[ERR] Nodes have slots in importing/migrating state", "slot-half-open"),
    ("TRYAGAIN Multiple keys request during rehashing of slot", "slot-half-open"),
    ("Waiting for the cluster to join ......", "node-handshake"),
    ("0b1f2c 10.0.0.5:6379@16379 master,fail,noaddr - 0 0 1 disconnected", "cluster-moved"),
    ("SocketClosedUnexpectedlyError: Socket closed unexpectedly", "idle-timeout"),
    ("redis.sentinel.MasterNotFoundError: No master found for 'mymaster'", "primary-down"),
    ("(error) NOGOODSLAVE No suitable replica to promote", "quorum-unreachable"),
    ("Error: All sentinels are unreachable. Retrying from scratch after 10ms.", "sentinel-unreachable"),
    ("redis: all sentinels specified in configuration are unreachable", "sentinel-unreachable"),
    ("RedisClusterException: Can't communicate with any node in the cluster", "node-unreachable"),
];

#[test]
fn texts_that_name_their_cause() {
    for (text, code) in PASTED {
        assert_eq!(codes(text)[0], *code, "{text}");
    }
}

/// What was said at the encrypted side of spiped: redis-cli, redis-py 8.1, node-redis 6, ioredis 6, and TLS stacks.
#[test]
fn what_is_said_at_a_spiped_port_leads_there() {
    for text in [
        "Protocol error, got \"\\x18\" as reply type byte",
        "redis.exceptions.ConnectionError: Connection closed by server.",
        "SocketClosedUnexpectedlyError: Socket closed unexpectedly",
        "Error: Unknown RESP type 185",
        "error:0A00010B:SSL routines:ssl3_get_record:wrong version number",
        "tls: first record does not look like a TLS handshake",
        "received corrupt message of type InvalidContentType",
    ] {
        assert!(codes(text).contains(&"spiped-port"), "{text}: {:?}", codes(text));
    }
}

#[test]
fn texts_that_hide_it_say_so_and_list_what_it_can_be() {
    for (text, expected) in [
        ("Connection is closed.", &["san-mismatch", "chain-untrusted", "tls-required"][..]),
        ("Failed to refresh slots cache.", &["san-mismatch", "unexpected-kind"]),
        ("All the root nodes are unavailable", &["san-mismatch", "endpoint-unreachable"]),
        ("No connections found - ClusterConnectionNotFound", &["san-mismatch", "chain-untrusted"]),
        ("redis: nil", &["endpoint-nil"]),
        ("Cluster mode is not enabled on this node", &["unexpected-kind", "discovery-refused"]),
        ("Too many Cluster redirections", &["node-unreachable", "san-mismatch"]),
        ("Couldn't map cluster keyspace using any provided seed", &["node-unreachable", "san-mismatch"]),
        ("EOF", &["tls-required", "client-certificate-required"]),
        ("read ECONNRESET", &["tls-required", "client-certificate-required", "turned-away"]),
        ("connect ETIMEDOUT 172.17.0.2:6379", &["node-unreachable", "tls-not-spoken", "announced-private"]),
        ("socket hang up", &["tls-required"]),
    ] {
        let reading = read(text).unwrap();
        assert!(reading.says >= Says::Nothing, "{text}");
        let found: Vec<_> = reading.leads.iter().map(|lead| lead.code).collect();
        assert_eq!(found[0], expected[0], "{text}");
        assert!(expected.iter().all(|code| found.contains(code)), "{text}: {found:?}");
    }
}

#[test]
fn the_library_is_told_where_it_can_be() {
    for (text, clients) in [
        ("[ioredis] Unhandled error event: Error: connect ECONNREFUSED 10.0.0.5:6379", &["ioredis"][..]),
        ("redis.exceptions.ConnectionError: Connection reset by peer", &["redis-py"]),
        (
            "Caused by: io.lettuce.core.RedisConnectionException: Unable to connect to 10.0.0.5/<unresolved>:6379",
            &["lettuce"],
        ),
        ("x509: certificate signed by unknown authority", &["go-redis"]),
        ("certificate has expired", &[]),
    ] {
        assert_eq!(read(text).unwrap().clients, clients, "{text}");
    }
}

#[test]
fn what_is_not_known_is_not_guessed() {
    for text in ["", "hello", "everything is fine", "geofence moved house", "KeyError: 'redis'"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn an_address_that_means_something_else_everywhere_is_a_lead() {
    assert!(codes("connect ECONNREFUSED 127.0.0.1:6379").contains(&"announced-loopback"));
    assert!(codes("connect ETIMEDOUT 10.0.0.5:6379").contains(&"announced-private"));
    assert!(!codes("connect ECONNREFUSED 192.0.2.1:6379").contains(&"announced-private"));
}

#[test]
fn long_texts_are_cut_and_not_refused() {
    let text = format!("connect ECONNREFUSED {}", "é".repeat(LARGEST));
    assert_eq!(codes(&text)[0], "node-unreachable");
    assert_eq!(read(&format!("{}ECONNREFUSED", "é ".repeat(LARGEST))), None);
}
