//! A node announces something new of itself, and the others have not heard of it yet.

use crate::{
    diagnosis::{Apart, Audience, Check, Context, OddView, Problem, Remedy, Severity, Verdicts},
    facts::{Difference, NodeId, Role, Server, ViewNode},
};

pub(super) const CHECK: Check = Check {
    code: "views-converging",
    severity: Severity::Warning,
    expects: "All nodes have heard of what each of them announces.",
    explain: "A node that becomes a replica, takes another port or announces a name knows it first; the others hear of it with its \
              next message, within half of cluster-node-timeout (7.5 s by default). Until then clients are told the old by some \
              nodes and the new by others. Unlike slots and membership nobody contests it, so that there is nothing to mend; \
              where it stays so for longer, look at the cluster bus. Names (7.0) are not handed on by servers before 7.0.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(views) = context.views() else { return };
    for odd in views.odd.iter().filter(|odd| odd.apart == Apart::News) {
        let members = &odd.view.members;
        let one = members.len() == 1;
        // Who knows something new of itself is ahead; who lacks what others announce is behind.
        let about = odd.differences.differences.iter().filter_map(about);
        let place = if about.into_iter().all(|id| members.contains(id)) { "ahead of" } else { "behind" };
        let old =
            members.iter().any(|id| is_old(context, id)) && !context.nodes().all(|(node, _)| is_old(context, &node.id));
        verdicts.fail(Problem {
            title: format!(
                "a change is going round: {} of {} nodes {} {place} the others",
                members.len(),
                views.members,
                if one { "is" } else { "are" }
            ),
            subjects: members.iter().filter_map(|id| context.node_of(id)).map(|node| context.node(node)).collect(),
            expected: "all have heard of it".to_owned(),
            presented: presented(context, odd),
            remedies: vec![if old && place == "behind" { upgrade() } else { wait(context) }],
            ..Problem::default()
        });
    }
}

/// Whom it is about.
fn about(difference: &Difference) -> Option<&NodeId> {
    match difference {
        Difference::Says(said) => Some(&said.id),
        Difference::Endpoint(id, _) => Some(id),
        Difference::Lacks(_) | Difference::Extra(_) => None,
    }
}

/// Before 7.0 nodes neither keep names nor hand them on.
fn is_old(context: &Context<'_>, id: &NodeId) -> bool {
    let server = context.met(id).and_then(|attempt| attempt.opened()?.server.seen());
    let major = server.and_then(Server::major);
    major.is_some_and(|major| major < 7)
}

fn upgrade() -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Servers before 7.0 know of no names: end the upgrade, and prefer names (cluster-preferred-endpoint-type) only then.".to_owned(),
        lines: Vec::new(),
        proof: None,
    }
}

fn wait(context: &Context<'_>) -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Look again in some seconds (this does).".to_owned(),
        lines: vec![format!("redis-doctor check {} --wait 30s", context.endpoint_with_scheme())],
        proof: None,
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
