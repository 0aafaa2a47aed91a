//! OpenSSL's `X509_verify_cert` (`crypto/x509/x509_vfy.c` of 3.0 to 4.0, and of 1.1.1 for .NET).
//!
//! Everything is told that any callback would be told of, in the order of the calls: who stops at the first error looks at
//! the first step, and Node, which goes on, at the last. What only some callers mind (strict checks, security levels) is
//! told as well.

mod build;
mod check;
mod constraints;
mod purpose;

use super::{Trial, link::Link};
use crate::{
    facts::{Flaw, FlawKind, Judgement, Place, Step, Verifier},
    wire::certificate::fingerprint,
};
use build::build;

/// What the callers of `X509_verify_cert` differ in.
#[derive(Clone, Copy)]
struct Rules {
    /// `X509_V_FLAG_PARTIAL_CHAIN`.
    partial: bool,
    /// .NET's: OpenSSL 1.1.1, no purpose, no security level, and of the bundle only roots are anchors.
    dotnet: bool,
}

/// The path that was built: the leaf first, and how many of it come from the peer.
struct Path<'a> {
    links: Vec<&'a Link>,
    untrusted: usize,
}

pub(super) fn judge(trial: &Trial, by: Verifier) -> Judgement {
    let rules = Rules { partial: by == Verifier::PartialChain, dotnet: by == Verifier::DotNet };
    let (path, end) = build(trial, rules);
    let mut report = Report { trial, path: &path, steps: Vec::new() };
    if rules.dotnet {
        dotnet(&mut report, end, rules);
    } else {
        openssl(&mut report, end, rules);
    }
    let anchor = path.anchor().filter(|_| end.is_none()).map(|link| fingerprint(&link.der));
    Judgement { by, steps: report.steps, anchor }
}

fn openssl(report: &mut Report, end: Option<FlawKind>, rules: Rules) {
    let weak_leaf = check::leaf_key(report);
    if let Some(kind) = end {
        report.met(kind, report.path.links.len() - 1);
        // An error that was let pass before is told again, in place of this one.
        report.steps.extend(weak_leaf.map(Step::Flaw));
    }
    check::extensions(report, rules);
    check::strength(report);
    report.steps.push(Step::Names);
    check::signatures(report, rules);
    constraints::check(report);
}

/// Nothing stops .NET, and OpenSSL is not asked about the name.
fn dotnet(report: &mut Report, end: Option<FlawKind>, rules: Rules) {
    report.steps.push(Step::Names);
    if let Some(kind) = end {
        report.met(kind, report.path.links.len() - 1);
    }
    check::extensions(report, rules);
    check::signatures(report, rules);
    constraints::check(report);
    check::policies(report);
}

impl<'a> Path<'a> {
    fn anchor(&self) -> Option<&'a Link> {
        self.links.last().copied().filter(|_| self.untrusted < self.links.len())
    }

    fn last(&self) -> &'a Link {
        self.links[self.links.len() - 1]
    }
}

/// What was met so far.
struct Report<'a> {
    trial: &'a Trial,
    path: &'a Path<'a>,
    steps: Vec<Step>,
}

impl<'a> Report<'a> {
    /// Met at a depth: 0 is the leaf.
    fn met(&mut self, kind: FlawKind, depth: usize) {
        let flaw = self.flaw(kind, depth);
        self.steps.push(Step::Flaw(flaw));
    }

    fn met_if(&mut self, there: bool, kind: FlawKind, depth: usize) {
        if there {
            self.met(kind, depth);
        }
    }

    fn flaw(&self, kind: FlawKind, depth: usize) -> Flaw {
        let sent = |link: &Link| self.trial.sent.iter().position(|sent| std::ptr::eq(sent, link)).filter(|at| *at > 0);
        let at = match depth {
            0 => Place::Leaf,
            _ => sent(self.path.links[depth]).map_or(Place::Anchor, Place::Sent),
        };
        Flaw::new(kind, at)
    }

    fn links(&self) -> &'a [&'a Link] {
        &self.path.links
    }
}
