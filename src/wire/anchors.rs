//! Trust anchors: what rustls-webpki keeps of them, and what others look at besides.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{DistinguishedName, pki_types::SignatureVerificationAlgorithm};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor};
use webpki::{RawPublicKeyEntity, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate, X509Extension, X509Name};

use super::certificate::{attribute_text, authority_key_id, subject_key_id};
use crate::facts::AnchorOddity;

/// Trust anchors, parsed once for any number of judgements; share it in an `Arc`.
pub struct Anchors {
    pub(super) trusted: Vec<TrustAnchor<'static>>,
    /// The same as they came, since rustls-webpki keeps little of them.
    certificates: Vec<Vec<u8>>,
    subjects: Vec<Subject>,
    pub(super) algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
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
        let (trusted, certificates): (Vec<_>, Vec<_>) = certificates.into_iter().filter_map(anchor).unzip();
        let refused = offered - trusted.len();
        let subjects = trusted.iter().map(Subject::of).collect();
        let algorithms = default_provider().signature_verification_algorithms.all;
        (Anchors { trusted, certificates, subjects, algorithms }, refused)
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
    pub(super) fn resemble(&self, name: &X509Name) -> bool {
        let organisations = organisations(name);
        let alike = |anchor: &Subject| organisations.iter().any(|o| anchor.organisations.contains(o));
        self.subjects.iter().any(|anchor| anchor.der == name.as_raw() || alike(anchor))
    }

    /// The first of them that the certificate is, by name and key, or that signed it.
    pub(super) fn behind(&self, certificate: &X509Certificate) -> Option<&TrustAnchor<'static>> {
        let behind = |(anchor, subject): &(&TrustAnchor, &Subject)| {
            let key = || sequence(&anchor.subject_public_key_info);
            (certificate.subject().as_raw() == subject.der && certificate.public_key().raw == key())
                || (certificate.issuer().as_raw() == subject.der && signed_by(certificate, &key(), self.algorithms))
        };
        self.trusted.iter().zip(&self.subjects).find(behind).map(|(anchor, _)| anchor)
    }

    /// Those with this subject.
    pub(super) fn called<'a>(&'a self, name: &X509Name) -> impl Iterator<Item = X509Certificate<'a>> {
        let same = self.subjects.iter().zip(&self.certificates).filter(|(subject, _)| subject.der == name.as_raw());
        same.filter_map(|(_, der)| X509Certificate::from_der(der).ok()).map(|(_, certificate)| certificate)
    }

    /// The certificates of an anchor; a renewed one has several.
    fn certificates_of(&self, anchor: &TrustAnchor) -> impl Iterator<Item = X509Certificate<'_>> {
        let same = self.trusted.iter().zip(&self.certificates).filter(move |(own, _)| *own == anchor);
        same.filter_map(|(_, der)| X509Certificate::from_der(der).ok()).map(|(_, certificate)| certificate)
    }

    /// Whether the anchor is a root, or one of the others that is signed it.
    pub(super) fn root_behind(&self, anchor: &TrustAnchor) -> bool {
        let mut next = self.certificates_of(anchor).next();
        // Anchors that signed each other would lead in a circle.
        for _ in 0..self.len() {
            let Some(certificate) = next else { return false };
            if certificate.subject().as_raw() == certificate.issuer().as_raw() {
                return true;
            }
            let signed = |signer: &X509Certificate| signed_by(&certificate, signer.public_key().raw, self.algorithms);
            next = self.called(certificate.issuer()).find(signed);
        }
        false
    }

    /// What is odd about the anchor, at this time. Of a renewed one the better certificate counts, and nothing of one that
    /// is the leaf itself.
    pub(super) fn oddities(&self, anchor: &TrustAnchor, leaf: &[u8], now: i64) -> Vec<AnchorOddity> {
        let is_leaf = self.trusted.iter().zip(&self.certificates).any(|(own, der)| own == anchor && der == leaf);
        let all = self.certificates_of(anchor).map(|certificate| oddities(&certificate, now));
        all.min_by_key(Vec::len).filter(|_| !is_leaf).unwrap_or_default()
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

fn anchor(der: Vec<u8>) -> Option<(TrustAnchor<'static>, Vec<u8>)> {
    let certificate = CertificateDer::from(der.as_slice());
    let anchor = anchor_from_trusted_cert(&certificate).ok()?.to_owned();
    Some((anchor, der))
}

/// The subject as a whole DER Name.
pub(super) fn subject_der(anchor: &TrustAnchor) -> Vec<u8> {
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

/// Whether the key (a whole DER `SubjectPublicKeyInfo`) made the signature, by one of the algorithms.
pub(super) fn signed_by(
    certificate: &X509Certificate,
    key: &[u8],
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> bool {
    let key = SubjectPublicKeyInfoDer::from(key);
    let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return false };
    let message = certificate.tbs_certificate.as_ref();
    let signature = &certificate.signature_value.data;
    let named = certificate.signature_algorithm.algorithm.as_bytes();
    // An AlgorithmIdentifier begins with its OID: a tag, a length, then the octets.
    let fitting = algorithms.iter().filter(|a| a.signature_alg_id().get(2..).is_some_and(|id| id.starts_with(named)));
    fitting.into_iter().any(|algorithm| key.verify_signature(*algorithm, message, signature).is_ok())
}

/// Whether the issuer may be the one that the certificate means: no identifiers, or the same.
pub(super) fn key_ids_agree(certificate: &X509Certificate, issuer: &X509Certificate) -> bool {
    match (authority_key_id(certificate), subject_key_id(issuer)) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => true,
    }
}

/// What RFC 5280 asks of a CA (§4.2.1.3, §4.2.1.9, §4.2.1.12, §4.2), as far as some verifiers look at it in an anchor.
fn oddities(anchor: &X509Certificate, now: i64) -> Vec<AnchorOddity> {
    let constraints = anchor.basic_constraints().ok().flatten();
    let key_usage = anchor.key_usage().ok().flatten();
    let extended = anchor.extended_key_usage().ok().flatten();
    let version_3 = anchor.version().0 == 2;
    let is_ca = constraints.as_ref().is_some_and(|constraints| constraints.value.ca);
    let signs = key_usage.as_ref().is_some_and(|usage| usage.value.key_cert_sign());
    let unknown =
        |e: &X509Extension| e.critical && matches!(e.parsed_extension(), ParsedExtension::UnsupportedExtension { .. });
    let found = [
        (anchor.validity().not_after.timestamp() < now, AnchorOddity::Expired),
        (anchor.validity().not_before.timestamp() > now, AnchorOddity::NotYetValid),
        (version_3 && !is_ca && (constraints.is_some() || key_usage.is_none()), AnchorOddity::NotACa),
        (version_3 && constraints.is_none() && signs, AnchorOddity::NoBasicConstraints),
        (constraints.as_ref().is_some_and(|c| c.value.ca && !c.critical), AnchorOddity::BasicConstraintsNotCritical),
        (is_ca && key_usage.is_none(), AnchorOddity::NoKeyUsage),
        (key_usage.is_some() && !signs, AnchorOddity::NoCertificateSigning),
        (extended.is_some_and(|usage| !usage.value.server_auth && !usage.value.any), AnchorOddity::NotForServers),
        (anchor.extensions().iter().any(unknown), AnchorOddity::UnknownCriticalExtension),
    ];
    found.into_iter().filter(|(odd, _)| *odd).map(|(_, oddity)| oddity).collect()
}
