//! A primary lists a replica where it is not.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Verdicts, in_words},
    facts::{Attempt, FailureKind, Kind, Node, Role, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "replica-address-wrong",
    severity: Severity::Error,
    expects: "A replica that copies well answers at the address under which its primary lists it.",
    explain: "Unless a replica says otherwise (`replica-announce-ip`, `replica-announce-port`), a primary lists it at the address from \
              which its connection came, with the port that it listens at. NAT, a Docker bridge, a CNI that masquerades, a \
              tunnel or a second interface puts an address there at which nobody listens, or somebody else. Replication runs all \
              the same, clients that read from replicas fail, and a Sentinel calls the replica down and cannot fail over to it.",
    transient: false,
    explains: &["node-unreachable", "wrong-node"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_none_or(|topology| !matches!(topology.kind, Kind::Replication | Kind::Sentinel)) {
        return;
    }
    let mut wrong: Vec<(&Node, String)> = Vec::new();
    for (node, attempts) in context.nodes().filter(|(node, _)| node.role == Role::Replica && context.is_online(node)) {
        let Some(attempt) = context.announced(attempts) else { continue };
        match how(context, node, attempt).filter(|_| !context.is_led(node)) {
            Some(how) => wrong.push((node, how)),
            None => verdicts.pass(),
        }
    }
    let nodes: Vec<&Node> = wrong.iter().map(|(node, _)| *node).collect();
    let said: Vec<String> = wrong.iter().take(6).map(|(node, how)| format!("{}: {how}", node.address)).collect();
    let those = match nodes.len() {
        1 => "a replica at an address where it is not".to_owned(),
        n => format!("{n} replicas at addresses where they are not"),
    };
    let ids: Vec<_> = nodes.iter().map(|node| &node.id).collect();
    verdicts.fail(Problem {
        title: format!("the primary lists {those} (what its connection came from, or a wrong replica-announce-ip)"),
        subjects: nodes.iter().map(|node| context.node(node)).collect(),
        expected: format!("a replica of this primary at the listed address, seen from {}", context.vantage()),
        presented: format!("state=online, and {}", said.join("; ")),
        clients: Vec::new(),
        remedies: context.replica_announce_remedy(&nodes, false).into_iter().chain(context.map_remedy(&ids)).collect(),
    });
}

/// What is there in place of the replica; nothing where it cannot be told from a way that is closed.
fn how(context: &Context<'_>, node: &Node, attempt: &Attempt) -> Option<String> {
    if let Some(other) = attempt.identity() {
        let seed = context.snapshot.seed.identity() == Some(other);
        let is_replica = attempt.opened().and_then(|c| c.server.seen()?.role.as_deref()) == Some("slave");
        if is_replica && context.snapshot.is_untellable(attempt, node) {
            return None;
        }
        let who = if seed { "the endpoint itself".to_owned() } else { format!("another server ({})", other.short()) };
        return (!context.snapshot.leads_to(attempt, node)).then(|| format!("{who} answers there"));
    }
    if let Some(Spoke::Other(stranger)) = &attempt.spoke {
        return Some(format!("{} answers there", stranger.called()));
    }
    let failure = attempt.failure()?;
    if context.is_sentinel() {
        // Who is lost from two places while its primary hears of it is not behind a closed way.
        let lost = matches!(
            failure.kind,
            FailureKind::Refused | FailureKind::TimedOut | FailureKind::Unreachable | FailureKind::NoSuchName
        );
        return (lost && Context::is_given_up(node)).then(|| format!("{}, as the Sentinels find", in_words(failure)));
    }
    (failure.kind == FailureKind::Refused).then(|| in_words(failure))
}
