//! Weaknesses of certificates made by hand: the fields alone count.

use super::*;
use crate::facts::{ChainVerdict, SubjectAltName};

const NOW: i64 = 1_800_000_000;

fn certificate(subject: &str, issuer: &str) -> Certificate {
    Certificate {
        der: Vec::new(),
        subject: subject.into(),
        issuer: issuer.into(),
        common_name: Some(subject.into()),
        other_common_names: Vec::new(),
        serial: "01".into(),
        names: vec![SubjectAltName::Dns("redis.example.com".into())],
        more_names: 0,
        names_critical: false,
        not_before: NOW - 30 * DAY,
        not_after: NOW + 335 * DAY,
        is_ca: false,
        version: 3,
        usages: None,
        key_usages: None,
        subject_key_id: None,
        authority_key_id: None,
        key: "EC P-256".into(),
        signature: "ECDSA with SHA-256".into(),
        ca_issuers: Vec::new(),
        fingerprint: format!("{subject}<{issuer}"),
    }
}

fn authority(subject: &str, issuer: &str) -> Certificate {
    Certificate { is_ca: true, names: Vec::new(), common_name: None, ..certificate(subject, issuer) }
}

fn chain(leaf: Certificate, rest: Vec<Certificate>) -> CertificateChain {
    let verdict = ChainVerdict::Trusted { anchor: "root".into() };
    CertificateChain { leaf, rest, verdict, judgements: Vec::new() }
}

/// `code subject` of each.
fn said(chain: &CertificateChain) -> Vec<String> {
    let words = |weak: Weak<'_>| format!("{} {}", weak.weakness.code(), weak.certificate.subject);
    weaknesses(chain, &[], NOW).into_iter().map(words).collect()
}

#[test]
fn a_good_chain_has_no_weakness() {
    assert_eq!(said(&chain(certificate("leaf", "one"), vec![authority("one", "root")])), [""; 0]);
    assert_eq!(said(&chain(certificate("leaf", "root"), Vec::new())), [""; 0]);
    // Two ways up, both of use.
    let crossed = vec![authority("one", "root"), authority("root", "old root")];
    assert_eq!(said(&chain(certificate("leaf", "one"), crossed)), [""; 0]);
}

#[test]
fn order_roots_and_strays_are_told_apart() {
    let (leaf, one, two) = (certificate("leaf", "one"), authority("one", "two"), authority("two", "root"));
    let root = authority("root", "root");
    let misordered = chain(leaf.clone(), vec![two.clone(), one.clone()]);
    assert_eq!(said(&misordered), ["chain-misordered two"]);
    let with_root = chain(leaf.clone(), vec![one.clone(), two.clone(), root]);
    assert_eq!(said(&with_root), ["root-sent root"]);
    let stray = chain(leaf.clone(), vec![one.clone(), authority("stranger", "elsewhere"), two]);
    assert_eq!(said(&stray), ["chain-superfluous stranger"]);
    let twice = chain(leaf.clone(), vec![one.clone(), one.clone()]);
    assert_eq!(said(&twice), ["chain-superfluous one"]);
    // In circles, and itself once more.
    let circle = chain(leaf.clone(), vec![authority("one", "three"), authority("three", "one"), leaf]);
    assert_eq!(said(&circle), ["chain-superfluous leaf"]);
}

#[test]
fn soon_is_a_share_of_a_life() {
    let with = |life: i64, left: i64| {
        let (not_before, not_after) = (NOW - (life - left) * DAY, NOW + left * DAY);
        expires_soon(&Certificate { not_before, not_after, ..certificate("leaf", "root") }, NOW)
    };
    // Days of life, days left.
    for (life, left, soon) in [
        (90, 20, false),
        (90, 10, false),
        (90, 8, true),
        (7, 5, false),
        (365, 20, false),
        (397, 13, true),
        (3650, 90, false),
        (3650, 20, true),
        (3650, 59, true),
    ] {
        assert_eq!(with(life, left), soon, "{left} of {life} days left");
    }
    assert!(!expires_soon(&Certificate { not_after: NOW - 1, ..certificate("leaf", "root") }, NOW), "it is over");
}

#[test]
fn keys_and_signatures() {
    for (key, weak) in [
        ("RSA 1024", true),
        ("RSA 2047", true),
        ("RSA 2048", false),
        ("RSA malformed", false),
        ("DSA", true),
        ("EC P-224", true),
        ("EC 1.3.36.3.3.2.8.1.1.5", true),
        ("EC brainpoolP256r1", false),
        ("EC P-256", false),
        ("Ed25519", false),
    ] {
        assert_eq!(has_weak_key(&Certificate { key: key.into(), ..certificate("leaf", "root") }), weak, "{key}");
    }
    for (signature, weak) in [
        ("RSA with SHA-1", true),
        ("RSA-PSS with SHA-1", true),
        ("RSA with MD5", true),
        ("RSA with SHA-256", false),
        ("Ed25519", false),
    ] {
        let leaf = Certificate { signature: signature.into(), ..certificate("leaf", "root") };
        assert_eq!(has_weak_signature(&leaf), weak, "{signature}");
        let root = Certificate { signature: signature.into(), ..authority("root", "root") };
        assert!(!has_weak_signature(&root), "nobody verifies what a root says of itself");
    }
}

#[test]
fn the_leaf_has_weaknesses_of_its_own() {
    let old = Certificate {
        is_ca: true,
        version: 1,
        names: Vec::new(),
        not_after: NOW - 1,
        key: "RSA 1024".into(),
        signature: "RSA with SHA-1".into(),
        ..certificate("leaf", "root")
    };
    let codes: Vec<_> = weaknesses(&chain(old, Vec::new()), &[], NOW).iter().map(|w| w.weakness.code()).collect();
    let expected = ["certificate-expired", "ca-as-leaf", "x509-v1", "common-name-only", "weak-signature", "weak-key"];
    assert_eq!(codes, expected);
}

#[test]
fn usages_of_clients() {
    let with = |usages: Option<&[&str]>| {
        let usages = usages.map(|all| all.iter().map(ToString::to_string).collect());
        serves_clients(&Certificate { usages, ..certificate("leaf", "root") })
    };
    assert!(with(None) && with(Some(&["serverAuth", "clientAuth"])));
    assert!(!with(Some(&["serverAuth"])) && !with(Some(&["any"])) && !with(Some(&[])));
}
