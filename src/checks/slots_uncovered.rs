//! Hash slots that no node owns.

mod owners;

use owners::{Owner, owners, ranges};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Difference, Kind, Server, SlotRange, Slots, Topology},
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
    let members = context.nodes().count();
    let owners = owners(topology, &missing);
    let (title, remedies) = match (members, missing.count()) {
        (0 | 1, n) if n == u32::from(Slots::TOTAL) => (
            "this node is in no cluster yet: it knows of no other node, and no slot is assigned".to_owned(),
            create(context),
        ),
        (0 | 1, n) => (format!("{n} of 16384 slots have no owner; the node knows of no other node"), join(context)),
        (_, n) if n == u32::from(Slots::TOTAL) => (
            format!("none of the 16384 slots was assigned to any of the {members} nodes"),
            vec![assign(context, &owners)],
        ),
        (_, n) => (format!("{n} of 16384 slots have no owner"), vec![assign(context, &owners), give_up(context)]),
    };
    verdicts.fail(Problem {
        title,
        subjects: vec![context.whole()],
        expected: "0-16383 covered".to_owned(),
        presented: presented(context, &owners, &missing),
        remedies,
        ..Problem::default()
    });
}

fn presented(context: &Context<'_>, owners: &[Owner<'_>], missing: &Slots) -> String {
    let ranges = missing.to_string();
    let shown: String = ranges.chars().take(200).collect();
    let seed = context.snapshot.seed.identity().and_then(|id| context.node_of(id));
    let by = seed.map(|node| format!(", as {} sees it", context.called(node))).unwrap_or_default();
    let mut words = vec![format!("uncovered{by}: {shown}{}", if shown.len() < ranges.len() { "…" } else { "" })];
    if missing.count() < u32::from(Slots::TOTAL) {
        words.extend(owners.iter().filter(|owner| owner.said).take(3).map(|owner| {
            let slots: String = owner.slots.to_string().chars().take(60).collect();
            format!("other nodes still take {} for the owner of {slots}", context.called(owner.node))
        }));
        let state =
            context.snapshot.seed.opened().and_then(|c| c.server.seen()).and_then(|s| s.cluster_state.as_deref());
        words.extend(match state {
            Some("fail") => Some("every key is refused (CLUSTERDOWN The cluster is down)".to_owned()),
            Some("ok") => Some("only keys of these slots are refused (cluster-require-full-coverage no)".to_owned()),
            _ => None,
        });
    }
    words.join("; ")
}

fn assign(context: &Context<'_>, owners: &[Owner<'_>]) -> Remedy {
    let old = context.snapshot.all_attempts().filter_map(|a| a.opened()?.server.seen()).any(is_old);
    let line = |owner: &Owner<'_>| {
        let cli = context.met(&owner.node.id).and_then(|attempt| context.redis_cli(attempt));
        let cli = cli.map(|cli| format!("{cli} ")).unwrap_or_default();
        assignments(&owner.slots, old).into_iter().map(move |line| format!("{cli}{line}")).collect::<Vec<_>>()
    };
    let text = "Assign them, after making sure that no node that owned them comes back; here to the primary that had them, as far as can \
                be told.";
    Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: owners.iter().flat_map(line).collect(),
        proof: None,
    }
}

/// Before ADDSLOTSRANGE (7.0).
fn is_old(server: &Server) -> bool {
    server.major().is_some_and(|major| major < 7)
}

fn give_up(context: &Context<'_>) -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Or have redis-cli deal them out to the primaries that are there.".to_owned(),
        lines: context.redis_cli_cluster("fix").into_iter().collect(),
        proof: None,
    }
}

/// Started with cluster-enabled, and nothing more.
fn create(context: &Context<'_>) -> Vec<Remedy> {
    let create = context.redis_cli_cluster("create").map(|line| format!("{line} {}", others(context)));
    let remedy = |text: &str, line: String| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: vec![line],
        proof: None,
    };
    let all = "0 16383";
    let first = context.redis_cli(&context.snapshot.seed).map(|cli| {
        remedy(
            "For one node alone, which is a cluster for clients, too (7.0+): give it all slots.",
            format!("{cli} CLUSTER ADDSLOTSRANGE {all}"),
        )
    });
    let together = "Make a cluster of it and at least two more nodes, started the same way; each needs the cluster bus of the others \
                  (port + 10000).";
    let join = "Where the cluster is there already: introduce this node to it, from any node of it.";
    let own = context
        .snapshot
        .seed
        .socket
        .map_or_else(|| "ADDRESS PORT".to_owned(), |at| format!("{} {}", at.ip(), at.port()));
    create
        .map(|line| remedy(together, line))
        .into_iter()
        .chain([remedy(join, format!("CLUSTER MEET {own}"))])
        .chain(first)
        .collect()
}

/// The other nodes of a cluster that is to be: those that were named and answered, and as many blanks as are missing to three.
fn others(context: &Context<'_>) -> String {
    let own = context.snapshot.seed.identity();
    let named = context.snapshot.also.iter().filter(|attempt| attempt.identity().is_some_and(|id| Some(id) != own));
    let mut nodes: Vec<String> = named.filter_map(|attempt| Some(attempt.socket?.to_string())).collect();
    (nodes.len() + 2..=3).for_each(|n| nodes.push(format!("HOST{n}:PORT{n}")));
    nodes.join(" ")
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
        Difference::Extra(node) => Some(ranges(&node.slots)),
        _ => None,
    })
}

/// All ranges, a few to a line.
fn assignments(slots: &Slots, old: bool) -> Vec<String> {
    let line = |ranges: &[SlotRange]| {
        let word = |SlotRange(from, to): &SlotRange| {
            if old { format!("$(seq {from} {to})") } else { format!("{from} {to}") }
        };
        let words: Vec<String> = ranges.iter().map(word).collect();
        format!("CLUSTER {} {}", if old { "ADDSLOTS" } else { "ADDSLOTSRANGE" }, words.join(" "))
    };
    slots.ranges().chunks(8).map(line).collect()
}
