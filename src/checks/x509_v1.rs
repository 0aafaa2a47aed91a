//! A certificate of X.509 version 1 has no extensions, and so no alternative names.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    names::weakness::Weakness,
};

pub(super) const CHECK: Check = Check {
    code: "x509-v1",
    severity: Severity::Warning,
    expects: "Certificates are of X.509 version 3.",
    explain: "`openssl x509 -req` without an extension file writes version 1 up to OpenSSL 3.x; the script that comes with Redis \
              (utils/gen-test-certs.sh) makes such certificates. They hold no alternative names: rustls (redis-rs, fred, \
              valkey-glide) cannot read them at all, Go refuses the common name, and the others find the host there or not \
              at all. Since redis-doctor's own verifier is rustls, it sends no credentials to such a server.",
    transient: false,
    explains: &["credentials-withheld", "common-name-only"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for found in context.weakened(Weakness::OldVersion, verdicts, |_| true, |c| format!("version {}", c.version)) {
        let presented = found.presented();
        let (whose, text, lines) = if found.is_of_the_leaf() {
            (
                "the certificate",
                "Have it issued again with extensions; this says with which.",
                vec![context.ca_request()],
            )
        } else {
            let lines = ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign"];
            ("an intermediate certificate", "Have it issued again as a CA.", lines.map(str::to_owned).into())
        };
        verdicts.fail(Problem {
            title: format!(
                "{whose} is of X.509 version {}, which has no alternative names",
                found.said.trim_start_matches("version ")
            ),
            clients: context.affected_by_chain(found.chain),
            subjects: found.subjects,
            expected: "version 3".to_owned(),
            presented,
            remedies: vec![Remedy { audience: Audience::Certificate, text: text.to_owned(), lines, proof: None }],
        });
    }
}
