//! A server runs a script or a function, and answers nothing else.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Attempt,
};

pub(super) const CHECK: Check = Check {
    code: "script-running",
    severity: Severity::Error,
    expects: "No script keeps a server from answering.",
    explain: "A server runs one script at a time and nothing beside it. Within `busy-reply-threshold` (`lua-time-limit` before 7.0; 5 s) \
              everybody waits; then every command but a few is answered `BUSY Redis is busy running a script.` SCRIPT KILL (or \
              FUNCTION KILL) ends one that has written nothing yet; one that has (`UNKILLABLE`) ends by itself, or with SHUTDOWN \
              NOSAVE, which loses what was written since the last snapshot. In a cluster its node may be called failed meanwhile.",
    transient: true,
    explains: &["discovery-refused", "discovery-impossible", "command-unsupported", "node-failed", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let seed = &context.snapshot.seed;
    let alone = context.nodes().nth(1).is_none();
    for (node, attempts) in context.nodes() {
        let own = (alone || seed.identity() == Some(&node.id)).then_some(seed);
        match attempts.iter().chain(own).find_map(busy) {
            Some(answer) => found.add(answer, context.node(node)),
            None => verdicts.pass(),
        }
    }
    if let Some(answer) = busy(seed).filter(|_| context.topology().is_none()) {
        found.add(answer, context.endpoint());
    }
    for (answer, subjects) in found {
        let kill = if answer.contains("FUNCTION KILL") { "FUNCTION KILL" } else { "SCRIPT KILL" };
        verdicts.fail(Problem {
            title: "the server is busy with a script, and answers nothing else (BUSY)".to_owned(),
            subjects,
            expected: "answers to commands".to_owned(),
            presented: answer,
            clients: Vec::new(),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "End it. Where it says UNKILLABLE the script has written already: wait for it. Then look what it loops \
                       over (SLOWLOG GET 5 shows it once it has ended), and let it do less at a time."
                    .to_owned(),
                lines: vec![kill.to_owned()],
                proof: None,
            }],
        });
    }
}

/// The answer of a server that is busy; `BUSYGROUP` and `BUSYKEY` are other things.
fn busy(attempt: &Attempt) -> Option<&str> {
    let connection = attempt.opened()?;
    let failed = connection.identity.failure().map(|failure| failure.detail.as_str());
    let refused = connection.refusals.iter().map(|refusal| refusal.answer.as_str());
    refused.chain(failed).find(|answer| answer.starts_with("BUSY "))
}
