//! Everything that is wrong with a chain, whichever stack minds it: what the certificates say of themselves, and what any
//! verifier met.

mod path;
mod words;

use std::fmt;

use super::{
    Speaks, address_in_dns_entry, only_by_common_name, speaks_for,
    trust::Purpose,
    weakness::{Weak, Weakness, serves_clients, weaknesses},
};
use crate::facts::{Certificate, CertificateChain, FlawKind, Host, SubjectAltName};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The code of the check that is about it where there is one, else that of the flaw.
    pub code: Code,
    /// The subject of the certificate, or the host that it does not speak for. Untrusted text.
    pub subject: String,
}

/// What a defect is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// As a check is called.
    Check(&'static str),
    /// As the flaw is.
    Flaw(FlawKind),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Check(code) => f.pad(code),
            Code::Flaw(kind) => kind.fmt(f),
        }
    }
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// With its judgements.
    pub chain: &'a CertificateChain,
    /// What was trusted when it was judged: all of it, or what has to do with the chain.
    pub bundle: &'a [Certificate],
    /// What clients verify.
    pub hosts: &'a [Host],
    /// Seconds since 1970.
    pub at: i64,
    /// What it is to be used for.
    pub purpose: Purpose,
}

/// All of it: the names first, then the leaf, what was sent with it, and the way to an anchor. Nothing is told twice.
pub fn defects(matter: &Matter<'_>) -> Vec<Defect> {
    let mut found = Found::default();
    for host in matter.hosts {
        found.extend(name(&matter.chain.leaf, host).map(|code| (Code::Check(code), host.to_string())));
    }
    usage(matter, &mut found);
    weak(matter, &mut found);
    path::trust(matter, &mut found);
    path::met(matter, &mut found);
    found.0
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Defect>);

impl Found {
    fn add(&mut self, code: Code, subject: &str) {
        let defect = Defect { code, subject: subject.to_owned() };
        if !self.0.contains(&defect) {
            self.0.push(defect);
        }
    }

    fn extend(&mut self, more: impl IntoIterator<Item = (Code, String)>) {
        more.into_iter().for_each(|(code, subject)| self.add(code, &subject));
    }
}

/// Why a certificate does not speak for a host, as the checks call it.
pub fn name(leaf: &Certificate, host: &Host) -> Option<&'static str> {
    if speaks_for(leaf, host) == Speaks::Yes {
        return None;
    }
    Some(if only_by_common_name(leaf, host) {
        "common-name-only"
    } else if address_in_dns_entry(leaf, host) {
        "ip-in-dns-san"
    } else {
        "san-mismatch"
    })
}

/// What the certificates say of themselves.
fn weak(matter: &Matter<'_>, found: &mut Found) {
    for Weak { weakness, certificate } in weaknesses(matter.chain, matter.bundle, matter.at) {
        let code = match weakness {
            Weakness::OutOfDate if matter.at < certificate.not_before => NOT_YET_VALID,
            // Who dials addresses looks for no name.
            Weakness::CommonNameOnly if matter.purpose == Purpose::Client || has_addresses(certificate) => continue,
            other => other.code(),
        };
        found.add(Code::Check(code), &certificate.subject);
    }
    for certificate in matter.chain.certificates().filter(|c| c.not_after < c.not_before) {
        found.add(Code::Flaw(FlawKind::DatesSwapped), &certificate.subject);
    }
}

fn has_addresses(certificate: &Certificate) -> bool {
    certificate.names.iter().any(|name| matches!(name, SubjectAltName::Ip(_)))
}

/// The leaf's usages, and what it is to be used for.
fn usage(matter: &Matter<'_>, found: &mut Found) {
    let leaf = &matter.chain.leaf;
    let names_it = |usages: &Vec<String>| usages.iter().any(|usage| usage == "serverAuth" || usage == "any");
    let code = match matter.purpose {
        Purpose::Server if !leaf.usages.as_ref().is_none_or(names_it) => Code::Flaw(FlawKind::Usage),
        Purpose::Client if !serves_clients(leaf) => Code::Check("client-usage-missing"),
        _ => return,
    };
    found.add(code, &leaf.subject);
}

/// Not every verifier tells this from a certificate that has expired, and what is to be done is another thing.
const NOT_YET_VALID: &str = "certificate-not-yet-valid";
