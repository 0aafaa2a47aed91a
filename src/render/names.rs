//! What the names lead to: addresses, aliases, and who stands behind each address of the endpoint's.

use std::net::{IpAddr, SocketAddr};

use super::{
    Page,
    contract::{BehindView, DnsView, LookupView},
    sheet::{Ink, Sheet},
    words,
};
use crate::facts::{Attempt, Dns, Kind, Lookup, NodeId, Outcome, Snapshot};

/// Addresses of a name that are listed before the rest is counted.
const ADDRESSES: usize = 8;

/// Names beside the endpoint's that are listed before the rest is counted.
const NAMES: usize = 6;

/// A line for each name, and for the endpoint's one for each address; nothing where no name was asked for.
pub(super) fn names(sheet: &mut Sheet<'_>, page: &Page<'_>) {
    let snapshot = page.snapshot;
    let lookups = &snapshot.names.lookups;
    let shown = if sheet.verbose() { lookups.len() } else { NAMES + 1 };
    sheet.gap();
    for lookup in lookups.iter().take(shown) {
        sheet.phrases("  name    ", Ink::Label, 12, &said(lookup), ", ");
        if lookup.name == snapshot.target.endpoint.host {
            behind(sheet, snapshot, lookup);
        }
    }
    if lookups.len() > shown {
        sheet.hang("  … ", Ink::Label, 4, &format!("and {}", words::count(lookups.len() - shown, "more name")));
    }
}

/// `redis.example.com is 10.0.0.5, 10.0.0.6`, and where that is from.
fn said(lookup: &Lookup) -> Vec<String> {
    let name = &lookup.name;
    let is = match lookup.system.seen() {
        Some(answer) => format!("{name} is {}", listed(&answer.addresses, answer.more)),
        None => format!("{name} has no address here"),
    };
    let hosts = lookup.in_hosts_file.then(|| "by the hosts file".to_owned());
    [Some(is), hosts].into_iter().flatten().chain(lookup.dns.iter().flat_map(|dns| by_dns(lookup, dns))).collect()
}

fn by_dns(lookup: &Lookup, dns: &Dns) -> Vec<String> {
    let chain: Vec<String> = dns.leads_to.iter().map(ToString::to_string).collect();
    let alias = (!chain.is_empty()).then(|| format!("an alias of {}", chain.join(" → ")));
    let same = |ip: &IpAddr| lookup.addresses().contains(ip);
    let says = match dns.outcome {
        Outcome::Answered if dns.answer.addresses.iter().all(same) => "DNS agrees".to_owned(),
        Outcome::Answered => format!("by DNS {}", listed(&dns.answer.addresses, dns.answer.more)),
        Outcome::NoSuchName => "DNS does not know it (NXDOMAIN)".to_owned(),
        Outcome::NoAddress => "DNS has no address for it".to_owned(),
        Outcome::ServerFailed => "the name server fails at it (SERVFAIL)".to_owned(),
        Outcome::ServerRefused => "the name server refuses to answer (REFUSED)".to_owned(),
        Outcome::TimedOut => "DNS did not answer in time".to_owned(),
        Outcome::NoServer => "there is no name server to ask".to_owned(),
    };
    let ttl = dns.ttl.map(|ttl| format!("for {}", words::count(ttl as usize, "second")));
    [alias, Some(says), ttl].into_iter().flatten().collect()
}

fn listed(addresses: &[IpAddr], more: usize) -> String {
    let shown: Vec<String> = addresses.iter().take(ADDRESSES).map(ToString::to_string).collect();
    let more = more.saturating_add(addresses.len().saturating_sub(ADDRESSES));
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Which address leads to whom.
fn behind(sheet: &mut Sheet<'_>, snapshot: &Snapshot, lookup: &Lookup) {
    let addresses: Vec<IpAddr> = lookup.addresses().iter().chain(lookup.in_dns()).copied().collect();
    let mut listed: Vec<IpAddr> = Vec::new();
    for ip in addresses {
        if listed.contains(&ip) || listed.len() == ADDRESSES && !sheet.verbose() {
            continue;
        }
        listed.push(ip);
        let socket = SocketAddr::new(ip, snapshot.target.endpoint.port);
        if let Some(who) = who(snapshot, socket) {
            sheet.hang(&format!("            {ip}: "), Ink::Plain, 14, &who);
        }
    }
}

/// `node 1a2b3c4d, a primary, announced as 10.0.0.5:6379`.
fn who(snapshot: &Snapshot, socket: SocketAddr) -> Option<String> {
    let attempt = met_at(snapshot, socket)?;
    let Some(id) = attempt.identity() else { return Some(unknown(attempt)) };
    let Some(node) = snapshot.deployment().and_then(|t| t.node(id)) else {
        let role = attempt.opened()?.server.seen().and_then(|server| server.role.as_deref());
        let role = match role {
            Some("master") => ", a primary",
            Some("slave") => ", a replica",
            _ => "",
        };
        return Some(format!("{}{role}, which the deployment does not tell of", id.short()));
    };
    let is_cluster = snapshot.deployment().is_some_and(|t| t.kind == Kind::Cluster);
    let announced = if is_cluster { format!(", announced as {}", node.address) } else { String::new() };
    Some(format!("{}, a {}{announced}", id.short(), node.role))
}

/// The attempt at this socket that got furthest.
fn met_at(snapshot: &Snapshot, socket: SocketAddr) -> Option<&Attempt> {
    let nodes = snapshot.nodes.iter().flat_map(|node| &node.attempts);
    let attempts = [&snapshot.seed].into_iter().chain(&snapshot.names.behind).chain(nodes);
    let here = attempts.filter(|attempt| attempt.socket == Some(socket));
    here.max_by_key(|attempt| (attempt.identity().is_some(), attempt.opened().is_some()))
}

/// The same for machines.
pub(super) fn views<'a>(page: &Page<'a>) -> Vec<LookupView<'a>> {
    let snapshot = page.snapshot;
    let view = |lookup: &'a Lookup| LookupView {
        name: lookup.name.to_string(),
        addresses: lookup.addresses(),
        more: lookup.system.seen().map_or(0, |answer| answer.more),
        hosts_file: lookup.in_hosts_file,
        dns: lookup.dns.as_ref().map(|dns| DnsView {
            outcome: dns.outcome,
            addresses: &dns.answer.addresses,
            more: dns.answer.more,
            leads_to: dns.leads_to.iter().map(ToString::to_string).collect(),
            ttl: dns.ttl,
        }),
        behind: if lookup.name == snapshot.target.endpoint.host { behind_view(snapshot, lookup) } else { Vec::new() },
    };
    snapshot.names.lookups.iter().map(view).collect()
}

fn behind_view<'a>(snapshot: &'a Snapshot, lookup: &Lookup) -> Vec<BehindView<'a>> {
    let further = lookup.in_dns().iter().filter(|ip| !lookup.addresses().contains(ip));
    let view = |ip: &IpAddr| {
        let attempt = met_at(snapshot, SocketAddr::new(*ip, snapshot.target.endpoint.port))?;
        let failure = attempt.failure().map(words::failure);
        Some(BehindView { address: *ip, node_id: attempt.identity().map(NodeId::as_str), failure })
    };
    lookup.addresses().iter().chain(further).filter_map(view).collect()
}

fn unknown(attempt: &Attempt) -> String {
    match attempt.failure() {
        Some(failure) => words::failed(failure, attempt.spoke.as_ref()),
        None => "it answers, and does not say who it is".to_owned(),
    }
}
