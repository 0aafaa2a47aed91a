//! Certificates are sent that have nothing to do with the server's own.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::weakness::Weakness,
};

pub(super) const CHECK: Check = Check {
    code: "chain-superfluous",
    severity: Severity::Info,
    expects: "Every certificate that is sent is on the way from the server's to a root, once.",
    explain: "Files that grow with `cat >>` at every renewal end so. Clients leave out what they do not need, whatever its dates; \
              but verifiers stop at a length (rustls after six intermediates), and who reads the dates of such a file reads \
              the wrong ones.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for found in context.weakened(Weakness::Superfluous, verdicts, |_| true, |_| "not needed".to_owned()) {
        let presented = found.presented();
        verdicts.fail(Problem {
            title: "certificates are sent that nobody needs".to_owned(),
            subjects: found.subjects,
            expected: "the leaf and its intermediates, each once".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Leave them out of the file, when it is next made.".to_owned(),
                lines: vec!["cat LEAF.pem INTERMEDIATE.pem > FULLCHAIN.pem".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}
