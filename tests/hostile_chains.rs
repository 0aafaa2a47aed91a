//! Chains that are made to be expensive: judging them costs little, whoever is asked, and says that it gave up.

use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, GeneralSubtree, IsCa, Issuer,
    KeyPair, NameConstraints, SanType, string::Ia5String,
};
use redis_doctor::{
    facts::{CertificateChain, Host, Limits, Verifier},
    names::{
        STACKS,
        trust::{self, Anchors, Purpose},
    },
};

const NOW: i64 = 1_800_000_000;

/// Of a build without optimisation, on a machine with other things to do: unbounded, each of these took from seconds to
/// hours. Optimised they take a tenth.
const BRIEF: Duration = Duration::from_secs(2);

fn named(name: &str, serial: usize) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.serial_number = Some((serial as u64).into());
    params
}

fn signed(params: &CertificateParams, key: &KeyPair, issuer: &CertificateParams, by: &KeyPair) -> Vec<u8> {
    params.signed_by(key, &Issuer::from_params(issuer, by)).unwrap().der().to_vec()
}

fn leaf() -> CertificateParams {
    CertificateParams::new(vec!["redis.example.com".to_owned()]).unwrap()
}

/// Judged and put into every stack's words.
fn judged(what: &str, chain: &[Vec<u8>], anchors: &[Vec<u8>]) -> CertificateChain {
    let anchors = Anchors::from_der(anchors.to_vec()).0;
    let host: Host = "redis.example.com".parse().unwrap();
    let start = Instant::now();
    let judged = trust::chain(chain, &anchors, NOW, Purpose::Server, &Limits::default()).unwrap();
    let refused = STACKS.iter().filter(|stack| stack.refusal(&judged, Some(&host)).is_some()).count();
    assert!(start.elapsed() < BRIEF, "{what}: {:?}", start.elapsed());
    assert_eq!(judged.judgements.len(), Verifier::ALL.len(), "{what}");
    assert!(refused > 0 || judged.is_trusted(), "{what}");
    judged
}

