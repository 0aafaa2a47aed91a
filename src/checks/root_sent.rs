//! The root is sent along.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::CertificateChain,
    names::weakness::Weakness,
};

pub(super) const CHECK: Check = Check {
    code: "root-sent",
    severity: Severity::Info,
    expects: "The root is left to those who trust it.",
    explain: "A client trusts a root because it has it; one that comes over the wire proves nothing and costs a kilobyte a \
              handshake. Several managed services send theirs, and no client minds. It shows in one error text only: a client \
              without the CA file says \"self-signed certificate in certificate chain\" where it would otherwise say \
              \"unable to get local issuer certificate\".",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for found in context.weakened(Weakness::RootSent, verdicts, CertificateChain::is_trusted, |_| "sent".to_owned()) {
        let presented = found.presented();
        verdicts.fail(Problem {
            title: "the root is sent along, which no client needs".to_owned(),
            subjects: found.subjects,
            expected: "the leaf and its intermediates".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Leave the root out of the file, when it is next made.".to_owned(),
                lines: Vec::new(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
