//! Trust anchors: a bundle of certificates, as rustls-webpki takes them and as they came.

use std::collections::BTreeSet;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::anchor_from_trusted_cert;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::{canonical::canonical, java, link::Link};
use crate::wire::certificate::attribute_text;

/// Trust anchors, parsed once for any number of judgements; share it in an `Arc`.
pub struct Anchors {
    pub(super) trusted: Vec<TrustAnchor<'static>>,
    /// All that are certificates, since rustls-webpki keeps little of those that it takes, and does not take all.
    certificates: Vec<Bundled>,
    pub(super) algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
}

/// A certificate of the bundle, as far as an issuer can resemble it.
struct Bundled {
    der: Vec<u8>,
    /// A whole DER Name.
    subject: Vec<u8>,
    /// As OpenSSL compares them, so that no verifier misses one.
    canonical_subject: Vec<u8>,
    canonical_issuer: Vec<u8>,
    organisations: Vec<String>,
    /// Some verifiers do not load a bundle that has it.
    odd: bool,
}

impl Anchors {
    /// Takes trusted certificates; the second value says how many of them are none that rustls-webpki can use.
    /// As in rustls, nothing but name, key and name constraints counts of an anchor there: not its dates, not its usage.
    pub fn from_der(certificates: Vec<Vec<u8>>) -> (Self, usize) {
        let offered = certificates.len();
        let trusted: Vec<_> = certificates.iter().filter_map(|der| anchor(der)).collect();
        let refused = offered - trusted.len();
        let certificates = certificates.into_iter().filter_map(Bundled::read).collect();
        let algorithms = default_provider().signature_verification_algorithms.all;
        (Anchors { trusted, certificates, algorithms }, refused)
    }

    /// How many there are that rustls-webpki can use.
    pub fn len(&self) -> usize {
        self.trusted.len()
    }

    /// True when nothing can be trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// The certificate is one of the bundle.
    pub(super) fn holds(&self, der: &[u8]) -> bool {
        self.certificates.iter().any(|anchor| anchor.der == der)
    }

    /// Equal to an anchor's subject, or of the same organisation as one.
    pub(super) fn resemble(&self, name: &X509Name) -> bool {
        let own = organisations(name);
        let alike = |anchor: &Bundled| own.iter().any(|o| anchor.organisations.contains(o));
        self.certificates.iter().any(|anchor| anchor.subject == name.as_raw() || alike(anchor))
    }

    /// Those that have to do with a chain, in the order of the bundle: what its certificates may be or are issued by, and who
    /// issued those in turn; and those over which some do not load the bundle. Bounded, however many go by one name.
    pub(super) fn around(&self, chain: &[Link]) -> Vec<&[u8]> {
        self.indices_around(chain).into_iter().map(|index| self.certificates[index].der.as_slice()).collect()
    }

    /// The same of many chains, however many anchors these have together: what is sent with one pushes out no other's.
    pub(super) fn around_each(&self, links: &[Link]) -> Vec<&[u8]> {
        let each = links.iter().flat_map(|link| self.indices_around(std::slice::from_ref(link)));
        let all: BTreeSet<usize> = each.collect();
        all.into_iter().map(|index| self.certificates[index].der.as_slice()).collect()
    }

    /// By their places in the bundle, in order.
    fn indices_around(&self, chain: &[Link]) -> Vec<usize> {
        const MOST: usize = 32;
        let mut names: Vec<&[u8]> =
            chain.iter().flat_map(|link| [&*link.canonical_subject, &*link.canonical_issuer]).collect();
        let mut found: Vec<usize> = Vec::new();
        let mut next = 0;
        while let Some(name) = names.get(next).copied().filter(|_| found.len() < MOST) {
            let is_of_it = |(_, anchor): &(usize, &Bundled)| anchor.canonical_subject == name;
            for (index, anchor) in self.certificates.iter().enumerate().filter(is_of_it) {
                if !found.contains(&index) {
                    found.push(index);
                    names.push(&anchor.canonical_issuer);
                }
            }
            next += 1;
        }
        let odd = self.certificates.iter().enumerate().filter(|(_, anchor)| anchor.odd).map(|(index, _)| index);
        found.extend(odd.filter(|index| !found.contains(index)).collect::<Vec<_>>());
        found.truncate(MOST);
        found.sort_unstable();
        found
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({})", self.len())
    }
}

impl Bundled {
    fn read(der: Vec<u8>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        let (subject, issuer) = (certificate.subject(), certificate.issuer());
        let (canonical_subject, canonical_issuer) = (canonical(subject.as_raw()), canonical(issuer.as_raw()));
        let (organisations, subject) = (organisations(subject), subject.as_raw().to_vec());
        let odd = anchor(&der).is_none() || !java::loads(&der);
        Some(Bundled { der, subject, canonical_subject, canonical_issuer, organisations, odd })
    }
}

fn anchor(der: &[u8]) -> Option<TrustAnchor<'static>> {
    Some(anchor_from_trusted_cert(&CertificateDer::from(der)).ok()?.to_owned())
}

fn organisations(name: &X509Name) -> Vec<String> {
    let texts = name.iter_organization().map(|o| attribute_text(o).trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}
