//! The cluster itself calls a node failed.

mod place;

use place::Place;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "node-failed",
    severity: Severity::Error,
    expects: "No node is flagged as failed by the majority.",
    explain: "The `fail` flag means that a majority of primaries cannot reach the node over the cluster bus. That is the \
              cluster's view, not the one from here: a failed node may still answer clients, and a node that the cluster \
              calls healthy may be out of reach from here (that is `node-unreachable`). Slots of a failed primary stay its own \
              until a replica takes over: CLUSTER SLOTS goes on naming it, its keys fail, and by default \
              (cluster-require-full-coverage yes) all others with them: `CLUSTERDOWN The cluster is down`. A replica takes over by \
              itself, unless most primaries are down, its data is too old (cluster-replica-validity-factor) or it shall not \
              (cluster-replica-no-failover).",
    transient: true,
    explains: &[
        "node-unreachable",
        "wrong-node",
        "port-kind-mismatch",
        "views-disagree",
        "bus-link-down",
        "bus-unreachable",
    ],
    examine,
};

/// How many nodes are described, and how many lines there are for them.
const SHOWN: usize = 4;
const LINES: usize = 16;

/// Seconds in which a node that came back is surely taken in again.
const FORGIVEN: u64 = 60;

/// Seconds by which it was started after the others: more than machines take to start all of them.
const YOUNGER: u64 = 5;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_cluster() {
        return;
    }
    let majority = has_majority(context);
    let nodes = context.nodes().map(|(node, _)| node);
    let (failed, sound): (Vec<&Node>, Vec<&Node>) = nodes.partition(|node| is_down(context, node, majority));
    let called = failed.iter().all(|node| node.flags.fail);
    (0..sound.len()).for_each(|_| verdicts.pass());
    let owners: Vec<&Node> = failed.iter().copied().filter(|node| !node.slots.is_empty()).collect();
    let all = failed.len() + sound.len();
    let slots: u32 = owners.iter().map(|node| node.slots.count()).sum();
    let lost = match slots {
        0 => String::new(),
        n => format!("; {n} slots are down with {}", if owners.len() == 1 { "one of them" } else { "them" }),
    };
    let lost = if failed.len() == 1 { lost.replace("one of them", "it") } else { lost };
    verdicts.fail(Problem {
        title: if called {
            format!("the cluster calls {} of its {all} nodes failed{lost}", failed.len())
        } else {
            let (are, them) = if failed.len() == 1 { ("is", "it") } else { ("are", "them") };
            format!(
                "{} of {all} nodes {are} down, and no majority of primaries is left to call {them} failed{lost}",
                failed.len()
            )
        },
        subjects: failed.iter().map(|node| context.node(node)).collect(),
        expected: "connected nodes".to_owned(),
        presented: presented(context, &failed, &owners),
        remedies: remedies(context, &failed, &owners),
        ..Problem::default()
    });
}

/// Called failed; or, where most primaries are gone and nobody can call anybody so, suspected and not met here. Who lives on
/// somewhere else has lost its address, which is another matter.
fn is_down(context: &Context<'_>, node: &Node, majority: bool) -> bool {
    let failed = node.flags.fail && !context.has_only_lost_its_address(node);
    failed || (node.flags.pfail && !node.flags.noaddr && !majority && context.met(&node.id).is_none())
}

