//! `PKIXCertPathValidator`: the checkers, for every certificate from below the anchor down to the leaf.

use super::{
    super::signature::{Key, Signed, Wants},
    Certificate, KEY_CERT_SIGN, Release, Round, Validator,
    certificate::Policies,
};
use crate::facts::{Flaw, FlawKind};

/// What the checkers carry from one certificate to the next.
struct State<'s, 'a> {
    /// Whose key and name the next one has to fit.
    above: &'s Certificate<'a>,
    /// `maxPathLength`.
    longest: i64,
    policy: PolicyState,
}

/// `PolicyChecker`: policies by their OIDs, `None` once there is no tree.
struct PolicyState {
    tree: Option<Vec<Vec<u8>>>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0];

impl<'a> Validator<'a> {
    /// `PKIXCertPathValidator.validate`: with the first anchor that has the issuer's name and fits authorityKeyIdentifier and
    /// with which all is well; else what the last of them failed over. `None` where that none fits is overlooked.
    pub(super) fn in_order<'s>(
        &'s self,
        path: &'s [Certificate<'a>],
        round: &Round,
    ) -> Result<Option<&'s Certificate<'a>>, Flaw> {
        let top = &path[path.len() - 1];
        let path: Vec<&Certificate> = path.iter().collect();
        let mut met = None;
        let fits = |anchor: &&Certificate| anchor.subject == top.issuer && fits_key_id(anchor, top);
        let mut anchors: Vec<&Certificate> = self.anchors.iter().filter(fits).collect();
        // The JDK has them in a set without an order; those that are CAs are the kinder guess.
        anchors.sort_by_key(|anchor| anchor.link.version >= 3 && anchor.path_length == -1);
        for anchor in anchors {
            match self.checked(&path, anchor, true, round) {
                Ok(()) => return Ok(Some(anchor)),
                // Nothing catches this one.
                Err(flaw) if flaw.kind == FlawKind::ConstraintsUnread => return Err(flaw),
                Err(flaw) => met = Some(flaw),
            }
        }
        let flaw = met.unwrap_or_else(|| Flaw::new(FlawKind::OtherAnchor, top.place));
        round.mended.meet(flaw).map(|()| None)
    }

    /// `PKIXMasterCertPathValidator`, and what `SunCertPathBuilder` does of it at the end of a path. The path is leaf first.
    pub(super) fn checked<'s>(
        &self,
        path: &[&'s Certificate<'a>],
        anchor: &'s Certificate<'a>,
        whole: bool,
        round: &Round,
    ) -> Result<(), Flaw> {
        let most = path.len() + 1;
        let policy = PolicyState { tree: Some(vec![ANY_POLICY.to_vec()]), explicit: most, mapping: most, any: most };
        let mut state = State { above: anchor, longest: i64::try_from(path.len()).unwrap_or(i64::MAX), policy };
        for (index, certificate) in path.iter().enumerate().rev() {
            if whole {
                self.algorithms(certificate, state.above, round)?;
                let signs = index == 0 || certificate.may(KEY_CERT_SIGN);
                round.mended.unless(signs, FlawKind::NoSigning, certificate.place)?;
                constraints(path, index, self.release, &mut state, round)?;
                policies(certificate, index == 0, &mut state.policy, round)?;
                self.dates(certificate, round)?;
                self.signature(certificate, state.above, round)?;
                self.offered(certificate, round)?;
                round.mended.unless(!certificate.unresolved, FlawKind::CriticalExtension, certificate.place)?;
            } else {
                self.signature(certificate, state.above, round)?;
                policies(certificate, index == 0, &mut state.policy, round)?;
                constraints(path, index, self.release, &mut state, round)?;
                self.algorithms(certificate, state.above, round)?;
                self.offered(certificate, round)?;
            }
            state.above = certificate;
        }
        Ok(())
    }

    /// `AlgorithmChecker` with `jdk.certpath.disabledAlgorithms`.
    fn algorithms(&self, certificate: &Certificate, issuer: &Certificate, round: &Round) -> Result<(), Flaw> {
        const SIGNATURE: u16 = 0b110_0011;
        const ENCRYPTION: u16 = 0b001_1100;
        const DISABLED: [&str; 2] = ["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4"];
        let good_for_something = certificate.key_usage.is_none_or(|usage| usage & (SIGNATURE | ENCRYPTION) != 0);
        let early = self.release == Release::Jdk17;
        let digest =
            || round.mended.unless(!certificate.link.signed_over(&DISABLED), FlawKind::WeakDigest, certificate.place);
        if early {
            digest()?;
        }
        round.mended.unless(good_for_something, FlawKind::KeyUsage, certificate.place)?;
        if !early {
            digest()?;
        }
        let long = [certificate, issuer].iter().all(|one| !is_short(one.link.strength));
        round.mended.unless(long, FlawKind::Algorithm, certificate.place)
    }

    /// The algorithms that the client offered. 25 no longer has those over SHA-224, nor DSA.
    fn offered(&self, certificate: &Certificate, round: &Round) -> Result<(), Flaw> {
        const SHA224: [&str; 2] = ["1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1"];
        let link = certificate.link;
        let gone = self.release == Release::Jdk25 && (link.signed_over(&SHA224) || link.signer == Wants::Dsa);
        round.mended.unless(!gone, FlawKind::Algorithm, certificate.place)
    }

    fn dates(&self, certificate: &Certificate, round: &Round) -> Result<(), Flaw> {
        let (link, at) = (certificate.link, self.trial.at);
        round.mended.unless(at >= link.not_before, FlawKind::NotYetValid, certificate.place)?;
        round.mended.unless(at <= link.not_after, FlawKind::Expired, certificate.place)
    }

    /// `BasicChecker.verifySignature`.
    fn signature(&self, certificate: &Certificate, issuer: &Certificate, round: &Round) -> Result<(), Flaw> {
        // What cannot be verified here (SHA-224) the JDK can; but it has fewer curves.
        let key = issuer.link.strength;
        let signed = match self.trial.signed(certificate.link, issuer.link) {
            Signed::Yes => !matches!(key, Key::Ec(_)) || key.is_usual(),
            Signed::No => false,
            Signed::Unknown => {
                let has = key.is_usual() || matches!(key, Key::RsaPss(_) | Key::Ed448 | Key::Dsa(_));
                has && certificate.link.fits_key(issuer.link)
            }
        };
        round.mended.unless(signed, FlawKind::Signature, certificate.place)
    }
}

