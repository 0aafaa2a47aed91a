//! Intermediates are sent before what they issued.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::weakness::Weakness,
};

pub(super) const CHECK: Check = Check {
    code: "chain-misordered",
    severity: Severity::Info,
    expects: "Each certificate that is sent issued one before it.",
    explain: "TLS 1.2 wants the chain in order (RFC 5246 section 7.4.2); TLS 1.3 asks receivers to take any. No stack that was \
              measured minds: OpenSSL, Go, Java, rustls and .NET sort for themselves. It is a note for whoever reads the file \
              next, and no reason for a client that fails.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for found in context.weakened(Weakness::Misordered, verdicts, |_| true, |_| "too early".to_owned()) {
        let presented = found.presented();
        verdicts.fail(Problem {
            title: "the chain is not sent in order; every known client sorts it".to_owned(),
            subjects: found.subjects,
            expected: "the leaf, its issuer, the issuer's issuer".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Write the file of tls-cert-file in this order, when it is next made.".to_owned(),
                lines: vec!["cat LEAF.pem INTERMEDIATE.pem > FULLCHAIN.pem".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
