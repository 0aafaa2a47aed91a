//! Go's `crypto/x509` (verify.go): every certificate that is sent has to parse, then the leaf by itself, then its names, then
//! all paths to an anchor, and of those the purposes.

mod certificate;
mod constraints;

use std::cell::Cell;

use certificate::Certificate;

use super::{
    Purpose, Trial, fingerprint,
    mended::{self, Mended},
    signature::Signed,
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
        match good {
            Some(chain) => {
                let last = chain.last().map(|last| last.certificate.link);
                Ok(last.filter(|last| self.trial.is_anchor(last)).map(|last| fingerprint(&last.der)))
            }
            None => {
                let first = chains[0].iter().rev().find(|candidate| !self.serves(candidate));
                mended.unless(false, FlawKind::Usage, first.map_or(Place::Leaf, |first| first.place)).map(|()| None)
            }
        }
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

    /// `buildChains`: every path from the last of the chain to a root.
    fn build<'c>(
        &'c self,
        chain: &[&'c Candidate<'a>],
        search: &Search,
    ) -> Result<Vec<Vec<&'c Candidate<'a>>>, Failure> {
        let (mut chains, mut hint, mut failure) = (Vec::new(), None, None);
        let last = chain[chain.len() - 1];
        let roots = self.parents(&self.roots, last).into_iter().map(|parent| (parent, true));
        let parents = roots.chain(self.parents(&self.sent[1..], last).into_iter().map(|parent| (parent, false)));
        for (parent, is_root) in parents.collect::<Vec<_>>() {
            if in_chain(parent, chain) {
                continue;
            }
            let Some(left) = search.checks.get().checked_sub(1) else {
                failure = Some(Failure::Limit);
                break;
            };
            search.checks.set(left);
            if let Err(flaw) = self.signature(last, parent, search.mended) {
                hint = hint.or(Some(flaw));
                continue;
            }
            if let Err(flaw) = self.valid(parent, is_root, chain, search) {
                failure = Some(Failure::Invalid(flaw));
                continue;
            }
            let longer: Vec<_> = chain.iter().copied().chain([parent]).collect();
            failure = None;
            if is_root {
                chains.push(longer);
            } else {
                match self.build(&longer, search) {
                    Ok(more) => chains.extend(more),
                    Err(more) => failure = Some(more),
                }
            }
        }
        if chains.is_empty() { Err(failure.unwrap_or(Failure::Unknown(hint))) } else { Ok(chains) }
    }

    /// `findPotentialParents`: by name, those whose key identifier fits first.
    fn parents<'c>(&self, pool: &'c [Candidate<'a>], child: &Candidate) -> Vec<&'c Candidate<'a>> {
        let link = child.certificate.link;
        let wanted = link.authority.as_ref().and_then(|authority| authority.key_id.as_deref()).unwrap_or_default();
        let rank = |parent: &&Candidate| {
            let own = parent.certificate.link.subject_key_id.as_deref().unwrap_or_default();
            match (own == wanted, own.is_empty() != wanted.is_empty()) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            }
        };
        let mut parents: Vec<&Candidate> = Vec::new();
        for parent in pool.iter().filter(|parent| parent.certificate.link.subject == link.issuer) {
            if !parents.iter().any(|known| known.certificate.link.der == parent.certificate.link.der) {
                parents.push(parent);
            }
        }
        parents.sort_by_key(rank);
        parents
    }

    /// `CheckSignatureFrom`.
    fn signature(&self, child: &Candidate, parent: &Candidate, mended: &Mended) -> Result<(), Flaw> {
        let (certificate, link) = (&parent.certificate, parent.certificate.link);
        let constrained = match certificate.constraints {
            Some((ca, _)) => !ca,
            None => link.version == 3,
        };
        let may_sign = link.version < 3 || link.key_usage.is_none_or(|usage| usage == 0 || usage & (1 << 5) != 0);
        mended.unless(!constrained && may_sign, FlawKind::NoSigning, parent.place)?;
        let link = child.certificate.link;
        mended.unless(!link.is_signed_weakly(), FlawKind::WeakDigest, child.place)?;
        match self.trial.signed(link, parent.certificate.link) {
            Signed::Yes => Ok(()),
            // What cannot be verified here (a short RSA key and SHA-384) Go can; SHA-224 it cannot.
            Signed::Unknown if link.fits_key(parent.certificate.link) && !link.signed_over(&SHA224) => Ok(()),
            Signed::No if link.fits_key(parent.certificate.link) => {
                mended.unless(false, FlawKind::Signature, child.place)
            }
            Signed::No | Signed::Unknown => mended.unless(false, FlawKind::OtherAnchor, child.place),
        }
    }

    /// `isValid` of an issuer.
    fn valid(&self, parent: &Candidate, is_root: bool, chain: &[&Candidate], search: &Search) -> Result<(), Flaw> {
        let (mended, certificate, place) = (search.mended, &parent.certificate, parent.place);
        self.basics(parent, mended)?;
        if let Some(limits) = &certificate.limits {
            // 1.19 looks at the leaf and at the issuer itself.
            let own = [parent];
            let held: Vec<&Candidate> = match self.release {
                Release::Go119 => [chain[0]].into_iter().chain(own).collect(),
                Release::Go123 => chain.to_vec(),
            };
            let mut left = search.comparisons.get();
            let problem = held
                .into_iter()
                .filter_map(|candidate| candidate.certificate.names())
                .find_map(|names| limits.problem(names, &mut left));
            search.comparisons.set(left);
            if let Some(said) = problem {
                mended.meet(Flaw { said: Some(said), ..Flaw::new(FlawKind::NotPermitted, place) })?;
            }
        }
        let is_ca = certificate.constraints.is_some_and(|(ca, _)| ca);
        mended.unless(is_root || is_ca, FlawKind::NotACa, place)?;
        let longest = certificate.constraints.and_then(|(_, longest)| longest);
        let fits =
            longest.is_none_or(|longest| usize::try_from(longest).is_ok_and(|longest| chain.len() - 1 <= longest));
        mended.unless(fits, FlawKind::PathLength, place)
    }
}

const SHA224: [&str; 2] = ["1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1"];

/// `alreadyInChain`: the same name, key and alternative names.
fn in_chain(parent: &Candidate, chain: &[&Candidate]) -> bool {
    let (link, names) = (parent.certificate.link, parent.certificate.names());
    chain.iter().any(|candidate| {
        let other = candidate.certificate.link;
        other.subject == link.subject && other.key == link.key && candidate.certificate.names() == names
    })
}
