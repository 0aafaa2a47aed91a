//! Odd certificates: what is read out of them, whether they are trusted, and for which hosts they speak.

use std::{collections::BTreeMap, fs, path::PathBuf};

use proptest::prelude::*;
use redis_doctor::{
    facts::{
        Certificate, CertificateChain, ChainProblem, ChainVerdict, Flaw, FlawKind, Host, Limits, Place, Step, Verifier,
    },
    names::{
        Speaks, address_in_dns_entry, common_name_only, speaks_for,
        trust::{self, Anchors, Purpose},
    },
    wire::certificate::{certificate, fingerprint},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    now: i64,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    chain: String,
    #[serde(default)]
    resembles: bool,
    names: Option<Vec<String>>,
    speaks: BTreeMap<String, String>,
}

fn fixture(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/certificates").join(file)
}

fn cases() -> Cases {
    serde_json::from_str(&fs::read_to_string(fixture("cases.json")).unwrap()).unwrap()
}

fn chain(name: &str) -> Vec<Vec<u8>> {
    let certificates = CertificateDer::pem_file_iter(fixture(&format!("{name}.pem"))).unwrap();
    certificates.map(|der| der.unwrap().to_vec()).collect()
}

fn leaf(name: &str) -> Certificate {
    certificate(&chain(name)[0], &Limits::default()).unwrap()
}

fn anchors() -> Anchors {
    Anchors::from_der(chain("root")).0
}

fn judged(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> CertificateChain {
    trust::chain(chain, anchors, now, Purpose::Server, &Limits::default()).unwrap()
}

/// What a verifier met, without the point where it compares names.
fn flaws(chain: &CertificateChain, by: Verifier) -> Vec<FlawKind> {
    let steps = chain.judgement(by).unwrap().steps.iter();
    steps.filter_map(|step| if let Step::Flaw(flaw) = step { Some(flaw.kind) } else { None }).collect()
}

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

/// The verdict as cases.json writes it.
fn chain_word(verdict: &ChainVerdict) -> (String, bool) {
    match verdict {
        ChainVerdict::Trusted { anchor, .. } => {
            assert_eq!(anchor, "O=Example Ops, CN=Fixture Root");
            ("trusted".to_owned(), false)
        }
        ChainVerdict::Untrusted { problem, issuer_resembles_anchor, .. } => {
            (serde_json::to_value(problem).unwrap().as_str().unwrap().to_owned(), *issuer_resembles_anchor)
        }
    }
}

fn speaks_word(speaks: &Speaks) -> &'static str {
    match speaks {
        Speaks::Yes => "yes",
        Speaks::No => "no",
        Speaks::Unreadable(_) => "unreadable",
    }
}

#[test]
fn every_fixture_is_judged_as_written() {
    let Cases { now, cases } = cases();
    let anchors = anchors();
    for case in cases {
        let (verdict, leaf) = (judged(&chain(&case.file), &anchors, now).verdict, leaf(&case.file));
        assert_eq!(chain_word(&verdict), (case.chain, case.resembles), "{}: {verdict:?}", case.file);
        if let Some(names) = case.names {
            assert_eq!(leaf.names.iter().map(ToString::to_string).collect::<Vec<_>>(), names, "{}", case.file);
        }
        for (name, speaks) in case.speaks {
            assert_eq!(speaks_word(&speaks_for(&leaf, &host(&name))), speaks, "{} for {name}", case.file);
        }
    }
}

#[test]
fn every_field_is_read() {
    let wildcard = leaf("wildcard");
    assert_eq!(wildcard.subject, "O=Example Ops, CN=redis");
    assert_eq!(wildcard.issuer, "O=Example Ops, CN=Fixture Issuing");
    assert_eq!(wildcard.common_name.as_deref(), Some("redis"));
    assert_eq!((wildcard.not_before, wildcard.not_after), (1_767_225_600, 2_082_758_400));
    assert_eq!((wildcard.is_ca, wildcard.version), (false, 3));
    assert_eq!(wildcard.usages.as_deref().unwrap(), ["serverAuth", "clientAuth", "1.3.6.1.5.5.7.3.17"]);
    assert_eq!((wildcard.key.as_str(), wildcard.signature.as_str()), ("EC P-256", "ECDSA with SHA-256"));
    assert_eq!(wildcard.ca_issuers, ["http://ca.example.com/issuing.der"]);
    assert_eq!((wildcard.fingerprint.len(), wildcard.der), (64, chain("wildcard").remove(0)));
}

