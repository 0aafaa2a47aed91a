//! Issuers whose end takes a leaf with them that has not come to its own yet.

use super::DAY;
use crate::{
    facts::{Certificate, CertificateChain},
    names::{
        STACKS, Stack,
        trust::{Anchors, Purpose, judge},
    },
};

/// An intermediate or anchor that expires before the leaf, and what becomes of the chain then.
#[derive(Clone, Debug)]
pub struct Ending<'a> {
    /// The one that expires.
    pub certificate: &'a Certificate,
    /// It is an anchor of the bundle.
    pub is_anchor: bool,
    /// The chain as it is judged just after its end.
    pub then: CertificateChain,
    /// The stacks that accept the chain until then, and no longer.
    pub stacks: Vec<&'static Stack>,
}

/// Every such certificate that some stack minds, the first to expire first. `anchors` are those of `bundle` that have to do
/// with the chain; `now` is in seconds since 1970. The chain is judged again at each end, so that an expired cross-signature
/// beside a valid path counts for nothing, and an expired root only for those who look at its dates. Within a day of the
/// leaf's own end nothing is said: a root and a leaf that were made in one go end so.
pub fn endings<'a>(
    chain: &'a CertificateChain,
    anchors: &'a [Certificate],
    bundle: &Anchors,
    now: i64,
) -> Vec<Ending<'a>> {
    let before = chain.leaf.not_after.saturating_sub(DAY);
    let same = |one: &Certificate, other: &Certificate| one.fingerprint == other.fingerprint;
    // Redis sends the root along, which makes it no less an anchor.
    let of_chain = chain.rest.iter().filter(|sent| !anchors.iter().any(|anchor| same(sent, anchor)));
    let mut ending: Vec<(&Certificate, bool)> = of_chain
        .map(|certificate| (certificate, false))
        .chain(anchors.iter().map(|anchor| (anchor, true)))
        .filter(|(certificate, _)| certificate.not_after >= now && certificate.not_after < before)
        .collect();
    ending.sort_by_key(|(certificate, _)| certificate.not_after);
    let mut found: Vec<Ending> = Vec::new();
    for (certificate, is_anchor) in ending {
        let then = judged_after(chain, certificate, bundle);
        let new = |stack: &&&Stack| {
            let told = found.iter().any(|earlier| earlier.stacks.iter().any(|s| s.id == stack.id));
            !told && stack.chain_refusal(chain).is_none() && stack.chain_refusal(&then).is_some()
        };
        let stacks: Vec<&'static Stack> = STACKS.iter().filter(new).copied().collect();
        if !stacks.is_empty() {
            found.push(Ending { certificate, is_anchor, then, stacks });
        }
    }
    found
}

fn judged_after(chain: &CertificateChain, certificate: &Certificate, bundle: &Anchors) -> CertificateChain {
    let mut then = chain.clone();
    judge(&mut then, bundle, certificate.not_after.saturating_add(1), Purpose::Server);
    then
}
