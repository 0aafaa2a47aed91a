//! What mending a finding comes to: which nodes have no error left then, and what still fails; and from that the order.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use serde::Serialize;

use super::{Audience, Check, Context, Finding, Severity, Subject, SubjectKind};
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

/// What a finding of severity error keeps from working.
struct Blow {
    finding: Finding,
    nodes: BTreeSet<usize>,
    depth: usize,
}

/// The order in which a person must mend them, and what each step comes to. Errors that every client meets at the endpoint
/// come first, what lies deeper before what lies above it. After that the one that turns the most nodes healthy, once those
/// before it are mended; then what concerns the most. What is no error comes last, by severity and breadth.
pub(super) fn order(context: &Context<'_>, findings: &mut Vec<Finding>, checks: &[&Check]) {
    let known = Known::of(context, checks);
    let (errors, mut others): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(findings).into_iter().partition(|finding| finding.severity == Severity::Error);
    let depth = |finding: &Finding| checks.iter().position(|check| check.code == finding.code).unwrap_or(usize::MAX);
    let blow = |finding: Finding| Blow { nodes: known.hit_by(&finding), depth: depth(&finding), finding };
    let mut blows = in_turn(errors.into_iter().map(blow).collect(), known.ids.len());
    tell(&mut blows, known.ids.len());
    others.sort_by_key(|f| (f.severity, !f.at_the_endpoint, Reverse(known.concerned(f).len()), depth(f)));
    findings.extend(blows.into_iter().map(|blow| blow.finding));
    findings.append(&mut others);
}

/// Nodes that were looked at, by id.
struct Known<'a> {
    ids: HashMap<&'a NodeId, usize>,
    /// The codes of checks that find errors.
    errors: HashSet<&'static str>,
}

impl<'a> Known<'a> {
    /// Of a node that nobody looked at, no fix is known to mend it.
    fn of(context: &Context<'a>, checks: &[&Check]) -> Self {
        let looked_at = context.nodes().filter(|(_, attempts)| !attempts.is_empty());
        let errors = checks.iter().filter(|check| check.severity == Severity::Error).map(|check| check.code);
        Known { ids: looked_at.enumerate().map(|(at, (node, _))| (&node.id, at)).collect(), errors: errors.collect() }
    }

    /// The nodes of a finding; all where it is about more than nodes.
    fn concerned(&self, finding: &Finding) -> BTreeSet<usize> {
        self.among(finding.at_the_endpoint, &finding.subjects)
    }

    /// The nodes that do not work because of it: where a warning explains an error, those with the error.
    fn hit_by(&self, finding: &Finding) -> BTreeSet<usize> {
        let own = if self.errors.contains(finding.code) { self.concerned(finding) } else { BTreeSet::new() };
        let follows = finding.consequences.iter().filter(|consequence| self.errors.contains(consequence.code));
        follows.fold(own, |hit, consequence| &hit | &self.among(false, &consequence.subjects))
    }

    fn among(&self, everything: bool, subjects: &[Subject]) -> BTreeSet<usize> {
        if everything || subjects.iter().any(|s| s.kind != SubjectKind::Node) {
            return (0..self.ids.len()).collect();
        }
        subjects.iter().filter_map(|s| self.ids.get(s.id.as_ref()?).copied()).collect()
    }
}

/// How many errors each node has.
fn counted(blows: &[Blow], nodes: usize) -> Vec<usize> {
    let mut errors = vec![0; nodes];
    blows.iter().flat_map(|blow| &blow.nodes).for_each(|node| errors[*node] += 1);
    errors
}

/// The next to mend, again and again.
fn in_turn(mut blows: Vec<Blow>, nodes: usize) -> Vec<Blow> {
    let mut errors = counted(&blows, nodes);
    let mut ordered = Vec::with_capacity(blows.len());
    while !blows.is_empty() {
        let mends = |blow: &Blow| blow.nodes.iter().filter(|node| errors[**node] == 1).count();
        let rank = |blow: &Blow| match blow.finding.at_the_endpoint {
            true => (false, Reverse(0), Reverse(0), blow.depth),
            false => (true, Reverse(mends(blow)), Reverse(blow.nodes.len()), blow.depth),
        };
        let next = (0..blows.len()).min_by_key(|at| rank(&blows[*at])).unwrap_or_default();
        let blow = blows.remove(next);
        blow.nodes.iter().for_each(|node| errors[*node] -= 1);
        ordered.push(blow);
    }
    ordered
}

/// Writes into each what is so after it.
fn tell(blows: &mut [Blow], nodes: usize) {
    let mut errors = counted(blows, nodes);
    for at in 0..blows.len() {
        let failing = errors.iter().filter(|n| **n > 0).count();
        blows[at].nodes.iter().for_each(|node| errors[*node] -= 1);
        let mends = failing - errors.iter().filter(|n| **n > 0).count();
        let left = left(&blows[at], &blows[at + 1..]);
        blows[at].finding.aftermath = Some(Aftermath { failing, mends, left });
    }
}

