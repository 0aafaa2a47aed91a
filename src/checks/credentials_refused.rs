//! A server wants credentials and did not accept what it got.

mod reason;
mod sentinels;

use std::collections::HashSet;

use reason::Reason;

use crate::{
    clients::{Symptom, Where},
    diagnosis::{
        Alike, Audience, Check, Context, ON_EVERY_NODE, Problem, Remedy, Severity, Subject, SubjectKind, Verdicts,
    },
    facts::{Attempt, AuthOutcome, Observed, Oddity, Role},
};

pub(super) const CHECK: Check = Check {
    code: "credentials-refused",
    severity: Severity::Error,
    expects: "The same credentials are accepted by every node.",
    explain: "NOAUTH means that the server wants credentials and got none; WRONGPASS that it does not know this user with this \
              password, or that the user is disabled: it does not say which (before 6.0: `ERR invalid password`). ACLs and \
              `requirepass` are not replicated: a user that was created on one node exists on that node alone unless the ACL \
              file or `requirepass` is the same everywhere, and a failover brings out which node was forgotten. redis-cli \
              carries on after a failed AUTH, as the default user where that has no password, so that a try with it looks \
              well. Where every node accepts the credentials and an application meets NOAUTH all the same, its library does \
              not hand them on to the nodes that it discovers.",
    transient: false,
    explains: &["discovery-impossible", "discovery-refused", "privileges-missing"],
    examine,
};

/// Who was let in, and who was not, with what was said.
#[derive(Default)]
struct Seen<'a> {
    accepted: usize,
    refused: Vec<(&'a Attempt, Subject)>,
}

impl<'a> Seen<'a> {
    /// Those who were refused, by what was said.
    fn alike(&self) -> Alike {
        let mut found = Alike::default();
        self.refused.iter().for_each(|(attempt, subject)| found.add(said(attempt), subject.clone()));
        found
    }

    /// What was said by servers that answer commands all the same.
    fn carrying_on(&self) -> HashSet<&'a str> {
        let known = self.refused.iter().map(|(attempt, _)| *attempt).filter(|attempt| attempt.identity().is_some());
        known.map(said).collect()
    }
}

fn said(attempt: &Attempt) -> &str {
    attempt.opened().and_then(|c| c.auth.failure()).map_or("", |failure| failure.detail.as_str())
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let (mut servers, mut sentinels) = (Seen::default(), Seen::default());
    let snapshot = context.snapshot;
    let as_sentinel = context.is_sentinel() || !snapshot.target.sentinels.is_empty();
    let seen = if as_sentinel { &mut sentinels } else { &mut servers };
    note(context, &snapshot.seed, context.endpoint(), seen, verdicts);
    // The endpoint is one of the nodes: where those are known, they count.
    if context.topology().is_some() {
        seen.accepted = 0;
    }
    for (node, attempts) in context.nodes() {
        if let Some(attempt) = context.announced(attempts) {
            let seen = if node.role == Role::Sentinel { &mut sentinels } else { &mut servers };
            note(context, attempt, context.node(node), seen, verdicts);
        }
    }
    (0..servers.accepted + sentinels.accepted).for_each(|_| verdicts.pass());
    let carrying_on = servers.carrying_on();
    for (said, subjects) in servers.alike() {
        let carries_on = carrying_on.contains(said.as_str());
        verdicts.fail(problem(context, &said, subjects, servers.accepted, carries_on));
    }
    for (said, subjects) in sentinels.alike() {
        verdicts.fail(self::sentinels::problem(context, &said, subjects));
    }
}

fn note<'a>(
    context: &Context<'_>,
    attempt: &'a Attempt,
    subject: Subject,
    seen: &mut Seen<'a>,
    verdicts: &mut Verdicts,
) {
    // A Sentinel without a password of its own says nothing of credentials that are for the servers.
    let counts = |outcome: &AuthOutcome| !context.is_sentinel() || *outcome == AuthOutcome::Accepted;
    match attempt.opened().map(|c| &c.auth) {
        Some(Observed::Seen(outcome)) => seen.accepted += usize::from(counts(outcome)),
        Some(Observed::Failed(_)) => seen.refused.push((attempt, subject)),
        Some(Observed::NotTried(why)) if attempt.tls().is_some() => verdicts.skip(subject, why.clone()),
        _ => {}
    }
}

/// `carries_on`: the server answers commands all the same, as to whoever gives no credentials.
fn problem(context: &Context<'_>, said: &str, subjects: Vec<Subject>, accepted: usize, carries_on: bool) -> Problem {
    let reason = Reason::read(said);
    let wanted = reason == Reason::NoneSent;
    let whose = whose(context);
    let some = accepted > 0 && subjects.iter().all(|s| s.kind == SubjectKind::Node);
    let refused = subjects.len();
    let title = match (wanted, some) {
        (true, true) => {
            format!("{refused} of the nodes want credentials, none were sent, and {accepted} let everybody in")
        }
        (_, false) => reason.title(&whose),
        (false, true) if reason == Reason::DefaultUserOff => {
            format!("user \"default\" is disabled on {refused} of the nodes, and no other user is named")
        }
        (false, true) => format!("{whose} is accepted by {accepted} of the nodes and refused by {refused}"),
    };
    let redis_cli =
        "; commands are answered all the same, as to the default user: redis-cli carries on, and looks fine";
    Problem {
        title,
        subjects,
        expected: "AUTH is accepted".to_owned(),
        presented: format!("{said}{}", if carries_on { redis_cli } else { "" }),
        clients: context.affected(&symptom(reason, said), if some { Where::SomeNodes } else { Where::Seed }),
        remedies: match (wanted, some) {
            (false, true) if reason == Reason::DefaultUserOff => {
                std::iter::once(turn_on()).chain(reason.remedy(context)).collect()
            }
            (false, true) => vec![make_alike(context)],
            (true, true) => vec![give(context), default_password("The same password on the nodes that have none")],
            (true, false) => vec![give(context)],
            (false, false) => reason.remedy(context).map_or_else(|| right_ones(context), |remedy| vec![remedy]),
        },
    }
}

