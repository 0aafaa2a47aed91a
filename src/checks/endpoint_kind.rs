//! The endpoint's name says that it is another endpoint than the one that is needed.

use crate::{
    diagnosis::{Audience, Check, Context, Follows, Problem, Remedy, Severity, Verdicts},
    facts::{Asked, Attempt, Endpoint, FailureKind, Host, Kind, Spoke, Stage, Transport},
    names::{self, Speaks},
    providers::{AwsEndpoint, AwsName, Ports, SignKind},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-kind",
    severity: Severity::Warning,
    expects: "The endpoint is the one that the service means for this use.",
    explain: "Services have several names for one cache, and infrastructure code easily hands on the wrong one. \
              ElastiCache and MemoryDB write into each what it is: the configuration endpoint (clustercfg) is the seed \
              of a cluster; the primary (master, ng) and reader (replica, -ro) endpoints exist with cluster mode off \
              alone; a node's own name (-0001-001) leads nowhere once that node is replaced. With TLS the names differ \
              from those without, and the ones without are deleted when encryption becomes required. Azure's \
              privatelink names are for DNS alone; certificates speak for the names without. Other services listen on \
              ports that their documentation, or the name itself, tells.",
    transient: false,
    explains: &["endpoint-unreachable", "tls-not-spoken", "tls-required", "unexpected-kind", "san-mismatch"],
    examine,
};

/// What is wrong with an endpoint, and what to give in its place.
struct Wrong {
    follows: Follows,
    title: String,
    expected: &'static str,
    presented: String,
    text: String,
    lines: Vec<String>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(name) = context.snapshot.target.endpoint.host.name() else { return };
    let aws = AwsName::parse(name);
    let found = match &aws {
        Some(aws) => on_aws(context, aws),
        None => private_link(context, name).or_else(|| other_port(context, name)),
    };
    let Some(Wrong { follows, title, expected, presented, text, lines }) = found else {
        if aws.is_some() {
            verdicts.pass();
        }
        return;
    };
    verdicts.fail_with(
        follows,
        Problem {
            title,
            subjects: vec![context.endpoint()],
            expected: expected.to_owned(),
            presented,
            remedies: vec![Remedy { audience: Audience::Client, text, lines, proof: None }],
            ..Problem::default()
        },
    );
}

fn on_aws(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    gone(context, name)
        .or_else(|| without_tls(context, name))
        .or_else(|| with_tls(context, name))
        .or_else(|| other_kind(context, name))
        .or_else(|| one_node(context, name))
        .or_else(|| reader(context, name))
}

/// A name of the form without TLS that does not exist.
fn gone(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let failure = context.snapshot.seed.connection.failure()?;
    if name.tls || failure.kind != FailureKind::NoSuchName {
        return None;
    }
    let other = name.named(general(name.endpoint), true)?;
    Some(Wrong {
        follows: Follows::Same,
        title: format!(
            "{} does not resolve: it is the form of a name without TLS",
            context.snapshot.target.endpoint.host
        ),
        expected: "a name that exists",
        presented: "a name of the form that is deleted when encryption in transit becomes required".to_owned(),
        text: "The cluster may have been moved to TLS (transit encryption mode required): its endpoints have other \
               names then. Where this machine stands outside the service's network, look first whether it resolves any \
               of its names."
            .to_owned(),
        lines: vec![line(context, "rediss", &other)],
    })
}

/// The name is that of a cache without TLS, and TLS was asked for.
fn without_tls(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let seed = &context.snapshot.seed;
    if name.tls || context.snapshot.target.asked != Asked::Tls {
        return None;
    }
    let host = &context.snapshot.target.endpoint.host;
    let title = format!("{host} is the name of a cache without TLS, and TLS was asked for");
    if matches!(seed.spoke, Some(Spoke::PlainRedis(_))) {
        return Some(Wrong {
            follows: Follows::Same,
            title,
            expected: "an endpoint with encryption in transit",
            presented: "a name of the form without TLS, and plaintext behind it".to_owned(),
            text: "Encryption in transit is off: use redis://, or turn it on and take the name that the service then \
                   gives."
                .to_owned(),
            lines: vec![line(context, "redis", &host.to_string())],
        });
    }
    let chain = context.snapshot.chain(seed)?;
    let other = name.named(general(name.endpoint), true)?;
    (names::speaks_for(&chain.leaf, host) != Speaks::Yes).then(|| Wrong {
        follows: Follows::Same,
        title,
        expected: "the name of the form with TLS, for which the certificate is",
        presented: "a name of the form without TLS: TLS is there (transit encryption mode preferred), and its \
                    certificate is for other names"
            .to_owned(),
        text: "Use the endpoint with TLS.".to_owned(),
        lines: vec![line(context, "rediss", &other)],
    })
}

