//! The map that is in use leaves nodes out, or knows addresses that no node announces.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Detours, Endpoint, Kind, Node, Role},
};

pub(super) const CHECK: Check = Check {
    code: "map-incomplete",
    severity: Severity::Warning,
    expects: "A map that is in use has an entry for every node, under the address that the node announces.",
    explain: "An address map is a table: what is not in it is dialled as it was announced, past the tunnel or proxy that the map \
              stands for. A node that was added to the cluster, a replica that nobody thought of, a key written with the wrong \
              port or the wrong form of the address: nothing complains, and the client goes around the tunnel, or times out \
              the day that node takes over. An entry whose key nobody announces is never looked up; it is mostly one of a node \
              that has moved.\n\n\
              Write the map anew (`redis-doctor address-map`, `redis-doctor tunnel`), and look through it in CI with \
              `redis-doctor check --map FILE`.",
    transient: false,
    explains: &[],
    examine,
};

/// Keys that are listed before the rest is counted.
const LISTED: usize = 6;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let (Some(map), Some(topology)) = (&context.snapshot.target.detours, context.topology()) else { return };
    let sentinel = topology.kind == Kind::Sentinel;
    let mut left_out = Vec::new();
    // The Sentinels themselves are given to the application, and not announced to it.
    for (node, _) in context.nodes().filter(|(node, _)| !node.flags.handshake && node.role != Role::Sentinel) {
        if context.is_led(node) { verdicts.pass() } else { left_out.push(node) }
    }
    verdicts.fail(uncovered(context, map, &left_out));
    // Nodes that were left out of the look, or of another group of the Sentinel, may announce what these do not.
    if topology.announced == topology.nodes.len() && !sentinel {
        verdicts.fail(unknown(context, map));
    }
}

fn uncovered(context: &Context<'_>, map: &Detours, nodes: &[&Node]) -> Problem {
    let all = context.topology().map_or(0, |t| t.nodes.len());
    let ids: Vec<_> = nodes.iter().map(|node| &node.id).collect();
    let otherwise = nodes.iter().filter(|node| other_forms(node).any(|form| context.detour(&form).is_some())).count();
    let presented = match otherwise {
        0 => "no entry; they are dialled as announced, around the map".to_owned(),
        n => format!("no entry; {n} of them only under another form of the address, which most clients do not look up"),
    };
    let add = Remedy {
        audience: Audience::Client,
        text: format!("Add an entry for each of them to {}, and a forward where it stands for a tunnel.", map.label),
        lines: Vec::new(),
        proof: None,
    };
    Problem {
        title: format!("{} of {all} nodes are not in the map", nodes.len()),
        subjects: nodes.iter().map(|node| context.node(node)).collect(),
        expected: format!("an entry of {} for every node, under the address that it announces", map.label),
        presented,
        remedies: context.map_remedy(&ids).into_iter().chain([add]).collect(),
        ..Problem::default()
    }
}

fn other_forms(node: &Node) -> impl Iterator<Item = Endpoint> {
    node.address.hostname_endpoint().into_iter().chain(node.address.ip_endpoint())
}

/// Keys that are no form of any node's address; the endpoint itself may stand in a map, too.
fn unknown(context: &Context<'_>, map: &Detours) -> Problem {
    let forms = context.nodes().flat_map(|(node, _)| context.preferred(node).into_iter().chain(other_forms(node)));
    let announced: HashSet<Endpoint> =
        forms.chain([context.snapshot.target.endpoint.clone()]).map(|endpoint| endpoint.plain()).collect();
    let unknown: Vec<String> = map.keys().filter(|key| !announced.contains(*key)).map(ToString::to_string).collect();
    let Some(more) = unknown.len().checked_sub(1) else { return Problem::default() };
    let mut listed = unknown.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    if more >= LISTED {
        listed = format!("{listed} and {} more", unknown.len() - LISTED);
    }
    let entries = if more == 0 { "1 entry".to_owned() } else { format!("{} entries", unknown.len()) };
    Problem {
        title: format!("{entries} of the map under an address that no node announces"),
        subjects: vec![context.whole()],
        expected: "keys that nodes announce, as clients look them up".to_owned(),
        presented: listed,
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: format!("Correct these keys in {}, or take them out: no client looks them up.", map.label),
            lines: Vec::new(),
            proof: None,
        }],
        ..Problem::default()
    }
}