/// `jdk.certpath.disabledAlgorithms`.
fn is_short(key: Key) -> bool {
    match key {
        Key::Rsa(bits) | Key::RsaPss(bits) | Key::Dsa(bits) => bits < 1024,
        Key::Ec(bits) => bits < 224,
        _ => false,
    }
}

/// `AdaptableX509CertSelector`: the key identifier, where the anchor has one, and the serial number.
fn fits_key_id(anchor: &Certificate, child: &Certificate) -> bool {
    let Some(authority) = &child.link.authority else { return true };
    let own = anchor.link.subject_key_id.as_ref();
    let key = authority.key_id.as_ref().is_none_or(|wanted| own.is_none_or(|own| own == wanted));
    let serial = authority.serial.as_ref().is_none_or(|serial| *serial == anchor.link.serial);
    key && (serial || anchor.link.version < 3)
}

/// `ConstraintsChecker`: the anchor's do not count.
fn constraints(
    path: &[&Certificate],
    index: usize,
    release: Release,
    state: &mut State,
    round: &Round,
) -> Result<(), Flaw> {
    let certificate = path[index];
    if index > 0 {
        let own = match certificate.link.version {
            1 | 2 if index + 1 == path.len() && certificate.is_self_issued() => i64::MAX,
            1 | 2 => -1,
            _ => certificate.path_length,
        };
        round.mended.unless(own != -1, FlawKind::NotACa, certificate.place)?;
        if !certificate.is_self_issued() {
            round.mended.unless(state.longest > 0, FlawKind::PathLength, certificate.place)?;
            state.longest -= 1;
        }
        if own != -1 {
            state.longest = state.longest.min(own);
        }
    }
    if index > 0 && certificate.is_self_issued() {
        return Ok(());
    }
    let mut left = round.comparisons.get();
    for issuer in &path[index + 1..] {
        let Some(limits) = &issuer.limits else { continue };
        let allowed = limits.allow(certificate, release, &mut left);
        round.comparisons.set(left);
        match allowed {
            Ok(allowed) => round.mended.unless(allowed, FlawKind::NotPermitted, certificate.place)?,
            Err(said) => round
                .mended
                .meet(Flaw { said: Some(said.to_owned()), ..Flaw::new(FlawKind::ConstraintsUnread, issuer.place) })?,
        }
    }
    Ok(())
}

/// `PolicyChecker`: it matters only once somebody requires a policy.
fn policies(certificate: &Certificate, is_last: bool, state: &mut PolicyState, round: &Round) -> Result<(), Flaw> {
    let (own, is_self_issued) = (&certificate.policies, certificate.is_self_issued());
    state.tree = state.tree.take().and_then(|tree| grown(&tree, own, state.any > 0 || (!is_last && is_self_issued)));
    if !is_last && let Some(tree) = &mut state.tree {
        for (issuer, subject) in &own.mapped {
            let known = tree.contains(issuer) || tree.iter().any(|policy| policy == ANY_POLICY);
            tree.retain(|policy| policy != issuer);
            if known && state.mapping > 0 {
                tree.push(subject.clone());
            }
        }
    }
    let fewer = |left: usize| if is_self_issued { left } else { left.saturating_sub(1) };
    if is_last {
        let required = own.require == Some(0) || fewer(state.explicit) == 0;
        return round.mended.unless(!required || state.tree.is_some(), FlawKind::Policy, certificate.place);
    }
    round.mended.unless(state.explicit > 0 || state.tree.is_some(), FlawKind::Policy, certificate.place)?;
    let least = |left: usize, own: Option<usize>| own.map_or(fewer(left), |own| own.min(fewer(left)));
    state.explicit = least(state.explicit, own.require);
    state.mapping = least(state.mapping, own.inhibit_mapping);
    state.any = least(state.any, own.inhibit_any);
    Ok(())
}

/// What is left of the policies with those of one certificate more.
fn grown(tree: &[Vec<u8>], policies: &Policies, any_counts: bool) -> Option<Vec<Vec<u8>>> {
    let own = policies.own.as_ref()?;
    let any = tree.iter().any(|policy| policy == ANY_POLICY);
    let kept = own.iter().filter(|policy| *policy != ANY_POLICY && (any || tree.contains(policy)));
    let mut grown: Vec<Vec<u8>> = kept.cloned().collect();
    if any_counts && own.iter().any(|policy| policy == ANY_POLICY) {
        grown.extend(tree.iter().cloned());
    }
    (!grown.is_empty()).then_some(grown)
}
