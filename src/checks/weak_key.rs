//! A key of a chain is too short.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::{Class, weakness::Weakness},
};

pub(super) const CHECK: Check = Check {
    code: "weak-key",
    severity: Severity::Error,
    expects: "Keys are RSA of at least 2048 bits, or of an elliptic curve of at least 256.",
    explain: "rustls takes no RSA key below 2048 bits, and OpenSSL none at security level 2, which is the default of Debian and \
              Ubuntu, of OpenSSL since 3.2, and so of Python there and of Node.js since 24. Go and Java still accept \
              RSA-1024. The key of a CA counts as much as the server's own.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let minded = |chain: &_| context.is_minded(chain, &CLASSES);
    for found in context.weakened(Weakness::WeakKey, verdicts, minded, |c| c.key.clone()) {
        let presented = found.presented();
        let whose = if found.is_of_the_leaf() { "the certificate's key" } else { "the key of a CA" };
        verdicts.fail_with_chain(context, found.chain, Problem {
            title: format!("{whose} is too short for many clients"),
            clients: context.affected_by_class(found.chain, &CLASSES),
            subjects: found.subjects,
            expected: "RSA 2048 or EC P-256".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Certificate,
                text: "Make a new key, have a certificate issued for it, and make every node load both.".to_owned(),
                lines: vec!["openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout redis.key -out redis.csr -subj /CN=redis".to_owned()],
                proof: None,
            }],
        });
    }
}

const CLASSES: [Class; 3] = [Class::Key, Class::Algorithm, Class::Signature];
