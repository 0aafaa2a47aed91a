//! Hash slots that no node owns.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, Slots},
};

pub(super) const CHECK: Check = Check {
    code: "slots-uncovered",
    severity: Severity::Error,
    expects: "Every one of the 16384 slots has an owner.",
    explain: "A slot without an owner makes its keys fail with `CLUSTERDOWN Hash slot not served`, and unless \
              cluster-require-full-coverage is off, the whole cluster with it. Slots that were never assigned are a set-up \
              that was not finished; slots whose owner failed are under `node-failed`.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|t| t.kind == Kind::Cluster) else { return };
    if topology.announced > topology.nodes.len() {
        return verdicts.skip(context.whole(), "not all nodes were read (--max-nodes)");
    }
    let missing = Slots::missing(topology.nodes.iter().map(|n| &n.slots));
    if missing.is_empty() {
        return verdicts.pass();
    }
    let ranges = missing.to_string();
    let shown: String = ranges.chars().take(200).collect();
    let line = missing.ranges().first().map_or_else(String::new, |r| format!("CLUSTER ADDSLOTSRANGE {} {}", r.0, r.1));
    verdicts.fail(Problem {
        title: format!("{} of 16384 slots have no owner", missing.count()),
        subjects: vec![context.whole()],
        expected: "0-16383 covered".to_owned(),
        presented: format!("uncovered: {shown}{}", if shown.len() < ranges.len() { "…" } else { "" }),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Assign them to a primary (first range shown; before 7.0 slot by slot with ADDSLOTS), after making sure that no \
                   node that owned them comes back."
                .to_owned(),
            lines: vec![line],
            proof: None,
        }],
        ..Problem::default()
    });
}