/// The name is that of a cache with TLS, and plaintext was asked for.
fn with_tls(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let seed = &context.snapshot.seed;
    let refused = seed.transport == Transport::Plaintext && seed.spoke == Some(Spoke::Tls);
    let host = &context.snapshot.target.endpoint.host;
    (name.tls && refused).then(|| Wrong {
        follows: Follows::All,
        title: format!("{host} is the name of a cache with TLS, and plaintext was asked for"),
        expected: "TLS",
        presented: "a name of the form with TLS; a ClientHello is answered there, and plaintext is not".to_owned(),
        text: "Use the rediss:// scheme (or the client's TLS option).".to_owned(),
        lines: vec![line(context, "rediss", &host.to_string())],
    })
}

/// `--expect` names a kind of deployment that this endpoint never leads to.
fn other_kind(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let (expected, found) = (context.expect?, context.topology()?.kind);
    match (name.endpoint, expected) {
        (AwsEndpoint::Configuration, Kind::Standalone | Kind::Replication) if found == Kind::Cluster => Some(Wrong {
            follows: Follows::Same,
            title: "this is the configuration endpoint of a cluster, and a plain client is meant to use it".to_owned(),
            expected: "the primary endpoint, which exists with cluster mode off",
            presented: "the configuration endpoint (clustercfg): plain clients meet MOVED there".to_owned(),
            text: "Use the client's cluster form with this endpoint, or the primary endpoint of a cache with cluster \
                   mode off."
                .to_owned(),
            lines: Vec::new(),
        }),
        (AwsEndpoint::Primary | AwsEndpoint::Reader | AwsEndpoint::Node, Kind::Cluster) if found != Kind::Cluster => {
            let which = called(name.endpoint);
            Some(Wrong {
                follows: Follows::Same,
                title: format!(
                    "this is {which} of a cache with cluster mode off, and a cluster client is meant to use it"
                ),
                expected: "the configuration endpoint, which exists with cluster mode on",
                presented: which.to_owned(),
                text: "Use the plain client here, or the configuration endpoint (clustercfg) of a cache with cluster \
                       mode on."
                    .to_owned(),
                lines: Vec::new(),
            })
        }
        _ => None,
    }
}

/// The name of one node, where there is one for all of them.
fn one_node(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let kind = context.topology()?.kind;
    let (of, what, then) = match (name.endpoint, kind) {
        (AwsEndpoint::Shard, Kind::Cluster) => (
            AwsEndpoint::Configuration,
            "a cluster",
            "Clients that start, or start again, find nobody once this node is replaced or removed.",
        ),
        (AwsEndpoint::Node, Kind::Replication) => (
            AwsEndpoint::Primary,
            "a primary with replicas",
            "After a failover the primary is another node, and writes here are refused.",
        ),
        _ => return None,
    };
    let other = name.named(of, name.tls)?;
    let scheme = if context.is_tls() { "rediss" } else { "redis" };
    Some(Wrong {
        follows: Follows::Nothing,
        title: format!("{} is one node's own name, in {what}", context.snapshot.target.endpoint.host),
        expected: if of == AwsEndpoint::Primary { "the primary endpoint" } else { "the configuration endpoint" },
        presented: "the name of a single node".to_owned(),
        text: format!("{then} Give the client the endpoint that stays."),
        lines: vec![line(context, scheme, &other)],
    })
}

