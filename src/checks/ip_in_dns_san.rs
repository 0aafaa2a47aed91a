//! A certificate writes an IP address as a DNS name.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, outlook::Step},
    facts::Host,
    names::{self, Speaks},
};

pub(super) const CHECK: Check = Check {
    code: "ip-in-dns-san",
    severity: Severity::Error,
    expects: "An IP address stands in a certificate as an iPAddress entry.",
    explain: "A subject alternative name has a type. An address written as `DNS:10.0.0.5` (cert-manager's dnsNames, a Helm \
              value in the wrong list) is a name that happens to look like an address: RFC 9525 compares addresses with \
              iPAddress entries only, and so do Node.js, Python, Go, Java and rustls. PHP and Ruby accept it, which makes the \
              mistake hard to see.",
    transient: false,
    explains: &["san-mismatch", "credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut subjects = Vec::new();
    let mut nodes = Vec::new();
    let mut addresses = Vec::new();
    for (node, attempts) in context.nodes() {
        let (Some(host), Some(chain)) = (context.followed_as(node), context.chain_of(node, attempts)) else {
            continue;
        };
        let wrong = host.ip().is_some()
            && names::speaks_for(&chain.leaf, &host) != Speaks::Yes
            && names::address_in_dns_entry(&chain.leaf, &host);
        if wrong {
            subjects.push(context.node(node));
            nodes.push(&node.id);
            addresses.push(host);
        } else {
            verdicts.pass();
        }
    }
    addresses.sort();
    addresses.dedup();
    let entries = |kind: &str| addresses.iter().map(|a: &Host| format!("{kind}:{a}")).collect::<Vec<_>>();
    let clients = if nodes.is_empty() { Vec::new() } else { context.affected_at_nodes(&nodes, &[Step::TlsName]) };
    verdicts.fail(Problem {
        title: "the certificate holds the address as a DNS name, where clients do not look for it".to_owned(),
        subjects,
        expected: entries("IP").join(", "),
        presented: entries("DNS").join(", "),
        clients,
        remedies: vec![Remedy {
            audience: Audience::Certificate,
            text: "Have it issued with the address as an IP entry (ipAddresses in cert-manager).".to_owned(),
            lines: vec![format!("subjectAltName = {}", entries("IP").join(", ")), context.ca_request()],
            proof: None,
        }],
    });
}