#[test]
fn issuers_of_one_name_and_in_rings() {
    let own = KeyPair::generate().unwrap();
    for count in [10, 100] {
        let keys: Vec<KeyPair> = (0..count).map(|_| KeyPair::generate().unwrap()).collect();
        let name = |n: usize, names: usize| format!("CA {}", n % names);
        let anchors: Vec<Vec<u8>> =
            (0..2).map(|n| signed(&named(&name(n, 2), 0), &own, &named(&name(n, 2), 0), &own)).collect();
        for names in [1, 2, 3] {
            for one_key in [true, false] {
                let key = |n: usize| if one_key { &keys[0] } else { &keys[n] };
                let issuer = |n: usize| {
                    let mut params = named(&name(n, names), n);
                    // The JDK goes round a ring for as long as these differ.
                    params.subject_alt_names = vec![SanType::DnsName(format!("n{n}.example").try_into().unwrap())];
                    signed(&params, key(n), &named(&name(n + 1, names), 0), key((n + 1) % count))
                };
                let first = signed(&leaf(), &own, &named(&name(1, names), 0), key(1));
                let chain: Vec<Vec<u8>> = std::iter::once(first).chain((1..count).map(issuer)).collect();
                let what = format!("{count} issuers, {names} names, one key: {one_key}");
                for anchors in [&[][..], &anchors] {
                    assert!(!judged(&what, &chain, anchors).is_trusted(), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_good_chain_may_have_anything_twice() {
    let [root_key, key, own] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let root = named("Root", 1);
    let anchor = signed(&root, &root_key, &root, &root_key);
    let between = signed(&named("Between", 2), &key, &root, &root_key);
    let end = signed(&leaf(), &own, &named("Between", 2), &key);
    let chain: Vec<Vec<u8>> = std::iter::once(end.clone()).chain(vec![between.clone(); 8]).collect();
    assert!(judged("one issuer eight times", &chain, std::slice::from_ref(&anchor)).is_trusted());
    // A few others of its name in front of it, as where a CA was renewed.
    let renewed = (3..5).map(|n| signed(&named("Between", n), &KeyPair::generate().unwrap(), &root, &root_key));
    let chain: Vec<Vec<u8>> = std::iter::once(end).chain(renewed).chain([between]).collect();
    assert!(judged("three issuers of one name", &chain, &[anchor]).is_trusted());
}

#[test]
fn names_under_constraints() {
    let [root_key, own] = [(); 2].map(|()| KeyPair::generate().unwrap());
    for (names, length, limits) in
        [(1, 60_000, 9_000), (30, 1_000, 4_000), (5_000, 20, 5_000), (2_000, 20, 1), (1, 20, 5_000)]
    {
        let mut root = named("Root", 1);
        let excluded = (0..limits).map(|n| GeneralSubtree::DnsName(format!("x{n}"))).collect();
        root.name_constraints = Some(NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees: excluded });
        let anchor = signed(&root, &root_key, &root, &root_key);
        let mut params = leaf();
        let long = "a.".repeat(length / 2);
        params.subject_alt_names.extend((0..names).map(|n| {
            let name: Ia5String = format!("n{n}.{long}com").try_into().unwrap();
            SanType::DnsName(name)
        }));
        let chain = [signed(&params, &own, &root, &root_key), anchor.clone()];
        let what = format!("{names} names of {length} under {limits}");
        let judged = judged(&what, &chain, &[anchor]);
        let few = names == 1 && length == 20 || limits == 1;
        let said = format!("{:?}", judged.verdict);
        assert_eq!(said.contains("more names are held"), !few, "{what}: {said}");
    }
}

/// SEQUENCE, with a length of three octets.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[0x30, 0x83], &length[1..], content].concat()
}

#[test]
fn extensions_and_policies_by_the_thousand() {
    let [root_key, own] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let root = named("Root", 1);
    let anchor = signed(&root, &root_key, &root, &root_key);
    let mut params = leaf();
    params.custom_extensions =
        (0..4_000).map(|n| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99, n], vec![5, 0])).collect();
    judged("extensions", &[signed(&params, &own, &root, &root_key)], std::slice::from_ref(&anchor));
    // Nobody signed this one but whoever sent it, and its policies are read before that is found out.
    let oid = |n: usize| [6, 5, 0x2a, 3, 4, u8::try_from(n / 128).unwrap(), u8::try_from(n % 128).unwrap()];
    let policies: Vec<u8> = (0..3_000).flat_map(|n| [&[0x30, 7][..], &oid(n)].concat()).collect();
    let mapped: Vec<u8> = (0..3_000).flat_map(|n| [&[0x30, 14][..], &oid(n), &oid(n + 3_000)].concat()).collect();
    let mut between = named("Between", 2);
    between.custom_extensions = vec![
        CustomExtension::from_oid_content(&[2, 5, 29, 32], sequence(&policies)),
        CustomExtension::from_oid_content(&[2, 5, 29, 33], sequence(&mapped)),
    ];
    let between = signed(&between, &own, &root, &own);
    let chain = [signed(&leaf(), &own, &named("Between", 2), &own), between];
    assert!(!judged("policies", &chain, &[anchor]).is_trusted());
}

#[test]
fn no_chain_pushes_out_the_anchors_of_another() {
    let key = KeyPair::generate().unwrap();
    let root = |n: usize| named(&format!("Root {n}"), n);
    let bundle: Vec<Vec<u8>> = (0..100).map(|n| signed(&root(n), &key, &root(n), &key)).collect();
    let anchors = Anchors::from_der(bundle.clone()).0;
    let limits = Limits::default();
    let chain = |n: usize| {
        trust::chain(&[signed(&leaf(), &key, &root(n), &key)], &anchors, NOW, Purpose::Server, &limits).unwrap()
    };
    let chains: Vec<CertificateChain> = (0..100).map(chain).collect();
    assert_eq!(trust::anchors_around(&chains, &anchors), bundle);
}
