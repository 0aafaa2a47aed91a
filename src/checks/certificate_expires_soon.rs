//! A certificate that is valid today will not be for long.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, date},
    facts::Certificate,
};

pub(super) const CHECK: Check = Check {
    code: "certificate-expires-soon",
    severity: Severity::Warning,
    expects: "Every certificate of a chain is valid for a good while yet.",
    explain: "Soon means within 14 days, or within the last tenth of its life where that is shorter (certificates of a week or a \
              month are renewed later than those of a year). A renewed file is served only after `CONFIG SET tls-cert-file` \
              with the same path, or a restart.",
    transient: false,
    explains: &[],
    examine,
};

const DAY: i64 = 86_400;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let now = context.now();
    for (chain, subjects) in context.chains() {
        let soon = |c: &&Certificate| now <= c.not_after && c.not_after.saturating_sub(now) < notice(c);
        let Some(certificate) = chain.certificates().find(soon) else {
            verdicts.pass_each(&subjects);
            continue;
        };
        let days = certificate.not_after.saturating_sub(now) / DAY;
        verdicts.fail(Problem {
            title: format!("a certificate expires in {days} days"),
            subjects,
            expected: format!("valid beyond {}", date(now.saturating_add(notice(certificate)))),
            presented: format!("{} until {}", certificate.subject, date(certificate.not_after)),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Renew it, then make every node load it.".to_owned(),
                lines: vec!["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

fn notice(certificate: &Certificate) -> i64 {
    let life = certificate.not_after.saturating_sub(certificate.not_before);
    (14 * DAY).min(life / 10)
}
