//! Errors on six nodes, 0 to 5, each named after what it stands for.

use super::*;
use crate::diagnosis::Consequence;

/// The shelf of checks: what lies deeper comes first.
const SHELF: [&str; 6] = ["expired", "untrusted", "password", "mismatch", "dead", "slots"];
const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];

fn id(n: usize) -> NodeId {
    NodeId::from_wire(format!("{n:040x}").as_bytes()).unwrap()
}

fn remedy(audience: Audience) -> Remedy {
    Remedy { audience, text: String::new(), lines: Vec::new(), proof: None }
}

fn error(code: &'static str, nodes: &[usize]) -> Finding {
    let subject =
        |n: &usize| Subject { kind: SubjectKind::Node, id: Some(id(*n)), address: format!("10.0.0.{n}:6379") };
    Finding {
        code,
        severity: Severity::Error,
        title: String::new(),
        subjects: nodes.iter().map(subject).collect(),
        expected: String::new(),
        presented: String::new(),
        clients: Vec::new(),
        remedies: Vec::from_iter(matches!(code, "expired" | "mismatch").then(|| remedy(Audience::Certificate))),
        consequences: Vec::new(),
        aftermath: None,
        at_the_endpoint: false,
        follows: crate::diagnosis::Follows::All,
        transient: false,
    }
}

fn at_the_endpoint(finding: Finding) -> Finding {
    Finding { at_the_endpoint: true, ..finding }
}

/// The same with a map as the best remedy, which leads to some of the nodes.
fn mapped(mut finding: Finding, to: &[usize]) -> Finding {
    let lines = to.iter().map(|n| format!("10.0.0.{n}:6379 -> localhost:{n}")).collect();
    let proof = Some("dialled".to_owned());
    finding.remedies.insert(0, Remedy { lines, proof, ..remedy(Audience::Client) });
    finding
}

/// Findings in turn, each with what is so after it.
fn turns(findings: &[Finding]) -> Vec<(&'static str, Aftermath)> {
    let ids: Vec<NodeId> = (0..6).map(id).collect();
    let known = Known {
        ids: ids.iter().zip(0..).collect(),
        addresses: (0..6).map(|n| (format!("10.0.0.{n}:6379"), n)).collect(),
        errors: SHELF.into(),
    };
    let depth = |finding: &Finding| SHELF.iter().position(|code| *code == finding.code).unwrap();
    let blows = in_turn(findings.iter().map(|finding| known.blow(finding, depth(finding))).collect());
    (0..blows.len()).map(|at| (blows[at].finding.code, aftermath(&blows[at..]))).collect()
}

/// Codes in turn, each with how many of how many failing nodes it mends.
fn counts(findings: &[Finding]) -> Vec<(&'static str, usize, usize)> {
    turns(findings).into_iter().map(|(code, after)| (code, after.mends, after.failing)).collect()
}

#[test]
fn what_mends_most_comes_first_and_then_what_mends_most_of_the_rest() {
    let findings =
        [error("expired", &[0]), error("password", &[2]), error("mismatch", &[0, 2, 3, 4, 5]), error("dead", &[1])];
    assert_eq!(counts(&findings), [("mismatch", 3, 6), ("expired", 1, 3), ("password", 1, 2), ("dead", 1, 1)]);
}

#[test]
fn what_everybody_meets_at_the_endpoint_comes_before_what_mends_more() {
    let findings = [
        error("mismatch", &[1, 2, 3, 4, 5]),
        at_the_endpoint(error("untrusted", &[0])),
        at_the_endpoint(error("expired", &[0])),
    ];
    assert_eq!(counts(&findings), [("expired", 0, 6), ("untrusted", 1, 6), ("mismatch", 5, 5)]);
}

#[test]
fn of_two_that_concern_all_nodes_the_deeper_comes_first() {
    let whole = Subject { kind: SubjectKind::Cluster, id: None, address: "c:1".to_owned() };
    let slots = Finding { subjects: vec![whole], ..error("slots", &[]) };
    assert_eq!(counts(&[slots, error("mismatch", &ALL)]), [("mismatch", 0, 6), ("slots", 6, 6)]);
}

#[test]
fn what_nobody_looked_at_comes_last() {
    assert_eq!(counts(&[error("expired", &[7]), error("dead", &[5])]), [("dead", 1, 1), ("expired", 0, 0)]);
}

#[test]
fn one_map_mends_what_it_leads_around() {
    let both = [mapped(error("dead", &[1, 2]), &[1, 2]), mapped(error("mismatch", &ALL), &[1, 2, 3, 4, 5])];
    let turns = turns(&both);
    assert_eq!((turns[0].0, turns[0].1.mends), ("mismatch", 6));
    assert!(turns[0].1.left.is_empty(), "{turns:?}");
    // What no map leads around stays.
    let counted = counts(&[both[1].clone(), error("dead", &[1, 2])]);
    assert_eq!(counted, [("mismatch", 4, 6), ("dead", 2, 2)]);
}

#[test]
fn a_warning_concerns_the_nodes_of_the_error_that_it_explains() {
    let withheld = Consequence { code: "password", subjects: error("", &[3]).subjects };
    let warning = Finding { consequences: vec![withheld], ..error("v1", &ALL) };
    let ids: Vec<NodeId> = (0..6).map(id).collect();
    let known = Known { ids: ids.iter().zip(0..).collect(), addresses: HashMap::new(), errors: SHELF.into() };
    assert_eq!(known.hit_by(&warning), BTreeSet::from([3]));
}

#[test]
fn what_is_left_is_told_by_code_with_each_node_counted_once() {
    let findings = [
        at_the_endpoint(error("mismatch", &[0, 1, 2])),
        error("expired", &[0, 1]),
        error("expired", &[1]),
        error("dead", &[3]),
    ];
    let turns = turns(&findings);
    let told: Vec<_> = turns[0].1.left.iter().map(|left| (left.code, left.nodes, left.by_one_certificate)).collect();
    assert_eq!(told, [("expired", 2, true), ("dead", 1, false)]);
    assert!(turns[3].1.left.is_empty());
}
