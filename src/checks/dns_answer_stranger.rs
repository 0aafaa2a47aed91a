//! Behind one name stand servers that have nothing to do with each other.

use crate::{
    diagnosis::{Audience, Behind, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, Server},
};

pub(super) const CHECK: Check = Check {
    code: "dns-answer-stranger",
    severity: Severity::Error,
    expects: "All addresses of the endpoint's name lead to servers of one deployment.",
    explain: "Identity is the node id (CLUSTER MYID), and outside clusters the replication id. Where one address of a name leads \
              to a node that the cluster does not know, or to a primary with a data set of its own, some clients read and write \
              somewhere else: an old deployment whose record was left, an address that was given to somebody else, two services \
              under one name.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let behind = context.behind_the_name();
    let behind: Vec<&Behind<'_>> = behind.iter().filter(|behind| !behind.by_dns_alone).collect();
    if behind.len() < 2 || context.snapshot.seed.identity().is_none() {
        return;
    }
    let (strangers, others): (Vec<&Behind<'_>>, Vec<&Behind<'_>>) =
        behind.into_iter().partition(|behind| is_strange(context, behind).is_some());
    if strangers.is_empty() {
        return verdicts.pass();
    }
    let name = &context.snapshot.target.endpoint.host;
    let told: Vec<String> = strangers.iter().take(4).filter_map(|behind| is_strange(context, behind)).collect();
    let own: Vec<_> = others.iter().filter(|behind| behind.identity().is_some()).map(|behind| behind.ip).collect();
    let in_hosts = context.lookup().is_some_and(|lookup| lookup.in_hosts_file);
    let what = if context.is_cluster() { "another cluster" } else { "another deployment" };
    verdicts.fail(Problem {
        title: format!(
            "{} of {} addresses of {name} {} to {what}",
            strangers.len(),
            strangers.len() + others.len(),
            if strangers.len() == 1 { "leads" } else { "lead" }
        ),
        subjects: vec![context.endpoint()],
        expected: "servers of one deployment behind one name".to_owned(),
        presented: told.join("; "),
        remedies: vec![Remedy {
            audience: Audience::Network,
            text: format!(
                "Settle which of them is meant, and leave only its addresses; these are the ones of the server that answered \
                 first{}.",
                if in_hosts { " (/etc/hosts of this machine has the name)" } else { "" }
            ),
            lines: context.records(&own, in_hosts),
            proof: None,
        }],
        ..Problem::default()
    });
}

/// Who it is that does not belong to the deployment, in words; `None` where it does, or where that cannot be told.
pub(super) fn is_strange(context: &Context<'_>, behind: &Behind<'_>) -> Option<String> {
    let topology = context.topology()?;
    let connection = behind.attempt?.opened()?;
    let ip = behind.ip;
    if topology.kind == Kind::Cluster {
        let is_alone = connection.refusals.iter().any(|refusal| refusal.answer.contains("cluster support disabled"));
        if is_alone {
            return Some(format!("{ip} is no node of a cluster"));
        }
        let id = connection.identity.seen()?;
        let is_whole = topology.announced <= topology.nodes.len();
        return (is_whole && context.node_of(id).is_none())
            .then(|| format!("{ip} is {}, which the cluster does not know", id.short()));
    }
    let (this, known) = (connection.server.seen()?, context.snapshot.seed.opened()?.server.seen()?);
    let are_alone = topology.kind != Kind::Sentinel
        && this.role.as_deref() == Some("master")
        && known.role.as_deref() == Some("master");
    (are_alone && differ(this, known)).then(|| format!("{ip} is a primary with data of its own"))
}

/// Two primaries that never were one: other processes, and not even the replication of one of them before.
fn differ(this: &Server, known: &Server) -> bool {
    let both = |id: fn(&Server) -> Option<&String>| id(this).zip(id(known)).is_some_and(|(one, other)| one != other);
    both(|server| server.run_id.as_ref()) && both(|server| server.replication_id.as_ref())
}
