//! The screen of `cert`: the certificate at a glance, what is wrong with it, and what each stack says.

use super::{
    Style,
    cert_coverage::{covered, failing},
    cert_verdicts::verdicts,
    sheet::{Ink, Sheet},
    tls::names,
    words,
};
use crate::{
    diagnosis::{
        assessment::{Assessment, Defect},
        coverage::Coverage,
    },
    facts::{Certificate, Host},
};

/// Names that are listed before the rest is counted.
const NAMES: usize = 8;

/// What is to be shown.
pub struct CertPage<'a> {
    /// What the stacks make of it.
    pub assessment: &'a Assessment<'a>,
    /// The files, as they were named.
    pub files: &'a str,
    /// What was trusted: the bundles as they were named, or the system's store.
    pub trust: &'a str,
    /// The file in which the anchor stands.
    pub anchor_file: Option<&'a str>,
    /// How it fares with what a cluster announces, where that was asked for, and what the cluster is called.
    pub coverage: Option<(&'a str, &'a Coverage)>,
    /// The exact next command; nothing is printed for an empty one.
    pub next: &'a str,
    /// What was odd about the files.
    pub remarks: &'a [String],
    /// The code that the process exits with.
    pub exit: u8,
}

/// What a certificate of the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Leaf,
    Intermediate,
    Root,
    Superfluous,
}

impl Part {
    pub(super) fn word(self) -> &'static str {
        match self {
            Part::Leaf => "leaf",
            Part::Intermediate => "intermediate",
            Part::Root => "root",
            Part::Superfluous => "superfluous",
        }
    }
}

/// The screen of `cert`.
pub fn cert(page: &CertPage<'_>, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let (sign, ink) = if page.exit == 0 { ("✓ ", Ink::Good) } else { ("✗ ", Ink::Bad) };
    sheet.phrases(sign, ink, 2, &summary(page), " · ");
    if style.quiet {
        return sheet.finish();
    }
    sheet.gap();
    glance(&mut sheet, page);
    for remark in page.remarks {
        sheet.hang("  ! ", Ink::Warn, 4, remark);
    }
    defects(&mut sheet, &page.assessment.defects);
    if let Some((_, coverage)) = page.coverage {
        covered(&mut sheet, coverage);
        failing(&mut sheet, coverage);
    }
    verdicts(&mut sheet, page.assessment);
    if !page.next.is_empty() {
        sheet.gap();
        sheet.verbatim(0, &format!("next: {}", page.next));
    }
    sheet.finish()
}

fn summary(page: &CertPage<'_>) -> Vec<String> {
    let matter = &page.assessment.matter;
    let mut parts = vec![stacks_in_short(page.assessment)];
    if let Some((cluster, coverage)) = page.coverage {
        parts.insert(0, share(cluster, coverage));
    }
    if !matter.hosts.is_empty() {
        let hosts: Vec<String> = matter.hosts.iter().map(Host::to_string).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        parts.push(format!("for {}", words::and_more(&hosts, NAMES)));
    }
    parts.push(format!("at {}", words::instant(matter.at)));
    parts.push(page.files.to_owned());
    parts
}

fn stacks_in_short(assessment: &Assessment<'_>) -> String {
    let what = if assessment.matter.hosts.is_empty() { "the chain" } else { "it" };
    let all = assessment.opinions.len();
    let refuse = assessment.opinions.iter().filter(|opinion| !opinion.is_accepted()).count();
    match (refuse, assessment.opinions.as_slice()) {
        (0, [only]) => format!("{} accepts {what}", only.stack.id),
        (1, [only]) => format!("{} refuses {what}", only.stack.id),
        (0, _) => format!("all {all} TLS stacks accept {what}"),
        (refuse, _) if refuse == all => format!("all {all} TLS stacks refuse {what}"),
        _ => format!("{refuse} of {all} TLS stacks refuse {what}"),
    }
}

/// `it covers 4 of 6 hosts that clients verify at redis:6379`.
fn share(cluster: &str, coverage: &Coverage) -> String {
    let needed = coverage.hosts.iter().filter(|covered| covered.is_needed).count();
    let covered = needed - coverage.missing().count();
    format!("it covers {covered} of {} that clients verify at {cluster}", words::count(needed, "host"))
}

fn glance(sheet: &mut Sheet<'_>, page: &CertPage<'_>) {
    let matter = &page.assessment.matter;
    let leaf = &matter.chain.leaf;
    sheet.entry("names", &names(leaf, if sheet.verbose() { usize::MAX - 1 } else { NAMES }));
    sheet.entry("subject", &leaf.subject);
    sheet.entry("issuer", &leaf.issuer);
    sheet.entry("valid", &validity(leaf, matter.at));
    sheet.entry("key", &format!("{}, signed with {}", leaf.key, leaf.signature));
    sheet.entry("usages", &usages(leaf));
    sheet.entry("SHA-256", &leaf.fingerprint);
    sheet.entry("chain", &chain(page.assessment));
    sheet.entry("anchor", &anchor(page, sheet.verbose()));
}

