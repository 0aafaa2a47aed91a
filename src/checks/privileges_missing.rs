//! The user may not run what some checks look at.

use crate::diagnosis::{Audience, Check, Context, ON_EVERY_NODE, Problem, Remedy, Severity, Verdicts, is_denied};

pub(super) const CHECK: Check = Check {
    code: "privileges-missing",
    severity: Severity::Info,
    expects: "The ACL user may run what the checks look at.",
    explain: "redis-doctor says as much as the ACL lets it see, and goes round what is denied: INFO by HELLO and ROLE, CLUSTER \
              SHARDS by SLOTS and NODES, CLUSTER MYID by the `myself` line of NODES. What remains open is listed as not \
              checked, with the rule that would open it; the smallest line for all of them is the fix. A client needs none of \
              this. The README has a line for a user that may run everything redis-doctor asks, and nothing else.",
    transient: false,
    explains: &[],
    examine,
};

/// Checks that cannot be made where all of these commands are denied; the first of them would do.
const BLIND: [(&str, &[&str]); 6] = [
    ("loading", &["INFO"]),
    ("connections-nearly-exhausted", &["INFO"]),
    ("views-disagree", &["CLUSTER NODES"]),
    ("own-address-stale", &["CLUSTER NODES"]),
    ("node-failed", &["CLUSTER NODES", "CLUSTER SHARDS"]),
    ("idle-timeout", &["CONFIG GET timeout"]),
];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(connection) = context.snapshot.seed.opened() else { return };
    let denied = |command: &&str| connection.refusals.iter().any(|r| is_denied(r) && r.command == **command);
    let missing = context.missing();
    let user = context.user();
    let of_clusters = |commands: &[&str]| commands[0].starts_with("CLUSTER ");
    for (code, commands) in BLIND {
        let fits = !of_clusters(commands) || context.is_cluster();
        if fits
            && commands.iter().all(denied)
            && let Some(line) = context.grant([commands[0]])
        {
            let commands = commands.join(" and ");
            verdicts.skip_other(code, context.endpoint(), format!("user \"{user}\" may not run {commands} ({line})"));
        }
    }
    // Who may not read settings is told in the list of what was not checked, and only there: that is most users.
    if missing.iter().all(|command| command.starts_with("CONFIG ") || command.starts_with("CLIENT ")) {
        return verdicts.pass();
    }
    let Some(line) = context.grant(missing.iter().copied()) else { return };
    verdicts.fail(Problem {
        title: format!("user \"{user}\" may not run {}, so that not everything could be checked", missing.join(", ")),
        subjects: vec![context.endpoint()],
        expected: "an answer to each".to_owned(),
        presented: format!("NOPERM to {}", missing.join(", ")),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: format!(
                "Where everything is to be checked, grant it, {ON_EVERY_NODE} All of it reads state and no data."
            ),
            lines: vec![line],
            proof: None,
        }],
        ..Problem::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::by_code;

    #[test]
    fn what_cannot_be_checked_is_on_the_shelf() {
        assert!(BLIND.iter().all(|(code, commands)| by_code(code).is_some() && !commands.is_empty()));
    }
}
