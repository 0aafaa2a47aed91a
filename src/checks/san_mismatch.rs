//! The certificate of a node does not speak for the host that clients are sent to.

use std::collections::HashSet;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Announced, Attempt, CertificateChain, Endpoint, Host, Node, SubjectAltName},
    names::{self, Speaks},
};

pub(super) const CHECK: Check = Check {
    code: "san-mismatch",
    severity: Severity::Error,
    expects: "Each node's certificate speaks for the host that clients verify when they follow what the node announces.",
    explain: "Clients learn the nodes' addresses from the cluster and verify each certificate against the address they dialled. \
              Where nodes announce IPs and the certificate holds DNS names (Azure Redis Enterprise and Managed Redis, most \
              Kubernetes charts), the seed works, and the first node that is discovered fails with \
              ERR_TLS_CERT_ALTNAME_INVALID, `certificate not valid for name`, \"doesn't contain any IP SANs\" or \"No subject \
              alternative names matching IP address\". redis-cli compares no names, so it proves nothing here.\n\n\
              Three ways out keep verification on: give the client a map from the announced addresses to names that the \
              certificate holds; let the servers announce names (7.0+); or have the certificate issued with what is announced.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

/// Names of one certificate that are written out; what asks for more is made by a command of its own.
const ENTRIES: usize = 24;

/// A subject whose certificate does not speak for what it verifies.
struct Mismatch<'a> {
    subject: Subject,
    host: Host,
    chain: &'a CertificateChain,
    node: Option<&'a Node>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Vec::new();
    let seed = &context.snapshot.seed;
    if let Some(chain) = context.snapshot.chain(seed) {
        let host = context.given_as().clone();
        judge(context, Mismatch { subject: context.endpoint(), host, chain, node: None }, &mut found, verdicts);
    }
    for (node, attempts) in context.nodes() {
        let Some(chain) = context.chain_of(node, attempts) else {
            if context.is_tls() {
                verdicts.skip(context.node(node), "no certificate was seen: the handshake was not reached");
            }
            continue;
        };
        let Some(host) = context.followed_as(node) else { continue };
        judge(context, Mismatch { subject: context.node(node), host, chain, node: Some(node) }, &mut found, verdicts);
    }
    let (nodes, endpoint): (Vec<_>, Vec<_>) = found.into_iter().partition(|m| m.node.is_some());
    // The endpoint itself is one of the nodes when it is announced under the same host: then it is told once.
    let endpoint = endpoint.into_iter().filter(|m| !nodes.iter().any(|n| n.host == m.host)).collect::<Vec<_>>();
    verdicts.fail(problem(context, &endpoint));
    verdicts.fail(problem(context, &nodes));
}

fn judge<'a>(context: &Context<'_>, candidate: Mismatch<'a>, found: &mut Vec<Mismatch<'a>>, verdicts: &mut Verdicts) {
    let leaf = &candidate.chain.leaf;
    if names::speaks_for(leaf, &candidate.host) == Speaks::Yes {
        verdicts.pass();
    } else if !names::only_by_common_name(leaf, &candidate.host)
        && context.certified_alias(leaf, &candidate.host).is_none()
    {
        found.push(candidate);
    }
}

fn problem(context: &Context<'_>, found: &[Mismatch<'_>]) -> Problem {
    let Some(first) = found.first() else { return Problem::default() };
    let nodes: Vec<_> = found.iter().filter_map(|m| m.subject.id.as_ref()).collect();
    let kind = if found.iter().all(|m| m.host.ip().is_some()) { "the IP addresses" } else { "the hosts" };
    let title = if is_crossed(context, found) {
        "these nodes present each other's certificates: each one's name stands in that of another".to_owned()
    } else if is_as_given(context, found) {
        format!("the certificate does not speak for {}, the host you gave", first.host)
    } else if is_led(context, found) {
        format!("the certificates do not speak for {kind} that the map has clients verify")
    } else {
        format!("the certificates do not speak for {kind} that the nodes announce")
    };
    Problem {
        title,
        subjects: found.iter().map(|m| m.subject.clone()).collect(),
        expected: format!("a certificate for {}", some_of(found.iter().map(|m| entry(&m.host)))),
        presented: presented(found),
        clients: if nodes.is_empty() {
            affected_at_endpoint(context, first)
        } else {
            context.affected_at_nodes(&nodes, &[Step::TlsName])
        },
        remedies: remedies(context, found),
    }
}

/// The host in question is the one the user gave, not one that a server announced.
fn is_as_given(context: &Context<'_>, found: &[Mismatch<'_>]) -> bool {
    let given = |m: &Mismatch<'_>| m.node.is_none() || m.host == context.snapshot.target.endpoint.host;
    !context.is_cluster() && found.iter().all(given) || found.iter().all(|m| m.node.is_none())
}

