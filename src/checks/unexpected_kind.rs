//! The deployment is not of the kind that `--expect` names.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Kind, Role, Topology},
};

pub(super) const CHECK: Check = Check {
    code: "unexpected-kind",
    severity: Severity::Error,
    expects: "The deployment is of the kind the application's client is made for.",
    explain: "A cluster client needs cluster mode on: elsewhere it meets `ERR This instance has cluster support disabled`, often \
              shown as \"failed to refresh slots cache\". A plain client on a cluster meets MOVED for every key that another \
              node owns. A Sentinel answers questions about a group and stores no data. `--expect` says which it should be; with \
              `primary` or `replica` also what the endpoint itself should be: behind a failover, a name that leads to a replica \
              answers writes with `READONLY You can't write against a read only replica.`",
    transient: false,
    explains: &["discovery-refused"],
    examine,
};

/// What Redis answers to CLUSTER where cluster mode is off.
const DISABLED: &str = "This instance has cluster support disabled";

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    // Who writes redis+sentinel:// expects one.
    let as_sentinel = (!context.snapshot.target.sentinels.is_empty()).then_some(Kind::Sentinel);
    let (Some(expected), Some(topology)) = (context.expect.or(as_sentinel), context.topology()) else { return };
    let found = topology.kind;
    let fits = expected == found || (expected == Kind::Standalone && found == Kind::Replication);
    match (fits, context.role, context.seed_role()) {
        (false, ..) => verdicts.fail(other_kind(context, topology, expected)),
        (true, Some(wanted), Some(role)) if wanted != role => verdicts.fail(other_role(context, wanted)),
        (true, Some(_), None) => {
            verdicts.skip(context.endpoint(), "it does not say whether it is a primary or a replica");
        }
        _ => verdicts.pass(),
    }
}

fn other_kind(context: &Context<'_>, topology: &Topology, expected: Kind) -> Problem {
    let found = topology.kind;
    let presented = match found {
        Kind::Cluster => context.moved_in_words().unwrap_or_else(|| "a cluster".to_owned()),
        Kind::Sentinel => "a Sentinel: it tells where the primary is and stores no data".to_owned(),
        Kind::Standalone | Kind::Replication if expected == Kind::Cluster => format!(
            "cluster mode is off (CLUSTER answers \"{}\"); {}",
            context.own_words_on_cluster(DISABLED),
            context.split_in_words()
        ),
        Kind::Standalone | Kind::Replication => format!("{}: it knows no SENTINEL command", called(found)),
    };
    let text = match (found, expected) {
        (Kind::Sentinel, _) => {
            "Use the client's Sentinel form with this address, or the address of the primary itself."
        }
        (_, Kind::Sentinel) => "Give the address of a Sentinel (port 26379 by default), or connect without Sentinel.",
        (Kind::Cluster, _) => {
            "Use the client's cluster form, with keys that belong together under one hash tag ({…}), or an endpoint with \
             cluster mode off. Some job queues and session stores are made for one server alone."
        }
        _ => {
            "Use the plain client: writes to the primary, and reads, where old data does no harm, to the replicas. Or use an endpoint \
             with cluster mode on."
        }
    };
    let lines = if expected == Kind::Cluster && context.is_plain() { context.split() } else { Vec::new() };
    Problem {
        title: format!("this is {}, not {}", called(found), context.role.map_or_else(|| called(expected), role_called)),
        subjects: vec![context.endpoint()],
        expected: if context.expect.is_some() {
            format!("{expected} (--expect)")
        } else {
            format!("{expected} (the URL's scheme)")
        },
        presented,
        clients: match (expected, found) {
            // It knows no CLUSTER at all.
            (Kind::Cluster, Kind::Sentinel) => context.affected(&Symptom::UnknownCommand("CLUSTER SLOTS"), Where::Seed),
            // What libraries say is known of Redis's own answer.
            (Kind::Cluster, _) if context.own_words_on_cluster(DISABLED) != DISABLED => Vec::new(),
            (Kind::Cluster, _) => context.affected(&Symptom::ClusterDisabled, Where::Seed),
            _ => Vec::new(),
        },
        remedies: vec![Remedy { audience: Audience::Client, text: text.to_owned(), lines, proof: None }],
    }
}

fn other_role(context: &Context<'_>, wanted: Role) -> Problem {
    let (is, presented) = if wanted == Role::Primary {
        (Role::Replica, "role:slave; a write is answered \"READONLY You can't write against a read only replica.\"")
    } else {
        (Role::Primary, "role:master")
    };
    let presented = match wanted {
        Role::Primary => format!("{presented}; {}", context.primary_in_words()),
        _ => presented.to_owned(),
    };
    let endpoint = &context.snapshot.target.endpoint;
    let leads = if endpoint.host.name().is_some() { "leads to" } else { "is" };
    let behind = context.snapshot.seed.socket.map(|socket| format!(" ({socket})")).unwrap_or_default();
    let remedy = if wanted == Role::Primary {
        context.to_the_primary()
    } else {
        let text = "Give the address of a replica.".to_owned();
        Some(Remedy {
            audience: Audience::Client,
            text,
            lines: context.split().into_iter().skip(1).collect(),
            proof: None,
        })
    };
    Problem {
        title: format!("{} {leads} {}{behind}, not {}", endpoint.host, role_called(is), role_called(wanted)),
        subjects: vec![context.endpoint()],
        expected: format!("{wanted} (--expect)"),
        presented,
        clients: Vec::new(),
        remedies: remedy.into_iter().collect(),
    }
}

fn role_called(role: Role) -> &'static str {
    match role {
        Role::Primary => "a primary",
        Role::Replica => "a replica",
        Role::Sentinel => "a Sentinel",
    }
}

fn called(kind: Kind) -> &'static str {
    match kind {
        Kind::Standalone => "a standalone server",
        Kind::Replication => "a primary with replicas",
        Kind::Sentinel => "a Sentinel",
        Kind::Cluster => "a cluster",
    }
}
