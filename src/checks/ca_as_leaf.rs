//! A CA certificate serves as the server's own: OpenSSL accepts that, rustls does not.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::{Class, weakness::Weakness},
};

pub(super) const CHECK: Check = Check {
    code: "ca-as-leaf",
    severity: Severity::Warning,
    expects: "The server's certificate is not a CA.",
    explain: "`openssl req -x509` makes a self-signed certificate marked CA:TRUE. Put into the CA file it is accepted by every \
              client built on OpenSSL, Go or Java, and refused by those built on rustls (redis-rs, fred, valkey-glide) with \
              `CaUsedAsEndEntity`. A CA and a leaf of its own serve everybody. Since redis-doctor's own verifier is rustls, \
              it sends no credentials to such a server.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for found in context.weakened(Weakness::CaAsLeaf, verdicts, |_| true, |_| "CA:TRUE".to_owned()) {
        let presented = found.presented();
        let lines = vec![
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj /CN=ca -addext keyUsage=critical,keyCertSign,cRLSign".to_owned(),
            context.ca_request(),
        ];
        verdicts.fail(Problem {
            title: "the server's certificate is marked as a CA, which rustls-based clients refuse".to_owned(),
            subjects: found.subjects,
            expected: "a leaf with CA:FALSE, signed by the CA that clients trust".to_owned(),
            presented,
            clients: context.affected_by_class(found.chain, &[Class::CaAsLeaf]),
            remedies: vec![Remedy {
                audience: Audience::Certificate,
                text: "Make a CA (ca.crt is what clients get), and ask it for a certificate.".to_owned(),
                lines,
                proof: None,
            }],
        });
    }
}