/// The reader endpoint, at which a replica answers.
fn reader(context: &Context<'_>, name: &AwsName<'_>) -> Option<Wrong> {
    let server = context.snapshot.seed.opened()?.server.seen()?;
    if name.endpoint != AwsEndpoint::Reader || server.role.as_deref() != Some("slave") {
        return None;
    }
    let other = name.named(AwsEndpoint::Primary, name.tls)?;
    let scheme = if context.is_tls() { "rediss" } else { "redis" };
    Some(Wrong {
        follows: Follows::Nothing,
        title: "this is the reader endpoint: a replica answers, and writes are refused".to_owned(),
        expected: "the primary endpoint, unless nothing is ever written",
        presented: "the reader endpoint".to_owned(),
        text: "Whoever writes needs the primary endpoint.".to_owned(),
        lines: vec![line(context, scheme, &other)],
    })
}

/// A name of the zone that private links are resolved in: no certificate speaks for it.
fn private_link(context: &Context<'_>, name: &str) -> Option<Wrong> {
    let lower = name.to_ascii_lowercase();
    let public = lower.contains(".privatelink.").then(|| lower.replacen(".privatelink.", ".", 1))?;
    let leaf = &context.snapshot.chain(&context.snapshot.seed)?.leaf;
    let speaks = |host: &Host| names::speaks_for(leaf, host) == Speaks::Yes;
    let host: Host = public.parse().ok()?;
    (speaks(&host) && !speaks(context.given_as())).then(|| Wrong {
        follows: Follows::Same,
        title: "this is the name under which the private link is resolved, and no name to connect by".to_owned(),
        expected: "the name without privatelink, for which the certificate is",
        presented: name.to_owned(),
        text: "Connect by the public name: in a network that the private zone is linked to it leads to the private \
               address."
            .to_owned(),
        lines: vec![line(context, "rediss", &public)],
    })
}

/// Nobody answers at a port that the service does not have.
fn other_port(context: &Context<'_>, name: &str) -> Option<Wrong> {
    let endpoint = &context.snapshot.target.endpoint;
    let nobody = |f: &&crate::facts::Failure| {
        f.stage == Stage::Connect && matches!(f.kind, FailureKind::Refused | FailureKind::TimedOut)
    };
    context.snapshot.seed.connection.failure().filter(nobody)?;
    let recognised = context.recognised();
    let by_name = recognised.signals.first().is_some_and(|signal| signal.kind == SignKind::Endpoint);
    let provider = recognised.provider.filter(|_| by_name)?;
    let port = if provider.fixed_ports {
        let (tls, plaintext) = (context.is_tls(), provider.ports.iter().filter(|ports| ports.first == ports.last));
        let mut entries: Vec<&Ports> = plaintext.collect();
        // Where there are two, the first is for TLS.
        entries.truncate(if tls { 1 } else { 2 });
        entries.last().filter(|_| provider.ports_of(endpoint.port).is_none())?.first
    } else {
        let told = name.split('.').next()?.strip_prefix("redis-")?.parse::<u16>().ok()?;
        Some(told).filter(|told| *told != endpoint.port && provider.ports_of(*told).is_some())?
    };
    let ports: Vec<String> = provider.ports.iter().map(ToString::to_string).collect();
    Some(Wrong {
        follows: Follows::Same,
        title: format!("nobody answers at port {}, which is none of {}'s", endpoint.port, provider.name),
        expected: "a port that the service listens on",
        presented: format!("port {}; its ports are {}", endpoint.port, ports.join(", ")),
        text: format!("Give the client port {port}."),
        lines: vec![format!("{}://{}", scheme(&context.snapshot.seed), Endpoint::new(endpoint.host.clone(), port))],
    })
}

fn scheme(seed: &Attempt) -> &'static str {
    if seed.transport == Transport::Tls { "rediss" } else { "redis" }
}

/// The endpoint that stands for all nodes where one of this kind was given.
fn general(endpoint: AwsEndpoint) -> AwsEndpoint {
    match endpoint {
        AwsEndpoint::Shard => AwsEndpoint::Configuration,
        AwsEndpoint::Node => AwsEndpoint::Primary,
        other => other,
    }
}

fn called(endpoint: AwsEndpoint) -> &'static str {
    match endpoint {
        AwsEndpoint::Primary => "the primary endpoint",
        AwsEndpoint::Reader => "the reader endpoint",
        _ => "the endpoint of a single node",
    }
}

fn line(context: &Context<'_>, scheme: &str, name: &str) -> String {
    format!("{scheme}://{name}:{}", context.snapshot.target.endpoint.port)
}
