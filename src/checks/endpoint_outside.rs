//! The endpoint knows no other node, and a node that was named beside it is part of a cluster.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Endpoint},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-outside",
    severity: Severity::Error,
    expects: "The endpoint is a node of the cluster that the nodes given with --node belong to.",
    explain: "A node that was reset, came back without its nodes.conf, or never joined is a cluster of its own: it knows nobody, \
              serves no slots or those that it remembers, and answers CLUSTERDOWN or sends clients to itself. Clients that begin \
              there never hear of the others. The look begins at the first --node in its place that knows several nodes.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some((given, attempt)) = context.given() else { return };
    if attempt.opened().is_none() {
        return;
    }
    let instead = &context.snapshot.target.endpoint;
    let known = attempt.identity().is_some_and(|id| context.topology().is_some_and(|t| t.node(id).is_some()));
    let all = context.topology().map_or(0, |topology| topology.nodes.len());
    let presented = if known {
        "it knows no other node; they know it still"
    } else {
        "it knows no other node, and none of them knows it"
    };
    verdicts.fail(Problem {
        title: format!("{given} is alone: it is no part of the cluster of {all} nodes that {instead} belongs to"),
        subjects: vec![context.given_endpoint(given)],
        expected: format!("the same cluster as at {instead}"),
        presented: format!("{presented}; all that follows was seen from {instead}"),
        remedies: remedies(context, given, attempt),
        ..Problem::default()
    });
}

fn remedies(context: &Context<'_>, given: &Endpoint, attempt: &Attempt) -> Vec<Remedy> {
    let meet = context.meets_at(attempt).zip(context.redis_cli(&context.snapshot.seed));
    let join = meet.map(|(meet, cli)| Remedy {
        audience: Audience::Server,
        text: format!(
            "Where {given} shall be part of the cluster: introduce it, by an address at which the other nodes reach it, and then \
             give it its slots or its primary again. Mind what it holds: keys of slots that others own are lost."
        ),
        lines: vec![format!("{cli} {meet}")],
        proof: None,
    });
    let begin = Remedy {
        audience: Audience::Client,
        text: "Where it shall not: let clients begin at nodes of the cluster, at several of them.".to_owned(),
        lines: vec![context.snapshot.target.endpoint.to_string()],
        proof: None,
    };
    join.into_iter().chain([begin]).collect()
}
