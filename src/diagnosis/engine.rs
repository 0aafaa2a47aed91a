//! Runs the checks, folds symptoms under their causes, and puts the root cause first.

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::RandomState},
    fmt::Write as _,
    hash::BuildHasher as _,
};

use super::{
    Consequence, Context, Finding, Follows, Problem, Report, Severity, Skip, Subject, SubjectKind, Summary,
    aftermath::order, provided,
};
use crate::facts::CertificateChain;

/// One thing that should be true: a card and a function.
pub struct Check {
    /// Names the defect; file name, documentation anchor and `explain` argument at once; never reused.
    pub code: &'static str,
    /// How bad it is when it fails.
    pub severity: Severity,
    /// What should be true, as a sentence.
    pub expects: &'static str,
    /// Why it matters, how it comes about, what to do: a paragraph or two for `explain`.
    pub explain: &'static str,
    /// It may heal by itself while servers start: `--wait` looks again.
    pub transient: bool,
    /// Codes of checks whose failures on the same subjects follow from this one.
    pub explains: &'static [&'static str],
    /// Looks.
    pub examine: fn(&Context<'_>, &mut Verdicts),
}

/// What one check says: passed, failed or could not look, for each subject.
pub struct Verdicts {
    check: &'static Check,
    passed: usize,
    findings: Vec<Finding>,
    skipped: Vec<Skip>,
}

impl Verdicts {
    /// It is as it should be.
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// All of these are as they should be.
    pub fn pass_each(&mut self, subjects: &[Subject]) {
        self.passed += subjects.len();
    }

    /// It is not. One problem may have many subjects; one without any is no problem.
    pub fn fail(&mut self, problem: Problem) {
        if problem.subjects.is_empty() {
            return;
        }
        self.findings.push(Finding {
            code: self.check.code,
            severity: self.check.severity,
            title: problem.title,
            subjects: problem.subjects,
            expected: problem.expected,
            presented: problem.presented,
            clients: problem.clients,
            remedies: problem.remedies,
            consequences: Vec::new(),
            aftermath: None,
            at_the_endpoint: false,
            follows: Follows::All,
            transient: self.check.transient,
        });
    }

    /// It is not, with a chain: where the endpoint presents it, every client meets it there, too.
    pub fn fail_with_chain(&mut self, context: &Context<'_>, chain: &CertificateChain, problem: Problem) {
        let known = self.findings.len();
        self.fail(problem);
        let at_the_endpoint = context.snapshot.chain(&context.snapshot.seed) == Some(chain);
        self.findings.iter_mut().skip(known).for_each(|finding| finding.at_the_endpoint = at_the_endpoint);
    }

    /// It is not, and of what the check explains only so much follows from it.
    pub fn fail_with(&mut self, follows: Follows, problem: Problem) {
        let known = self.findings.len();
        self.fail(problem);
        self.findings.iter_mut().skip(known).for_each(|finding| finding.follows = follows);
    }

    /// Nobody could look, as another check than this one would have to.
    pub fn skip_other(&mut self, code: &'static str, subject: Subject, why: String) {
        self.skipped.push(Skip { code, subject, why });
    }

    /// Nobody could look.
    pub fn skip(&mut self, subject: Subject, why: impl Into<String>) {
        self.skipped.push(Skip { code: self.check.code, subject, why: why.into() });
    }
}

