//! The primary answers nobody: not here, and not its replicas.

use crate::{
    diagnosis::{Audience, Check, Context, CutOff, Problem, Remedy, Severity, Subject, Verdicts, in_words},
    facts::{Attempt, Kind, Stage},
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
    explains: &[
        "node-unreachable",
        "hostname-unresolvable",
        "masterdown",
        "primary-link-down",
        "name-leads-to-replica",
        "endpoint-is-replica",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.topology().is_none_or(|topology| topology.kind != Kind::Replication) {
        return;
    }
    let lost: Vec<CutOff<'_>> =
        context.cut_off().into_iter().filter(|one| !one.is_copying(context) && one.is_without_a_sign_of_it()).collect();
    let Some((primary, attempts)) = lost.first().and_then(|one| one.primary) else { return verdicts.pass() };
    let of_it: Vec<&CutOff<'_>> =
        lost.iter().filter(|one| one.primary.is_some_and(|(node, _)| node.id == primary.id)).collect();
    let replicas: Vec<Subject> = of_it.iter().map(|one| context.node(one.replica)).collect();
    let failure = context.announced(attempts).and_then(Attempt::failure);
    let first = replicas.first().map(|replica| replica.address.clone()).unwrap_or_default();
    // A link that never stood speaks of a wrong address as much as of a primary that is down.
    let never = of_it.iter().all(|one| one.said.replication.down_for.is_none());
    let unresolved = failure.is_some_and(|failure| failure.stage == Stage::Resolve);
    let (those, reached, since) = match &of_it[..] {
        [one] => ("its replica has", "its replica has never reached it", one.since()),
        _ => ("its replicas have", "its replicas have never reached it", String::new()),
    };
    let address = &primary.address;
    let title = match (unresolved, never) {
        (true, true) => format!("the name of the primary, {address}, does not resolve here, and {reached}"),
        (true, false) => {
            format!("the name of the primary, {address}, does not resolve here, and {those} lost it{since}")
        }
        (false, true) => format!("the primary {address} does not answer here, and {reached}"),
        (false, false) => format!("the primary {address} is down: it does not answer here, and {those} lost it{since}"),
    };
    let remedy = |text: String, lines| Remedy { audience: Audience::Server, text, lines, proof: None };
    verdicts.fail(Problem {
        title,
        subjects: [context.node(primary)].into_iter().chain(replicas).collect(),
        expected: format!("an answer at {}, seen from {} or from its replicas", primary.address, context.vantage()),
        presented: format!(
            "from here: {}; on {first}: master_link_status:down",
            failure.map(in_words).unwrap_or_default()
        ),
        clients: Vec::new(),
        remedies: vec![
            first_remedy(&primary.address.to_string(), &first, unresolved || never),
            remedy(
                format!("If it does not come back: promote a replica ({first}), and point its other replicas and the clients there. \
                         Writes that it had not copied are lost."),
                vec!["REPLICAOF NO ONE".to_owned()],
            ),
        ],
    });
}

/// What is likelier: a primary that is gone, or an address that was never right.
fn first_remedy(primary: &str, replica: &str, wrong: bool) -> Remedy {
    let (text, lines) = if wrong {
        (
            format!(
                "See that {primary} is right, port included, and that it runs. If not, tell the replica ({replica}) where its \
                     primary is (and in its redis.conf: CONFIG REWRITE)."
            ),
            vec!["REPLICAOF HOST PORT".to_owned()],
        )
    } else {
        (format!("Start the primary again, or bring {primary} back to it."), Vec::new())
    };
    Remedy { audience: Audience::Server, text, lines, proof: None }
}
