//! What mending a finding comes to: which nodes have no error left then, and what still fails; and from that the order.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use serde::Serialize;

use super::{Audience, Check, Context, Finding, Remedy, Severity, Subject, SubjectKind};
use crate::facts::NodeId;

/// What is so once a finding, and every one above it, is mended; as far as was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aftermath {
    /// Nodes with an error, everything above the finding mended.
    pub failing: usize,
    /// Those of them on which no error is left, once the finding is mended, too.
    pub mends: usize,
    /// Errors that are left then, most important first, each code once.
    pub left: Vec<Left>,
}

/// An error that mending another one leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The check that saw it.
    pub code: &'static str,
    /// One of those whom it is about.
    pub first: Subject,
    /// How many nodes it is about; 0 where it is about none that is known.
    pub nodes: usize,
    /// A new certificate mends both on some node.
    pub by_one_certificate: bool,
}

/// A finding of severity error, and what it keeps from working.
#[derive(Clone)]
struct Blow<'f> {
    finding: &'f Finding,
    nodes: BTreeSet<usize>,
    /// Whom it is about, by node.
    subjects: BTreeMap<usize, &'f Subject>,
    /// Those of the nodes that an address map mends.
    by_map: BTreeSet<usize>,
    depth: usize,
}

/// The order in which a person must mend them, and what each step comes to. Errors that every client meets at the endpoint
/// come first, what lies deeper before what lies above it. After that the one that turns the most nodes healthy, once those
/// before it are mended; then what concerns the most. What is no error comes last, by severity and breadth.
pub(super) fn order(context: &Context<'_>, findings: &mut Vec<Finding>, checks: &[&Check]) {
    let known = Known::of(context, checks);
    let depth = |finding: &Finding| checks.iter().position(|check| check.code == finding.code).unwrap_or(usize::MAX);
    let (errors, mut others): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(findings).into_iter().partition(|finding| finding.severity == Severity::Error);
    let blows: Vec<Blow<'_>> = errors.iter().map(|finding| known.blow(finding, depth(finding))).collect();
    let blows = in_turn(blows);
    for (at, blow) in blows.iter().enumerate() {
        let aftermath = aftermath(&blows[at..]);
        findings.push(Finding { aftermath: Some(aftermath), ..blow.finding.clone() });
    }
    others.sort_by_key(|f| (f.severity, !f.at_the_endpoint, Reverse(known.concerned(f).len()), depth(f)));
    findings.append(&mut others);
}

/// Nodes that were looked at, by id, and by the address that they announce.
struct Known<'a> {
    ids: HashMap<&'a NodeId, usize>,
    addresses: HashMap<String, usize>,
    /// The codes of checks that find errors.
    errors: HashSet<&'static str>,
}

impl<'a> Known<'a> {
    /// Of a node that nobody looked at, no fix is known to mend it.
    fn of(context: &Context<'a>, checks: &[&Check]) -> Self {
        let looked_at =
            || context.nodes().filter(|(_, attempts)| !attempts.is_empty()).map(|(node, _)| node).enumerate();
        let errors = checks.iter().filter(|check| check.severity == Severity::Error).map(|check| check.code);
        Known {
            ids: looked_at().map(|(at, node)| (&node.id, at)).collect(),
            addresses: looked_at().map(|(at, node)| (node.address.to_string(), at)).collect(),
            errors: errors.collect(),
        }
    }

    fn blow<'f>(&self, finding: &'f Finding, depth: usize) -> Blow<'f> {
        let nodes = self.hit_by(finding);
        let maps = finding.remedies.iter().filter(|remedy| is_map(remedy)).flat_map(|remedy| &remedy.lines);
        let mapped = maps.filter_map(|line| self.addresses.get(line.split(' ').next()?).copied());
        let by_map = mapped.filter(|node| nodes.contains(node)).collect();
        let at = |subject: &'f Subject| Some((*self.ids.get(subject.id.as_ref()?)?, subject));
        let subjects = finding.subjects.iter().filter_map(at).collect();
        Blow { finding, nodes, subjects, by_map, depth }
    }

    /// The nodes of a finding; all where it is about the whole deployment.
    fn concerned(&self, finding: &Finding) -> BTreeSet<usize> {
        self.among(&finding.subjects)
    }

    /// The nodes that do not work because of it: where a warning explains an error, those with the error.
    fn hit_by(&self, finding: &Finding) -> BTreeSet<usize> {
        let own = if self.errors.contains(finding.code) { self.concerned(finding) } else { BTreeSet::new() };
        let follows = finding.consequences.iter().filter(|consequence| self.errors.contains(consequence.code));
        follows.fold(own, |hit, consequence| &hit | &self.among(&consequence.subjects))
    }

    fn among(&self, subjects: &[Subject]) -> BTreeSet<usize> {
        if subjects.iter().any(|s| s.kind == SubjectKind::Cluster) {
            return (0..self.ids.len()).collect();
        }
        subjects.iter().filter_map(|s| self.ids.get(s.id.as_ref()?).copied()).collect()
    }
}

