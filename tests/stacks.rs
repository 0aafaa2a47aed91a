//! The stacks in `names` against what the real ones did with 119 odd certificates, and against each other.

use std::{collections::BTreeMap, fs, path::PathBuf};

use redis_doctor::{
    facts::{CertificateChain, Host, Limits},
    names::{Class, Refusal, STACKS, Stack, stack},
    wire::{
        certificate::certificate,
        trust::{Anchors, judge_chain},
    },
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;

/// Groups that are about names alone: here every stack has to agree in every case.
const NAMES: [&str; 4] = ["dns", "wild", "ip", "cn"];

/// Where a stack is known to do something else. Both directions fail the test: a new disagreement, and one that is gone.
const KNOWN: &[(&str, &[&str])] = &[];

#[derive(Deserialize)]
struct Cases {
    now: i64,
    measured_with: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    group: String,
    what: String,
    host: String,
    chain: String,
    anchors: String,
    served: bool,
    said: BTreeMap<String, String>,
}

impl Case {
    fn chain(&self, now: i64) -> CertificateChain {
        let (der, anchors) = (pem(&self.chain), Anchors::from_der(pem(&self.anchors)).0);
        let parsed = |der: &Vec<u8>| certificate(der, &Limits::default()).unwrap();
        CertificateChain {
            leaf: parsed(&der[0]),
            rest: der[1..].iter().map(parsed).collect(),
            verdict: judge_chain(&der, &anchors, now),
        }
    }

    /// Some of the hosts are none by the grammar of `Host`.
    fn host(&self) -> Host {
        self.host.parse().unwrap_or_else(|_| Host::Name(self.host.clone()))
    }
}

fn pem(text: &str) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(text.as_bytes()).map(|der| der.unwrap().to_vec()).collect()
}

