//! Some nodes' chains lead to another CA than others'.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, date},
    facts::{Certificate, CertificateChain},
    names::trust::{Anchors, Purpose, judge},
};

pub(super) const CHECK: Check = Check {
    code: "anchors-differ",
    severity: Severity::Warning,
    expects: "One CA is enough to trust every node.",
    explain: "While a CA is being renewed, some nodes have certificates of the old one and some of the new. A client whose CA \
              file holds both notices nothing; one that holds either loses the other nodes, often much later, when it is the \
              next to be deployed. The order that works: give every client both CAs, then renew the nodes, then take the old \
              CA away. Under the system's trust store, where every client has all of the public CAs, this is not asked.",
    transient: false,
    explains: &[],
    examine,
};

/// Anchors that are tried on their own; two is what a renewal has.
const MOST: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let chains: Vec<_> = context.chains().filter(|(chain, _)| chain.is_trusted()).collect();
    let alone: Vec<Alone<'_>> = if context.is_under_public_cas() || chains.len() < 2 {
        Vec::new()
    } else {
        context
            .snapshot
            .anchors
            .iter()
            .take(MOST)
            .map(|anchor| Alone::of(anchor, &chains, context.now()))
            .filter(Alone::trusts_any)
            .collect()
    };
    let enough = alone.len() < 2 || alone.iter().any(|one| one.loses.is_empty());
    if enough {
        for (_, subjects) in &chains {
            verdicts.pass_each(subjects);
        }
        return;
    }
    // The CA that most nodes have is the rule, and the others are told.
    let Some(rule) = alone.iter().min_by_key(|one| one.loses.len()) else { return };
    verdicts.fail(problem(rule, &alone));
}

/// One anchor as a client's only one.
struct Alone<'a> {
    anchor: &'a Certificate,
    trusts: usize,
    loses: Vec<Subject>,
}

impl<'a> Alone<'a> {
    fn of(anchor: &'a Certificate, chains: &[(&CertificateChain, &[Subject])], now: i64) -> Self {
        let (only, _) = Anchors::from_der(vec![anchor.der.clone()]);
        let mut alone = Alone { anchor, trusts: 0, loses: Vec::new() };
        // Of certificates that hang on the same ones, by name and key, one speaks for all.
        let mut known: BTreeMap<HangsOn<'_>, bool> = BTreeMap::new();
        for (chain, subjects) in chains {
            let judged = || is_trusted(chain, &only, now);
            let trusted = hangs_on(chain).map_or_else(judged, |by| *known.entry(by).or_insert_with(judged));
            if trusted { alone.trusts += subjects.len() } else { alone.loses.extend(subjects.iter().cloned()) }
        }
        alone
    }

    fn trusts_any(&self) -> bool {
        self.trusts > 0
    }

    fn name(&self) -> String {
        let id = self.anchor.fingerprint.get(..8).unwrap_or_default();
        format!("\"{}\" until {} (SHA-256 {id}…)", self.anchor.subject, date(self.anchor.not_after))
    }
}

/// The issuer's name and key, and what was sent beside the leaf.
type HangsOn<'a> = (&'a str, &'a str, Vec<&'a str>);

/// `None` where the certificate does not say which key signed it.
fn hangs_on(chain: &CertificateChain) -> Option<HangsOn<'_>> {
    let key = chain.leaf.authority_key_id.as_deref()?;
    Some((&chain.leaf.issuer, key, chain.rest.iter().map(|c| c.fingerprint.as_str()).collect()))
}

fn is_trusted(chain: &CertificateChain, only: &Anchors, now: i64) -> bool {
    let mut alone = chain.clone();
    judge(&mut alone, only, now, Purpose::Server);
    alone.is_trusted()
}

fn problem(rule: &Alone<'_>, all: &[Alone<'_>]) -> Problem {
    let presented: Vec<String> = all
        .iter()
        .map(|one| format!("{} alone: {} trusted, {} lost", one.name(), one.trusts, one.loses.len()))
        .collect();
    Problem {
        title: format!(
            "the chains of {} of {} nodes lead to another CA than the others'",
            rule.loses.len(),
            rule.loses.len() + rule.trusts
        ),
        subjects: rule.loses.clone(),
        expected: "one CA under which every node is trusted; a client that has only one of these loses the rest"
            .to_owned(),
        presented: presented.join("; "),
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: "Give every client both CAs, until all nodes have certificates of one.".to_owned(),
                lines: vec!["cat OLD-CA.pem NEW-CA.pem > ca.pem".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Certificate,
                text: "Then have these nodes' certificates issued by the CA of the others.".to_owned(),
                lines: Vec::new(),
                proof: None,
            },
        ],
        ..Problem::default()
    }
}
