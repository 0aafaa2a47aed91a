//! `SunCertPathBuilder`: from the leaf upwards, depth first, through whatever was sent. Whatever stands in the way, it says
//! that there is no path.

use std::cell::Cell;

use super::{Certificate, KEY_CERT_SIGN, Round, Validator};
use crate::facts::Flaw;

/// The longest chain of CAs that it follows (`PKIXBuilderParameters.maxPathLength`).
const MOST_CAS: i64 = 5;

/// One search.
struct Search<'s, 'r, 'a> {
    validator: &'s Validator<'a>,
    round: &'r Round<'r>,
    /// The selector of CAs is used again: once it was given a date, anchors have to be valid as well.
    dated: Cell<bool>,
}

impl<'a> Validator<'a> {
    /// `doBuild`; `None` where that there is no path is overlooked.
    pub(super) fn build<'s>(&'s self, round: &Round) -> Result<Option<&'s Certificate<'a>>, Flaw> {
        let leaf = &self.sent[0];
        let search = Search { validator: self, round, dated: Cell::new(false) };
        let begins = self.is_valid(leaf) && !leaf.unresolved;
        let found = if begins { search.above(&[leaf], 0) } else { Ok(None) };
        match found {
            Ok(Some(anchor)) => Ok(Some(anchor)),
            Ok(None) => round.mended.meet(self.trial.no_issuer()).map(|()| None),
            // An exception that nothing expects ends the search.
            Err(flaw) => Err(flaw),
        }
    }

    fn is_valid(&self, certificate: &Certificate) -> bool {
        (certificate.link.not_before..=certificate.link.not_after).contains(&self.trial.at)
    }
}

impl<'s, 'a> Search<'s, '_, 'a> {
    /// `depthFirstSearchForward`: an anchor above the last of the path, with so many CAs on the way.
    fn above(&self, path: &[&'s Certificate<'a>], cas: i64) -> Result<Option<&'s Certificate<'a>>, Flaw> {
        let last = path[path.len() - 1];
        for (candidate, anchor) in self.candidates(last, cas) {
            let Some(left) = self.round.steps.get().checked_sub(1) else { return Ok(None) };
            self.round.steps.set(left);
            if path.iter().any(|known| repeats(known, candidate)) {
                continue;
            }
            if let Some(anchor) = anchor {
                match self.validator.checked(path, anchor, false, self.round) {
                    Ok(()) => return Ok(Some(anchor)),
                    Err(flaw) if flaw.kind == crate::facts::FlawKind::ConstraintsUnread => return Err(flaw),
                    Err(_) => continue,
                }
            }
            if candidate.unresolved || candidate.path_length == -1 || !candidate.may(KEY_CERT_SIGN) {
                continue;
            }
            // Two in a row that issued themselves lead nowhere.
            if last.is_self_issued() && candidate.is_self_issued() {
                return Ok(None);
            }
            let longer: Vec<_> = path.iter().copied().chain([candidate]).collect();
            let more = cas + i64::from(!candidate.is_self_issued());
            if let Some(anchor) = self.above(&longer, more)? {
                return Ok(Some(anchor));
            }
        }
        Ok(None)
    }

    /// `getMatchingCerts`: anchors of the issuer's name, then what was sent; first those that the key identifier names.
    fn candidates(&self, child: &Certificate, cas: i64) -> Vec<(&'s Certificate<'a>, Option<&'s Certificate<'a>>)> {
        let validator = self.validator;
        let dated = self.dated.replace(true);
        let link = child.link;
        // Old anchors have to be valid for as long as the child is.
        let covers = |anchor: &Certificate| {
            anchor.link.version >= 3
                || [link.not_before, link.not_after]
                    .iter()
                    .all(|at| (anchor.link.not_before..=anchor.link.not_after).contains(at))
        };
        let named = |certificate: &&Certificate| certificate.subject == child.issuer && covers(certificate);
        let anchors = validator.anchors.iter().filter(named).filter(|anchor| !dated || validator.is_valid(anchor));
        let sent =
            validator.sent.iter().filter(named).filter(|certificate| {
                cas < MOST_CAS && validator.is_valid(certificate) && certificate.path_length >= cas
            });
        let mut all: Vec<_> = anchors.map(|anchor| (anchor, Some(anchor))).collect();
        for certificate in sent {
            if !all.iter().any(|(known, _)| known.link.der == certificate.link.der) {
                let anchor = validator.anchors.iter().find(|anchor| anchor.link.der == certificate.link.der);
                all.push((certificate, anchor));
            }
        }
        let wanted = link.authority.as_ref().and_then(|authority| authority.key_id.as_ref());
        all.sort_by_key(|(certificate, _)| wanted.is_none() || certificate.link.subject_key_id.as_ref() != wanted);
        all
    }
}

/// `repeated`: the same certificate, or the same name, key and alternative names.
fn repeats(known: &Certificate, candidate: &Certificate) -> bool {
    fn names<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
        certificate.names.as_ref().and_then(|_| certificate.link.extension("2.5.29.17")).map(|e| e.value.as_slice())
    }
    known.link.der == candidate.link.der
        || (known.subject == candidate.subject
            && known.link.key == candidate.link.key
            && names(known) == names(candidate))
}