#[test]
fn keys_signatures_and_versions_are_in_words() {
    let words = |name| {
        let leaf = leaf(name);
        (leaf.key, leaf.signature, leaf.version)
    };
    assert_eq!(words("root"), ("RSA 2048".to_owned(), "RSA with SHA-256".to_owned(), 3));
    assert_eq!(words("expired"), ("Ed25519".to_owned(), "ECDSA with SHA-256".to_owned(), 3));
    assert_eq!(words("version-1"), ("EC P-256".to_owned(), "RSA with SHA-256".to_owned(), 1));
    let between = certificate(&chain("wildcard")[1], &Limits::default()).unwrap();
    assert_eq!((between.key.as_str(), between.is_ca, between.usages), ("EC P-384", true, None));
    assert!(leaf("root").is_self_issued());
}

#[test]
fn names_beyond_the_limit_are_counted_and_text_is_cut() {
    let der = chain("wildcard").remove(0);
    let few = certificate(&der, &Limits { sans: 2, text: 4, ..Limits::default() }).unwrap();
    assert_eq!((few.names.len(), few.more_names), (2, 3));
    assert_eq!((few.subject.as_str(), few.names[0].to_string().as_str()), ("O=Ex", "DNS:*.re"));
    assert_eq!(few.fingerprint.len(), 64);
}

#[test]
fn a_subject_that_is_no_utf8_is_still_shown() {
    let mut der = chain("wildcard").remove(0);
    // The last "redis" before the key is the subject's common name; the signature no longer matters.
    let at = der.windows(7).position(|w| w == b"\x0c\x05redis").unwrap();
    der[at + 3] = 0xfc;
    let leaf = certificate(&der, &Limits::default()).unwrap();
    assert_eq!(leaf.subject, "O=Example Ops, CN=r\u{fffd}dis");
    assert_eq!(leaf.common_name.as_deref(), Some("r\u{fffd}dis"));
}

#[test]
fn what_is_no_certificate_is_refused_in_words() {
    assert!(!certificate(b"", &Limits::default()).unwrap_err().is_empty());
    assert!(!certificate(b"-----BEGIN CERTIFICATE-----", &Limits::default()).unwrap_err().is_empty());
    let (none, refused) = Anchors::from_der(vec![b"nothing".to_vec(), Vec::new()]);
    assert!(none.is_empty());
    assert_eq!(refused, 2);
}

#[test]
fn an_anchor_may_be_an_intermediate_and_may_be_expired() {
    let (between, _) = Anchors::from_der(chain("wildcard").split_off(1));
    let lone = judged(&chain("intermediate-missing"), &between, cases().now);
    assert_eq!(lone.verdict, ChainVerdict::Trusted { anchor: "O=Example Ops, CN=Fixture Issuing".to_owned() });
    let anchor = |chain: &CertificateChain, by| chain.judgement(by).unwrap().anchor.clone();
    assert_eq!(flaws(&lone, Verifier::OpenSsl), [FlawKind::AnchorNotRoot, FlawKind::NoKeyUsage]);
    assert_eq!(anchor(&lone, Verifier::OpenSsl), None, "it is no root");
    assert_eq!(anchor(&lone, Verifier::PartialChain), Some(fingerprint(&chain("wildcard")[1])));
    let both = Anchors::from_der([chain("wildcard").split_off(1), chain("root")].concat()).0;
    let whole = judged(&chain("intermediate-missing"), &both, cases().now);
    assert_eq!(anchor(&whole, Verifier::OpenSsl), Some(fingerprint(&chain("root")[0])), "OpenSSL goes on to the root");
    assert!(leaf("root").not_after < cases().now, "every other chain here ends in an anchor that is over");
    let expired = Step::Flaw(Flaw::new(FlawKind::Expired, Place::Anchor));
    assert!(whole.judgement(Verifier::OpenSsl).unwrap().steps.contains(&expired));
    assert_eq!(flaws(&whole, Verifier::Webpki), []);
}

