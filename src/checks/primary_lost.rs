//! The primary answers nobody: not here, and not its replicas.

use crate::{
    diagnosis::{Audience, Check, Context, CutOff, Problem, Remedy, Severity, Subject, Verdicts, in_words},
    facts::{Attempt, Kind},
};

pub(super) const CHECK: Check = Check {
    code: "primary-lost",
    severity: Severity::Error,
    expects: "A primary that cannot be reached from here still has its replicas.",
    explain: "A primary that does not answer here may be well, and out of reach from here alone. Where its replicas have lost it, \
              too (`master_link_status:down`), two places say the same: it is down, or has moved. Writes fail everywhere, and \
              replicas serve data that grows old, or none (`MASTERDOWN`). Without Sentinel nobody promotes a replica: that is \
              for a person to decide.",
    transient: true,
    explains: &["node-unreachable", "masterdown", "primary-link-down", "name-leads-to-replica", "endpoint-is-replica"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_none_or(|topology| topology.kind != Kind::Replication) {
        return;
    }
    let lost: Vec<CutOff<'_>> = context
        .cut_off()
        .into_iter()
        .filter(|one| !one.said.replication.syncing && one.is_without_a_sign_of_it())
        .collect();
    let Some((primary, attempts)) = lost.first().and_then(|one| one.primary) else { return verdicts.pass() };
    let of_it: Vec<&CutOff<'_>> =
        lost.iter().filter(|one| one.primary.is_some_and(|(node, _)| node.id == primary.id)).collect();
    let replicas: Vec<Subject> = of_it.iter().map(|one| context.node(one.replica)).collect();
    let failure = context.announced(attempts).and_then(Attempt::failure);
    let first = replicas.first().map(|replica| replica.address.clone()).unwrap_or_default();
    let (those, since) = match replicas.len() {
        1 => ("its replica has", of_it.first().map(|one| one.since()).unwrap_or_default()),
        _ => ("its replicas have", String::new()),
    };
    let remedy = |text: String, lines| Remedy { audience: Audience::Server, text, lines, proof: None };
    verdicts.fail(Problem {
        title: format!("the primary {} is down: it does not answer here, and {those} lost it{since}", primary.address),
        subjects: [context.node(primary)].into_iter().chain(replicas).collect(),
        expected: format!("an answer at {}, seen from {} or from its replicas", primary.address, context.vantage()),
        presented: format!(
            "from here: {}; on {first}: master_link_status:down",
            failure.map(in_words).unwrap_or_default()
        ),
        clients: Vec::new(),
        remedies: vec![
            remedy(format!("Start the primary again, or bring {} back to it.", primary.address), Vec::new()),
            remedy(
                format!("If it does not come back: promote a replica ({first}), and point its other replicas and the clients there. \
                         Writes that it had not copied are lost."),
                vec!["REPLICAOF NO ONE".to_owned()],
            ),
        ],
    });
}
