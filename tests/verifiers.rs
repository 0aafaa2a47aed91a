//! What the verifiers come to on chains made for it: which anchor, what is said next, and at what cost.

use std::{sync::LazyLock, time::Instant};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use redis_doctor::{
    facts::{CertificateChain, Host, Limits},
    names::{
        Class, STACKS, stack,
        trust::{Anchors, Purpose, chain},
    },
    wire::certificate::fingerprint,
};

/// In 2027.
const NOW: i64 = 1_800_000_000;

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

fn ca(name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.serial_number = Some(serial.into());
    params
}

fn leaf() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["redis.example.com".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "redis");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn signed(params: &CertificateParams, by: &CertificateParams) -> Vec<u8> {
    params.signed_by(&*KEY, &Issuer::from_params(by, &*KEY)).unwrap().der().to_vec()
}

fn root(params: &CertificateParams) -> Vec<u8> {
    params.self_signed(&*KEY).unwrap().der().to_vec()
}

fn judged(sent: &[Vec<u8>], bundle: Vec<Vec<u8>>) -> CertificateChain {
    chain(sent, &Anchors::from_der(bundle).0, NOW, Purpose::Server, &Limits::default()).unwrap()
}

#[test]
fn every_verifier_names_its_anchor() {
    let (top, below) = (ca("root", 1), ca("issuing", 2));
    let sent = [signed(&leaf(), &below), signed(&below, &top)];
    let (anchor, other) = (root(&top), root(&ca("other", 3)));
    let chain = judged(&sent, vec![other, anchor.clone()]);
    for judgement in &chain.judgements {
        assert_eq!(judgement.anchor.as_deref(), Some(fingerprint(&anchor).as_str()), "{:?}", judgement.by);
    }
    for judgement in judged(&sent, vec![root(&ca("other", 3))]).judgements {
        assert_eq!(judgement.anchor, None, "{:?}", judgement.by);
    }
}

#[test]
fn what_is_said_next_is_known() {
    let top = ca("root", 1);
    let mut bad = leaf();
    bad.not_after = date_time_ymd(2026, 1, 1);
    bad.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let chain = judged(&[signed(&bad, &top)], vec![root(&top)]);
    let wrong = "other.example.com".parse().unwrap();
    for (id, expected) in [
        ("go@1.19", [Class::Expired, Class::Name, Class::Usage]),
        ("go@1.23", [Class::Expired, Class::Name, Class::Usage]),
        ("java@17", [Class::Expired, Class::Usage, Class::Name]),
        ("java@25", [Class::Expired, Class::Usage, Class::Name]),
        ("rustls", [Class::Expired, Class::Usage, Class::Name]),
        ("rustls-ring", [Class::Expired, Class::Usage, Class::Name]),
    ] {
        let said: Vec<Class> =
            stack(id).unwrap().refusals(&chain, Some(&wrong)).iter().map(|refusal| refusal.class).collect();
        assert_eq!(said, expected, "{id}");
    }
}

#[test]
fn a_host_that_cannot_be_asked_for_is_refused_before_the_certificate() {
    let chain = judged(&[root(&leaf())], Vec::new());
    let host = Host::Name("-redis.example.com".to_owned());
    let first = |id: &str| stack(id).unwrap().refusal(&chain, Some(&host)).unwrap().class;
    assert_eq!(first("rustls"), Class::Reference);
    assert!([Class::SelfSigned, Class::UnknownIssuer].contains(&first("java@25")));
}

/// A hundred issuers of one name, each with a key of its own or all with the same, that lead nowhere: the bounds of the
/// verifiers hold.
#[test]
fn many_issuers_of_one_name_cost_little() {
    let top = ca("the same", 0);
    let first = signed(&leaf(), &top);
    let same = (1..100).map(|serial| root(&ca("the same", serial)));
    let apart = (1..100).map(|serial| {
        let key = KeyPair::generate().unwrap();
        ca("the same", serial).self_signed(&key).unwrap().der().to_vec()
    });
    for issuers in [same.collect::<Vec<_>>(), apart.collect()] {
        let sent: Vec<Vec<u8>> = std::iter::once(first.clone()).chain(issuers).collect();
        let begin = Instant::now();
        let chain = judged(&sent, Vec::new());
        // A hundredth of that where it is optimised.
        assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
        for stack in STACKS {
            assert!(stack.chain_refusal(&chain).is_some(), "{}", stack.id);
        }
    }
}
