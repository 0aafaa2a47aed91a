//! A server has nearly as many connections as it takes.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Connections},
};

pub(super) const CHECK: Check = Check {
    code: "connections-nearly-exhausted",
    severity: Severity::Warning,
    expects: "Every server has room for more connections.",
    explain: "At `maxclients` a server writes `-ERR max number of clients reached` to whoever comes next and closes. Clients \
              that then try again without a pause keep it there. Connections of the cluster bus count, too; this program's \
              own are taken off. Most often somebody opens connections without closing them: a pool for each request, a \
              worker that crashes and starts again, credentials that are refused. `CLIENT LIST` tells by address, name, age \
              and idle time who it is.",
    transient: false,
    explains: &[],
    examine,
};

/// In per cent of the limit: from here on the next restart of an application may not get in.
const FULL: u64 = 80;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut note = |attempt: Option<&Attempt>, subject| match attempt.and_then(used) {
        Some((used, limit)) if used.saturating_mul(100) >= limit * FULL => {
            found.add(&format!("{used} of {limit}"), subject);
        }
        Some(_) => verdicts.pass(),
        None => {}
    };
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    if context.topology().is_none() {
        note(Some(&context.snapshot.seed), context.endpoint());
    }
    for (said, subjects) in found {
        let limit = said.rsplit(' ').next().and_then(|limit| limit.parse::<u64>().ok()).unwrap_or_default();
        verdicts.fail(Problem {
            title: format!("{said} connections are in use: soon nobody else gets in"),
            subjects,
            expected: format!("less than {FULL} % of maxclients"),
            presented: format!("{said} (connected_clients and cluster_connections of INFO, without this program's own)"),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Make room now (the server refuses more than its limit of open files allows), and find who opens \
                       connections and keeps them: the list tells by address, name, age and idle time. A hosted plan has a \
                       limit of its own."
                    .to_owned(),
                lines: vec![format!("CONFIG SET maxclients {}", limit.saturating_mul(2)), "CLIENT LIST TYPE normal".to_owned()],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// How many connections others have, and how many there may be.
fn used(attempt: &Attempt) -> Option<(u64, u64)> {
    let Connections { clients, bus, limit, .. } = attempt.opened()?.server.seen()?.connections;
    let limit = limit.filter(|limit| *limit > 0)?;
    Some((clients?.saturating_sub(1).saturating_add(bus.unwrap_or(0)), limit.min(u64::from(u32::MAX))))
}
