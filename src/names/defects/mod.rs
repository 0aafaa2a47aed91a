//! Everything that is wrong with a chain, whichever stack minds it: what the certificates say of themselves, and what any
//! verifier met.

mod words;

use std::fmt;

use super::{
    Speaks, address_in_dns_entry, only_by_common_name, speaks_for,
    trust::Purpose,
    weakness::{Weak, Weakness, serves_clients, weaknesses},
};
use crate::facts::{
    Certificate, CertificateChain, ChainProblem, ChainVerdict, Flaw, FlawKind, Host, Place, Step, SubjectAltName,
    Verifier,
};

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
    trust(matter, &mut found);
    met(matter, &mut found);
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

const INCOMPLETE: &str = "chain-incomplete";
const UNTRUSTED: &str = "chain-untrusted";

/// No anchor signed it, or what leads to one is missing.
fn trust(matter: &Matter<'_>, found: &mut Found) {
    let chain = matter.chain;
    let flaw = |by| chain.judgement(by).and_then(|j| j.steps.iter().find_map(unanchored));
    let flawed = [Verifier::Go, Verifier::Java].into_iter().all(|by| flaw(by).is_some());
    let unknown = matches!(&chain.verdict, ChainVerdict::Untrusted { problem: ChainProblem::UnknownIssuer, .. });
    if !flawed && !unknown {
        return;
    }
    let last = last(chain);
    let resembles = matches!(&chain.verdict, ChainVerdict::Untrusted { issuer_resembles_anchor: true, .. });
    let incomplete =
        !last.is_self_issued() && (resembles || !last.ca_issuers.is_empty() || names_an_intermediate(last));
    found.add(Code::Check(if incomplete { INCOMPLETE } else { UNTRUSTED }), &last.subject);
}

fn unanchored(step: &Step) -> Option<FlawKind> {
    use FlawKind::{NoIssuer, OtherAnchor, RootSent, SelfSigned};
    match step {
        Step::Flaw(Flaw { kind: kind @ (NoIssuer | SelfSigned | RootSent | OtherAnchor), .. }) => Some(*kind),
        _ => None,
    }
}

/// Where the chain ends: follows issuers through what was sent.
pub fn last(chain: &CertificateChain) -> &Certificate {
    let mut last = &chain.leaf;
    for _ in 0..=chain.rest.len() {
        match chain.rest.iter().find(|c| c.subject == last.issuer && c != &last) {
            Some(next) if !last.is_self_issued() => last = next,
            _ => break,
        }
    }
    last
}

fn names_an_intermediate(certificate: &Certificate) -> bool {
    let issuer = certificate.issuer.to_ascii_lowercase();
    ["intermediate", "issuing", "sub ca", "subordinate"].iter().any(|word| issuer.contains(word))
}

/// What the verifiers met beyond that.
fn met(matter: &Matter<'_>, found: &mut Found) {
    for (flaw, anchor) in flaws(matter.chain).filter(|(flaw, _)| !is_vague(flaw)) {
        found.add(code(flaw.kind), subject(matter, flaw.at, anchor));
    }
    // What only some verifiers come to, and what says nothing new where anything else is in the way.
    for (flaw, anchor) in flaws(matter.chain).filter(|(flaw, _)| is_vague(flaw)) {
        if found.0.iter().all(|defect| is_aside(defect.code)) {
            found.add(code(flaw.kind), subject(matter, flaw.at, anchor));
        }
    }
}

/// Keeps no verifier from an anchor: a matter of names, of style, or of tomorrow.
fn is_aside(code: Code) -> bool {
    const NAMES: [&str; 3] = ["san-mismatch", "ip-in-dns-san", "common-name-only"];
    let style = [Weakness::Misordered, Weakness::RootSent, Weakness::Superfluous, Weakness::ExpiresSoon];
    match code {
        Code::Check(code) => NAMES.contains(&code) || style.iter().any(|weakness| weakness.code() == code),
        Code::Flaw(_) => false,
    }
}

/// Every flaw with the fingerprint of the anchor that its verifier went to.
fn flaws(chain: &CertificateChain) -> impl Iterator<Item = (&Flaw, Option<&str>)> {
    chain.judgements.iter().flat_map(|judgement| {
        let anchor = judgement.anchor.as_deref();
        judgement.steps.iter().filter_map(of_flaw).map(move |flaw| (flaw, anchor))
    })
}

/// About the way to an anchor, which [`trust`] tells in a word; or of a verifier that was asked itself, which names one thing
/// and not of which certificate.
fn is_vague(flaw: &Flaw) -> bool {
    use FlawKind::{NoIssuer, OtherAnchor, RootSent, SelfSigned, Unread, Unsuitable, Unverified};
    let vague = [NoIssuer, SelfSigned, RootSent, OtherAnchor, Unverified, Unsuitable, Unread];
    flaw.said.is_some() || vague.contains(&flaw.kind)
}

fn of_flaw(step: &Step) -> Option<&Flaw> {
    match step {
        Step::Flaw(flaw) => Some(flaw),
        Step::Names => None,
    }
}

/// What a flaw is called here.
fn code(kind: FlawKind) -> Code {
    use FlawKind as K;
    match kind {
        K::Expired => Code::Check(Weakness::OutOfDate.code()),
        K::NotYetValid => Code::Check(NOT_YET_VALID),
        K::CaAsLeaf => Code::Check(Weakness::CaAsLeaf.code()),
        K::Version => Code::Check(Weakness::OldVersion.code()),
        K::WeakKey | K::ShortKey => Code::Check(Weakness::WeakKey.code()),
        K::WeakDigest => Code::Check(Weakness::WeakSignature.code()),
        other => Code::Flaw(other),
    }
}

fn subject<'a>(matter: &Matter<'a>, at: Place, anchor: Option<&str>) -> &'a str {
    let chain = matter.chain;
    let certificate = match at {
        Place::Leaf => Some(&chain.leaf),
        Place::Sent(index) => index.checked_sub(1).and_then(|index| chain.rest.get(index)),
        Place::Anchor => self::anchor(matter, anchor),
    };
    certificate.map_or("an anchor", |certificate| &certificate.subject)
}

/// The anchor that a verifier went to: by its fingerprint; where it came to none in the end, the one that stands where what
/// was sent ends, or that was sent itself.
fn anchor<'a>(matter: &Matter<'a>, fingerprint: Option<&str>) -> Option<&'a Certificate> {
    let find = |is_it: &dyn Fn(&Certificate) -> bool| matter.bundle.iter().find(|certificate| is_it(certificate));
    let end = last(matter.chain);
    find(&|certificate| Some(certificate.fingerprint.as_str()) == fingerprint)
        .or_else(|| find(&|certificate| certificate.subject == end.issuer))
        .or_else(|| find(&|certificate| matter.chain.certificates().any(|c| c.fingerprint == certificate.fingerprint)))
}
