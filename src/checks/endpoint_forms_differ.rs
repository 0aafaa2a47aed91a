//! Some nodes send clients to names, and others to addresses.

use crate::{
    diagnosis::{Apart, Audience, Check, Context, OddView, Problem, Remedy, Severity, Verdicts, form_here, form_of},
    facts::{Difference, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-forms-differ",
    severity: Severity::Warning,
    expects: "All nodes send clients to the same form of address: to names, to addresses, or to the host that was dialled.",
    explain: "cluster-preferred-endpoint-type is a setting of each node, and is not told to the others: where one was missed, or was \
              started again without it, a client is sent to names by some nodes and to addresses by others. It takes one server \
              for two then, an address map needs both forms, and over TLS certificates have to speak for both. Announcing the \
              names (cluster-announce-hostname) does not change it.",
    transient: false,
    explains: &[],
    examine,
};

/// How many nodes are mended line by line.
const LINES: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(views) = context.views() else { return };
    for odd in &views.odd {
        let (ours, theirs) = match forms(context, odd) {
            Some(forms) if odd.apart == Apart::Form => forms,
            _ => continue,
        };
        let members = &odd.view.members;
        verdicts.fail(Problem {
            title: format!(
                "{} of {} nodes {} clients to {}, the others to {}",
                members.len(),
                views.members,
                if members.len() == 1 { "sends" } else { "send" },
                in_words(ours),
                in_words(theirs)
            ),
            subjects: members.iter().filter_map(|id| context.node_of(id)).map(|node| context.node(node)).collect(),
            expected: format!("cluster-preferred-endpoint-type {theirs}, as on the others"),
            presented: format!("{ours} in their CLUSTER SLOTS"),
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: "Set what the others have; CONFIG REWRITE keeps it.".to_owned(),
                lines: members.iter().take(LINES).map(|id| line(context, id, theirs)).collect(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// What the odd nodes prefer, and what the others do.
fn forms(context: &Context<'_>, odd: &OddView<'_>) -> Option<(&'static str, &'static str)> {
    let Some(Difference::Endpoint(id, place)) = odd.differences.differences.first() else { return None };
    let node = context.node_of(id)?;
    let (told, here) = (form_of(node, place)?, form_here(node)?);
    Some(if odd.is_seed { (here, told) } else { (told, here) })
}

fn in_words(form: &str) -> &'static str {
    match form {
        "ip" => "addresses",
        "hostname" => "names",
        _ => "the host that was dialled",
    }
}

fn line(context: &Context<'_>, id: &NodeId, form: &str) -> String {
    let cli = context.met(id).and_then(|attempt| context.redis_cli(attempt)).unwrap_or_default();
    format!("{cli} CONFIG SET cluster-preferred-endpoint-type {form}").trim_start().to_owned()
}