#[test]
fn without_a_chain_or_an_anchor_nothing_is_trusted() {
    let judge = |chain: &[Vec<u8>], anchors: &Anchors| {
        trust::chain(chain, anchors, cases().now, Purpose::Server, &Limits::default())
    };
    assert!(judge(&[], &anchors()).is_err() && judge(&[b"\x30".to_vec()], &anchors()).is_err());
    let untrusted = judge(&chain("wildcard"), &Anchors::from_der(Vec::new()).0).unwrap();
    let ChainVerdict::Untrusted { problem, text, issuer_resembles_anchor } = &untrusted.verdict else {
        panic!("trusted")
    };
    assert_eq!((*problem, *issuer_resembles_anchor), (ChainProblem::UnknownIssuer, false), "{text}");
    assert_eq!(flaws(&untrusted, Verifier::OpenSsl)[0], FlawKind::NoIssuer);
}

#[test]
fn a_chain_judged_again_is_judged_for_then() {
    let mut again = judged(&chain("wildcard"), &anchors(), cases().now);
    let first = again.clone();
    trust::judge(&mut again, &anchors(), first.leaf.not_before - 1, Purpose::Server);
    assert!(flaws(&again, Verifier::OpenSsl).contains(&FlawKind::NotYetValid));
    trust::judge(&mut again, &anchors(), cases().now, Purpose::Server);
    assert_eq!(again, first);
}

#[test]
fn why_a_name_does_not_match() {
    let written_as_name = leaf("address-as-dns");
    assert!(address_in_dns_entry(&written_as_name, &host("10.0.0.5")));
    assert!(!address_in_dns_entry(&written_as_name, &host("10.0.0.6")));
    assert!(!address_in_dns_entry(&leaf("wildcard"), &host("10.0.0.5")));
    assert!(common_name_only(&leaf("common-name-only")));
    assert_eq!(leaf("common-name-only").common_name.as_deref(), Some("redis-1.example.com"));
    assert!(!common_name_only(&leaf("wildcard")));
}

#[test]
fn of_several_hosts_it_speaks_for_those_that_it_names() {
    let hosts = ["b.redis.example.com", "10.0.0.9", "redis", "a.redis.example.com", "a.1", "10.0.0.5"].map(host);
    let matching: Vec<Host> =
        hosts.into_iter().filter(|host| speaks_for(&leaf("wildcard"), host) == Speaks::Yes).collect();
    assert_eq!(matching, ["b.redis.example.com", "a.redis.example.com", "10.0.0.5"].map(host));
}

/// Everything that takes a certificate, on bytes that may be none.
fn look(der: &[u8], anchors: &Anchors) {
    let limits = Limits { text: 32, sans: 4, ..Limits::default() };
    if let Ok(leaf) = certificate(der, &limits) {
        assert!(leaf.names.len() <= 4 && leaf.subject.chars().count() <= 32);
        for host in ["redis-1.example.com", "10.0.0.5", "::1"].map(host) {
            speaks_for(&leaf, &host);
            address_in_dns_entry(&leaf, &host);
        }
    }
    let (own, _) = Anchors::from_der(vec![der.to_vec()]);
    for (anchors, purpose) in [(anchors, Purpose::Server), (&own, Purpose::Client)] {
        let _ = trust::chain(&[der.to_vec(), der.to_vec()], anchors, 1_800_000_000, purpose, &limits);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        look(&bytes, &anchors());
    }

    #[test]
    fn mutated_certificates_are_survived(
        which in prop::sample::select(vec!["wildcard", "root", "odd-names", "version-1", "repeated-san", "expired"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut der = chain(which).remove(0);
        for (at, with) in edits {
            let at = at.index(der.len());
            der[at] = with;
        }
        if let Some(cut) = cut {
            der.truncate(cut.index(der.len()));
        }
        look(&der, &anchors());
    }
}
