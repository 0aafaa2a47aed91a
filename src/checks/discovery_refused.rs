//! The server refuses commands by which clients learn the topology.

use crate::diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "discovery-refused",
    severity: Severity::Warning,
    expects: "The commands by which clients discover the deployment are allowed.",
    explain: "Clients ask CLUSTER SLOTS (most), SHARDS (Ruby) or NODES (Lettuce, Redisson, StackExchange.Redis), and some of them \
              INFO, COMMAND or PING besides. Rules such as `-@dangerous` take INFO away, hosted services remove more, and \
              proxies may hang up on HELLO. redis-doctor goes on with what is allowed.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.snapshot.seed.opened().is_none() {
        return;
    }
    let refused = context.refusals();
    if refused.is_empty() {
        return verdicts.pass();
    }
    let remedy = context.grant().map(|line| Remedy {
        audience: Audience::Server,
        text: "Grant what is missing, on every node; these read the topology and no data.".to_owned(),
        lines: vec![line],
        proof: None,
    });
    let commands = refused.iter().map(|r| r.command.as_str()).collect::<Vec<_>>().join(", ");
    let answers: Vec<_> = refused.iter().map(|r| format!("{}: {}", r.command, r.answer)).collect();
    verdicts.fail(Problem {
        title: format!("the server refuses {commands}"),
        subjects: vec![context.endpoint()],
        expected: "an answer to each".to_owned(),
        presented: answers.join("; "),
        remedies: remedy.into_iter().collect(),
        ..Problem::default()
    });
}
