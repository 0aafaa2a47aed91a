//! The JDK's JSSE: `PKIXValidator` hands a chain in order to `PKIXCertPathValidator`, any other to `SunCertPathBuilder`, and
//! looks at the leaf's usages afterwards (`EndEntityChecker`). Names come last.

mod build;
mod certificate;
mod check;
mod constraints;
mod names;

use std::cell::Cell;

use certificate::Certificate;
pub(in crate::names) use certificate::unreadable_names;

use super::{
    Purpose, Trial, fingerprint,
    mended::{self, Mended},
    signature::Key,
};
use crate::facts::{Flaw, FlawKind, Judgement, Place, Verifier};

/// Releases that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// 17.
    Jdk17,
    /// 25.
    Jdk25,
}

/// Everything that `checkServerTrusted` sees.
struct Validator<'a> {
    trial: &'a Trial,
    release: Release,
    anchors: Vec<Certificate<'a>>,
    /// Leaf first.
    sent: Vec<Certificate<'a>>,
}

/// What one validation overlooks, and has left.
struct Round<'m> {
    mended: &'m Mended,
    /// Comparisons of names with constraints: the JDK has no bound.
    comparisons: Cell<usize>,
    /// Steps of a search for paths: nor has it here.
    steps: Cell<usize>,
}

/// The longest chain that a client takes (`jdk.tls.maxCertificateChainLength`).
const LONGEST: usize = 10;

/// The largest message of a handshake (`jdk.tls.maxHandshakeMessageSize`).
const LARGEST: usize = 32_768;

pub(super) fn judge(trial: &Trial, by: Verifier) -> Judgement {
    let release = if by == Verifier::Java17 { Release::Jdk17 } else { Release::Jdk25 };
    match Validator::read(trial, release) {
        Ok(validator) => {
            let anchor = std::cell::RefCell::new(None);
            let validate = |mended: &Mended| validator.validate(mended).map(|found| *anchor.borrow_mut() = found);
            let judgement = mended::judgement(by, validate, |_| Ok(None));
            Judgement { anchor: anchor.into_inner(), ..judgement }
        }
        // What it would say of the rest is not known.
        Err(flaw) => mended::judgement(by, |mended| mended.meet(flaw.clone()), |_| Ok(None)),
    }
}

/// A bundle with that certificate can be loaded.
pub(super) fn loads(der: &[u8]) -> bool {
    super::link::Link::read(der).is_none_or(|link| Certificate::read(&link, Place::Anchor).is_ok())
}

impl<'a> Validator<'a> {
    /// The bundle is loaded before anything is dialled, and what is sent is parsed before anything is verified.
    fn read(trial: &'a Trial, release: Release) -> Result<Self, Flaw> {
        let unread = |place, said| Flaw { said: Some(said), ..Flaw::new(FlawKind::Unread, place) };
        let read = |link, place| Certificate::read(link, place).map_err(|said| unread(place, said));
        let anchors: Result<Vec<_>, _> = trial.bundle.iter().map(|link| read(link, Place::Anchor)).collect();
        let anchors = anchors?;
        let leaf = trial.leaf();
        let md5 = ["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4"];
        let has_key = leaf.strength.is_usual() || matches!(leaf.strength, Key::RsaPss(_) | Key::Ed448);
        if leaf.signed_over(&md5) || !has_key {
            // It is not among the algorithms that the client offers, so the server has nothing to send.
            return Err(Flaw {
                said: Some("handshake_failure".to_owned()),
                ..Flaw::new(FlawKind::Algorithm, Place::Leaf)
            });
        }
        // The message's own header, its empty context, and a length and no extensions for each certificate.
        let size = 4 + trial.sent.iter().map(|link| link.der.len() + 5).sum::<usize>();
        if size > LARGEST {
            let said =
                format!("The size of the handshake message ({size}) exceeds the maximum allowed size ({LARGEST})");
            return Err(Flaw { said: Some(said), ..Flaw::new(FlawKind::TooLong, Place::Sent(1)) });
        }
        let length = trial.sent.len() + trial.unread.len();
        if length > LONGEST {
            return Err(Flaw::new(FlawKind::TooLong, Place::Sent(LONGEST)));
        }
        let place = |index| if index == 0 { Place::Leaf } else { Place::Sent(index) };
        let sent: Result<Vec<_>, _> =
            trial.sent.iter().enumerate().map(|(index, link)| read(link, place(index))).collect();
        if let Some(index) = trial.unread.first() {
            return Err(Flaw::new(FlawKind::Unread, Place::Sent(*index)));
        }
        Ok(Validator { trial, release, anchors, sent: sent? })
    }