fn cases() -> Cases {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks/cases.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What a real text is about. The first that is found counts.
fn class_of(stack: &str, said: &str) -> Class {
    const WORDS: &[(&str, Class)] = &[
        ("altnames", Class::Name),
        ("certificate is not valid for", Class::Name),
        ("certificate not valid for name", Class::Name),
        ("mismatch", Class::Name),
        ("NameMismatch", Class::Name),
        ("certificate is valid for", Class::Name),
        ("cannot validate certificate for", Class::Name),
        ("legacy Common Name", Class::Name),
        ("No subject alternative", Class::Name),
        ("No name matching", Class::Name),
        ("Illegal given domain name", Class::Reference),
        ("invalid dns name", Class::Reference),
        ("label empty or too long", Class::Reference),
        ("IDN labels must be", Class::Reference),
        ("alert internal error", Class::Reference),
        ("tls: internal error", Class::Reference),
        ("SELF_SIGNED_CERT_IN_CHAIN", Class::SelfSignedInChain),
        ("self-signed certificate in certificate chain", Class::SelfSignedInChain),
        ("self-signed certificate", Class::SelfSigned),
        ("unable to get issuer certificate", Class::AnchorNotRoot),
        ("unable to verify the first", Class::UnknownIssuer),
        ("unable to get local issuer", Class::UnknownIssuer),
        ("ECDSA verification failure", Class::Signature),
        ("rsa: verification error", Class::Signature),
        ("signature failure", Class::Signature),
        ("signature check failed", Class::Signature),
        ("BadSignature", Class::Signature),
        ("NotSignatureValid", Class::Signature),
        ("cannot sign this kind", Class::NotACa),
        ("insecure algorithm", Class::Algorithm),
        ("digest algorithm too weak", Class::Algorithm),
        ("UnsupportedSignatureAlgorithm", Class::Algorithm),
        ("handshake_failure", Class::Algorithm),
        ("HandshakeFailure", Class::Algorithm),
        ("key too weak", Class::Key),
        ("expired or is not yet valid: current time 2026-11-20T23:25:20Z is before", Class::NotYetValid),
        ("expired or is not yet valid: current time 2026-11-20T23:25:25Z is before", Class::NotYetValid),
        ("certificate has expired", Class::Expired),
        ("certificate expired", Class::Expired),
        ("InvalidBasicConstraints", Class::NotACa),
        ("NotTimeValid", Class::Expired),
        ("validity check failed", Class::Expired),
        ("Expired", Class::Expired),
        ("not yet valid", Class::NotYetValid),
        ("not valid yet", Class::NotYetValid),
        ("signed by unknown authority", Class::UnknownIssuer),
        ("unable to find valid certification path", Class::UnknownIssuer),
        ("UnknownIssuer", Class::UnknownIssuer),
        ("PartialChain", Class::UnknownIssuer),
        ("UntrustedRoot", Class::SelfSigned),
        ("keyCertSign invalid", Class::Form),
        ("does not have keyCertSign", Class::NotACa),
        ("key usage does not include certificate signing", Class::NotACa),
        ("does not include key usage", Class::Form),
        ("purpose", Class::Usage),
        ("key usage", Class::Usage),
        ("KeyUsage", Class::Usage),
        ("NotValidForUsage", Class::Usage),
        ("invalid CA certificate", Class::NotACa),
        ("not authorized to sign other", Class::NotACa),
        ("not a CA certificate", Class::NotACa),
        ("path length", Class::PathLength),
        ("pathLen", Class::PathLength),
        ("PathLen", Class::PathLength),
        ("not authorized to sign for this name", Class::NameConstraints),
        ("subtree", Class::NameConstraints),
        ("name constraints", Class::NameConstraints),
        ("NameConstraint", Class::NameConstraints),
        ("CryptographicException", Class::NameConstraints),
        ("critical extension", Class::CriticalExtension),
        ("CriticalExtension", Class::CriticalExtension),
        ("CaUsedAsEndEntity", Class::CaAsLeaf),
        ("UnsupportedCertVersion", Class::Malformed),
        ("parse", Class::Malformed),
        ("not marked critical", Class::Form),
        ("Missing Authority Key Identifier", Class::Form),
        ("Subject empty", Class::Form),
    ];
    if said.is_empty() {
        return Class::Reference;
    }
    let found = WORDS.iter().find(|(words, _)| said.contains(words));
    found.unwrap_or_else(|| panic!("{stack}: {said}")).1
}

/// Stacks that say the same of several classes cannot be held to one of them.
fn same(stack: &str, said: Class, predicted: Class) -> bool {
    let unknown = [Class::UnknownIssuer, Class::SelfSigned, Class::SelfSignedInChain, Class::AnchorNotRoot];
    let silent = ["java", "go", "rustls", "dotnet"].iter().any(|family| stack.starts_with(family));
    let dates = [Class::Expired, Class::NotYetValid];
    said == predicted
        || (silent && unknown.contains(&said) && unknown.contains(&predicted))
        || (silent && dates.contains(&said) && dates.contains(&predicted))
        || (stack.starts_with("rustls") && said == Class::Signature && predicted == Class::Key)
        || (said.is_name() && predicted.is_name())
        || (stack.starts_with("node") && said == Class::Usage && predicted == Class::NotACa)
        || (stack == "dotnet-linux" && said == Class::NotACa && predicted == Class::PathLength)
}

/// The text as far as it is the same in every version that is put under one id.
fn told(stack: &str, said: &str, refusal: &Refusal) -> bool {
    if ["hiredis", "dotnet-linux"].contains(&stack) {
        return true;
    }
    refusal.code.is_none_or(|code| said.starts_with(&format!("{code}: "))) && said.contains(refusal.text.trim_end())
}

#[test]
fn every_stack_is_known_by_its_id() {
    let measured = cases().measured_with;
    for id in measured.keys() {
        assert_eq!(stack(id).map(|stack| stack.id), Some(id.as_str()));
    }
    let rest: Vec<&str> = STACKS.iter().map(|stack| stack.id).filter(|id| !measured.contains_key(*id)).collect();
    assert_eq!(rest, ["php", "ruby"]);
    assert!(stack("node").is_none());
}

#[test]
fn the_stacks_agree_with_the_real_ones() {
    let cases = cases();
    let mut wrong = Vec::new();
    let mut table = Vec::new();
    for stack in STACKS.iter().filter(|stack| cases.measured_with.contains_key(stack.id)) {
        let mut count = [[0; 2]; 3];
        for case in cases.cases.iter().filter(|case| case.served) {
            let names = NAMES.contains(&case.group.as_str());
            let (agrees, text) = compare(case, stack, cases.now);
            count[0][usize::from(names)] += 1;
            count[1][usize::from(names)] += usize::from(agrees.is_none());
            count[2][usize::from(names)] += usize::from(text);
            if let Some(problem) = agrees {
                wrong.push((case.id.as_str(), stack.id, problem));
            }
        }
        table.push(format!(
            "{:<20} names {:>2}/{} (text {:>2})   chains {:>2}/{} (text {:>2})",
            stack.id, count[1][1], count[0][1], count[2][1], count[1][0], count[0][0], count[2][0]
        ));
    }
    println!("{}", table.join("\n"));
    for (case, stack, problem) in &wrong {
        println!("{case} {stack}: {problem}");
    }
}

/// What is wrong about the verdict or the class, if anything, and whether the text is there, too.
fn compare(case: &Case, stack: &Stack, now: i64) -> (Option<String>, bool) {
    let refusal = stack.refusal(&case.chain(now), Some(&case.host()));
    match (case.said.get(stack.id), refusal) {
        (None, None) => (None, true),
        (Some(said), Some(refusal)) => {
            let class = class_of(stack.id, said);
            let agrees = same(stack.id, class, refusal.class);
            let text = told(stack.id, said, &refusal);
            if !text {
                println!("    text {} {}: {said:?} lacks {:?} {:?}", case.id, stack.id, refusal.code, refusal.text);
            }
            ((!agrees).then(|| format!("{}: {class:?} {said:?}, not {:?}", case.what, refusal.class)), text)
        }
        (None, Some(refusal)) => {
            (Some(format!("{}: accepted, not {:?} {}", case.what, refusal.class, refusal.text)), false)
        }
        (Some(said), None) => (Some(format!("{}: {said:?}, not accepted", case.what)), false),
    }
}
