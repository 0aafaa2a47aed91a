//! The server refuses commands by which clients learn the topology.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, Observed},
};

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
    let Some(connection) = context.snapshot.seed.opened() else { return };
    let outside_cluster = context.topology().is_some_and(|t| t.kind != Kind::Cluster);
    let refused: Vec<_> = connection
        .refusals
        .iter()
        .filter(|r| !(outside_cluster && r.command.starts_with("CLUSTER")) && matters(r))
        .collect();
    if refused.is_empty() {
        return verdicts.pass();
    }
    let denied: Vec<_> = refused.iter().filter(|r| r.answer.starts_with("NOPERM")).collect();
    let grants: Vec<String> =
        denied.iter().map(|r| format!("+{}", r.command.to_lowercase().replace(' ', "|"))).collect();
    let user = match &connection.auth {
        Observed::Seen(_) => context.snapshot.target.username.as_deref().unwrap_or("default"),
        _ => "USER",
    };
    let remedies = if grants.is_empty() {
        Vec::new()
    } else {
        vec![Remedy {
            audience: Audience::Server,
            text: "Grant what is missing; these read the topology and no data.".to_owned(),
            lines: vec![format!("ACL SETUSER {user} {}", grants.join(" "))],
            proof: None,
        }]
    };
    let commands = refused.iter().map(|r| r.command.as_str()).collect::<Vec<_>>().join(", ");
    let answers: Vec<_> = refused.iter().map(|r| format!("{}: {}", r.command, r.answer)).collect();
    verdicts.fail(Problem {
        title: format!("the server refuses {commands}"),
        subjects: vec![context.endpoint()],
        expected: "an answer to each".to_owned(),
        presented: answers.join("; "),
        remedies,
        ..Problem::default()
    });
}

/// SHARDS is unknown before 7.0, HELLO before 6.0, ROLE to some services: their absence alone harms nobody.
fn matters(refusal: &crate::facts::Refusal) -> bool {
    let unknown = refusal.answer.to_ascii_lowercase().contains("unknown");
    !(unknown && matches!(refusal.command.as_str(), "HELLO" | "ROLE" | "CLUSTER SHARDS")
        || refusal.command == "ROLE"
        || (refusal.command == "HELLO" && refusal.answer.starts_with("ERR")))
}
