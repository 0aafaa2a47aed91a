//! `build_chain`: from the leaf to an anchor, one issuer after the other and never back.

use super::{
    Path, Rules,
    purpose::{is_padded, is_self_issued, is_self_signed, may_have_issued},
};
use crate::facts::FlawKind;
use crate::names::trust::{Trial, link::Link};

/// Certificates between the leaf and the last, plus one (`X509_VERIFY_PARAM`'s depth of "default").
const DEEPEST: usize = 101;

/// The path, and why it does not lead to an anchor, if it does not.
pub(super) fn build(trial: &Trial, rules: Rules) -> (Path<'_>, Option<FlawKind>) {
    let mut search = Search::new(trial, rules);
    let trusted = search.trusted();
    let end = (!trusted).then(|| search.end());
    (search.path, end)
}

struct Search<'a> {
    trial: &'a Trial,
    rules: Rules,
    path: Path<'a>,
    /// Anchors, in the order of the store.
    store: Vec<&'a Link>,
    /// What else may be an issuer. Each is taken at most once.
    rest: Vec<&'a Link>,
}

impl<'a> Search<'a> {
    fn new(trial: &'a Trial, rules: Rules) -> Self {
        // .NET puts of the bundle only roots into the store, and hands over the rest as if it had been sent.
        let anchor = |link: &&Link| !rules.dotnet || link.is_self_issued();
        let readable = trial.bundle.iter().filter(|link| !is_padded(&link.serial));
        let (store, intermediates): (Vec<_>, Vec<_>) = readable.partition(anchor);
        let rest = intermediates.into_iter().chain(&trial.sent).collect();
        let path = Path { links: vec![trial.leaf()], untrusted: 1 };
        Search { trial, rules, path, store, rest }
    }

    /// Builds the path; true where it ends in an anchor. The store is asked first (`X509_V_FLAG_TRUSTED_FIRST`), and once it
    /// has answered, what was sent no longer counts.
    fn trusted(&mut self) -> bool {
        let mut sent_counts = true;
        loop {
            match self.extend_from_store() {
                Some(true) => return true,
                Some(false) if !self.is_self_signed(self.path.last()) => {
                    sent_counts = false;
                    continue;
                }
                Some(false) => sent_counts = false,
                None => {}
            }
            if !sent_counts || !self.extend_from_sent() {
                return self.leaf_is_anchor();
            }
        }
    }

    /// Takes the issuer of the last from the store; whether that ends the path. `None` where there is none.
    fn extend_from_store(&mut self) -> Option<bool> {
        if self.path.links.len() > DEEPEST {
            return None;
        }
        let last = self.path.last();
        let issuer = self.best(&self.store, last, false)?;
        if !self.is_self_signed(last) {
            self.path.links.push(issuer);
        } else if last.der == issuer.der {
            // The same, whether it was sent or not: it counts as the one of the store.
            let place = self.path.links.len() - 1;
            self.path.links[place] = issuer;
            self.path.untrusted = self.path.untrusted.min(place);
        } else {
            return None;
        }
        Some(self.is_self_signed(self.path.last()) || self.rules.partial)
    }

    fn extend_from_sent(&mut self) -> bool {
        let last = self.path.last();
        if self.is_self_signed(last) || self.path.links.len() > DEEPEST {
            return false;
        }
        let Some(issuer) = self.best(&self.rest, last, true) else { return false };
        self.rest.retain(|link| !std::ptr::eq(*link, issuer));
        self.path.links.push(issuer);
        self.path.untrusted += 1;
        true
    }

    /// The first that may have issued the certificate and is valid now, else the one that ends last. 1.1.1 took the last.
    fn best(&self, among: &[&'a Link], subject: &Link, new: bool) -> Option<&'a Link> {
        let alone = is_self_issued(subject) && self.path.links.len() == 1;
        let there = |link: &&&Link| new && !alone && self.path.links.iter().any(|taken| taken.der == link.der);
        let mut best: Option<&Link> = None;
        for candidate in among.iter().filter(|link| !there(link)) {
            if !may_have_issued(candidate, subject, self.rules) {
                continue;
            }
            if candidate.not_before <= self.trial.at && self.trial.at < candidate.not_after {
                return Some(candidate);
            }
            if self.rules.dotnet || best.is_none_or(|best| candidate.not_after > best.not_after) {
                best = Some(candidate);
            }
        }
        best
    }

    /// `X509_V_FLAG_PARTIAL_CHAIN` takes a leaf that is in the bundle, and then it is the whole path that counts.
    fn leaf_is_anchor(&mut self) -> bool {
        if !self.rules.partial || self.path.untrusted < self.path.links.len() || self.path.links.len() > DEEPEST {
            return false;
        }
        let leaf = self.trial.leaf();
        let Some(same) = self.store.iter().find(|link| link.der == leaf.der) else { return false };
        self.path.links[0] = same;
        self.path.untrusted = 0;
        true
    }

    fn is_self_signed(&self, link: &Link) -> bool {
        is_self_signed(link, self.rules)
    }

    fn end(&self) -> FlawKind {
        let length = self.path.links.len();
        match length {
            _ if length > DEEPEST => FlawKind::TooLong,
            1 if self.is_self_signed(self.path.last()) => FlawKind::SelfSigned,
            _ if self.is_self_signed(self.path.last()) => FlawKind::RootSent,
            _ if self.path.untrusted < length => FlawKind::AnchorNotRoot,
            _ => FlawKind::NoIssuer,
        }
    }
}
