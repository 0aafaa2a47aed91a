//! The shelf is complete and orderly, and each text says what its stack prints.

use std::{collections::BTreeSet, path::Path};

use super::*;

const DNS: &str = "*.redis.example.com";

fn mismatch<'a>(verified: &'a Host, names: &'a [SubjectAltName]) -> Symptom<'a> {
    Symptom::NameMismatch { verified, names, common_name: Some("redis.example.com") }
}

fn chain(problem: ChainProblem) -> Symptom<'static> {
    Symptom::Chain { problem, self_signed: true, root_sent: false }
}

fn texts(id: &str, symptom: &Symptom<'_>) -> Vec<Option<String>> {
    by_id(id).map(|client| (client.text)(symptom)).collect()
}

#[test]
fn ids_are_kebab_case_and_entries_unique() {
    let mut seen = BTreeSet::new();
    for client in ALL {
        let kebab = client
            .id
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert!(kebab, "{}", client.id);
        assert!(!client.versions.is_empty() && !client.source.is_empty(), "{}", client.id);
        assert!(seen.insert((client.id, client.versions)), "{} {}", client.id, client.versions);
    }
}

#[test]
fn every_file_is_on_the_shelf() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clients");
    let shelf = include_str!("mod.rs");
    for file in room.read_dir().unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !["mod", "tests", "stack_texts"].contains(&stem.as_str()) {
            assert!(shelf.contains(&format!("    &{stem}::")), "{stem}.rs is not in ALL");
        }
    }
}