/// Each of the certificates speaks for what another node announces, and not for its own: they were dealt out wrongly.
fn is_crossed(context: &Context<'_>, found: &[Mismatch<'_>]) -> bool {
    let elsewhere = |m: &Mismatch<'_>| {
        let others = context.nodes().filter(|(node, _)| m.subject.id.as_ref() != Some(&node.id));
        let mut hosts = others.filter_map(|(node, _)| context.followed_as(node));
        hosts.any(|host| names::speaks_for(&m.chain.leaf, &host) == Speaks::Yes)
    };
    let held =
        |m: &Mismatch<'_>| found.iter().any(|other| names::speaks_for(&other.chain.leaf, &m.host) == Speaks::Yes);
    // Where another node answers, the way to it is crossed, not its certificate.
    let strayed = |m: &Mismatch<'_>| {
        let attempt = m.node.and_then(|node| context.announced(context.snapshot.attempts(&node.id)));
        attempt.and_then(Attempt::identity).is_some_and(|id| Some(id) != m.subject.id.as_ref())
    };
    found.iter().all(|m| m.node.is_some() && !strayed(m) && held(m) && elsewhere(m)) && !is_led(context, found)
}

/// Each certificate to the server that it speaks for.
fn uncross(found: &[Mismatch<'_>]) -> Remedy {
    let at = |m: &Mismatch<'_>| {
        let other = found.iter().find(|other| names::speaks_for(&other.chain.leaf, &m.host) == Speaks::Yes)?;
        Some(format!("{}: the one that {} presents", m.host, other.host))
    };
    Remedy {
        audience: Audience::Certificate,
        text: format!(
            "Put each certificate, with its key, on the server that it speaks for ({}), in redis.conf too.",
            some_of(found.iter().filter_map(at))
        ),
        lines: vec!["CONFIG SET tls-cert-file FULLCHAIN.pem tls-key-file KEY.pem".to_owned()],
        proof: None,
    }
}

/// What is verified comes from the map that is in use.
fn is_led(context: &Context<'_>, found: &[Mismatch<'_>]) -> bool {
    found.iter().any(|m| m.node.is_some_and(|node| context.is_led(node)))
}

fn affected_at_endpoint(context: &Context<'_>, at: &Mismatch<'_>) -> Vec<crate::diagnosis::Affected> {
    context.affected_at(&at.chain.leaf, &at.host)
}

fn presented(found: &[Mismatch<'_>]) -> String {
    let (mut sets, mut known) = (Vec::new(), HashSet::new());
    for chain in found.iter().map(|m| m.chain) {
        let leaf = &chain.leaf;
        let names = match (leaf.names.is_empty(), &leaf.common_name) {
            (false, _) => some_of(leaf.names.iter().map(ToString::to_string)),
            (true, Some(name)) => format!("no subject alternative names, only the common name {name}"),
            (true, None) => "no names at all".to_owned(),
        };
        if known.insert(names.clone()) {
            sets.push(names);
        }
    }
    let told = some_of(sets.into_iter());
    let near = found
        .iter()
        .any(|m| m.host.name().is_some_and(|host| m.chain.leaf.names.iter().any(|n| is_just_missed(n, host))));
    if near { format!("{told}; a wildcard stands for one label, no more and no less") } else { told }
}

/// A wildcard whose rest the host ends in, with more labels in front or none.
fn is_just_missed(name: &SubjectAltName, host: &str) -> bool {
    let SubjectAltName::Dns(name) = name else { return false };
    let Some(rest) = name.strip_prefix("*.") else { return false };
    let (rest, host) = (rest.to_ascii_lowercase(), host.trim_end_matches('.').to_ascii_lowercase());
    host == rest
        || host.strip_suffix(&rest).is_some_and(|labels| labels.ends_with('.') && labels.matches('.').count() > 1)
}

/// The first few of many.
fn some_of(mut items: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = Vec::new();
    for item in items.by_ref() {
        if !shown.contains(&item) {
            shown.push(item);
        }
        if shown.len() == 6 {
            break;
        }
    }
    let rest = items.filter(|item| !shown.contains(item)).count();
    let shown = shown.join(", ");
    if rest > 0 { format!("{shown} and {rest} more") } else { shown }
}

fn entry(host: &Host) -> String {
    match host {
        Host::Ip(ip) => format!("IP:{ip}"),
        Host::Name(name) => format!("DNS:{name}"),
    }
}

fn remedies(context: &Context<'_>, found: &[Mismatch<'_>]) -> Vec<Remedy> {
    if is_crossed(context, found) {
        return vec![uncross(found)];
    }
    let mut remedies = Vec::new();
    let ids: Vec<_> = found.iter().filter_map(|m| m.subject.id.as_ref()).collect();
    remedies.extend(context.map_remedy(&ids));
    remedies.extend(given_otherwise(context, found));
    if is_led(context, found) {
        remedies.push(named(found));
        return remedies;
    }
    remedies.extend(announced(context, found));
    let entries = to_ask_for(context, found);
    let line = format!("subjectAltName = {}", entries.join(", "));
    remedies.push(Remedy {
        audience: Audience::Certificate,
        text: if is_as_given(context, found) {
            "Have the certificate issued with the host that clients are given.".to_owned()
        } else {
            "Have the certificates issued with what is announced.".to_owned()
        },
        lines: (entries.len() <= ENTRIES).then_some(line).into_iter().chain([context.ca_request()]).collect(),
        proof: None,
    });
    remedies
}