fn left(mended: &Blow, after: &[Blow]) -> Vec<Left> {
    let mut left: Vec<(Left, BTreeSet<usize>)> = Vec::new();
    for blow in after {
        let Finding { code, subjects, .. } = &blow.finding;
        let both = is_certified_anew(&mended.finding) && is_certified_anew(&blow.finding);
        let both = both && !mended.nodes.is_disjoint(&blow.nodes);
        match left.iter_mut().find(|(known, _)| known.code == *code) {
            Some((known, nodes)) => {
                nodes.extend(&blow.nodes);
                known.by_one_certificate |= both;
            }
            None => left.extend(subjects.first().map(|first| {
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
mod tests {
    use super::*;
    use crate::diagnosis::Remedy;

    /// An error on some of six nodes, of which the depth is its place among `SHELF`.
    fn blow(code: &'static str, nodes: &[usize]) -> Blow {
        const SHELF: [&str; 6] = ["expired", "untrusted", "password", "mismatch", "dead", "slots"];
        let subject = |n: &usize| Subject {
            kind: SubjectKind::Node,
            id: NodeId::from_wire(format!("{n:040x}").as_bytes()),
            address: format!("10.0.0.{n}:6379"),
        };
        let certificate =
            Remedy { audience: Audience::Certificate, text: String::new(), lines: Vec::new(), proof: None };
        let finding = Finding {
            code,
            severity: Severity::Error,
            title: String::new(),
            subjects: nodes.iter().map(subject).collect(),
            expected: String::new(),
            presented: String::new(),
            clients: Vec::new(),
            remedies: if matches!(code, "expired" | "mismatch") { vec![certificate] } else { Vec::new() },
            consequences: Vec::new(),
            aftermath: None,
            at_the_endpoint: false,
            transient: false,
        };
        let depth = SHELF.iter().position(|known| *known == code).unwrap();
        Blow { finding, nodes: nodes.iter().copied().collect(), depth }
    }

    fn at_the_endpoint(mut blow: Blow) -> Blow {
        blow.finding.at_the_endpoint = true;
        blow
    }

    /// Codes in turn, each with how many of how many failing nodes it mends.
    fn turns(blows: Vec<Blow>) -> Vec<(&'static str, usize, usize)> {
        let mut blows = in_turn(blows, 6);
        tell(&mut blows, 6);
        let after = |blow: &Blow| blow.finding.aftermath.clone().unwrap();
        blows.iter().map(|blow| (blow.finding.code, after(blow).mends, after(blow).failing)).collect()
    }

    #[test]
    fn what_mends_most_comes_first_and_then_what_mends_most_of_the_rest() {
        let blows =
            vec![blow("expired", &[0]), blow("password", &[2]), blow("mismatch", &[0, 2, 3, 4, 5]), blow("dead", &[1])];
        assert_eq!(turns(blows), [("mismatch", 3, 6), ("expired", 1, 3), ("password", 1, 2), ("dead", 1, 1)]);
    }

    #[test]
    fn what_everybody_meets_at_the_endpoint_comes_before_what_mends_more() {
        let all = [0, 1, 2, 3, 4, 5];
        let blows = vec![
            blow("mismatch", &[1, 2, 3, 4, 5]),
            at_the_endpoint(blow("untrusted", &all)),
            at_the_endpoint(blow("expired", &[0])),
        ];
        assert_eq!(turns(blows), [("expired", 0, 6), ("untrusted", 1, 6), ("mismatch", 5, 5)]);
    }

    #[test]
    fn of_two_that_concern_all_nodes_the_deeper_comes_first() {
        let all = [0, 1, 2, 3, 4, 5];
        let turns = turns(vec![blow("slots", &all), blow("mismatch", &all)]);
        assert_eq!(turns, [("mismatch", 0, 6), ("slots", 6, 6)]);
    }

    #[test]
    fn what_nobody_looked_at_comes_last() {
        assert_eq!(turns(vec![blow("expired", &[]), blow("dead", &[5])]), [("dead", 1, 1), ("expired", 0, 0)]);
    }

    #[test]
    fn what_is_left_is_told_by_code_with_each_node_counted_once() {
        let mut blows = vec![blow("mismatch", &[0, 1, 2]), blow("expired", &[0, 1]), blow("dead", &[3])];
        blows.extend([blow("expired", &[1]), blow("password", &[2])]);
        tell(&mut blows, 6);
        let left = &blows[0].finding.aftermath.as_ref().unwrap().left;
        let told: Vec<_> = left.iter().map(|left| (left.code, left.nodes, left.by_one_certificate)).collect();
        assert_eq!(told, [("expired", 2, true), ("dead", 1, false), ("password", 1, false)]);
        assert!(blows[4].finding.aftermath.as_ref().unwrap().left.is_empty());
    }
}
