//! A chain that strict verifiers refuse, and that everybody else trusts.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names,
};

pub(super) const CHECK: Check = Check {
    code: "x509-strict",
    severity: Severity::Info,
    expects: "Chains pass the strict checks of OpenSSL, which Python has on since 3.13.",
    explain: "`ssl.create_default_context()` of Python 3.13 and later sets VERIFY_X509_STRICT. It refuses a CA without keyUsage, \
              which is what a plain `openssl req -x509` makes, one whose basicConstraints are not critical, and a certificate \
              without authorityKeyIdentifier. Everything else takes such a chain, Python 3.12 included, so it comes up when \
              the application's Python is upgraded. A CA certificate that is made anew with the same key and subject mends \
              it: what the CA has signed stays valid.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut clients = BTreeMap::new();
    for (chain, subjects) in context.chains() {
        let Some(refusal) = names::strict_refusal(chain).filter(|_| chain.is_trusted()) else {
            verdicts.pass_each(subjects);
            continue;
        };
        for subject in subjects {
            found.add(&refusal.text, subject.clone());
        }
        clients.entry(refusal.text).or_insert_with(|| context.affected_by_chain(chain));
    }
    for (said, subjects) in found {
        verdicts.fail(Problem {
            title: "Python 3.13 and later refuse this chain; others take it".to_owned(),
            subjects,
            expected: "a chain that passes VERIFY_X509_STRICT".to_owned(),
            clients: clients.remove(&said).unwrap_or_default(),
            remedies: vec![remedy(&said)],
            presented: said,
        });
    }
}

fn remedy(said: &str) -> Remedy {
    let (text, lines): (_, &[&str]) = if said.contains("CA cert") {
        (
            "Make the CA's certificate anew with the same key, and give it to clients and servers; what it signed stays valid.",
            &[
                "openssl x509 -x509toreq -in ca.pem -signkey ca.key -out ca.csr",
                "openssl req -x509 -in ca.csr -key ca.key -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign -out new-ca.pem",
            ],
        )
    } else {
        (
            "Have the certificate issued again with key identifiers.",
            &["subjectKeyIdentifier = hash", "authorityKeyIdentifier = keyid"],
        )
    };
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Remedy { audience: Audience::Certificate, text: text.to_owned(), lines, proof: None }
}
