//! Connections to one address reach a primary and a replica in turn.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, is_for_readers},
    facts::{Attempt, Endpoint, NodeId, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "roles-mixed",
    severity: Severity::Warning,
    expects: "Behind a name that is not one for readers stands the primary alone.",
    explain: "A balancer, a Service or a name in front of a primary and its replicas, without a check for the role, sends one \
              connection to the one and the next to another: some writes are answered `READONLY You can't write against a read only \
              replica.`, and what was written a moment ago is not there yet. Pools make it look random. It is told by further connections \
              to the same address, which are made only where primary and replicas name each other by other addresses.",
    transient: false,
    explains: &["name-leads-to-replica", "endpoint-is-replica"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let endpoint = &context.snapshot.target.endpoint;
    if !context.is_plain() || context.snapshot.again.is_empty() || is_for_readers(&endpoint.host) {
        return;
    }
    let roles = roles(context);
    let count = |role: &str| roles.values().filter(|said| **said == role).count();
    let (primaries, replicas) = (count("master"), count("slave"));
    if primaries == 0 || replicas == 0 {
        return verdicts.pass();
    }
    let those = |number: usize, one: &str| if number == 1 { format!("a {one}") } else { format!("{number} {one}s") };
    let tried = context.snapshot.again.len() + 1;
    verdicts.fail(Problem {
        title: format!(
            "connections to {endpoint} reach {} and {} in turn: some writes are refused (READONLY)",
            those(primaries, "primary").replace("primarys", "primaries"),
            those(replicas, "replica")
        ),
        subjects: vec![context.endpoint()],
        expected: "the primary on every connection".to_owned(),
        presented: format!("{} servers on {tried} connections, seen from {}", primaries + replicas, context.vantage()),
        clients: Vec::new(),
        remedies: remedies(context),
    });
}

/// What each server that answered at the endpoint says its role is.
fn roles<'a>(context: &Context<'a>) -> BTreeMap<&'a NodeId, &'a str> {
    let snapshot = context.snapshot;
    let said = |attempt: &'a Attempt| Some((attempt.identity()?, attempt.opened()?.server.seen()?.role.as_deref()?));
    snapshot.again.iter().chain([&snapshot.seed]).filter_map(said).collect()
}

fn remedies(context: &Context<'_>) -> Vec<Remedy> {
    let password = context.snapshot.target.password_given;
    let login =
        ["tcp-check send AUTH\\ PASSWORD\\r\\n", "tcp-check expect string +OK"].into_iter().filter(|_| password);
    let role = ["tcp-check send info\\ replication\\r\\n", "tcp-check expect string role:master"];
    let check = ["option tcp-check"].into_iter().chain(login).chain(role).map(str::to_owned);
    let scheme = if context.snapshot.seed.transport == Transport::Tls { "rediss" } else { "redis" };
    let direct = primary(context).map(|endpoint| Remedy {
        audience: Audience::Client,
        text: "Or dial the primary itself, where its replicas find it.".to_owned(),
        lines: vec![format!("{scheme}://{endpoint}")],
        proof: None,
    });
    let balancer = Remedy {
        audience: Audience::Network,
        text: "Let the balancer send connections to the primary alone. HAProxy does so by these lines, with `check` on every server \
               line (over TLS also `check-ssl`); a Kubernetes Service by the label of the primary in its selector. For reading, give \
               the replicas a name of their own."
            .to_owned(),
        lines: check.collect(),
        proof: None,
    };
    [balancer].into_iter().chain(direct).collect()
}

/// Where a replica says that its primary is.
fn primary(context: &Context<'_>) -> Option<Endpoint> {
    let mut said = context.snapshot.all_attempts().filter_map(|attempt| attempt.opened()?.server.seen());
    said.find_map(|server| server.primary.clone())
}
