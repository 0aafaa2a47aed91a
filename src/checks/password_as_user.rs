//! A URL whose password stands where most libraries look for a user.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, affected_by},
    facts::{Attempt, AuthOutcome, Observed, Oddity},
};

pub(super) const CHECK: Check = Check {
    code: "password-as-user",
    severity: Severity::Warning,
    expects: "The password stands behind a colon in the URL.",
    explain: "In `redis://WORD@HOST` redis-cli and Lettuce take the word for the password, and so does redis-doctor. Most libraries take \
              it for a user, and then send an empty password (`WRONGPASS`) or none at all (`NOAUTH`). With a colon before it, \
              `redis://:PASSWORD@HOST`, it is the password to all of them.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    // URLs of Sentinels are each library's own.
    if context.snapshot.target.password_oddity != Some(Oddity::Alone) || context.is_sentinel() {
        return;
    }
    let accepted =
        |attempt: &Attempt| matches!(attempt.opened().map(|c| &c.auth), Some(Observed::Seen(AuthOutcome::Accepted)));
    // Where it was accepted nowhere, that is another finding.
    if !context.snapshot.all_attempts().any(accepted) {
        return;
    }
    let endpoint = context.endpoint_with_scheme();
    let (scheme, at) = endpoint.split_once("://").unwrap_or_default();
    verdicts.fail(Problem {
        title: "the URL has the password where most libraries look for a user".to_owned(),
        subjects: vec![context.endpoint()],
        expected: format!("{scheme}://:PASSWORD@HOST"),
        presented: format!("{scheme}://WORD@HOST, which was taken for a password, and accepted"),
        clients: affected_by(|client| client.plain.on_lone_word),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Put a colon before it.".to_owned(),
            lines: vec![format!("{scheme}://:PASSWORD@{at}")],
            proof: None,
        }],
    });
}
