//! Defects of the way to an anchor, and what the verifiers met on it.

use super::{Code, Found, Matter, NOT_YET_VALID};
use crate::{
    facts::{Certificate, CertificateChain, ChainProblem, ChainVerdict, Flaw, FlawKind, Place, Step, Verifier},
    names::weakness::Weakness,
};

const INCOMPLETE: &str = "chain-incomplete";
const UNTRUSTED: &str = "chain-untrusted";

/// No anchor signed it, or what leads to one is missing.
pub(super) fn trust(matter: &Matter<'_>, found: &mut Found) {
    let chain = matter.chain;
    let flaw = |by| chain.judgement(by).and_then(|j| j.steps.iter().find_map(unanchored));
    let flawed = [Verifier::Go, Verifier::Java].into_iter().all(|by| flaw(by).is_some());
    let unknown = matches!(&chain.verdict, ChainVerdict::Untrusted { problem: ChainProblem::UnknownIssuer, .. });
    if !flawed && !unknown {
        return;
    }
    let last = chain.last();
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

fn names_an_intermediate(certificate: &Certificate) -> bool {
    let issuer = certificate.issuer.to_ascii_lowercase();
    ["intermediate", "issuing", "sub ca", "subordinate"].iter().any(|word| issuer.contains(word))
}

/// What the verifiers met beyond that.
pub(super) fn met(matter: &Matter<'_>, found: &mut Found) {
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
    let end = matter.chain.last();
    find(&|certificate| Some(certificate.fingerprint.as_str()) == fingerprint)
        .or_else(|| find(&|certificate| certificate.subject == end.issuer))
        .or_else(|| find(&|certificate| matter.chain.certificates().any(|c| c.fingerprint == certificate.fingerprint)))
}
