//! The host names that nodes announce do not resolve here.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, is_one_label, outlook::Step},
    facts::{Attempt, Candidate, Host, Kind, Node, NodeId, Stage, Transport},
    names::{Speaks, speaks_for},
};

pub(super) const CHECK: Check = Check {
    code: "hostname-unresolvable",
    severity: Severity::Error,
    expects: "The host names that clients are sent to resolve where the clients are.",
    explain: "With cluster-preferred-endpoint-type hostname (7.0+), and with announce-hostnames of Sentinel, clients are sent to \
              names, and every one of them has to resolve where the client runs. A pod's or container's short name (redis-0, \
              redis_1) means something only inside; there it is right. Announce the full name (cluster-announce-hostname, \
              replica-announce-ip, sentinel announce-ip), add the records, or prefer addresses where those can be reached. \
              StackExchange.Redis goes by the address that stands first in CLUSTER NODES, and notices \
              nothing.",
    transient: true,
    explains: &["node-unreachable"],
    examine,
};

/// How much of a name fits where an address belongs (`NET_IP_STR_LEN` of server.h, with its end).
const KEPT: usize = 45;

/// Nodes whose names fail alike.
#[derive(Default)]
struct Group<'a> {
    subjects: Vec<Subject>,
    nodes: Vec<(&'a Node, &'a [Attempt])>,
    names: Vec<&'a Host>,
    advice: String,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for (node, attempts) in context.nodes().filter(|(node, _)| !context.is_led(node)) {
        let Some(name) = context.announced(attempts).and_then(unresolved) else {
            verdicts.pass();
            continue;
        };
        // The endpoint's own name is told on its own.
        if *name == context.snapshot.target.endpoint.host {
            continue;
        }
        // Of many names DNS is asked for some: the others are taken to be like them.
        let (why, advice) = context.why_unresolved(name).unwrap_or_default();
        let group = groups.entry(why).or_default();
        group.subjects.push(context.node(node));
        group.nodes.push((node, attempts));
        group.names.push(name);
        group.advice = advice;
    }
    let unknown = groups.remove("").unwrap_or_default();
    match groups.values_mut().max_by_key(|group| group.subjects.len()) {
        Some(largest) => largest.take(unknown),
        None if unknown.subjects.is_empty() => {}
        None => _ = groups.insert("the resolver does not know it".to_owned(), unknown),
    }
    for (why, group) in groups {
        verdicts.fail(problem(context, &why, group));
    }
}

impl Group<'_> {
    fn take(&mut self, mut other: Self) {
        self.subjects.append(&mut other.subjects);
        self.nodes.append(&mut other.nodes);
        self.names.append(&mut other.names);
    }
}

/// The announced name, where the attempt ended at the resolver.
pub(super) fn unresolved(attempt: &Attempt) -> Option<&Host> {
    let failure = attempt.failure().filter(|failure| failure.stage == Stage::Resolve && attempt.socket.is_none());
    failure.and(attempt.candidates.first()).map(|(_, endpoint)| &endpoint.host)
}

fn problem(context: &Context<'_>, why: &str, group: Group<'_>) -> Problem {
    let all = context.topology().map_or(0, |t| t.nodes.len());
    let ids: Vec<&NodeId> = group.nodes.iter().map(|(node, _)| &node.id).collect();
    let odd: Vec<&str> = oddities(&group.names);
    let odd = if odd.is_empty() { String::new() } else { format!(" ({})", odd.join("; ")) };
    Problem {
        title: title(context, group.subjects.len(), all, &some_of(&group.names)),
        expected: format!("names that resolve where clients are, seen from {}", context.vantage()),
        presented: format!("{}: {why}{odd}", group.names[0]),
        clients: context.affected_at_nodes(&ids, &[Step::Resolve]),
        remedies: remedies(context, &group, &ids),
        subjects: group.subjects,
    }
}

/// Through a map the others may have such names, too: those are not looked up.
fn title(context: &Context<'_>, nodes: usize, all: usize, names: &str) -> String {
    match context.snapshot.target.detours {
        None => format!("{nodes} of {all} nodes announce host names that do not resolve here: {names}"),
        Some(_) => {
            format!(
                "{nodes} of {all} nodes are not in the map, and the host names they announce do not resolve here: {names}"
            )
        }
    }
}

