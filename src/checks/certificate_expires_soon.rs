//! A certificate that is valid today will not be for long.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, date},
    facts::Attempt,
    names::weakness::{Weakness, expires_soon, notice},
};

pub(super) const CHECK: Check = Check {
    code: "certificate-expires-soon",
    severity: Severity::Warning,
    expects: "Every server's certificate is valid for a good while yet.",
    explain: "Soon is the last tenth of its life, since what lives for a week is renewed later than what lives for a year; but \
              no more than 14 days where it lives up to 13 months (machines renew that), and no more than 60 where it lives \
              longer (somebody made it by hand, and has to be found). A renewed file is served only after `CONFIG SET \
              tls-cert-file` with the same path, or a restart. `--at 2027-03-15` shows how it will look on a day; an issuer \
              that ends first is told as issuer-expires-first.",
    transient: false,
    explains: &[],
    examine,
};

const DAY: i64 = 86_400;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let now = context.now();
    for found in
        context.weakened(Weakness::ExpiresSoon, verdicts, |_| true, |leaf| format!("until {}", date(leaf.not_after)))
    {
        let leaf = &found.chain.leaf;
        let presented = found.presented();
        verdicts.fail(Problem {
            title: format!("the certificate expires {}", within(leaf.not_after.saturating_sub(now))),
            subjects: found.subjects,
            expected: format!("valid beyond {}", date(now.saturating_add(notice(leaf)))),
            presented,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Renew it, then make every node load it.".to_owned(),
                lines: vec!["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
    clients_own(context, verdicts);
}

/// The client certificate that was given, where a server asks for one.
fn clients_own(context: &Context<'_>, verdicts: &mut Verdicts) {
    let now = context.now();
    let asks = |attempt: &Attempt| attempt.tls().is_some_and(|session| session.client_cert.requested);
    let given = context.snapshot.target.client_certificate.as_ref();
    let Some(given) = given.filter(|_| context.snapshot.all_attempts().any(asks)) else { return };
    let leaf = &given.chain.leaf;
    if !expires_soon(leaf, now) {
        return verdicts.pass();
    }
    verdicts.fail(Problem {
        title: format!("the client certificate expires {}", within(leaf.not_after.saturating_sub(now))),
        subjects: vec![context.endpoint()],
        expected: format!("valid beyond {}", date(now.saturating_add(notice(leaf)))),
        presented: format!("until {}: {} in {}", date(leaf.not_after), leaf.subject, given.file),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Renew it, and give the application the new file.".to_owned(),
            lines: vec!["--cert CLIENT.pem --key CLIENT.key".to_owned()],
            proof: None,
        }],
        ..Problem::default()
    });
}

fn within(seconds: i64) -> String {
    match seconds / DAY {
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    }
}
