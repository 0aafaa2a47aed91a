//! A node announces something new of itself, and the others have not heard of it yet.

use crate::{
    diagnosis::{Apart, Audience, Check, Context, OddView, Problem, Remedy, Severity, Verdicts},
    facts::{Difference, Role, ViewNode},
};

pub(super) const CHECK: Check = Check {
    code: "views-converging",
    severity: Severity::Warning,
    expects: "All nodes have heard of what each of them announces.",
    explain: "A node that becomes a replica, takes another port or announces a name knows it first; the others hear of it with its \
              next message, within half of cluster-node-timeout (7.5 s by default). Until then clients are told the old by some \
              nodes and the new by others. Unlike slots and membership nobody contests it, so that there is nothing to mend; \
              where it stays so for longer, look at the cluster bus.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(views) = context.views() else { return };
    for odd in views.odd.iter().filter(|odd| odd.apart == Apart::News) {
        let members = &odd.view.members;
        let one = members.len() == 1;
        verdicts.fail(Problem {
            title: format!(
                "a change is going round: {} of {} nodes {} ahead of the others",
                members.len(),
                views.members,
                if one { "is" } else { "are" }
            ),
            subjects: members.iter().filter_map(|id| context.node_of(id)).map(|node| context.node(node)).collect(),
            expected: "all have heard of it".to_owned(),
            presented: presented(context, odd),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Look again in some seconds (this does).".to_owned(),
                lines: vec![format!("redis-doctor check {} --wait 30s", context.endpoint_with_scheme())],
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// Who says what of itself. The differences of the seed's own view are what the others say of it.
fn presented(context: &Context<'_>, odd: &OddView<'_>) -> String {
    let whose = if odd.is_seed { "the others still say" } else { "it says" };
    let words = odd.differences.differences.iter().take(3).filter_map(|difference| match difference {
        Difference::Says(said) => Some(describe(context, said)),
        Difference::Endpoint(id, place) => {
            let node = context.node_of(id)?;
            Some(format!("{} is at {place}", context.called(node)))
        }
        Difference::Lacks(_) | Difference::Extra(_) => None,
    });
    format!("{whose} {}", words.collect::<Vec<_>>().join("; "))
}

fn describe(context: &Context<'_>, said: &ViewNode) -> String {
    let of = said.primary.as_ref().and_then(|id| context.node_of(id)).filter(|_| said.role == Role::Replica);
    let of = of.map(|node| format!(" of {}", context.called(node))).unwrap_or_default();
    format!("{} is a {}{of} at {}", said.id.short(), said.role, said.address)
}
