//! Go's `crypto/x509` (verify.go): every certificate that is sent has to parse, then the leaf by itself, then its names, then
//! all paths to an anchor, and of those the purposes.

mod certificate;
mod chains;
mod constraints;
mod domains;
mod key;

use std::cell::Cell;

use certificate::Certificate;

use super::{
    Purpose, Trial, fingerprint,
    mended::{self, Mended},
};
use crate::facts::{Flaw, FlawKind, Judgement, Place, Verifier};

/// Releases that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// 1.19.8.
    Go119,
    /// 1.23.5.
    Go123,
}

/// `Certificate.Verify` of the leaf.
struct Verify<'a> {
    trial: &'a Trial,
    release: Release,
    /// `AppendCertsFromPEM`, which leaves out what it does not read.
    roots: Vec<Candidate<'a>>,
    /// Leaf first.
    sent: Vec<Candidate<'a>>,
}

/// A certificate and where it is.
struct Candidate<'a> {
    certificate: Certificate<'a>,
    place: Place,
}

/// What one search for paths has left, and what it overlooks.
struct Search<'m> {
    mended: &'m Mended,
    /// `maxChainSignatureChecks`.
    checks: Cell<usize>,
    /// Comparisons of names with constraints. Go has that many for each certificate; here they are for all.
    comparisons: Cell<usize>,
}

/// What `buildChains` comes to where there is no chain.
enum Failure {
    /// A certificate that is not valid.
    Invalid(Flaw),
    /// `UnknownAuthorityError`, with the first reason to leave out a candidate.
    Unknown(Option<Flaw>),
    /// No check of a signature is left.
    Limit,
}

pub(super) fn judge(trial: &Trial, by: Verifier) -> Judgement {
    let release = if by == Verifier::Go19 { Release::Go119 } else { Release::Go123 };
    match Verify::read(trial, release) {
        Ok(verify) => mended::judgement(by, |mended| verify.leaf(mended), |mended| verify.path(mended)),
        // What it would say of the rest is not known.
        Err(flaw) => mended::judgement(by, |mended| mended.meet(flaw.clone()), |_| Ok(None)),
    }
}

impl<'a> Verify<'a> {
    /// All that is sent has to parse (`tls: failed to parse certificate from server`).
    fn read(trial: &'a Trial, release: Release) -> Result<Self, Flaw> {
        if !trial.leaf().strength.is_usual() {
            // None of the algorithms that the client offers, so the server has nothing to send.
            return Err(Flaw::new(FlawKind::Algorithm, Place::Leaf));
        }
        let mut sent = Vec::new();
        for (index, link) in trial.sent.iter().enumerate() {
            let place = if index == 0 { Place::Leaf } else { Place::Sent(index) };
            let certificate = Certificate::read(link, release)
                .map_err(|(kind, said)| Flaw { said: Some(said), ..Flaw::new(kind, place) })?;
            sent.push(Candidate { certificate, place });
        }
        if let Some(index) = trial.unread.first() {
            return Err(Flaw::new(FlawKind::Unread, Place::Sent(*index)));
        }
        let roots = trial.bundle.iter().filter_map(|link| Certificate::read(link, release).ok());
        let roots = roots.map(|certificate| Candidate { certificate, place: Place::Anchor }).collect();
        Ok(Verify { trial, release, roots, sent })
    }

    /// `isValid` of the leaf, before its names.
    fn leaf(&self, mended: &Mended) -> Result<(), Flaw> {
        self.basics(&self.sent[0], mended)
    }

    /// `isValid`, as far as it is the same for all.
    fn basics(&self, candidate: &Candidate, mended: &Mended) -> Result<(), Flaw> {
        let (link, place) = (candidate.certificate.link, candidate.place);
        mended.unless(!candidate.certificate.unhandled, FlawKind::CriticalExtension, place)?;
        mended.unless(self.trial.at >= link.not_before, FlawKind::NotYetValid, place)?;
        mended.unless(self.trial.at <= link.not_after, FlawKind::Expired, place)
    }

    /// `Verify` after the names: the fingerprint of the anchor.
    fn path(&self, mended: &Mended) -> Result<Option<String>, Flaw> {
        const CHECKS: usize = 100;
        const COMPARISONS: usize = 250_000;
        let leaf = &self.sent[0];
        let chains = if self.roots.iter().any(|root| root.certificate.link.der == leaf.certificate.link.der) {
            vec![vec![leaf]]
        } else {
            let search = Search { mended, checks: Cell::new(CHECKS), comparisons: Cell::new(COMPARISONS) };
            match self.build(&[leaf], &search) {
                Ok(chains) => chains,
                Err(failure) => {
                    mended.meet(self.flaw(failure))?;
                    vec![vec![leaf]]
                }
            }
        };
        let good = chains.iter().find(|chain| chain.iter().all(|candidate| self.serves(candidate)));
        if let Some(chain) = good {
            let last = chain.last().map(|last| last.certificate.link);
            return Ok(last.filter(|last| self.trial.is_anchor(last)).map(|last| fingerprint(&last.der)));
        }
        let place = chains[0].iter().rev().find(|candidate| !self.serves(candidate)).map_or(Place::Leaf, |c| c.place);
        mended.unless(false, FlawKind::Usage, place).map(|()| None)
    }

    fn flaw(&self, failure: Failure) -> Flaw {
        match failure {
            Failure::Invalid(flaw) | Failure::Unknown(Some(flaw)) => flaw,
            Failure::Unknown(None) => self.trial.no_issuer(),
            Failure::Limit => Flaw::new(FlawKind::TooLong, Place::Leaf),
        }
    }

    /// `checkChainForKeyUsage`. An empty list is as good as none.
    fn serves(&self, candidate: &Candidate) -> bool {
        let wanted = self.trial.purpose;
        candidate.certificate.link.extended.is_none_or(|usage| {
            usage.any || usage.empty || if wanted == Purpose::Server { usage.server } else { usage.client }
        })
    }
}
