//! What a verifier is given: what was sent, what of the bundle has to do with it, the time and the purpose.

use std::{cell::RefCell, collections::HashMap};

use super::{
    Anchors, Purpose,
    link::{Link, Print},
    signature::{Signed, verify},
    webpki::Path,
};
use crate::facts::{Flaw, FlawKind, Place};

/// One chain before its judges.
pub(super) struct Trial {
    /// As sent, leaf first; what is no certificate is left out.
    pub(super) sent: Vec<Link>,
    /// Of the bundle, in its order.
    pub(super) bundle: Vec<Link>,
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) purpose: Purpose,
    /// Which of what was sent, by its index, is no certificate.
    pub(super) unread: Vec<usize>,
    /// Verified once, however many ask.
    signatures: RefCell<HashMap<Pair, Signed>>,
}

/// The digests of a certificate and of the key of its issuer: either may be long, and is asked for often.
type Pair = (Print, Print);

/// Far more than any CA writes: a hundred names of 25 octets under a hundred constraints are half a million.
const MOST_COMPARED: usize = 4 << 20;

fn sum(all: (usize, usize), one: (usize, usize)) -> (usize, usize) {
    (all.0.saturating_add(one.0), all.1.saturating_add(one.1))
}

impl Trial {
    /// `None` where the leaf is no certificate.
    pub(super) fn new(sent: &[Vec<u8>], anchors: &Anchors, at: i64, purpose: Purpose) -> Option<Self> {
        let leaf = Link::read(sent.first()?)?;
        let (mut links, mut unread) = (vec![leaf], Vec::new());
        for (index, der) in sent.iter().enumerate().skip(1) {
            match Link::read(der) {
                Some(link) => links.push(link),
                None => unread.push(index),
            }
        }
        let bundle = anchors.around(&links).into_iter().filter_map(Link::read).collect();
        Some(Trial { sent: links, bundle, at, purpose, unread, signatures: RefCell::default() })
    }

    /// Names times constraints, in octets, are few enough for every verifier to go through them again and again.
    pub(super) fn is_affordable(&self) -> bool {
        let links = || self.sent.iter().chain(&self.bundle);
        let (names, octets) = links().map(Link::weight_of_names).fold((0, 0), sum);
        let (limits, of_limits) = links().filter_map(Link::weight_of_limits).fold((0, 0), sum);
        limits.saturating_mul(octets).saturating_add(names.saturating_mul(of_limits)) <= MOST_COMPARED
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

    /// Every signature on a path that rustls-webpki took is good.
    pub(super) fn know(&self, path: &Path) {
        let links: Vec<&Link> =
            path.certificates.iter().filter_map(|der| self.sent.iter().find(|link| link.der == *der)).collect();
        let issuers = links.iter().skip(1).copied().chain(path.anchor_in(self));
        let pairs = links.iter().zip(issuers).map(|(link, issuer)| ((link.print, issuer.key_print), Signed::Yes));
        self.signatures.borrow_mut().extend(pairs);
    }

    /// Whether the issuer's key signed the certificate; nothing else is looked at.
    pub(super) fn signed(&self, certificate: &Link, issuer: &Link) -> Signed {
        let pair = (certificate.print, issuer.key_print);
        if let Some(known) = self.signatures.borrow().get(&pair) {
            return *known;
        }
        let signed = verify(&certificate.der, &issuer.key);
        self.signatures.borrow_mut().insert(pair, signed);
        signed
    }
}