#[test]
fn one_library_stands_together_and_the_most_used_come_first() {
    let mut ids: Vec<&str> = ALL.iter().map(|client| client.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
    assert_eq!(ids[..4], ["node-redis", "ioredis", "redis-py", "go-redis"]);
    assert_eq!(ids.last(), Some(&"redis-cli"));
    assert_eq!(by_id("jedis").map(|c| c.versions).collect::<Vec<_>>(), [">=7.5", "<7.5, ssl(true)"]);
    assert_eq!(by_id("jredis").count(), 0);
}

#[test]
fn a_wrong_name_is_told_with_the_name_that_was_wanted() {
    // These two stacks do not print the name.
    let nameless = ["redis-cluster-client", "stackexchange-redis"];
    let names = [SubjectAltName::Dns(DNS.to_owned())];
    for host in ["10.0.0.4", "n1.example.org"] {
        let verified: Host = host.parse().unwrap();
        for client in ALL {
            let text = (client.text)(&mismatch(&verified, &names));
            assert_eq!(text.is_none(), client.verifies == Verifies::Nothing, "{} {}", client.id, client.versions);
            // rustls's Debug writes an address as octets.
            let shown = text.map(|text| text.replace("[10, 0, 0, 4]", "10.0.0.4"));
            let prints = !nameless.contains(&client.id);
            assert!(shown.is_none_or(|text| !prints || text.contains(host)), "{}", client.id);
        }
    }
}

#[test]
fn redis_cli_and_hiredis_notice_no_wrong_name() {
    let verified = Host::Ip([10, 0, 0, 4].into());
    for id in ["redis-cli", "hiredis", "libvalkey", "valkey-py"] {
        assert_eq!(texts(id, &mismatch(&verified, &[])), [None], "{id}");
    }
}

#[test]
fn an_address_without_ip_sans_reads_as_each_stack_prints_it() {
    let verified = Host::Ip([10, 0, 0, 4].into());
    let names = [SubjectAltName::Dns(DNS.to_owned())];
    let symptom = mismatch(&verified, &names);
    for (id, expected) in [
        (
            "node-redis",
            "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: \
             IP: 10.0.0.4 is not in the cert's list: ",
        ),
        (
            "redis-py",
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: \
             IP address mismatch, certificate is not valid for '10.0.0.4'.",
        ),
        (
            "go-redis",
            "tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.4 because it doesn't \
             contain any IP SANs",
        ),
        ("jedis", "No subject alternative names matching IP address 10.0.0.4 found"),
        (
            "redis-rs",
            "invalid peer certificate: certificate not valid for name \"10.0.0.4\"; certificate is only valid for \
             DnsName(\"*.redis.example.com\")",
        ),
        (
            "fred",
            "IO Error: Custom { kind: InvalidData, error: InvalidCertificate(NotValidForNameContext { expected: \
             IpAddress(V4(Ipv4Addr([10, 0, 0, 4]))), presented: [\"DnsName(\\\"*.redis.example.com\\\")\"] }) }",
        ),
        ("phpredis", "Peer certificate subjectAltName did not match expected name `10.0.0.4'"),
        (
            "redis-cluster-client",
            "SSL_connect returned=1 errno=0 peeraddr=… state=error: certificate verify failed (hostname mismatch)",
        ),
    ] {
        assert_eq!(texts(id, &symptom)[0].as_deref(), Some(expected), "{id}");
    }
}

#[test]
fn a_name_reads_as_each_stack_prints_it() {
    let verified: Host = "n1.example.org".parse().unwrap();
    let names = [SubjectAltName::Dns("a.test".into()), SubjectAltName::Ip("10.0.0.5".into())];
    let symptom = mismatch(&verified, &names);
    for (id, expected) in [
        ("node-redis", "Host: n1.example.org. is not in the cert's altnames: DNS:a.test, IP Address:10.0.0.5"),
        ("redis-py", "Hostname mismatch, certificate is not valid for 'n1.example.org'."),
        ("go-redis", "x509: certificate is valid for a.test, not n1.example.org"),
        ("jedis", "No subject alternative DNS name matching n1.example.org found."),
        ("redis-rs", "only valid for DnsName(\"a.test\") or IpAddress(10.0.0.5)"),
    ] {
        let text = texts(id, &symptom)[0].clone().unwrap();
        assert!(text.ends_with(expected), "{id}: {text}");
    }
}

#[test]
fn a_certificate_without_names_is_told_by_its_common_name() {
    let verified: Host = "n1.example.org".parse().unwrap();
    for (id, expected) in [
        ("node-redis", "Host: n1.example.org. is not cert's CN: redis.example.com"),
        ("go-redis", "x509: certificate is not valid for any names, but wanted to match n1.example.org"),
        ("jedis", "No name matching n1.example.org found"),
        ("redis-rs", "certificate is not valid for any names (according to its subjectAltName extension)"),
        ("phpredis", "Peer certificate CN=`redis.example.com' did not match expected CN=`n1.example.org'"),
    ] {
        let text = texts(id, &mismatch(&verified, &[]))[0].clone().unwrap();
        assert!(text.ends_with(expected), "{id}: {text}");
    }
    let wanted: Host = "redis.example.com".parse().unwrap();
    let go = texts("go-redis", &mismatch(&wanted, &[]))[0].clone().unwrap();
    assert!(go.ends_with("certificate relies on legacy Common Name field, use SANs instead"), "{go}");
}

#[test]
fn only_five_names_are_quoted() {
    let verified: Host = "n1.example.org".parse().unwrap();
    let names: Vec<_> = (0..1000).map(|i| SubjectAltName::Dns(format!("n{i}.test"))).collect();
    let text = texts("node-redis", &mismatch(&verified, &names))[0].clone().unwrap();
    assert!(text.ends_with("DNS:n3.test, DNS:n4.test, …"), "{text}");
    assert!(ALL.iter().filter_map(|c| (c.text)(&mismatch(&verified, &names))).all(|text| text.len() < 500));
}

#[test]
fn only_rustls_refuses_a_ca_as_leaf() {
    for client in ALL {
        let text = (client.text)(&chain(ChainProblem::CaAsLeaf));
        assert_eq!(text.is_none(), client.accepts_ca_as_leaf, "{}", client.id);
        assert!((client.text)(&chain(ChainProblem::UnknownIssuer)).is_some(), "{}", client.id);
    }
}

#[test]
fn a_blank_endpoint_is_dialled_where_the_client_would() {
    let address = NodeAddress {
        preferred: crate::facts::Announced::QuestionMark,
        ip: crate::facts::Announced::from_text("10.0.0.4"),
        port: Some(6379),
        ..NodeAddress::default()
    };
    let dialled = |id: &str| by_id(id).next().unwrap().endpoint(&address).map(|endpoint| endpoint.to_string());
    assert_eq!(dialled("node-redis"), None);
    assert_eq!(dialled("redis-cluster-client").as_deref(), Some("10.0.0.4:6379"));
    assert_eq!(dialled("stackexchange-redis").as_deref(), Some("10.0.0.4:6379"));
}
