//! The root that is sent along is another than the one that clients trust.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::CertificateChain,
    names::weakness::{Weakness, is_sent_root},
};

pub(super) const CHECK: Check = Check {
    code: "root-sent",
    severity: Severity::Info,
    expects: "A root that is sent along is the one that clients trust.",
    explain: "A client trusts a root because it has it; one that comes over the wire proves nothing, and no client minds it. Redis \
              sends one by itself: where tls-cert-file holds the leaf alone, OpenSSL puts the rest of the chain behind it, up to \
              and with the root in tls-ca-cert-file. So this is no fault, but it shows what that file holds: a root which is \
              not the clients' own, although they trust the chain, is the CA's former one or its next. Nodes verify each other \
              by that file. Without the CA file, a sent root changes the error text: \"self-signed certificate in certificate \
              chain\" for \"unable to get local issuer certificate\".",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let anchors = &context.snapshot.anchors;
    let is_other = |chain: &CertificateChain| {
        let mut roots = (1..=chain.rest.len()).filter(|index| is_sent_root(chain, *index));
        let known = |index: usize| anchors.iter().any(|anchor| anchor.fingerprint == chain.rest[index - 1].fingerprint);
        chain.is_trusted() && !anchors.is_empty() && roots.any(|index| !known(index))
    };
    for found in context.weakened(Weakness::RootSent, verdicts, is_other, |_| "sent".to_owned()) {
        let presented = found.presented();
        verdicts.fail(Problem {
            title: "the root that is sent along is not the one that is trusted here".to_owned(),
            subjects: found.subjects,
            expected: "the root that clients have, or none".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Where the CA was renewed, give the nodes its present certificate, too: they verify each other by it."
                    .to_owned(),
                lines: vec!["CONFIG SET tls-ca-cert-file CA.pem".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