fn presented(context: &Context<'_>, failed: &[&Node], owners: &[&Node]) -> String {
    let seed = context.snapshot.seed.identity().and_then(|id| context.topology()?.node(id));
    let by = seed.map(|node| format!(", as {} sees it", context.called(node))).unwrap_or_default();
    let flag = if failed.iter().all(|node| node.flags.fail) { "fail" } else { "fail?" };
    let mut words = vec![match owners {
        [] => format!("the flag {flag}{by}; no slots are lost by it"),
        _ => format!("the flag {flag}{by}"),
    }];
    words.extend(owners.iter().take(SHOWN).map(|owner| owned(context, owner)));
    words.extend((owners.len() > SHOWN).then(|| format!("{} more primaries with slots", owners.len() - SHOWN)));
    let answering = failed.iter().filter(|node| context.met(&node.id).is_some()).count();
    words.extend((answering > 0).then(|| {
        let (who, they) = match (answering, failed.len()) {
            (1, 1) => ("it answers clients from here, so that it runs".to_owned(), "it was"),
            (n, all) if n == all => ("all of them answer clients from here, so that they run".to_owned(), "they were"),
            (n, _) => (format!("clients from here are answered by {n} of them, so that they run"), "they were"),
        };
        if failed.iter().all(|node| context.met(&node.id).is_none() || is_fresh(context, node)) {
            return format!("{who}, and {they} started less than a minute ago");
        }
        format!("{who}: what is cut is the cluster bus, between them and the others")
    }));
    words.extend(Place::of(context, failed).map(|(place, said)| format!("from here {}{said}", place.presented())));
    words.extend(
        failed
            .iter()
            .any(|node| node.flags.noaddr)
            .then(|| "its address (noaddr) is another server's by now, if it has any".to_owned()),
    );
    words.extend(whole_cluster(context, owners));
    words.join("; ")
}

/// What the node had, and who could have it now.
fn owned(context: &Context<'_>, owner: &Node) -> String {
    let slots: String = owner.slots.to_string().chars().take(60).collect();
    let replicas = context.replicas_of(&owner.id);
    let next = match replicas.iter().find(|replica| !replica.flags.fail) {
        Some(replica) if context.met(&replica.id).is_some() => {
            format!("its replica {} can take over", context.called(replica))
        }
        _ if replicas.is_empty() => "it has no replica".to_owned(),
        _ => "its replicas are down, too".to_owned(),
    };
    format!("{} owns {slots}, and {next}", context.called(owner))
}

/// What becomes of the other slots.
fn whole_cluster(context: &Context<'_>, owners: &[&Node]) -> Option<String> {
    let state =
        context.snapshot.seed.opened()?.server.seen()?.cluster_state.as_deref().filter(|_| !owners.is_empty())?;
    Some(if state == "fail" {
        "every key is refused (CLUSTERDOWN The cluster is down)".to_owned()
    } else {
        "other slots are served (cluster-require-full-coverage no)".to_owned()
    })
}

