//! Credentials that a Sentinel refuses.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Context, Problem, Remedy, Subject},
};

/// Sentinels have users of their own, in sentinel.conf: `requirepass` there (5.0.1+), or an ACL (6.2+).
pub(super) fn problem(context: &Context<'_>, text: &str, subjects: Vec<Subject>) -> Problem {
    let target = &context.snapshot.target;
    let wanted = text.starts_with("NOAUTH");
    let user = target.sentinel_username.as_ref().map(|_| " --sentinel-user NAME").unwrap_or_default();
    let (title, remedy) = if wanted && !target.sentinel_password_given && !target.password_given {
        ("the Sentinel wants credentials, and none were sent", "Give those of the Sentinels")
    } else if target.sentinel_password_given {
        ("the Sentinel refuses the credentials that were given for Sentinels", "Give those of the Sentinels")
    } else {
        (
            "the Sentinel refuses the credentials of the servers: it has its own",
            "Give those of the Sentinels beside those of the servers",
        )
    };
    Problem {
        title: title.to_owned(),
        subjects,
        expected: "AUTH is accepted".to_owned(),
        presented: text.to_owned(),
        clients: context.affected(if wanted { &Symptom::NoAuth } else { &Symptom::WrongPass }, Where::Seed),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: format!(
                "{remedy} (requirepass or user lines of sentinel.conf; in the environment, not on the command line). In an \
                 application they are options of their own: sentinelPassword, sentinel_kwargs, SentinelPassword."
            ),
            lines: vec![format!(
                "REDISCLI_SENTINEL_AUTH=PASSWORD redis-doctor check {}{user}",
                context.endpoint_with_scheme()
            )],
            proof: None,
        }],
    }
}
