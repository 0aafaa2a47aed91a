//! Some nodes still serve the certificate that others have replaced.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, date},
    facts::{Certificate, SubjectAltName},
};

pub(super) const CHECK: Check = Check {
    code: "renewal-half-done",
    severity: Severity::Warning,
    expects: "Nodes that share a certificate all serve the same one.",
    explain: "Redis reads its certificate when it starts and when it is told to: a file renewed on disk is served only after \
              `CONFIG SET tls-cert-file`, with the same path, or a restart. Where that was forgotten on some nodes, all is well \
              until the old certificate ends, and then these nodes are lost at once. Two certificates count as one that was \
              renewed where subject and alternative names are equal, several nodes share one of them, and their ends lie apart \
              by more than a tenth of their lives; who issued them may change with a renewal. Nodes that each have their own \
              certificate are not compared: whether the file on such a node is newer cannot be seen from outside.",
    transient: false,
    explains: &["certificate-expires-soon"],
    examine,
};

/// What a renewal leaves as it is.
type Face<'a> = (&'a str, Vec<&'a SubjectAltName>);

/// A certificate, and the nodes that serve it.
type Served<'a> = (&'a Certificate, Vec<Subject>);

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut faces: BTreeMap<Face<'_>, Vec<Served<'_>>> = BTreeMap::new();
    for (chain, subjects) in context.chains() {
        let leaf = &chain.leaf;
        let mut names: Vec<&SubjectAltName> = leaf.names.iter().collect();
        names.sort();
        let certificates = faces.entry((&leaf.subject, names)).or_default();
        match certificates.iter_mut().find(|(known, _)| known.fingerprint == leaf.fingerprint) {
            Some((_, all)) => all.extend_from_slice(subjects),
            None => certificates.push((leaf, subjects.to_vec())),
        }
    }
    for mut certificates in faces.into_values() {
        certificates.sort_by_key(|(certificate, _)| certificate.not_after);
        match <[Served<'_>; 2]>::try_from(certificates) {
            Ok([old, new]) if is_renewed(&old, &new) => verdicts.fail(problem(context, old, &new)),
            Ok(both) => both.iter().for_each(|(_, subjects)| verdicts.pass_each(subjects)),
            Err(others) => others.iter().for_each(|(_, subjects)| verdicts.pass_each(subjects)),
        }
    }
}

/// Not a certificate for each node or machine, made at about the same time: those are shared by nobody, or end together.
fn is_renewed(old: &Served<'_>, new: &Served<'_>) -> bool {
    let shared = old.1.len() > 1 || new.1.len() > 1;
    let life = new.0.not_after.saturating_sub(new.0.not_before);
    shared && new.0.not_after.saturating_sub(old.0.not_after) > life / 10
}

fn problem(context: &Context<'_>, (old, behind): Served<'_>, (new, ahead): &Served<'_>) -> Problem {
    let left = if old.not_after < context.now() { "ended" } else { "ends" };
    Problem {
        title: format!(
            "{} of {} nodes still {} the old certificate, which {left} on {}",
            behind.len(),
            behind.len() + ahead.len(),
            if behind.len() == 1 { "serves" } else { "serve" },
            date(old.not_after)
        ),
        subjects: behind,
        expected: format!("serial {}, valid until {}, as elsewhere", new.serial, date(new.not_after)),
        presented: format!("\"{}\", serial {}, valid until {}", old.subject, old.serial, date(old.not_after)),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Put the new file on these nodes where it is missing, and make them load it: this, or a restart."
                .to_owned(),
            lines: vec!["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH".to_owned()],
            proof: None,
        }],
        ..Problem::default()
    }
}
