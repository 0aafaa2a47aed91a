//! The name that clients verify is an alias, and the certificate is for the name behind it.

use crate::{
    clients,
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Alias, Attempt, Certificate, Endpoint, Host, NodeId},
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

/// Where an alias is met.
#[derive(Default)]
struct Met<'a> {
    subjects: Vec<Subject>,
    nodes: Vec<&'a NodeId>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    for alias in &snapshot.aliases {
        let mut met = Met::default();
        let here = |leaf: &Certificate, host: &Host| {
            context.certified_alias(leaf, host).is_some_and(|(found, _)| found == alias)
        };
        if let Some(chain) = snapshot.chain(&snapshot.seed)
            && here(&chain.leaf, context.given_as())
        {
            met.subjects.push(context.endpoint());
        }
        for (node, attempts) in context.nodes() {
            let Some(chain) = context.chain_of(node, attempts) else { continue };
            if context.followed_as(node).is_some_and(|host| here(&chain.leaf, &host)) {
                met.subjects.push(context.node(node));
                met.nodes.push(&node.id);
            }
        }
        if let Some(certified) = &alias.certified {
            verdicts.fail(problem(context, alias, certified, met));
        }
    }
    if context.is_tls() && snapshot.aliases.is_empty() {
        verdicts.pass();
    }
}

fn problem(context: &Context<'_>, alias: &Alias, certified: &Host, met: Met<'_>) -> Problem {
    let Met { subjects, nodes } = met;
    let chain: Vec<String> = std::iter::once(&alias.name).chain(&alias.leads_to).map(ToString::to_string).collect();
    Problem {
        title: format!("{} is an alias, and the certificate is for {certified}, which it leads to", alias.name),
        subjects,
        expected: format!("a certificate for DNS:{}", alias.name),
        presented: format!("DNS leads {}; the certificate speaks for {certified}", chain.join(" → ")),
        clients: affected(context, alias, &nodes),
        remedies: remedies(context, alias, certified, &nodes),
    }
}

fn affected(context: &Context<'_>, alias: &Alias, nodes: &[&NodeId]) -> Vec<Affected> {
    let seed = context.snapshot.chain(&context.snapshot.seed);
    match (nodes, seed) {
        ([], Some(chain)) => context.affected_at(&chain.leaf, &alias.name),
        _ => context.affected_at_nodes(nodes, &[Step::TlsName]),
    }
}

fn remedies(context: &Context<'_>, alias: &Alias, certified: &Host, nodes: &[&NodeId]) -> Vec<Remedy> {
    let given = &context.snapshot.target.endpoint;
    let is_given = given.host == alias.name;
    let proof = proof(context, alias, certified);
    let mut remedies = Vec::new();
    if is_given {
        remedies.push(Remedy {
            audience: Audience::Client,
            text: "Give clients the name that the certificate is for; DNS leads to it already.".to_owned(),
            lines: vec![format!("rediss://{}", Endpoint::new(certified.clone(), given.port))],
            proof: proof.clone(),
        });
    }
    remedies.extend(context.map_remedy(nodes));
    remedies.push(Remedy {
        audience: Audience::Client,
        text: format!(
            "Or keep the alias, and tell the client to verify {certified} instead{}. Take it only where you know it for your \
             service's name: DNS itself vouches for nothing.",
            options()
        ),
        lines: vec![format!("redis-doctor check rediss://{given} --server-name {certified}")],
        proof,
    });
    if !is_given {
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Let the servers announce the names that their certificates are for (7.0+).".to_owned(),
            lines: vec![format!("CONFIG SET cluster-announce-hostname {certified}")],
            proof: None,
        });
    }
    remedies.push(Remedy {
        audience: Audience::Certificate,
        text: "Where the certificate is yours: have the alias put into it as well.".to_owned(),
        lines: vec![format!("subjectAltName = DNS:{certified}, DNS:{}", alias.name)],
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

/// What came of asking by the other name.
fn proof(context: &Context<'_>, alias: &Alias, certified: &Host) -> Option<String> {
    let shown = alias.looks.iter().filter(|look| context.shows(look, certified));
    let (mut same, mut all) = (0, 0);
    for look in shown {
        all += 1;
        let id = look.identity();
        let before = context.snapshot.all_attempts().filter(|attempt| attempt.socket == look.socket);
        same += usize::from(id.is_some() && before.filter_map(Attempt::identity).any(|known| Some(known) == id));
    }
    match (same, all) {
        (_, 0) => None,
        (0, _) => Some(format!(
            "dialled as {certified}: the certificate speaks for it; who answers was not asked, since credentials were withheld or \
             none were given"
        )),
        (same, _) => Some(format!(
            "dialled as {certified}: the certificate speaks for it, and the same node answers ({same} of {all})"
        )),
    }
}
