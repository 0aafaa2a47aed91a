//! A host that some TLS stacks refuse, although the certificate holds it.

use std::collections::BTreeSet;

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Certificate, Host},
    names::{STACKS, Speaks, Stack, speaks_for},
};

pub(super) const CHECK: Check = Check {
    code: "host-refused-by-some",
    severity: Severity::Warning,
    expects: "What the certificates hold is read alike by every TLS stack.",
    explain: "The rules for names have corners in which stacks part company. Underscores (Docker Compose's redis_1): Java refuses \
              such a host whatever the certificate says, and OpenSSL (Python, PHP, Ruby, .NET) refuses it under a wildcard, \
              while Node.js, Go and rustls accept it. A dot at the end, a last label of digits, wildcards inside a label: each \
              has its own dissenters. IPv6 addresses are told on their own (ipv6-on-node).",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let seed = context.snapshot.chain(&context.snapshot.seed);
    let seed = seed.map(|chain| (context.endpoint(), context.given_as().clone(), &chain.leaf));
    let nodes = context.nodes().filter_map(|(node, attempts)| {
        Some((context.node(node), context.followed_as(node)?, &context.chain_of(node, attempts)?.leaf))
    });
    let mut hosts = BTreeSet::new();
    for (subject, host, leaf) in seed.into_iter().chain(nodes) {
        let stacks = dissenters(leaf, &host);
        if stacks.is_empty() {
            verdicts.pass();
            continue;
        }
        found.add(&stacks.join(", "), subject);
        hosts.insert(host.to_string());
    }
    for (stacks, subjects) in found {
        verdicts.fail(Problem {
            title: "the certificate holds the host, and some TLS stacks refuse it all the same".to_owned(),
            subjects,
            expected: "hosts of letters, digits, hyphens and dots, each in the certificate as it stands".to_owned(),
            presented: format!("{}: refused by {stacks}", some_of(&hosts)),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Give the nodes host names without underscores and dots at the end, and have those announced and certified."
                    .to_owned(),
                lines: vec!["cluster-announce-hostname redis-1.example.com".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// Stacks that compare names and say no to a name where rustls-webpki says yes.
fn dissenters(leaf: &Certificate, host: &Host) -> Vec<&'static str> {
    if host.ip().is_some() || speaks_for(leaf, host) != Speaks::Yes {
        return Vec::new();
    }
    let refuses = |stack: &&&Stack| stack.name_refusal(leaf, host).is_some();
    STACKS.iter().filter(refuses).map(|stack| stack.id).collect()
}

fn some_of(hosts: &BTreeSet<String>) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = hosts.iter().take(SHOWN).map(String::as_str).collect();
    let more = hosts.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