/// What is peculiar about these names.
fn oddities(names: &[&Host]) -> Vec<&'static str> {
    let has = |odd: fn(&Host) -> bool| names.iter().any(|name| odd(name));
    let underscore = has(|host| host.to_string().contains('_'));
    [
        has(is_one_label).then_some("a name of one label is known only inside"),
        underscore.then_some("an underscore is not allowed in host names (RFC 1123)"),
        has(|host| host.to_string().len() == KEPT).then_some(
            "cluster-announce-ip keeps 45 characters and drops the rest of a name; cluster-announce-hostname keeps 255",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn remedies(context: &Context<'_>, group: &Group<'_>, ids: &[&NodeId]) -> Vec<Remedy> {
    let server = |text: &str, lines: Vec<String>, proof: Option<String>| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines,
        proof,
    };
    let mut remedies: Vec<Remedy> = context.map_remedy(ids).into_iter().collect();
    let first = group.names[0].to_string();
    let full = if is_one_label(group.names[0]) {
        format!("{}.DOMAIN", first.trim_end_matches('.').replace('_', "-"))
    } else {
        "FULL-NAME".to_owned()
    };
    let kind = context.topology().map(|t| t.kind);
    let reached = group.nodes.iter().filter(|(node, attempts)| is_good_by_address(context, node, attempts)).count();
    let proved = reached == group.nodes.len();
    let (text, lines) = match kind {
        // Some libraries go by a name that is announced, whatever is preferred.
        Some(Kind::Cluster) if proved => (
            "Send clients to the addresses, which can be reached from here (on every node).",
            vec!["CONFIG SET cluster-preferred-endpoint-type ip", "CONFIG SET cluster-announce-hostname \"\""],
        ),
        Some(Kind::Sentinel) => (
            "Have every Sentinel hand out the addresses to which the names lead where it runs.",
            vec!["SENTINEL CONFIG SET announce-hostnames no"],
        ),
        _ => ("", Vec::new()),
    };
    let proof = proved.then(|| format!("dialled: {reached} of {reached} answer at their addresses"));
    let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    remedies.extend((!lines.is_empty()).then(|| server(text, lines, proof)));
    let (text, line) = match kind {
        Some(Kind::Cluster) => (
            "Let every node announce its full name (7.0+; the first one is shown).",
            format!("CONFIG SET cluster-announce-hostname {full}"),
        ),
        Some(Kind::Sentinel) => (
            "Let every server announce its full name (on a data node; on a Sentinel it is `sentinel announce-ip`).",
            format!("CONFIG SET replica-announce-ip {full}"),
        ),
        _ => (
            "Let every replica announce its full name, and connect to its primary anew, which is when it says so.",
            format!("CONFIG SET replica-announce-ip {full}"),
        ),
    };
    let again = (kind != Some(Kind::Cluster)).then(|| "CLIENT KILL TYPE master".to_owned());
    remedies.push(server(text, [line].into_iter().chain(again).collect(), None));
    let records = records(group);
    if !group.advice.is_empty() || !records.is_empty() {
        let text = if records.is_empty() {
            group.advice.clone()
        } else {
            format!("Or have DNS know the names. {}", group.advice)
        };
        remedies.push(Remedy {
            audience: Audience::Network,
            text: text.trim_end().to_owned(),
            lines: records,
            proof: None,
        });
    }
    remedies
}

/// It answers at its announced address, and clients may go there: the certificate holds the address.
fn is_good_by_address(context: &Context<'_>, node: &Node, attempts: &[Attempt]) -> bool {
    attempts.iter().filter(|attempt| attempt.is_for(Candidate::Ip)).any(|attempt| {
        let Some(socket) = attempt.socket.filter(|_| context.snapshot.leads_to(attempt, node)) else { return false };
        let holds =
            |chain: &crate::facts::CertificateChain| speaks_for(&chain.leaf, &Host::Ip(socket.ip())) == Speaks::Yes;
        attempt.transport == Transport::Plaintext || context.snapshot.chain(attempt).is_some_and(holds)
    })
}

/// Records for full names whose addresses are announced as well.
fn records(group: &Group<'_>) -> Vec<String> {
    let record = |((node, _), name): (&(&Node, &[Attempt]), &&Host)| {
        let ip = node.address.ip.host()?.ip().filter(|_| !is_one_label(name))?;
        let kind = if ip.is_ipv6() { "AAAA" } else { "A" };
        Some(format!("{}. 60 IN {kind} {ip}", name.to_string().trim_end_matches('.')))
    };
    group.nodes.iter().zip(&group.names).filter_map(record).take(12).collect()
}

pub(super) fn some_of(names: &[&Host]) -> String {
    let mut shown: Vec<String> = names.iter().map(ToString::to_string).collect();
    shown.dedup();
    let more = shown.len().saturating_sub(3);
    shown.truncate(3);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
