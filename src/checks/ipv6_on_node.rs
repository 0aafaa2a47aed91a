//! Clients verify IPv6 addresses, which some versions of Node.js cannot.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Certificate, Host},
    names::{NODE_20, NODE_22},
};

pub(super) const CHECK: Check = Check {
    code: "ipv6-on-node",
    severity: Severity::Info,
    expects: "No address that clients verify is one that a release of Node.js cannot compare.",
    explain: "The fix of CVE-2026-48618 broke the comparison of IPv6 addresses in Node.js: 22.23.0 to 22.23.3 and later 22s, \
              24.17.0 to 24.19.0, and 26.3.1 to 26.5.1 find no IPv6 address in any certificate and fail with \
              ERR_TLS_CERT_ALTNAME_INVALID (nodejs/node 64032, 64144). 24.20.0 and 26.6.0 are well again. It is a note: the \
              servers are as they should be.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let broken = |leaf: &Certificate, host: &Host| {
        host.ip().is_some_and(|ip| ip.is_ipv6())
            && NODE_20.name_refusal(leaf, host).is_none()
            && NODE_22.name_refusal(leaf, host).is_some()
    };
    let mut subjects: Vec<Subject> = Vec::new();
    for (node, attempts) in context.nodes() {
        let (Some(chain), Some(host)) = (context.chain_of(node, attempts), context.followed_as(node)) else { continue };
        if broken(&chain.leaf, &host) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    verdicts.fail(Problem {
        title: "clients verify IPv6 addresses, which some releases of Node.js cannot".to_owned(),
        subjects,
        expected: "a Node.js in which the comparison works, or host names".to_owned(),
        presented: "broken in 22.23.0 and later 22s, 24.17.0 to 24.19.0, 26.3.1 to 26.5.1".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Where the application runs on Node.js: 24.20.0, 26.6.0 or later, or 22.22.".to_owned(),
            lines: Vec::new(),
            proof: None,
        }],
        ..Problem::default()
    });
}
