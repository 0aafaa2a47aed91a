//! Hash slots that no node owns.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Difference, Kind, SlotRange, Slots, Topology},
    names::weakness::serves_clients,
};

pub(super) const CHECK: Check = Check {
    code: "slots-uncovered",
    severity: Severity::Error,
    expects: "Every one of the 16384 slots has an owner.",
    explain: "A slot without an owner makes its keys fail with `CLUSTERDOWN Hash slot not served`, and unless \
              cluster-require-full-coverage is off, the whole cluster with it. Slots that were never assigned are a set-up \
              that was not finished; slots whose owner failed are under `node-failed`.",
    transient: true,
    explains: &["views-disagree"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|t| t.kind == Kind::Cluster) else { return };
    if topology.announced > topology.nodes.len() {
        return verdicts.skip(context.whole(), "not all nodes were read (--max-nodes)");
    }
    let known = topology.nodes.iter().map(|n| n.slots.clone());
    let owned: Vec<Slots> = known.chain(slots_of_unknown_nodes(topology)).collect();
    let missing = Slots::missing(&owned);
    if missing.is_empty() {
        return verdicts.pass();
    }
    let ranges = missing.to_string();
    let shown: String = ranges.chars().take(200).collect();
    let lone = topology.nodes.len() == 1 && topology.nodes.iter().any(|node| !node.slots.ranges().is_empty());
    let (whose, remedies) =
        if lone { ("; the node knows of no other node", join(context)) } else { ("", vec![assign(&missing)]) };
    verdicts.fail(Problem {
        title: format!("{} of 16384 slots have no owner{whose}", missing.count()),
        subjects: vec![context.whole()],
        expected: "0-16383 covered".to_owned(),
        presented: format!("uncovered: {shown}{}", if shown.len() < ranges.len() { "…" } else { "" }),
        remedies,
        ..Problem::default()
    });
}

fn assign(missing: &Slots) -> Remedy {
    let text = "Assign them, on the primary that shall own them (7.0+; before, slot by slot with ADDSLOTS), after making sure \
                that no node that owned them comes back.";
    Remedy { audience: Audience::Server, text: text.to_owned(), lines: assignments(missing), proof: None }
}

/// A node with a part of the slots and no other node was to be joined, and its cluster bus did not come up.
fn join(context: &Context<'_>) -> Vec<Remedy> {
    let remedy = |audience, text: &str, line: &str| Remedy {
        audience,
        text: text.to_owned(),
        lines: vec![line.to_owned()],
        proof: None,
    };
    let bus = "Let the nodes reach each other's cluster bus (port + 10000, or cluster-port; tls-cluster the same on all), and \
               join them.";
    let mut remedies = vec![remedy(Audience::Server, bus, "CLUSTER MEET ADDRESS PORT")];
    if context.chains().any(|(chain, _)| !serves_clients(&chain.leaf)) {
        let usage = "With tls-cluster on, have the nodes' certificates issued for clients, too: this one is for servers alone, \
                     and the other nodes refuse it on the cluster bus.";
        remedies.insert(0, remedy(Audience::Certificate, usage, "extendedKeyUsage = serverAuth, clientAuth"));
    }
    remedies
}

/// What nodes own that the seed does not know: then its view is incomplete, not the cluster.
fn slots_of_unknown_nodes(topology: &Topology) -> impl Iterator<Item = Slots> {
    let differences = topology.views.iter().flat_map(|view| &view.differences);
    differences.filter_map(|difference| match difference {
        Difference::Extra(node) => Some(Slots::new(node.slots.split(',').filter_map(range).collect())),
        _ => None,
    })
}

fn range(text: &str) -> Option<SlotRange> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some(SlotRange(from.parse().ok()?, to.parse().ok()?))
}

/// All ranges, a few to a line.
fn assignments(missing: &Slots) -> Vec<String> {
    let line = |ranges: &[SlotRange]| {
        let words: Vec<String> = ranges.iter().map(|SlotRange(from, to)| format!("{from} {to}")).collect();
        format!("CLUSTER ADDSLOTSRANGE {}", words.join(" "))
    };
    missing.ranges().chunks(8).map(line).collect()
}
