//! What each TLS stack says of a certificate, those together that come to the same.

use super::{
    sheet::{Ink, Sheet},
    words,
};
use crate::diagnosis::assessment::{Assessment, Opinion, Refusal};

/// Names that are listed before the rest is counted.
const NAMES: usize = 8;

/// Stacks that come to the same, in their order.
type Group<'a> = Vec<&'a Opinion>;

/// First those that refuse it, together where the same is wrong for them; with `-v` where they say so in the same words.
pub(super) fn verdicts(sheet: &mut Sheet<'_>, assessment: &Assessment<'_>) {
    let (accept, refuse): (Group<'_>, Group<'_>) =
        assessment.opinions.iter().partition(|opinion| opinion.is_accepted());
    for (i, group) in groups(assessment, &refuse, sheet.verbose()).into_iter().enumerate() {
        if i > 0 || assessment.defects.is_empty() {
            sheet.gap();
        }
        stacks(sheet, "✗ ", Ink::Bad, &group);
        refusal(sheet, assessment, &group);
    }
    if !accept.is_empty() && (sheet.verbose() || !refuse.is_empty()) {
        if refuse.is_empty() {
            sheet.gap();
        }
        stacks(sheet, "✓ ", Ink::Good, &accept);
    }
    if !sheet.verbose() && !refuse.is_empty() {
        sheet.hang("", Ink::Plain, 0, "(-v: each in its own words, and which client libraries run on it)");
    }
}

fn groups<'a>(assessment: &Assessment<'_>, opinions: &[&'a Opinion], by_words: bool) -> Vec<Group<'a>> {
    let classes = |opinion: &Opinion| {
        let then = assessment.then(opinion);
        let all = opinion.first.iter().chain(&then);
        all.map(|refusal| (refusal.class, by_words.then(|| refusal.text.clone()))).collect::<Vec<_>>()
    };
    let verdict = |o: &Opinion| (assessment.accepts_chain(o), assessment.refused_hosts(o), classes(o));
    let mut groups: Vec<(_, Group<'a>)> = Vec::new();
    for opinion in opinions {
        let verdict = verdict(opinion);
        match groups.iter_mut().find(|(known, _)| known == &verdict) {
            Some((_, alike)) => alike.push(opinion),
            None => groups.push((verdict, vec![opinion])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn stacks(sheet: &mut Sheet<'_>, sign: &str, ink: Ink, group: &[&Opinion]) {
    let verbose = sheet.verbose();
    let name = |opinion: &&Opinion| if verbose { with_clients(opinion) } else { opinion.stack.id.to_owned() };
    sheet.phrases(sign, ink, 2, &group.iter().map(name).collect::<Vec<_>>(), " · ");
}

/// `chain ✓, names ✗ (10.0.0.5)`, then what the first of the group says one after the other.
fn refusal(sheet: &mut Sheet<'_>, assessment: &Assessment<'_>, group: &[&Opinion]) {
    let Some(&opinion) = group.first() else { return };
    let refused: Vec<String> = assessment.refused_hosts(opinion).iter().map(ToString::to_string).collect();
    let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    let names = match (assessment.matter.hosts, refused.as_slice()) {
        ([], _) => String::new(),
        (_, []) => ", names ✓".to_owned(),
        (_, refused) => format!(", names ✗ {}", words::and_more(refused, NAMES)),
    };
    let chain = if assessment.accepts_chain(opinion) { "✓" } else { "✗" };
    sheet.hang("    ", Ink::Plain, 4, &format!("chain {chain}{names}"));
    let who = if group.len() > 1 && !sheet.verbose() { format!(" ({})", opinion.stack.id) } else { String::new() };
    sheet.hang(&format!("    says first{who}: "), Ink::Label, 6, &said(opinion));
    for refusal in assessment.then(opinion) {
        sheet.hang("    after that is fixed: ", Ink::Label, 6, &refusal.with_code());
    }
}

fn said(opinion: &Opinion) -> String {
    let text = opinion.first.as_ref().map(Refusal::with_code).unwrap_or_default();
    if text.is_empty() { "(nothing: it refuses without a word)".to_owned() } else { text }
}

/// `node@20 (node-redis, ioredis)`.
fn with_clients(opinion: &Opinion) -> String {
    let clients = opinion.clients();
    if clients.is_empty() {
        opinion.stack.id.to_owned()
    } else {
        format!("{} ({})", opinion.stack.id, clients.join(", "))
    }
}
