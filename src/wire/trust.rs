//! Whether a chain leads to a trust anchor: rustls-webpki's verdict, and what kind of problem it is.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{DistinguishedName, pki_types::SignatureVerificationAlgorithm};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::certificate::{attribute_text, name_text};
use crate::facts::{ChainProblem, ChainVerdict};

/// Trust anchors, parsed once for any number of judgements; share it in an `Arc`.
pub struct Anchors {
    trusted: Vec<TrustAnchor<'static>>,
    subjects: Vec<Subject>,
    algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
}

/// An anchor's name, as far as an issuer can resemble it.
struct Subject {
    der: Vec<u8>,
    organisations: Vec<String>,
}

impl Anchors {
    /// Takes trusted certificates; the second value says how many of them are none that rustls-webpki can use.
    /// As in rustls, nothing but name, key and name constraints counts of an anchor: not its dates, not its usage.
    pub fn from_der(certificates: Vec<Vec<u8>>) -> (Self, usize) {
        let offered = certificates.len();
        let trusted: Vec<_> = certificates.into_iter().filter_map(anchor).collect();
        let refused = offered - trusted.len();
        let subjects = trusted.iter().map(Subject::of).collect();
        let algorithms = default_provider().signature_verification_algorithms.all;
        (Anchors { trusted, subjects, algorithms }, refused)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.trusted.len()
    }

    /// True when nothing can be trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Equal to an anchor's subject, or of the same organisation as one.
    fn resemble(&self, name: &X509Name) -> bool {
        let organisations = organisations(name);
        let alike = |anchor: &Subject| organisations.iter().any(|o| anchor.organisations.contains(o));
        self.subjects.iter().any(|anchor| anchor.der == name.as_raw() || alike(anchor))
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({})", self.len())
    }
}

impl Subject {
    fn of(anchor: &TrustAnchor) -> Self {
        let der = subject_der(anchor);
        let organisations = X509Name::from_der(&der).map_or_else(|_| Vec::new(), |(_, name)| organisations(&name));
        Subject { der, organisations }
    }
}

/// Judges a chain, leaf first as sent, for server authentication at `now` (seconds since 1970). Where several things are
/// wrong rustls-webpki names one, and a date wins over the rest.
pub fn judge_chain(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> ChainVerdict {
    match verify(chain, anchors, now) {
        Ok(anchor) => ChainVerdict::Trusted { anchor },
        Err((problem, text)) => {
            ChainVerdict::Untrusted { problem, text, issuer_resembles_anchor: missing_issuer_resembles(chain, anchors) }
        }
    }
}

/// The subject of the anchor that the chain leads to.
fn verify(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> Result<String, (ChainProblem, String)> {
    let mut certificates = chain.iter().map(|der| CertificateDer::from(der.as_slice()));
    let leaf = certificates.next().ok_or_else(|| (ChainProblem::Other, "no certificate was presented".to_owned()))?;
    let rest: Vec<_> = certificates.collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| classify(&error))?;
    leaf.verify_for_usage(anchors.algorithms, &anchors.trusted, &rest, time, KeyUsage::server_auth(), None, None)
        .map(|path| anchor_name(path.anchor()))
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

fn anchor(der: Vec<u8>) -> Option<TrustAnchor<'static>> {
    let der = CertificateDer::from(der);
    anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
}

fn anchor_name(anchor: &TrustAnchor) -> String {
    let der = subject_der(anchor);
    X509Name::from_der(&der)
        .map_or_else(|_| "an anchor without a readable name".to_owned(), |(_, name)| name_text(&name))
}

/// The subject as a whole DER Name: rustls-webpki keeps it without the SEQUENCE around it.
fn subject_der(anchor: &TrustAnchor) -> Vec<u8> {
    DistinguishedName::in_sequence(&anchor.subject).as_ref().to_vec()
}

fn organisations(name: &X509Name) -> Vec<String> {
    let texts = name.iter_organization().map(|o| attribute_text(o).trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
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
