//! Whether a chain leads to a trust anchor: rustls-webpki's verdict, and what kind of problem it is.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{DistinguishedName, pki_types::SignatureVerificationAlgorithm};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, RawPublicKeyEntity, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::certificate::{attribute_text, name_text};
use crate::facts::{ChainProblem, ChainVerdict};

/// Trust anchors, parsed once for any number of judgements; share it in an `Arc`.
pub struct Anchors {
    trusted: Vec<TrustAnchor<'static>>,
    /// Whether each of them names itself as its issuer: rustls-webpki does not keep the issuer.
    self_issued: Vec<bool>,
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
        let (trusted, self_issued): (Vec<_>, Vec<_>) = certificates.into_iter().filter_map(anchor).unzip();
        let refused = offered - trusted.len();
        let subjects = trusted.iter().map(Subject::of).collect();
        let algorithms = default_provider().signature_verification_algorithms.all;
        (Anchors { trusted, self_issued, subjects, algorithms }, refused)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.trusted.len()
    }

    /// True when nothing can be trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Of two anchors with the same name and key, a self-issued one counts.
    fn self_issued(&self, anchor: &TrustAnchor) -> bool {
        self.trusted.iter().zip(&self.self_issued).any(|(own, self_issued)| own == anchor && *self_issued)
    }

    /// It is one of them, by name and key, or one of them signed it.
    fn know(&self, certificate: &X509Certificate) -> bool {
        self.trusted.iter().zip(&self.subjects).any(|(anchor, subject)| {
            let key = || sequence(&anchor.subject_public_key_info);
            (certificate.subject().as_raw() == subject.der && certificate.public_key().raw == key())
                || (certificate.issuer().as_raw() == subject.der && signed_by(certificate, &key(), self.algorithms))
        })
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
        Ok((anchor, anchor_self_issued)) => ChainVerdict::Trusted { anchor, anchor_self_issued },
        Err((problem, text)) => ChainVerdict::Untrusted {
            problem,
            text,
            issuer_resembles_anchor: missing_issuer_resembles(chain, anchors),
            leads_to_anchor: problem != ChainProblem::UnknownIssuer && leads_to_anchor(chain, anchors),
        },
    }
}

/// The subject of the anchor that the chain leads to, and whether that is its issuer, too.
fn verify(chain: &[Vec<u8>], anchors: &Anchors, now: i64) -> Result<(String, bool), (ChainProblem, String)> {
    let mut certificates = chain.iter().map(|der| CertificateDer::from(der.as_slice()));
    let leaf = certificates.next().ok_or_else(|| (ChainProblem::Other, "no certificate was presented".to_owned()))?;
    let rest: Vec<_> = certificates.collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| classify(&error))?;
    leaf.verify_for_usage(anchors.algorithms, &anchors.trusted, &rest, time, KeyUsage::server_auth(), None, None)
        .map(|path| (anchor_name(path.anchor()), anchors.self_issued(path.anchor())))
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

fn anchor(der: Vec<u8>) -> Option<(TrustAnchor<'static>, bool)> {
    let self_issued = X509Certificate::from_der(&der).is_ok_and(|(_, c)| c.subject().as_raw() == c.issuer().as_raw());
    let der = CertificateDer::from(der);
    anchor_from_trusted_cert(&der).ok().map(|anchor| (anchor.to_owned(), self_issued))
}

fn anchor_name(anchor: &TrustAnchor) -> String {
    let der = subject_der(anchor);
    X509Name::from_der(&der)
        .map_or_else(|_| "an anchor without a readable name".to_owned(), |(_, name)| name_text(&name))
}

/// The subject as a whole DER Name.
fn subject_der(anchor: &TrustAnchor) -> Vec<u8> {
    sequence(&anchor.subject)
}

/// rustls-webpki keeps names and keys without the SEQUENCE around them; rustls can put it back, for names it thinks.
fn sequence(content: &[u8]) -> Vec<u8> {
    DistinguishedName::in_sequence(content).as_ref().to_vec()
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

/// Follows signatures from the leaf through what was sent to an anchor, and looks at nothing else. Takes the first issuer
/// whose name and signature fit, so that a hostile chain costs no more than its length.
fn leads_to_anchor(chain: &[Vec<u8>], anchors: &Anchors) -> bool {
    let mut unused: Vec<_> =
        chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, c)| c).collect();
    if unused.is_empty() {
        return false;
    }
    let mut last = unused.remove(0);
    while !anchors.know(&last) {
        let issuer = |c: &X509Certificate| {
            c.subject().as_raw() == last.issuer().as_raw() && signed_by(&last, c.public_key().raw, anchors.algorithms)
        };
        let Some(next) = unused.iter().position(issuer) else { return false };
        last = unused.remove(next);
    }
    true
}

/// Whether the key (a whole DER SubjectPublicKeyInfo) made the signature, by one of the algorithms.
fn signed_by(certificate: &X509Certificate, key: &[u8], algorithms: &[&dyn SignatureVerificationAlgorithm]) -> bool {
    let key = SubjectPublicKeyInfoDer::from(key);
    let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return false };
    let message = certificate.tbs_certificate.as_ref();
    let signature = &certificate.signature_value.data;
    let named = certificate.signature_algorithm.algorithm.as_bytes();
    // An AlgorithmIdentifier begins with its OID: a tag, a length, then the octets.
    let fitting = algorithms.iter().filter(|a| a.signature_alg_id().get(2..).is_some_and(|id| id.starts_with(named)));
    fitting.into_iter().any(|algorithm| key.verify_signature(*algorithm, message, signature).is_ok())
}
