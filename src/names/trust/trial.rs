//! What a verifier is given: what was sent, what of the bundle has to do with it, the time and the purpose.

use std::{cell::RefCell, collections::HashMap};

use super::{
    Anchors, Purpose,
    link::Link,
    signature::{Signed, verify},
};

/// One chain before its judges.
pub(super) struct Trial {
    /// As sent, leaf first; what is no certificate is left out.
    pub(super) sent: Vec<Link>,
    /// Of the bundle, in its order.
    pub(super) bundle: Vec<Link>,
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) purpose: Purpose,
    /// Verified once, however many ask: by the DER of the certificate and the key of its issuer.
    signatures: RefCell<HashMap<(Vec<u8>, Vec<u8>), Signed>>,
}

impl Trial {
    /// `None` where the leaf is no certificate.
    pub(super) fn new(sent: &[Vec<u8>], anchors: &Anchors, at: i64, purpose: Purpose) -> Option<Self> {
        let leaf = Link::read(sent.first()?)?;
        let rest = sent[1..].iter().filter_map(|der| Link::read(der));
        let sent: Vec<Link> = std::iter::once(leaf).chain(rest).collect();
        let bundle = anchors.around(&sent).into_iter().filter_map(Link::read).collect();
        Some(Trial { sent, bundle, at, purpose, signatures: RefCell::default() })
    }

    /// The server's own certificate.
    pub(super) fn leaf(&self) -> &Link {
        &self.sent[0]
    }

    /// Whether the issuer's key signed the certificate; nothing else is looked at.
    pub(super) fn signed(&self, certificate: &Link, issuer: &Link) -> Signed {
        let pair = (certificate.der.clone(), issuer.key.clone());
        if let Some(known) = self.signatures.borrow().get(&pair) {
            return *known;
        }
        let signed = verify(&certificate.der, &issuer.key);
        self.signatures.borrow_mut().insert(pair, signed);
        signed
    }
}
