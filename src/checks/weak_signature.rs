//! A certificate is signed over MD5 or SHA-1.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::{Class, weakness::Weakness},
};

pub(super) const CHECK: Check = Check {
    code: "weak-signature",
    severity: Severity::Error,
    expects: "Certificates are signed over SHA-256 or better.",
    explain: "SHA-1 and MD5 collide, so that verifiers stopped taking signatures over them: Go, rustls, and OpenSSL 3 at its \
              default security level (Node.js, Python, redis-cli) refuse SHA-1, and everybody of note MD5. Java's default \
              forbids SHA-1 only under the CAs that it brings along, so a private CA goes on working there and nowhere else. \
              What a root says of itself is verified by nobody.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let minded = |chain: &_| context.is_minded(chain, &CLASSES);
    for found in context.weakened(Weakness::WeakSignature, verdicts, minded, |c| c.signature.clone()) {
        let presented = found.presented();
        let whose = if found.is_of_the_leaf() { "the certificate" } else { "an intermediate certificate" };
        verdicts.fail_with_chain(context, found.chain, Problem {
            title: format!("{whose} is signed with a digest that most clients refuse"),
            clients: context.affected_by_class(found.chain, &CLASSES),
            subjects: found.subjects,
            expected: "a signature over SHA-256 or better".to_owned(),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Certificate,
                text: "Have it issued anew over SHA-256, then make every node load it.".to_owned(),
                lines: vec!["openssl x509 -req -sha256 -in redis.csr -CA ca.pem -CAkey ca.key -days 365 -extfile SAN.ext -out redis.pem".to_owned()],
                proof: None,
            }],
        });
    }
}

const CLASSES: [Class; 2] = [Class::Algorithm, Class::Signature];