/// Examines a snapshot with every check and orders what was found.
pub fn examine(context: &Context<'_>, checks: &'static [&'static Check]) -> Report {
    let mut summary = Summary::default();
    let mut findings = Vec::new();
    let mut skipped = Vec::new();
    for check in checks {
        let mut verdicts = Verdicts { check, passed: 0, findings: Vec::new(), skipped: Vec::new() };
        (check.examine)(context, &mut verdicts);
        summary.passed += verdicts.passed;
        summary.failed += verdicts.findings.iter().map(|f| f.subjects.len()).sum::<usize>();
        summary.skipped += verdicts.skipped.len();
        findings.extend(united(verdicts.findings));
        skipped.extend(verdicts.skipped);
    }
    for finding in &mut findings {
        tell_once(context, finding);
        provided::adapt(context, finding);
    }
    let mut findings = fold(findings, checks);
    order(context, &mut findings, checks);
    Report {
        summary,
        findings,
        skipped,
        ignored: 0,
        remarks: context.remarks(),
        background: context.background(),
        address_map: context.map().clone(),
        recognised: context.recognised().clone(),
    }
}

/// One check's findings, those put together that say the same and are mended in the same way: a certificate for every node
/// makes no difference to who has to act.
fn united(findings: Vec<Finding>) -> Vec<Finding> {
    let mut united: Vec<(Finding, usize)> = Vec::new();
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    let hasher = RandomState::new();
    for finding in findings {
        let said = |finding: &Finding| hasher.hash_one((&finding.title, &finding.expected, &finding.remedies));
        let places = places.entry(said(&finding)).or_default();
        let alike = |place: &&usize| {
            let known = &united[**place].0;
            (&known.title, &known.expected, &known.remedies) == (&finding.title, &finding.expected, &finding.remedies)
        };
        if let Some(place) = places.iter().find(alike) {
            let (known, others) = &mut united[*place];
            *others += usize::from(known.presented != finding.presented);
            known.at_the_endpoint |= finding.at_the_endpoint;
            known.subjects.extend(finding.subjects);
        } else {
            places.push(united.len());
            united.push((finding, 0));
        }
    }
    let told = |(mut finding, others): (Finding, usize)| {
        if others > 0 {
            let _ = write!(finding.presented, "; {others} more like it");
        }
        finding
    };
    united.into_iter().map(told).collect()
}

/// The endpoint is one of the nodes: where both are concerned, the node stands for it.
fn tell_once(context: &Context<'_>, finding: &mut Finding) {
    let seed = context.snapshot.seed.identity();
    finding.at_the_endpoint |= finding.subjects.iter().any(|s| s.kind == SubjectKind::Endpoint);
    if finding.subjects.iter().any(|s| s.id.is_some() && s.id.as_ref() == seed) {
        finding.subjects.retain(|s| s.kind != SubjectKind::Endpoint);
    }
}

/// Moves failures that another failure explains under it. What a cause covers is folded, subject by subject; the rest of a
/// symptom stays a finding of its own. A cause is as severe as the worst that follows from it.
fn fold(mut findings: Vec<Finding>, checks: &[&Check]) -> Vec<Finding> {
    let explains = |code: &str| checks.iter().find(|c| c.code == code).map_or(&[][..], |c| c.explains);
    let order: Vec<usize> = (0..findings.len()).collect();
    for cause in order {
        let follows = findings[cause].follows;
        if findings[cause].subjects.is_empty() || follows == Follows::Nothing {
            continue;
        }
        let (codes, covered) = (explains(findings[cause].code), findings[cause].subjects.clone());
        let everything = covered.iter().any(|s| s.kind != SubjectKind::Node);
        let addresses: HashSet<String> = covered.iter().map(|subject| subject.address.clone()).collect();
        let covered: BTreeSet<Subject> = covered.into_iter().collect();
        for symptom in 0..findings.len() {
            if symptom == cause || !codes.contains(&findings[symptom].code) {
                continue;
            }
            let subjects = std::mem::take(&mut findings[symptom].subjects);
            let folds = |s: &Subject| match follows {
                Follows::All => everything || s.kind != SubjectKind::Node || covered.contains(s),
                // A server outside clusters has the address that was given.
                Follows::Same | Follows::Nothing => addresses.contains(&s.address),
            };
            let (folded, kept): (Vec<Subject>, Vec<Subject>) = subjects.into_iter().partition(folds);
            findings[symptom].subjects = kept;
            if !folded.is_empty() {
                let code = findings[symptom].code;
                findings[cause].at_the_endpoint |= findings[symptom].at_the_endpoint;
                findings[cause].severity = findings[cause].severity.min(findings[symptom].severity);
                let below = std::mem::take(&mut findings[symptom].consequences);
                let consequences = &mut findings[cause].consequences;
                consequences.push(Consequence { code, subjects: folded });
                consequences.extend(below);
            }
        }
    }
    findings.retain(|f| !f.subjects.is_empty());
    findings
}
