//! A certificate names its host in the common name alone, where some clients do not look any more.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Certificate, Host},
    names,
};

pub(super) const CHECK: Check = Check {
    code: "common-name-only",
    severity: Severity::Warning,
    expects: "A certificate names its hosts as subject alternative names.",
    explain: "RFC 9525 has done away with the common name as a place for host names. Go and rustls (redis-rs, fred, \
              valkey-glide) do not read it, so they refuse a certificate that has nothing else; Node.js, Python, Java, PHP, \
              Ruby and .NET still accept it where there is no DNS entry at all. It works for some clients, then, until \
              somebody adds a first DNS name to the certificate, and then for none.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut first: Option<(&Certificate, Host)> = None;
    let mut hosts: Vec<String> = Vec::new();
    let seed = context
        .snapshot
        .chain(&context.snapshot.seed)
        .map(|chain| (context.endpoint(), context.given_as().clone(), &chain.leaf));
    let nodes = context.nodes().filter_map(|(node, attempts)| {
        Some((context.node(node), context.followed_as(node)?, &context.chain_of(node, attempts)?.leaf))
    });
    for (subject, host, leaf) in seed.into_iter().chain(nodes) {
        if !names::only_by_common_name(leaf, &host) {
            verdicts.pass();
            continue;
        }
        let entry = format!("DNS:{host}");
        if !hosts.contains(&entry) && hosts.len() < 6 {
            hosts.push(entry);
        }
        subjects.push(subject);
        first.get_or_insert((leaf, host));
    }
    let Some((leaf, host)) = first else { return };
    verdicts.fail(Problem {
        title: "the certificate names its host in the common name alone".to_owned(),
        subjects,
        expected: hosts.join(", "),
        presented: format!("no DNS entry; the common name {}", leaf.common_name.as_deref().unwrap_or_default()),
        clients: context.affected_at(leaf, &host),
        remedies: vec![Remedy {
            audience: Audience::Certificate,
            text: "Have it issued with the names as DNS entries.".to_owned(),
            lines: vec![format!("subjectAltName = {}", hosts.join(", ")), context.ca_request()],
            proof: None,
        }],
    });
}
