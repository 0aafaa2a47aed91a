//! The deployment is not of the kind that `--expect` names.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Kind,
};

pub(super) const CHECK: Check = Check {
    code: "unexpected-kind",
    severity: Severity::Error,
    expects: "The deployment is of the kind the application's client is made for.",
    explain: "A cluster client needs cluster mode on: elsewhere it meets `ERR This instance has cluster support disabled`, often \
              shown as \"failed to refresh slots cache\". A plain client on a cluster meets MOVED for every key that another \
              node owns. A Sentinel answers questions about a group and stores no data. `--expect` says which it should be.",
    transient: false,
    explains: &["discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    // Who writes redis+sentinel:// expects one.
    let as_sentinel = (!context.snapshot.target.sentinels.is_empty()).then_some(Kind::Sentinel);
    let (Some(expected), Some(topology)) = (context.expect.or(as_sentinel), context.topology()) else { return };
    let found = topology.kind;
    let fits = expected == found || (expected == Kind::Standalone && found == Kind::Replication);
    if fits {
        return verdicts.pass();
    }
    let primaries = topology.nodes.iter().filter(|n| !n.slots.is_empty()).count();
    let presented = match found {
        Kind::Cluster => format!("a cluster of {primaries} primaries: a plain client meets MOVED for most keys"),
        Kind::Sentinel => "a Sentinel: it tells where the primary is and stores no data".to_owned(),
        Kind::Standalone | Kind::Replication if expected == Kind::Cluster => {
            format!("{}: CLUSTER answers \"This instance has cluster support disabled\"", called(found))
        }
        Kind::Standalone | Kind::Replication => format!("{}: it knows no SENTINEL command", called(found)),
    };
    let text = match (found, expected) {
        (Kind::Sentinel, _) => {
            "Use the client's Sentinel form with this address, or the address of the primary itself."
        }
        (_, Kind::Sentinel) => "Give the address of a Sentinel (port 26379 by default), or connect without Sentinel.",
        (Kind::Cluster, _) => "Use the client's cluster form, or an endpoint with cluster mode off.",
        _ => "Use the plain client, or an endpoint with cluster mode on.",
    };
    verdicts.fail(Problem {
        title: format!("this is {}, not {}", called(found), called(expected)),
        subjects: vec![context.endpoint()],
        expected: if context.expect.is_some() {
            format!("{expected} (--expect)")
        } else {
            format!("{expected} (the URL's scheme)")
        },
        presented,
        clients: if expected == Kind::Cluster {
            context.affected(&Symptom::ClusterDisabled, Where::Seed)
        } else {
            Vec::new()
        },
        remedies: vec![Remedy { audience: Audience::Client, text: text.to_owned(), lines: Vec::new(), proof: None }],
    });
}

fn called(kind: Kind) -> &'static str {
    match kind {
        Kind::Standalone => "a standalone server",
        Kind::Replication => "a primary with replicas",
        Kind::Sentinel => "a Sentinel",
        Kind::Cluster => "a cluster",
    }
}
