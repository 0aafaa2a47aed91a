//! Whether a chain leads to a trust anchor: what each verifier comes to, rustls-webpki asked itself and the others after
//! their sources.

mod anchors;
mod canonical;
mod der;
mod go;
mod java;
mod link;
mod mended;
mod openssl;
mod ring;
mod signature;
mod trial;
mod webpki;

use std::collections::BTreeSet;

use x509_parser::prelude::{FromDer, X509Certificate};

pub use anchors::Anchors;
use link::Link;
use trial::Trial;

use crate::{
    facts::{CertificateChain, ChainProblem, ChainVerdict, Flaw, FlawKind, Judgement, Limits, Place, Step, Verifier},
    wire::certificate::{certificate, fingerprint},
};

/// What a certificate is to be used for (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// serverAuth.
    Server,
    /// clientAuth.
    Client,
}

/// Parses and judges a chain, leaf first as sent, at a time in seconds since 1970. Of the rest, what is no certificate is
/// left out of what is kept.
///
/// # Errors
/// Where the leaf is no certificate at all, in x509-parser's words.
pub fn chain(
    sent: &[Vec<u8>],
    anchors: &Anchors,
    at: i64,
    purpose: Purpose,
    limits: &Limits,
) -> Result<CertificateChain, String> {
    let (leaf, rest) = sent.split_first().ok_or("no certificate was presented")?;
    let leaf = certificate(leaf, limits)?;
    let rest = rest.iter().filter_map(|der| certificate(der, limits).ok()).collect();
    let (verdict, judgements) = judged(sent, anchors, at, purpose);
    Ok(CertificateChain { leaf, rest, verdict, judgements })
}

/// Judges a chain again: at another time, for another purpose, or with other anchors.
pub fn judge(chain: &mut CertificateChain, anchors: &Anchors, at: i64, purpose: Purpose) {
    let sent: Vec<Vec<u8>> = chain.certificates().map(|certificate| certificate.der.clone()).collect();
    (chain.verdict, chain.judgements) = judged(&sent, anchors, at, purpose);
}

/// The certificates of the bundle that have to do with chains, in its order; with them alone these are judged the same.
pub fn anchors_around(chains: &[CertificateChain], anchors: &Anchors) -> Vec<Vec<u8>> {
    // Thousands of nodes have the same few issuers, and whatever else is in a chain is one of its issuers.
    let mut issuers = BTreeSet::new();
    let all = chains.iter().flat_map(CertificateChain::certificates);
    let new = all.filter(|certificate| issuers.insert(&certificate.issuer) || anchors.holds(&certificate.der));
    let links: Vec<Link> = new.filter_map(|certificate| Link::read(&certificate.der)).collect();
    anchors.around_each(&links).into_iter().map(<[u8]>::to_vec).collect()
}

/// Whether the JDK can parse the alternative names of a certificate.
///
/// # Errors
/// Where it cannot, in its words.
pub(super) fn java_names(der: &[u8]) -> Result<(), String> {
    java::unreadable_names(der).map_or(Ok(()), Err)
}

/// rustls-webpki's verdict, which is this program's own (where several things are wrong it names one, and a date wins over
/// the rest), and what every verifier comes to.
fn judged(sent: &[Vec<u8>], anchors: &Anchors, at: i64, purpose: Purpose) -> (ChainVerdict, Vec<Judgement>) {
    let trial = Trial::new(sent, anchors, at, purpose);
    if trial.as_ref().is_some_and(|trial| !trial.is_affordable()) {
        return given_up();
    }
    let asked = webpki::verify(sent, anchors, at, purpose);
    let verdict = match &asked {
        Ok(path) => ChainVerdict::Trusted { anchor: path.anchor.clone() },
        Err(refused) => {
            let (problem, text) = refused.problem();
            ChainVerdict::Untrusted { problem, text, issuer_resembles_anchor: missing_issuer_resembles(sent, anchors) }
        }
    };
    let Some(trial) = trial else { return (verdict, Vec::new()) };
    if let Ok(path) = &asked {
        trial.know(path);
    }
    let judge = |by| match by {
        Verifier::OpenSsl | Verifier::PartialChain | Verifier::DotNet => openssl::judge(&trial, by),
        Verifier::Go19 | Verifier::Go => go::judge(&trial, by),
        Verifier::Java17 | Verifier::Java => java::judge(&trial, by),
        Verifier::Webpki | Verifier::WebpkiRing => webpki::judge(&trial, by, sent, anchors, &asked),
    };
    let judgements = Verifier::ALL.into_iter().map(judge).collect();
    (verdict, judgements)
}

/// What is said of more names under more constraints than anybody goes through: Go, rustls and OpenSSL give up as well, each
/// at a number of its own.
fn given_up() -> (ChainVerdict, Vec<Judgement>) {
    const TEXT: &str = "more names are held against more name constraints than verifiers go through";
    let flaw = || Flaw { said: Some(TEXT.to_owned()), ..Flaw::new(FlawKind::ConstraintsUnread, Place::Leaf) };
    let steps = || vec![Step::Flaw(flaw()), Step::Names];
    let judgements = Verifier::ALL.into_iter().map(|by| Judgement { by, steps: steps(), anchor: None }).collect();
    let text = TEXT.to_owned();
    (ChainVerdict::Untrusted { problem: ChainProblem::Other, text, issuer_resembles_anchor: false }, judgements)
}

/// Follows issuers from the leaf through what was sent, and looks at the one that nothing sent answers to.
fn missing_issuer_resembles(chain: &[Vec<u8>], anchors: &Anchors) -> bool {
    let mut unused: Vec<_> =
        chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, c)| c).collect();
    if unused.is_empty() {
        return false;
    }
    let mut last = unused.remove(0);
    while let Some(next) = unused.iter().position(|c| c.subject().as_raw() == last.issuer().as_raw()) {
        last = unused.remove(next);
    }
    anchors.resemble(last.issuer())
}
