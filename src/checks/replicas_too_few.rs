//! A primary refuses writes, since too few replicas follow it.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Node,
};

/// How many replicas are named.
const SHOWN: usize = 4;

pub(super) const CHECK: Check = Check {
    code: "replicas-too-few",
    severity: Severity::Error,
    expects: "A primary with `min-replicas-to-write` has that many replicas.",
    explain: "With `min-replicas-to-write N`, a primary that has fewer than N replicas which lag less than `min-replicas-max-lag` \
              answers writes with `NOREPLICAS Not enough good replicas to write.` Reads go on. The replicas are what has to \
              be brought back; INFO replication tells how many are good (`min_slaves_good_slaves`).",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for (node, attempts) in context.nodes() {
        let Some(said) = context.said_by(node, attempts).filter(|said| said.role.as_deref() == Some("master")) else {
            continue;
        };
        let Some(good) = said.replication.good_replicas else { continue };
        // INFO has that line only where at least one is wanted.
        let wanted = said.replication.wanted_replicas.unwrap_or(1);
        if good >= wanted {
            verdicts.pass();
            continue;
        }
        verdicts.fail(Problem {
            title: format!("writes are refused (NOREPLICAS): {good} of at least {wanted} replicas follow the primary"),
            subjects: vec![context.node(node)],
            expected: format!("min_slaves_good_slaves:{wanted} or more"),
            presented: format!("min_slaves_good_slaves:{good}; {}", listed(context, node)),
            clients: Vec::new(),
            remedies: vec![
                remedy("Bring the replicas back (their logs say why they are gone, or lag): see that they run, answer, and have the primary's \
                     password (masterauth).", "INFO replication"),
                remedy(
                    "Until then: take writes without them. What is written is lost if this server is.",
                    "CONFIG SET min-replicas-to-write 0",
                ),
            ],
        });
    }
}

/// Whom the primary lists, and who of them does not answer.
fn listed(context: &Context<'_>, primary: &Node) -> String {
    let replicas = context.replicas_of(&primary.id);
    let one = |node: &&Node| {
        let answers = context.attempts_at(&node.id).iter().any(|attempt| attempt.identity().is_some());
        format!("{}{}", node.address, if answers { "" } else { " (does not answer here)" })
    };
    let named: Vec<String> = replicas.iter().take(SHOWN).map(one).collect();
    match replicas.len().saturating_sub(named.len()) {
        _ if named.is_empty() => "it lists no replica".to_owned(),
        0 => format!("it lists {}", named.join(", ")),
        more => format!("it lists {} and {more} more", named.join(", ")),
    }
}

fn remedy(text: &str, line: &str) -> Remedy {
    Remedy { audience: Audience::Server, text: text.to_owned(), lines: vec![line.to_owned()], proof: None }
}
