//! What a verifier is given: what was sent, what of the bundle has to do with it, the time and the purpose.

use std::{cell::RefCell, collections::HashMap};

use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use webpki::RawPublicKeyEntity;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Anchors, Purpose, link::Link};
use crate::facts::{Flaw, FlawKind, Place};

/// One chain before its judges.
pub(super) struct Trial<'a> {
    /// As sent, leaf first; what is no certificate is left out.
    pub(super) sent: Vec<Link>,
    /// Of the bundle, in its order.
    pub(super) bundle: Vec<Link>,
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) purpose: Purpose,
    /// Which of what was sent, by its index, is no certificate.
    pub(super) unread: Vec<usize>,
    algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
    /// Verified once, however many ask: by the DER of the certificate and the key of its issuer.
    signatures: RefCell<HashMap<(Vec<u8>, Vec<u8>), Signed>>,
}

/// Whether a key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// It did.
    Yes,
    /// It did not.
    No,
    /// Nothing here can verify that algorithm (MD5, DSA), or read the key.
    Unknown,
}

impl<'a> Trial<'a> {
    /// `None` where the leaf is no certificate.
    pub(super) fn new(sent: &[Vec<u8>], anchors: &'a Anchors, at: i64, purpose: Purpose) -> Option<Self> {
        let leaf = Link::read(sent.first()?)?;
        let (mut links, mut unread) = (vec![leaf], Vec::new());
        for (index, der) in sent.iter().enumerate().skip(1) {
            match Link::read(der) {
                Some(link) => links.push(link),
                None => unread.push(index),
            }
        }
        let bundle = anchors.around(&links).into_iter().filter_map(Link::read).collect();
        let (algorithms, signatures) = (anchors.algorithms, RefCell::default());
        Some(Trial { sent: links, bundle, at, purpose, unread, algorithms, signatures })
    }

    /// The server's own certificate.
    pub(super) fn leaf(&self) -> &Link {
        &self.sent[0]
    }

    /// The certificate is one of the bundle.
    pub(super) fn is_anchor(&self, link: &Link) -> bool {
        self.bundle.iter().any(|anchor| anchor.der == link.der)
    }

    /// That no path leads to an anchor, by what was sent: a leaf that signed itself, a root, or neither.
    pub(super) fn no_issuer(&self) -> Flaw {
        let leaf = self.leaf();
        if leaf.is_self_issued() {
            return Flaw::new(FlawKind::SelfSigned, Place::Leaf);
        }
        let (mut last, mut at) = (leaf, 0);
        for _ in 0..self.sent.len() {
            let issuer = (1..self.sent.len()).find(|index| self.sent[*index].subject == last.issuer);
            let Some(index) = issuer else { break };
            (last, at) = (&self.sent[index], index);
            if last.is_self_issued() {
                return Flaw::new(FlawKind::RootSent, Place::Sent(index));
            }
        }
        Flaw::new(FlawKind::NoIssuer, if at == 0 { Place::Leaf } else { Place::Sent(at) })
    }

    /// Whether the issuer's key signed the certificate; nothing else is looked at.
    pub(super) fn signed(&self, certificate: &Link, issuer: &Link) -> Signed {
        let pair = (certificate.der.clone(), issuer.key.clone());
        if let Some(known) = self.signatures.borrow().get(&pair) {
            return *known;
        }
        let signed = self.verify(certificate, issuer);
        self.signatures.borrow_mut().insert(pair, signed);
        signed
    }

    fn verify(&self, certificate: &Link, issuer: &Link) -> Signed {
        let Ok((_, parsed)) = X509Certificate::from_der(&certificate.der) else { return Signed::Unknown };
        let key = SubjectPublicKeyInfoDer::from(issuer.key.as_slice());
        let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return Signed::Unknown };
        let message = parsed.tbs_certificate.as_ref();
        let signature = &parsed.signature_value.data;
        let named = parsed.signature_algorithm.algorithm.as_bytes();
        // An AlgorithmIdentifier begins with its OID: a tag, a length, then the octets.
        let fits = |a: &&&dyn SignatureVerificationAlgorithm| {
            a.signature_alg_id().get(2..).is_some_and(|id| id.starts_with(named))
        };
        let mut fitting = self.algorithms.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Signed::Unknown;
        }
        let verified = fitting.any(|algorithm| key.verify_signature(*algorithm, message, signature).is_ok());
        if verified { Signed::Yes } else { Signed::No }
    }
}
