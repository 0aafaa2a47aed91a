//! This machine resolves a name otherwise than DNS does, and that matters.

use crate::{
    diagnosis::{Audience, Behind, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Candidate, Lookup},
};

pub(super) const CHECK: Check = Check {
    code: "dns-split",
    severity: Severity::Info,
    expects: "Names lead to the same servers by this machine's resolver and by DNS.",
    explain: "Clients ask the system's resolver, which goes through the hosts file, caches and VPNs before DNS, and may ask other \
              name servers for some zones (split horizon). Where its answer and the one of the name servers have no address in \
              common, what holds on this machine does not hold on the next one. Often that is meant (a tunnel, a private zone), \
              so that it is only told where the other addresses lead to other servers, to nobody, or to the one that is missing \
              here: a hosts file or cache from before a move.",
    transient: false,
    explains: &["endpoint-unreachable", "node-unreachable", "wrong-node"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if let Some(lookup) = context.lookup() {
        match lookup.is_split().then(|| of_the_endpoint(context, lookup)).flatten() {
            Some(problem) => verdicts.fail(problem),
            None => verdicts.pass(),
        }
    }
    verdicts.fail(of_the_nodes(context));
}

/// `None` where both ways lead to the same deployment, or where nobody could look.
fn of_the_endpoint(context: &Context<'_>, lookup: &Lookup) -> Option<Problem> {
    let behind = context.behind_the_name();
    let beyond: Vec<&Behind<'_>> = behind.iter().filter(|behind| behind.by_dns_alone).collect();
    let is_open = |behind: &&Behind<'_>| behind.attempt.is_some_and(|attempt| attempt.opened().is_some());
    let (here, there) = (context.snapshot.seed.opened().is_some(), beyond.iter().copied().find(is_open));
    let name = &lookup.name;
    let (system, dns) = (listed(lookup.addresses()), listed(lookup.in_dns()));
    let title = match (here, there) {
        (false, None) => return None,
        (false, Some(_)) => format!("{name} leads to {system} here, and DNS has {dns}, where a server answers"),
        (true, Some(there)) if is_same(context, there) => return None,
        (true, Some(_)) => format!("{name} leads to {system} here, and by DNS to another server, {dns}"),
        (true, None) if !lookup.in_hosts_file => return None,
        (true, None) => {
            format!("the hosts file leads {name} to {system}, and DNS to {dns}, which does not answer here")
        }
    };
    Some(Problem {
        title,
        subjects: vec![context.endpoint()],
        expected: "one answer by every way".to_owned(),
        presented: format!("{}: {system}; DNS: {dns}", source(lookup)),
        remedies: vec![remedy(lookup, !here)],
        ..Problem::default()
    })
}

/// The names of nodes that are not reached, or where somebody else is, and that the hosts file has otherwise than DNS.
fn of_the_nodes(context: &Context<'_>) -> Problem {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut first: Option<&Lookup> = None;
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts).filter(|attempt| !context.snapshot.leads_to(attempt, node))
        else {
            continue;
        };
        let announced = attempt.candidates.iter().filter(|(candidate, _)| *candidate == Candidate::Preferred);
        let mut lookups = announced.filter_map(|(_, endpoint)| context.snapshot.names.of(&endpoint.host));
        if let Some(lookup) = lookups.find(|lookup| lookup.in_hosts_file && lookup.is_split()) {
            first.get_or_insert(lookup);
            subjects.push(context.node(node));
        }
    }
    let Some(lookup) = first else { return Problem::default() };
    let (system, dns) = (listed(lookup.addresses()), listed(lookup.in_dns()));
    Problem {
        title: "the hosts file of this machine leads the names of nodes elsewhere than DNS does".to_owned(),
        subjects,
        expected: "the addresses that DNS has".to_owned(),
        presented: format!("{}: {system} by the hosts file, {dns} by DNS", lookup.name),
        remedies: vec![remedy(lookup, true)],
        ..Problem::default()
    }
}

/// The server that was reached, or another of its deployment.
fn is_same(context: &Context<'_>, behind: &Behind<'_>) -> bool {
    match behind.identity() {
        // Who does not say who it is may be the same.
        None => true,
        Some(id) => Some(id) == context.snapshot.seed.identity() || context.node_of(id).is_some(),
    }
}

fn source(lookup: &Lookup) -> &'static str {
    if lookup.in_hosts_file { "the hosts file" } else { "this machine's resolver" }
}

fn remedy(lookup: &Lookup, is_wrong: bool) -> Remedy {
    let name = lookup.name.to_string();
    let name = name.trim_end_matches('.');
    let (text, lines) = match (lookup.in_hosts_file, is_wrong) {
        (true, true) => (
            "Take the line out of /etc/hosts of this machine, or correct it.",
            lookup.in_dns().iter().take(4).map(|ip| format!("{ip} {name}")).collect(),
        ),
        (true, false) => {
            ("Where that is not meant, take the line out of /etc/hosts: other machines go by DNS.", Vec::new())
        }
        (false, _) => (
            "Empty what caches names on this machine (systemd-resolved, nscd), and restart clients that keep answers, such as a \
             JVM; where the network has name servers of its own for this zone, look whose answer is the newer one.",
            vec!["resolvectl flush-caches".to_owned()],
        ),
    };
    Remedy { audience: Audience::Network, text: text.to_owned(), lines, proof: None }
}

fn listed(addresses: &[std::net::IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(3).map(ToString::to_string).collect();
    let more = addresses.len().saturating_sub(3);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