/// The names of a certificate that ends it: what it holds now and clients may go by, what is missing, and the hosts of nodes
/// whose certificates could not be seen, since they are likely to be the same.
fn to_ask_for(context: &Context<'_>, found: &[Mismatch<'_>]) -> Vec<String> {
    let mut entries = held(context, found);
    let unseen = context.nodes().filter(|(node, attempts)| context.chain_of(node, attempts).is_none());
    let unseen = unseen.filter(|_| found.iter().any(|m| m.node.is_some()));
    let missing = found.iter().map(|m| m.host.clone()).chain(unseen.filter_map(|(node, _)| context.followed_as(node)));
    for entry in missing.map(|host| entry(&host)) {
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

/// What the certificates hold now, where it is the same in all of them; else the host that was given, where one of them holds it.
fn held(context: &Context<'_>, found: &[Mismatch<'_>]) -> Vec<String> {
    let Some(first) = found.first() else { return Vec::new() };
    let names = &first.chain.leaf.names;
    if found.iter().all(|m| m.chain.leaf.names == *names) {
        return names.iter().filter_map(written).collect();
    }
    let given = context.given_as();
    let holds = |m: &Mismatch<'_>| names::speaks_for(&m.chain.leaf, given) == Speaks::Yes;
    Vec::from_iter(found.iter().any(holds).then(|| entry(given)))
}

/// A name as it may be asked for again. What is in a certificate comes from the wire, and the line is there to be pasted.
fn written(name: &SubjectAltName) -> Option<String> {
    match name {
        SubjectAltName::Dns(text) => {
            let host: Host = text.strip_prefix("*.").unwrap_or(text).parse().ok()?;
            host.name().map(|_| format!("DNS:{text}"))
        }
        SubjectAltName::Ip(text) => text.parse().ok().map(|ip: std::net::IpAddr| format!("IP:{ip}")),
        _ => None,
    }
}

/// A tunnel that leaves TLS alone ends at a host that no certificate speaks for: the name has to stand in the map.
fn named(found: &[Mismatch<'_>]) -> Remedy {
    let text = format!(
        "Let each entry of the map carry the name to verify (server_name in a map.json, servername for node-redis, \
         tls.servername for ioredis), one of those that its certificate holds: {}.",
        presented(found)
    );
    Remedy { audience: Audience::Client, text, lines: Vec::new(), proof: None }
}

/// A host in the certificate that the user could give instead, and that may lead to the same place.
fn given_otherwise(context: &Context<'_>, found: &[Mismatch<'_>]) -> Option<Remedy> {
    let first = found.first().filter(|_| is_as_given(context, found))?;
    let host = first.chain.leaf.names.iter().find_map(|name| match name {
        SubjectAltName::Dns(text) | SubjectAltName::Ip(text) => text.parse::<Host>().ok(),
        _ => None,
    })?;
    let endpoint = Endpoint::new(host, context.snapshot.target.endpoint.port);
    Some(Remedy {
        audience: Audience::Client,
        text: "Give the client a host that the certificate holds, where one leads here.".to_owned(),
        lines: vec![format!("rediss://{endpoint}")],
        proof: None,
    })
}

/// Names that the servers could announce instead.
fn announced(context: &Context<'_>, found: &[Mismatch<'_>]) -> Option<Remedy> {
    let holds_names = |m: &Mismatch<'_>| m.chain.leaf.names.iter().any(|name| matches!(name, SubjectAltName::Dns(_)));
    if context.is_sentinel() && found.iter().all(|m| m.node.is_some() && m.host.ip().is_some() && holds_names(m)) {
        return context.names_behind_sentinels(&found.iter().filter_map(|m| m.subject.id.as_ref()).collect::<Vec<_>>());
    }
    if !context.is_cluster() || found.iter().all(|m| m.node.is_none()) || !found.iter().all(holds_names) {
        return None;
    }
    let covered = |m: &Mismatch<'_>| match m.node.map(|n| &n.address.hostname) {
        Some(Announced::Host(name)) => names::speaks_for(&m.chain.leaf, name) == Speaks::Yes,
        _ => false,
    };
    let preferred = "CONFIG SET cluster-preferred-endpoint-type hostname".to_owned();
    let (text, lines) = if found.iter().all(covered) {
        ("Let the servers send clients to the host names that they announce already (7.0+).", vec![preferred])
    } else {
        let name = found.first().and_then(|m| {
            let seed = &context.snapshot.target.endpoint.host;
            (names::speaks_for(&m.chain.leaf, seed) == Speaks::Yes && seed.name().is_some()).then(|| seed.to_string())
        });
        let name = name.unwrap_or_else(|| "NAME-IN-THE-CERTIFICATE".to_owned());
        (
            "Let every server announce a name that its certificate holds and that leads to it (7.0+).",
            vec![format!("CONFIG SET cluster-announce-hostname {name}"), preferred],
        )
    };
    Some(Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None })
}