/// True for an address map, which leads to a node whatever keeps clients from it at the address that it announces.
fn is_map(remedy: &Remedy) -> bool {
    remedy.audience == Audience::Client && remedy.proof.is_some()
}

impl Blow<'_> {
    /// The nodes of which its best remedy is a map.
    fn mapped(&self) -> Option<&BTreeSet<usize>> {
        self.finding.remedies.first().filter(|remedy| is_map(remedy)).map(|_| &self.by_map)
    }

    /// One of those whom it is still about.
    fn first(&self) -> Option<&Subject> {
        let node = self.nodes.iter().find_map(|node| self.subjects.get(node).copied());
        node.filter(|_| !self.finding.at_the_endpoint).or(self.finding.subjects.first())
    }

    /// What is left of it, once another one is mended.
    fn without(mut self, mended: &Blow<'_>) -> Self {
        if let Some(map) = mended.mapped() {
            let by_map = &self.by_map;
            self.nodes.retain(|node| !(by_map.contains(node) && map.contains(node)));
        }
        self
    }
}

/// Nodes with an error.
fn failing<'b, 'f: 'b>(blows: impl IntoIterator<Item = &'b Blow<'f>>) -> BTreeSet<usize> {
    blows.into_iter().flat_map(|blow| blow.nodes.iter().copied()).collect()
}

/// The next to mend, again and again.
fn in_turn(mut blows: Vec<Blow<'_>>) -> Vec<Blow<'_>> {
    let mut ordered = Vec::with_capacity(blows.len());
    while !blows.is_empty() {
        let errors = Errors::of(&blows);
        let rank = |blow: &Blow<'_>| {
            let first = blow.finding.at_the_endpoint;
            let (mends, breadth) = if first { (0, 0) } else { (errors.mended_by(blow), blow.nodes.len()) };
            (!first, Reverse(mends), Reverse(breadth), blow.depth)
        };
        let next = (0..blows.len()).min_by_key(|at| rank(&blows[*at])).unwrap_or_default();
        let mended = blows.remove(next);
        blows = blows.into_iter().map(|blow| blow.without(&mended)).collect();
        ordered.push(mended);
    }
    ordered
}

/// How many errors each node has, and how many of them no map mends.
#[derive(Default)]
struct Errors(HashMap<usize, (usize, usize)>);

impl Errors {
    fn of(blows: &[Blow<'_>]) -> Self {
        let mut errors = Errors::default();
        for blow in blows {
            for node in &blow.nodes {
                let (all, unmapped) = errors.0.entry(*node).or_default();
                *all += 1;
                *unmapped += usize::from(!blow.by_map.contains(node));
            }
        }
        errors
    }

    /// How many nodes have no other error than this one and those that go with it.
    fn mended_by(&self, blow: &Blow<'_>) -> usize {
        let by_map = |node: &usize| blow.mapped().is_some_and(|map| map.contains(node));
        let is_last = |node: &&usize| match self.0.get(node) {
            Some((_, unmapped)) if by_map(node) => *unmapped == 0,
            errors => errors.is_some_and(|(all, _)| *all == 1),
        };
        blow.nodes.iter().filter(is_last).count()
    }
}

/// What is so once the first of them is mended.
fn aftermath(blows: &[Blow<'_>]) -> Aftermath {
    let Some((mended, after)) = blows.split_first() else { return Aftermath::default() };
    // Of one that a map leads around no node is left; one that is about no known node stays.
    let is_left = |blow: &Blow<'_>| !blow.nodes.is_empty() || blow.by_map.is_empty();
    let after: Vec<Blow<'_>> = after.iter().map(|blow| blow.clone().without(mended)).filter(is_left).collect();
    let (before, then) = (failing(blows), failing(&after));
    Aftermath { failing: before.len(), mends: before.len() - then.len(), left: left(mended, &after) }
}

fn left(mended: &Blow<'_>, after: &[Blow<'_>]) -> Vec<Left> {
    let mut left: Vec<(Left, BTreeSet<usize>)> = Vec::new();
    for blow in after {
        let code = blow.finding.code;
        let both = is_certified_anew(mended.finding) && is_certified_anew(blow.finding);
        let both = both && !mended.nodes.is_disjoint(&blow.nodes);
        match left.iter_mut().find(|(known, _)| known.code == code) {
            Some((known, nodes)) => {
                nodes.extend(&blow.nodes);
                known.by_one_certificate |= both;
            }
            None => left.extend(blow.first().map(|first| {
                let left = Left { code, first: first.clone(), nodes: 0, by_one_certificate: both };
                (left, blow.nodes.clone())
            })),
        }
    }
    left.into_iter().map(|(left, nodes)| Left { nodes: nodes.len(), ..left }).collect()
}

fn is_certified_anew(finding: &Finding) -> bool {
    finding.remedies.iter().any(|remedy| remedy.audience == Audience::Certificate)
}

#[cfg(test)]
mod tests;
