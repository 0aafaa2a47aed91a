//! What `explain` makes of the very texts that real TLS stacks printed for 119 odd certificates.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::PathBuf,
};

use redis_doctor::{
    clients::{self, Symptom, Where},
    errors,
    facts::{CertificateChain, Host, Limits},
    names::{
        Class, stack,
        trust::{Anchors, Purpose, chain},
    },
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
    id: String,
    host: String,
    chain: String,
    anchors: String,
    said: BTreeMap<String, String>,
}

impl Case {
    fn host(&self) -> Host {
        self.host.parse().unwrap_or_else(|_| Host::Name(self.host.clone()))
    }

    fn chain(&self, now: i64) -> CertificateChain {
        let pem = |text: &str| -> Vec<Vec<u8>> {
            CertificateDer::pem_slice_iter(text.as_bytes()).map(|der| der.unwrap().to_vec()).collect()
        };
        let anchors = Anchors::from_der(pem(&self.anchors)).0;
        chain(&pem(&self.chain), &anchors, now, Purpose::Server, &Limits::default()).unwrap()
    }
}

/// The finding behind a refusal. Where the server breaks off, nobody is told why.
fn behind(class: Class, text: &str) -> &'static str {
    let broken_off = ["fatal alert", "AlertReceived", "remote error", "SSL alert", "tlsv1 alert"]
        .iter()
        .any(|said| text.contains(said));
    match class {
        _ if broken_off => "tls-handshake-failed",
        Class::Name | Class::Reference => "san-mismatch",
        Class::Expired | Class::NotYetValid => "certificate-expired",
        Class::CaAsLeaf => "ca-as-leaf",
        _ => "chain-untrusted",
    }
}

#[test]
fn what_real_stacks_print_leads_to_what_is_wrong() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks/cases.json");
    let Cases { now, cases } = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let (mut astray, mut all) = (Vec::new(), 0);
    for case in &cases {
        let chain = case.chain(now);
        let host = case.host();
        for (id, said) in &case.said {
            let Some(refusal) = stack(id).and_then(|stack| stack.refusal(&chain, Some(&host))) else { continue };
            let texts = [Some(said), Some(&refusal.text), refusal.debug.as_ref()];
            for text in texts.into_iter().flatten().filter(|text| !text.is_empty()) {
                let leads = errors::read(text).map(|reading| reading.leads).unwrap_or_default();
                let expected = behind(refusal.class, text);
                all += 1;
                if !leads.iter().any(|lead| lead.code == expected) {
                    let found: Vec<&str> = leads.iter().map(|lead| lead.code).collect();
                    astray.push(format!("{} {id}: {text:?} leads to {found:?}, not {expected}", case.id));
                }
            }
        }
    }
    assert!(all > 1_000, "{all} texts");
    assert!(astray.is_empty(), "{} of {all}:\n{}", astray.len(), astray.join("\n"));
}

#[test]
fn what_libraries_make_of_it_does_so_too() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks/cases.json");
    let Cases { now, cases } = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let (mut astray, mut known) = (Vec::new(), HashSet::new());
    for case in &cases {
        let (chain, host) = (case.chain(now), case.host());
        for client in clients::ALL {
            let Some(refusal) = client.stack.refusal(&chain, Some(&host)) else { continue };
            let expected = behind(refusal.class, &refusal.text);
            for place in [Where::Seed, Where::EveryNode, Where::SomeNodes] {
                let Some(text) = (client.text)(&Symptom::Certificate(refusal.clone()), place) else { continue };
                if text.is_empty() || !known.insert((text.clone(), expected)) {
                    continue;
                }
                let leads = errors::read(&text).map(|reading| reading.leads).unwrap_or_default();
                if !leads.iter().any(|lead| lead.code == expected) {
                    astray.push(format!("{} {} {place:?}: {text:?} does not lead to {expected}", case.id, client.id));
                }
            }
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
}
