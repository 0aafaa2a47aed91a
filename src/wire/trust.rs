//! Whether a chain leads to a trust anchor: rustls-webpki's verdict, and what kind of problem it is.

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

pub use super::anchors::Anchors;
use super::{
    anchors::{key_ids_agree, signed_by, subject_der},
    certificate::name_text,
};
use crate::facts::{ChainProblem, ChainVerdict, Namesake};

/// Judges a chain, leaf first as sent, for server authentication at `now` (seconds since 1970). Where several things are
/// wrong rustls-webpki names one, and a date wins over the rest.
pub fn judge_chain(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> ChainVerdict {
    let oddities = |anchor| chain.first().map_or_else(Vec::new, |leaf| anchors.oddities(anchor, leaf, now));
    verify(chain, anchors, now).unwrap_or_else(|(problem, text)| {
        let anchor = anchor_behind(chain, anchors);
        ChainVerdict::Untrusted {
            problem,
            text,
            issuer_resembles_anchor: missing_issuer_resembles(chain, anchors),
            leads_to_anchor: anchor.is_some(),
            anchor_oddities: anchor.map_or_else(Vec::new, oddities),
            namesake: namesake(chain, anchors),
        }
    })
}

/// What is said of a chain that leads to an anchor.
fn verify(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> Result<ChainVerdict, (ChainProblem, String)> {
    let mut certificates = chain.iter().map(|der| CertificateDer::from(der.as_slice()));
    let der = certificates.next().ok_or_else(|| (ChainProblem::Other, "no certificate was presented".to_owned()))?;
    let rest: Vec<_> = certificates.collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    let leaf = EndEntityCert::try_from(&der).map_err(|error| classify(&error))?;
    leaf.verify_for_usage(anchors.algorithms, &anchors.trusted, &rest, time, KeyUsage::server_auth(), None, None)
        .map(|path| ChainVerdict::Trusted {
            anchor: anchor_name(path.anchor()),
            anchor_self_issued: anchors.root_behind(path.anchor()),
            anchor_oddities: anchors.oddities(path.anchor(), &der, now),
        })
        .map_err(|error| classify(&error))
}

fn classify(error: &Error) -> (ChainProblem, String) {
    let problem = match error {
        Error::UnknownIssuer => ChainProblem::UnknownIssuer,
        Error::CertExpired { .. } => ChainProblem::Expired,
        Error::CertNotValidYet { .. } => ChainProblem::NotYetValid,
        Error::CaUsedAsEndEntity => ChainProblem::CaAsLeaf,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => ChainProblem::Usage,
        _ => ChainProblem::Other,
    };
    (problem, words(error))
}

/// rustls-webpki's words, without the list of every algorithm that it would have taken. The rest may hold lists out of the
/// certificate, so it is bounded.
fn words(error: &Error) -> String {
    const LONGEST: usize = 256;
    let all = error.to_string();
    let (said, _) = all.split_once(", supported_algorithms").unwrap_or((&all, ""));
    said.chars().take(LONGEST).collect()
}

fn anchor_name(anchor: &TrustAnchor) -> String {
    let der = subject_der(anchor);
    X509Name::from_der(&der)
        .map_or_else(|_| "an anchor without a readable name".to_owned(), |(_, name)| name_text(&name))
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

/// Follows signatures from the leaf through what was sent to an anchor, and looks at nothing else. Takes the first issuer
/// whose name and signature fit, so that a hostile chain costs no more than its length.
fn anchor_behind<'a>(chain: &[Vec<u8>], anchors: &'a Anchors) -> Option<&'a TrustAnchor<'static>> {
    let parsed = chain.iter().filter_map(|der| X509Certificate::from_der(der).ok());
    let mut unused: Vec<_> = parsed.map(|(_, certificate)| certificate).collect();
    let mut next = (!unused.is_empty()).then_some(0);
    while let Some(position) = next {
        let last = unused.remove(position);
        if let Some(anchor) = anchors.behind(&last) {
            return Some(anchor);
        }
        next = unused.iter().position(|issuer| {
            issuer.subject().as_raw() == last.issuer().as_raw()
                && signed_by(&last, issuer.public_key().raw, anchors.algorithms)
        });
    }
    None
}

/// Follows names and key identifiers from the leaf, as OpenSSL looks for issuers: among the anchors first, then in what was
/// sent. A root that was sent is not taken for an anchor of its name (`build_chain`, "self-signed untrusted mimic").
fn namesake(chain: &[Vec<u8>], anchors: &Anchors) -> Option<Namesake> {
    let parsed = chain.iter().filter_map(|der| X509Certificate::from_der(der).ok());
    let mut unused: Vec<_> = parsed.map(|(_, certificate)| certificate).collect();
    let mut next = (!unused.is_empty()).then_some(0);
    let mut found = None;
    while let Some(position) = next {
        let last = unused.remove(position);
        for anchor in anchors.called(last.issuer()) {
            if last.subject().as_raw() != last.issuer().as_raw() && key_ids_agree(&last, &anchor) {
                return Some(Namesake::Fits);
            }
            found = Some(Namesake::OtherKey);
        }
        let issued = |issuer: &X509Certificate| issuer.subject().as_raw() == last.issuer().as_raw();
        next = unused.iter().position(|issuer| issued(issuer) && key_ids_agree(&last, issuer));
    }
    found
}