/// `2026-11-10 to 2027-11-20: 364 days left, 2% of its life is over`.
fn validity(leaf: &Certificate, at: i64) -> String {
    let days = |seconds: i64| words::count(usize::try_from(seconds / 86_400).unwrap_or(0), "day");
    let state = match life_used(leaf, at) {
        Some(percent) => format!("{} left, {percent}% of its life is over", days(leaf.not_after.saturating_sub(at))),
        None if at < leaf.not_before => {
            format!("✗ not before {} have passed", days(leaf.not_before.saturating_sub(at)))
        }
        None => format!("✗ expired {} ago", days(at.saturating_sub(leaf.not_after))),
    };
    format!("{} to {}: {state}", day(leaf.not_before), day(leaf.not_after))
}

fn day(seconds: i64) -> String {
    let moment = words::instant(seconds);
    moment.split('T').next().unwrap_or_default().to_owned()
}

/// Percent of the lifetime; `None` outside of it.
pub(super) fn life_used(leaf: &Certificate, at: i64) -> Option<i64> {
    let life = leaf.not_after.checked_sub(leaf.not_before).filter(|life| *life > 0)?;
    let over = at.checked_sub(leaf.not_before).filter(|over| (0..=life).contains(over))?;
    Some(i64::try_from(i128::from(over) * 100 / i128::from(life)).unwrap_or(100))
}

fn usages(leaf: &Certificate) -> String {
    let listed =
        |usages: &Option<Vec<String>>, none: &str| usages.as_ref().map_or_else(|| none.to_owned(), |u| u.join(", "));
    format!("{}; key: {}", listed(&leaf.usages, "any (none named)"), listed(&leaf.key_usages, "any (none named)"))
}

/// Each certificate that is sent, in its order, and where that ends.
fn chain(assessment: &Assessment<'_>) -> String {
    let further = parts(assessment).into_iter().zip(assessment.matter.chain.certificates()).skip(1);
    let further = further.map(|(part, certificate)| format!("{} {}", part.word(), certificate.subject));
    let missing = || format!("✗ nothing from \"{}\"", assessment.end().issuer);
    let end = assessment.anchor().is_none().then(missing);
    std::iter::once(Part::Leaf.word().to_owned()).chain(further).chain(end).collect::<Vec<_>>().join(" → ")
}

/// What each certificate that is sent is, leaf first.
pub(super) fn parts(assessment: &Assessment<'_>) -> Vec<Part> {
    let part = |(i, certificate): (usize, &Certificate)| match i {
        0 => Part::Leaf,
        _ if assessment.is_superfluous(certificate) => Part::Superfluous,
        _ if certificate.is_self_issued() => Part::Root,
        _ => Part::Intermediate,
    };
    assessment.matter.chain.certificates().enumerate().map(part).collect()
}

fn anchor(page: &CertPage<'_>, verbose: bool) -> String {
    let Some(anchor) = page.assessment.anchor() else { return format!("✗ none of {}", page.trust) };
    let file = page.anchor_file.unwrap_or(page.trust);
    if verbose {
        return format!(
            "✓ {} (in {file}, until {}, SHA-256 {})",
            anchor.subject,
            day(anchor.not_after),
            anchor.fingerprint
        );
    }
    format!("✓ {} (in {file}, SHA-256 {}…)", anchor.subject, anchor.fingerprint.get(..8).unwrap_or_default())
}

fn defects(sheet: &mut Sheet<'_>, defects: &[Defect]) {
    if defects.is_empty() {
        return;
    }
    sheet.gap();
    for (code, subjects) in by_code(defects) {
        let subjects: Vec<&str> = subjects.iter().map(|defect| defect.subject.as_str()).collect();
        let most = if sheet.verbose() { usize::MAX - 1 } else { 4 };
        sheet.hang(
            &format!("{code}: "),
            Ink::Bad,
            4,
            &format!("{}: {}", words::and_more(&subjects, most), words_of(defects, &code)),
        );
    }
}

/// Defects of one code together, in the order of their first.
fn by_code(defects: &[Defect]) -> Vec<(String, Vec<&Defect>)> {
    let mut groups: Vec<(String, Vec<&Defect>)> = Vec::new();
    for defect in defects {
        let code = defect.code.to_string();
        match groups.iter_mut().find(|(known, _)| known == &code) {
            Some((_, alike)) => alike.push(defect),
            None => groups.push((code, vec![defect])),
        }
    }
    groups
}

fn words_of(defects: &[Defect], code: &str) -> &'static str {
    defects.iter().find(|defect| defect.code.to_string() == code).map_or("", |defect| defect.code.words())
}
