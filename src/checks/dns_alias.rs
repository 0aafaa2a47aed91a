//! The name that clients verify is an alias, and the certificate is for the name behind it.

use crate::{
    clients,
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Alias, Endpoint, Host, NodeId},
};

pub(super) const CHECK: Check = Check {
    code: "dns-alias",
    severity: Severity::Error,
    expects: "The name that clients are given is the one that the certificate is for, and not an alias of it.",
    explain: "A CNAME record (Route 53, an internal zone, a search domain) gives a service a friendlier name. Its certificate \
              knows nothing of that: clients compare the name that they were given, and not the one DNS leads to. So the alias \
              fails with a name mismatch, and the canonical name works from the same place.\n\n\
              Give clients the canonical name; or keep the alias and tell them which name to verify, which redis-doctor does \
              with --server-name; or have the alias put into the certificate, where it is yours. What DNS says is not \
              vouched for by anybody, so redis-doctor never sends credentials on the strength of it.",
    transient: false,
    explains: &["credentials-withheld"],
    examine,
};

/// Whoever can forge an answer of DNS can have a good certificate for the name in it.
const ONLY_IF_KNOWN: &str = "Take it only where you know it for your service's name: DNS itself vouches for nothing.";

/// How many aliases are shown.
const SHOWN: usize = 4;

/// A subject that clients verify by an alias.
struct Met<'a> {
    subject: Subject,
    node: Option<&'a NodeId>,
    alias: &'a Alias,
    certified: &'a Host,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    let mut found: Vec<Met<'_>> = Vec::new();
    if let Some((alias, certified)) =
        snapshot.chain(&snapshot.seed).and_then(|chain| context.certified_alias(&chain.leaf, context.given_as()))
    {
        found.push(Met { subject: context.endpoint(), node: None, alias, certified });
    }
    for (node, attempts) in context.nodes() {
        let (Some(chain), Some(host)) = (context.chain_of(node, attempts), context.followed_as(node)) else { continue };
        if let Some((alias, certified)) = context.certified_alias(&chain.leaf, &host) {
            found.push(Met { subject: context.node(node), node: Some(&node.id), alias, certified });
        }
    }
    if context.is_tls() && found.is_empty() {
        verdicts.pass();
    }
    let given = |met: &Met<'_>| met.alias.name == snapshot.target.endpoint.host;
    let (given, announced): (Vec<_>, Vec<_>) = found.into_iter().partition(given);
    verdicts.fail(problem(context, &given));
    verdicts.fail(problem(context, &announced));
}

fn problem(context: &Context<'_>, found: &[Met<'_>]) -> Problem {
    let Some(first) = found.first() else { return Problem::default() };
    let nodes: Vec<&NodeId> = found.iter().filter_map(|met| met.node).collect();
    let title = match only(found) {
        Some(name) => format!("{} is an alias, and the certificate is for {name}, which it leads to", first.alias.name),
        None => "the nodes announce aliases, and the certificates are for the names that these lead to".to_owned(),
    };
    Problem {
        title,
        subjects: found.iter().map(|met| met.subject.clone()).collect(),
        expected: format!("a certificate for {}", some_of(found, |met| format!("DNS:{}", met.alias.name))),
        presented: some_of(found, |met| {
            let chain = std::iter::once(&met.alias.name).chain(&met.alias.leads_to).map(ToString::to_string);
            let chain: Vec<String> = chain.collect();
            format!("DNS leads {}, and the certificate speaks for {}", chain.join(" → "), met.certified)
        }),
        clients: affected(context, first, &nodes),
        remedies: remedies(context, found, &nodes),
    }
}

/// The one name behind all of them, where it is one.
fn only<'a>(found: &[Met<'a>]) -> Option<&'a Host> {
    let first = found.first()?;
    found.iter().all(|met| met.certified == first.certified && met.alias == first.alias).then_some(first.certified)
}

