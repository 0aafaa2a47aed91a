//! A presented certificate is past its end, or before its start.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, date},
    facts::{Certificate, ChainProblem, ChainVerdict},
};

pub(super) const CHECK: Check = Check {
    code: "certificate-expired",
    severity: Severity::Error,
    expects: "Every certificate of a presented chain is within its dates.",
    explain: "Redis loads its certificate once. A file that was renewed on disk is not served until `CONFIG SET tls-cert-file` \
              with the same path, or a restart, so an expired certificate in a handshake beside a fresh file on disk is the \
              usual case. Where only some nodes are named, those are the ones that were not reloaded.",
    transient: false,
    explains: &["chain-untrusted", "credentials-withheld", "renewal-half-done"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let now = context.now();
    for (chain, subjects) in context.chains() {
        let outside = |c: &&Certificate| now > c.not_after || now < c.not_before;
        let by_verdict = matches!(
            &chain.verdict,
            ChainVerdict::Untrusted { problem: ChainProblem::Expired | ChainProblem::NotYetValid, .. }
        );
        // A superfluous expired certificate that is sent along harms nobody as long as the chain is trusted.
        let leaf_outside = outside(&&chain.leaf);
        let Some(certificate) = chain.certificates().find(outside).filter(|_| by_verdict || leaf_outside) else {
            verdicts.pass_each(&subjects);
            continue;
        };
        let past = now > certificate.not_after;
        let which = if certificate == &chain.leaf { "certificate" } else { "intermediate certificate" };
        let title = if past {
            format!("the {which} expired on {}", date(certificate.not_after))
        } else {
            format!("the {which} is not valid before {}", date(certificate.not_before))
        };
        let advice = if past {
            "Renew it; where the file on disk is already new, make the named nodes load it."
        } else {
            "Compare the clocks of this machine and of the issuer; else have it issued anew, and make the nodes load it."
        };
        verdicts.fail(Problem {
            title,
            subjects,
            expected: format!("valid on {}", date(now)),
            presented: format!(
                "{} (serial {}), valid from {} to {}",
                certificate.subject,
                certificate.serial,
                date(certificate.not_before),
                date(certificate.not_after)
            ),
            clients: context.affected_by_chain(chain),
            remedies: vec![
                Remedy {
                    audience: Audience::Server,
                    text: advice.to_owned(),
                    lines: vec!["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH".to_owned()],
                    proof: None,
                },
                Remedy {
                    audience: Audience::Certificate,
                    text: "Where there is no new one yet, this says what to ask for.".to_owned(),
                    lines: vec![context.ca_request()],
                    proof: None,
                },
            ],
        });
    }
}