fn remedies(context: &Context<'_>, failed: &[&Node], owners: &[&Node]) -> Vec<Remedy> {
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    let mut remedies = Vec::new();
    let majority = has_majority(context);
    let (orphans, promoted): (Vec<_>, Vec<_>) =
        owners.iter().map(|owner| promote(context, owner, majority)).partition(Option::is_none);
    let promoted: Vec<String> = promoted.into_iter().flatten().take(LINES).collect();
    if !promoted.is_empty() {
        let text = if majority {
            "Promote the replica, on itself; most primaries vote for it."
        } else {
            "Promote the replica, on itself. Most primaries are down and cannot vote: TAKEOVER does without, so make sure that \
             the old primary is not served to anybody."
        };
        remedies.push(server(text, promoted));
    }
    let (answering, silent): (Vec<&Node>, Vec<&Node>) =
        failed.iter().copied().partition(|node| context.met(&node.id).is_some());
    let (fresh, answering): (Vec<&Node>, Vec<&Node>) = answering.into_iter().partition(|node| is_fresh(context, node));
    if !answering.is_empty() {
        remedies.insert(0, open_the_bus(&answering));
    }
    if !fresh.is_empty() {
        let text = "Wait, and look again (this does): a primary with slots that comes back is taken in after twice cluster-node-timeout \
                    (30 s by default).";
        remedies
            .insert(0, server(text, vec![format!("redis-doctor check {} --wait 60s", context.endpoint_with_scheme())]));
    }
    if !silent.is_empty() {
        let place = Place::of(context, &silent).map_or("", |(place, _)| place.advice());
        let text = if silent.iter().any(|node| node.flags.noaddr) {
            "Bring the nodes back with their nodes.conf, each at an address of its own: there they make themselves known to the others."
        } else if silent.len() == 1 {
            "Bring the node back, at the address that the cluster has for it: with its nodes.conf it is itself again."
        } else {
            "Bring the nodes back, at the addresses that the cluster has for them: with its nodes.conf each is itself again."
        };
        remedies.push(server(&format!("{place}{text}"), Vec::new()));
    }
    let failed: Vec<&Node> = failed.iter().copied().filter(|node| node.flags.fail).collect();
    if !orphans.is_empty() {
        let gone = owners.iter().any(|owner| context.met(&owner.id).is_none());
        remedies.extend(context.redis_cli_cluster("fix").filter(|_| gone).map(|fix| {
            server(
                "Where the data is gone for good: deal the slots out to the primaries that are left, empty (6.2+; it asks, and \"yes\" is the answer).",
                vec![format!("{fix} --cluster-fix-with-unreachable-masters")],
            )
        }));
        let refused = whole_cluster(context, owners).is_none_or(|said| !said.contains("are served"));
        remedies.extend(refused.then(|| server(
            "Until then, on every node: the other slots are served, and only keys of these fail (CLUSTERDOWN Hash slot not \
             served). An application that needs all of its keys is no better off.",
            vec!["CONFIG SET cluster-require-full-coverage no".to_owned()],
        )));
    }
    let gone = failed.iter().filter(|node| node.slots.is_empty()).take(LINES);
    let call = context.redis_cli_cluster("call");
    let forget: Vec<String> = call
        .iter()
        .flat_map(|call| gone.clone().map(move |n| format!("{call} CLUSTER FORGET {}", n.id.in_commands())))
        .collect();
    if !forget.is_empty() {
        remedies.push(server("Where a node is gone for good: forget it, on all others within a minute.", forget));
    }
    remedies
}

/// It runs for so short a time, and for a shorter one than the others, that they have not forgiven it yet (`CLUSTER_FAIL_UNDO_TIME_MULT`
/// of cluster.c).
fn is_fresh(context: &Context<'_>, node: &Node) -> bool {
    let uptime = |node: &Node| context.met(&node.id)?.opened()?.server.seen()?.uptime;
    let others = context.nodes().filter(|(other, _)| !other.flags.fail).filter_map(|(other, _)| uptime(other)).min();
    uptime(node).zip(others).is_some_and(|(own, others)| own < FORGIVEN && own + YOUNGER < others)
}

/// Who answers clients and is called failed.
fn open_the_bus(nodes: &[&Node]) -> Remedy {
    let port = |node: &&Node| Some(format!("{} {}", node.address.ip.host()?, node.address.bus_port?));
    let text = "Open the way to the cluster bus port of those that answer, from every other node, and back; they are taken in again by \
                themselves.";
    let lines = nodes.iter().take(LINES).filter_map(port).collect();
    Remedy { audience: Audience::Network, text: text.to_owned(), lines, proof: None }
}

/// What makes a replica of this node the primary.
fn promote(context: &Context<'_>, owner: &Node, majority: bool) -> Option<String> {
    let mut replicas = context.replicas_of(&owner.id).iter().filter(|replica| !replica.flags.fail);
    let attempt = replicas.find_map(|replica| context.met(&replica.id))?;
    let how = if majority { "FORCE" } else { "TAKEOVER" };
    Some(format!("{} CLUSTER FAILOVER {how}", context.redis_cli(attempt)?))
}

/// Most of the primaries that own slots are there to vote.
fn has_majority(context: &Context<'_>) -> bool {
    let voters = context.nodes().map(|(node, _)| node).filter(|n| n.role == Role::Primary && !n.slots.is_empty());
    let (down, up): (Vec<&Node>, Vec<&Node>) = voters.partition(|node| node.flags.fail || node.flags.pfail);
    up.len() > down.len()
}