/// The first few of many, each once.
fn some_of(found: &[Met<'_>], told: impl Fn(&Met<'_>) -> String) -> String {
    let mut shown: Vec<String> = Vec::new();
    for text in found.iter().map(told) {
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    let shown = shown.join("; ");
    if more > 0 { format!("{shown}; and {more} more") } else { shown }
}

fn affected(context: &Context<'_>, first: &Met<'_>, nodes: &[&NodeId]) -> Vec<Affected> {
    let seed = context.snapshot.chain(&context.snapshot.seed);
    match (nodes, seed) {
        ([], Some(chain)) => context.affected_at(&chain.leaf, &first.alias.name),
        _ => context.affected_at_nodes(nodes, &[Step::TlsName]),
    }
}

fn remedies(context: &Context<'_>, found: &[Met<'_>], nodes: &[&NodeId]) -> Vec<Remedy> {
    let Some(first) = found.first() else { return Vec::new() };
    let given = &context.snapshot.target.endpoint;
    let is_given = given.host == first.alias.name;
    let proof = proof(context, found);
    let mut remedies = Vec::new();
    if is_given {
        remedies.push(Remedy {
            audience: Audience::Client,
            text: format!(
                "Give clients the name that the certificate is for; DNS leads to it already. {ONLY_IF_KNOWN}"
            ),
            lines: vec![format!("rediss://{}", Endpoint::new(first.certified.clone(), given.port))],
            proof: proof.clone(),
        });
    }
    remedies.extend(context.map_remedy(nodes));
    if let Some(name) = only(found) {
        remedies.push(Remedy {
            audience: Audience::Client,
            text: format!(
                "Or keep the alias, and tell the client to verify {name} instead{}. {ONLY_IF_KNOWN}",
                options()
            ),
            lines: vec![format!("redis-doctor check rediss://{given} --server-name {name}")],
            proof,
        });
    }
    if !is_given {
        let name = only(found).map_or_else(|| "NAME-IN-ITS-CERTIFICATE".to_owned(), ToString::to_string);
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Let every server announce the name that its certificate is for (7.0+).".to_owned(),
            lines: vec![format!("CONFIG SET cluster-announce-hostname {name}")],
            proof: None,
        });
    }
    remedies.push(Remedy {
        audience: Audience::Certificate,
        text: "Where the certificate is yours: have the alias put into it as well.".to_owned(),
        lines: vec![format!("subjectAltName = DNS:{}, DNS:{}", first.certified, first.alias.name)],
        proof: None,
    });
    remedies
}

/// What the clients call the name to verify, where they can be told one.
fn options() -> String {
    let mut named: Vec<String> = Vec::new();
    for client in clients::ALL {
        if let Some(option) = client.fixed_name.map(|option| format!("{option} of {}", client.id))
            && !named.contains(&option)
        {
            named.push(option);
        }
    }
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

/// What came of asking by the other names.
fn proof(context: &Context<'_>, found: &[Met<'_>]) -> Option<String> {
    let (mut same, mut shown) = (0, 0);
    let mut counted: Vec<&Alias> = Vec::new();
    for met in found {
        if counted.contains(&met.alias) {
            continue;
        }
        counted.push(met.alias);
        for look in met.alias.looks.iter().filter(|look| context.shows(look, met.certified)) {
            shown += 1;
            let mut before = context.snapshot.all_attempts().filter(|attempt| attempt.socket == look.socket);
            same += usize::from(look.identity().is_some() && before.any(|known| known.identity() == look.identity()));
        }
    }
    let by = only(found).map_or_else(|| "by the name behind it".to_owned(), |name| format!("as {name}"));
    match (same, shown) {
        (_, 0) => None,
        (0, _) => Some(format!(
            "dialled {by}: the certificate speaks for that; who answers was not asked, since credentials were withheld or none \
             were given"
        )),
        (same, shown) => Some(format!(
            "dialled {by}: the certificate speaks for that, and the same node answers ({same} of {shown})"
        )),
    }
}