    /// `Validator.validate`: the fingerprint of the anchor.
    fn validate(&self, mended: &Mended) -> Result<Option<String>, Flaw> {
        const COMPARISONS: usize = 100_000;
        const STEPS: usize = 1_000;
        let round = Round { mended, comparisons: Cell::new(COMPARISONS), steps: Cell::new(STEPS) };
        let leaf = &self.sent[0];
        if self.trusted(leaf) {
            return Ok(Some(fingerprint(&leaf.link.der)));
        }
        let anchor = self.path(&round)?;
        if let Some(anchor) = anchor {
            anchor_is_ca(anchor, mended)?;
        }
        self.end_entity(leaf, mended)?;
        Ok(anchor.map(|anchor| fingerprint(&anchor.link.der)))
    }

    /// The same certificate is in the bundle.
    fn trusted(&self, certificate: &Certificate) -> bool {
        self.anchors.iter().any(|anchor| anchor.link.der == certificate.link.der)
    }

    /// `PKIXValidator.engineValidate`: in order until one that is trusted, or has the name and key of one that is. `None` where
    /// that there is no path is overlooked.
    fn path<'s>(&'s self, round: &Round) -> Result<Option<&'s Certificate<'a>>, Flaw> {
        for (index, pair) in self.sent.windows(2).enumerate() {
            let (before, certificate) = (&pair[0], &pair[1]);
            if certificate.subject != before.issuer {
                return self.build(round);
            }
            let same =
                |anchor: &Certificate| anchor.subject == certificate.subject && anchor.link.key == certificate.link.key;
            if self.trusted(certificate) || self.anchors.iter().any(same) {
                return self.in_order(&self.sent[..=index], round);
            }
        }
        let last = &self.sent[self.sent.len() - 1];
        if self.anchors.iter().any(|anchor| anchor.subject == last.issuer) {
            return self.in_order(&self.sent, round);
        }
        self.build(round)
    }

    /// `EndEntityChecker`. Every key exchange of TLS 1.3 signs.
    fn end_entity(&self, leaf: &Certificate, mended: &Mended) -> Result<(), Flaw> {
        const DIGITAL_SIGNATURE: u16 = 0;
        let server = self.trial.purpose == Purpose::Server;
        let allowed = leaf
            .link
            .extended
            .is_none_or(|usage| usage.any || if server { usage.server || usage.gated } else { usage.client });
        let netscape = leaf.link.netscape.is_none_or(|kind| if server { kind.server } else { kind.client });
        mended.unless(leaf.may(DIGITAL_SIGNATURE), FlawKind::NoSignatures, Place::Leaf)?;
        mended.unless(allowed, FlawKind::Usage, Place::Leaf)?;
        if netscape {
            return Ok(());
        }
        let said = "Netscape cert type does not permit use for SSL".to_owned();
        mended.meet(Flaw { said: Some(said), ..Flaw::new(FlawKind::KeyUsage, Place::Leaf) })
    }
}

/// `verifyTrustAnchor`.
fn anchor_is_ca(anchor: &Certificate, mended: &Mended) -> Result<(), Flaw> {
    let old = anchor.link.version < 3;
    mended.unless(old || anchor.path_length != -1, FlawKind::NoConstraints, Place::Anchor)?;
    mended.unless(old || anchor.may(KEY_CERT_SIGN), FlawKind::NoSigning, Place::Anchor)
}

const KEY_CERT_SIGN: u16 = 5;