/// What may be wrong with the password itself, which is not shown.
fn odd(context: &Context<'_>) -> Option<Remedy> {
    let target = &context.snapshot.target;
    let text = match target.password_oddity {
        Some(Oddity::LineBreak) => {
            "The password that was given ends in a line break. A secret that was written with echo has one (printf %s and echo -n write \
             none), and so has a file that is read whole: take it off where the application gets it."
        }
        Some(Oddity::Blank) => "The password that was given begins or ends with a blank: take it off.",
        Some(Oddity::Quoted) => {
            "The password that was given stands in quotes, and they were sent with it: files for --env-file and many YAML templates \
             leave them where they are. Take them off."
        }
        Some(Oddity::Placeholder) => {
            "What was given for a password looks like the name of a variable that nobody filled in: see that it is set where the \
             application starts, and that whoever reads the file replaces it."
        }
        Some(Oddity::Encoded) => {
            "The password that was given has percent-encoded characters (%40 for @), as a URL needs them and nothing else does: outside \
             a URL write the characters themselves."
        }
        Some(Oddity::Alone) => {
            "The one word before the @ of the URL was taken for the password, as redis-cli does. If it is the user, write \
             redis://USER:PASSWORD@HOST."
        }
        None => return None,
    };
    Some(Remedy { audience: Audience::Client, text: text.to_owned(), lines: Vec::new(), proof: None })
}

fn symptom(reason: Reason, said: &str) -> Symptom {
    match reason {
        Reason::NoneSent => Symptom::NoAuth,
        _ if said.starts_with("WRONGPASS") => Symptom::WrongPass,
        _ => Symptom::AuthRefused(said.to_owned()),
    }
}

fn right_ones(context: &Context<'_>) -> Vec<Remedy> {
    odd(context).into_iter().chain([give(context)]).chain(let_in(context)).collect()
}

/// `user "app"`, or the password alone.
fn whose(context: &Context<'_>) -> String {
    match context.snapshot.target.username.as_deref() {
        Some(user) => format!("user \"{user}\""),
        None => "the password (of user \"default\")".to_owned(),
    }
}

/// How the nodes that refuse a user become like those that accept it.
fn make_alike(context: &Context<'_>) -> Remedy {
    let Some(user) = context.snapshot.target.username.as_deref().filter(|user| *user != "default") else {
        return default_password(
            "On the nodes that refuse it, the same password as on the others (where ACL LIST has \"user default off\", ACL SETUSER \
             default on as well)",
        );
    };
    let text = format!(
        "On the nodes that refuse it, ACL GETUSER {user} tells why: (nil), it is missing there; flags \"off\", it is disabled; \
         else it has another password. Make it the same: RULES is what follows \"user {user}\" in ACL LIST of a node that \
         accepts it. ACL SAVE (or CONFIG REWRITE, without an aclfile) keeps it."
    );
    let lines = vec![format!("ACL SETUSER {} reset RULES", context.written_user())];
    Remedy { audience: Audience::Server, text, lines, proof: None }
}

/// What the server may lack where it refuses a user everywhere.
fn let_in(context: &Context<'_>) -> Option<Remedy> {
    let user = context.snapshot.target.username.as_deref().filter(|user| *user != "default")?;
    let text = format!(
        "Or let the user in, {ON_EVERY_NODE} ACL GETUSER {user} tells what is wrong: (nil), it is missing, and the \
         line needs what it may do as well, such as ~* +@all -@admin; flags \"off\", it is disabled; else it has another \
         password."
    );
    let lines = vec![format!("ACL SETUSER {} on >PASSWORD", context.written_user())];
    Some(Remedy { audience: Audience::Server, text, lines, proof: None })
}

/// For who wants the default user everywhere: it has no password where this is printed.
fn turn_on() -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Make the named nodes like the others; CONFIG REWRITE (ACL SAVE with an aclfile) keeps it.".to_owned(),
        lines: vec!["ACL SETUSER default on".to_owned()],
        proof: None,
    }
}

fn default_password(what: &str) -> Remedy {
    let text = format!("{what}, there for replication, too; CONFIG REWRITE keeps it.");
    let lines = vec!["CONFIG SET masterauth PASSWORD".to_owned(), "CONFIG SET requirepass PASSWORD".to_owned()];
    Remedy { audience: Audience::Server, text, lines, proof: None }
}

fn give(context: &Context<'_>) -> Remedy {
    let user = context.snapshot.target.username.as_ref().map(|_| format!(" --user {}", context.written_user()));
    let user = user.unwrap_or_default();
    Remedy {
        audience: Audience::Client,
        text: "Give the right user (--user NAME for any but \"default\") and password (in the environment, not on the command \
               line). redis-cli is no test of them: after \"AUTH failed\" it goes on without a login."
            .to_owned(),
        lines: vec![format!("REDISCLI_AUTH=PASSWORD redis-doctor check {}{user}", context.endpoint_with_scheme())],
        proof: None,
    }
}
