//! `buildChains` and what it asks of a candidate.

use super::{
    super::{
        mended::Mended,
        signature::{Key, Signed},
    },
    Candidate, Failure, Release, Search, Verify,
};
use crate::facts::{Flaw, FlawKind};

impl<'a> Verify<'a> {
    /// `buildChains`: every path from the last of the chain to a root.
    pub(super) fn build<'c>(
        &'c self,
        chain: &[&'c Candidate<'a>],
        search: &Search,
    ) -> Result<Vec<Vec<&'c Candidate<'a>>>, Failure> {
        let (mut chains, mut hint, mut failure) = (Vec::new(), None, None);
        let last = chain[chain.len() - 1];
        let roots = parents(&self.roots, last).into_iter().map(|parent| (parent, true));
        let parents = roots.chain(parents(&self.sent[1..], last).into_iter().map(|parent| (parent, false)));
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

    /// `CheckSignatureFrom`.
    fn signature(&self, child: &Candidate, parent: &Candidate, mended: &Mended) -> Result<(), Flaw> {
        let (certificate, link) = (&parent.certificate, parent.certificate.link);
        let constrained = match certificate.constraints {
            Some((ca, _)) => !ca,
            None => link.version == 3,
        };
        let may_sign = link.version < 3 || link.key_usage.is_none_or(|usage| usage == 0 || usage & (1 << 5) != 0);
        mended.unless(!constrained && may_sign, FlawKind::NoSigning, parent.place)?;
        // Others are kept unread, and nothing is held against them.
        let known = matches!(link.strength, Key::Rsa(_) | Key::Ec(_) | Key::Ed25519);
        mended.unless(known, FlawKind::OtherAnchor, child.place)?;
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

/// `findPotentialParents`: by name, those whose key identifier fits first.
fn parents<'c, 'a>(pool: &'c [Candidate<'a>], child: &Candidate) -> Vec<&'c Candidate<'a>> {
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

/// `alreadyInChain`: the same name, key and alternative names.
fn in_chain(parent: &Candidate, chain: &[&Candidate]) -> bool {
    let (link, names) = (parent.certificate.link, parent.certificate.names());
    chain.iter().any(|candidate| {
        let other = candidate.certificate.link;
        other.subject == link.subject && other.key == link.key && candidate.certificate.names() == names
    })
}
