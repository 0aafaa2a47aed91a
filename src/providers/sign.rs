//! By what a service is recognised, and what of it a snapshot shows.

use std::fmt;

use super::pattern::fits;
use crate::facts::{Announced, Host, NodeAddress, Refusal, Server, Snapshot, SubjectAltName, TrustSource};

/// Nodes and names that are looked at: more of the same tell nothing new.
const LOOKED_AT: usize = 64;

/// How much a sign proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Nobody else's servers look like this.
    Strong,
    /// Others may look like this, too.
    Weak,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub enum Mark {
    /// A name of this form: the endpoint, where it leads, what nodes announce, or what a certificate holds.
    Name(&'static str),
    /// The endpoint itself has a name of this form, where the port is not Redis's own.
    OddPortAt(&'static str),
    /// The endpoint's first label ends in its port: `redis-12000.example.com:12000`.
    PortInName,
    /// A certificate, or the last one that was sent with it, was issued under this common name.
    Issuer(&'static str),
    /// The chain that was sent ends in a certificate that signs itself, and nothing here trusts it but what was given for it.
    SelfSigned,
    /// The certificate's common name is an IP address, and it holds no alternative names.
    AddressAsCommonName,
    /// `os` of INFO begins with this.
    Os(&'static str),
    /// INFO has `rlec_version`.
    Enterprise,
    /// INFO hides the compiler: `gcc_version:0.0.0`.
    NoCompiler,
    /// The endpoint has this port.
    Port(u16),
    /// Every node has a port of this range, and the endpoint has not.
    NodePorts(u16, u16),
    /// Two nodes or more announce one and the same address.
    OneAddress,
    /// Two nodes or more announce one host and ports of their own.
    OneHost,
    /// All of these are unknown to a server that says who it is.
    Unknown(&'static [&'static str]),
    /// A Sentinel watches a group of this name.
    Group(&'static str),
    /// The endpoint itself has a name of this form, and nothing there has spoken TLS.
    PlainAt(&'static str),
}

/// The kinds of marks, the most telling first. Two of one kind are no more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignKind {
    /// The endpoint as it was given.
    Endpoint,
    /// The names that it leads to.
    Alias,
    /// What nodes announce.
    Announced,
    /// Names in certificates.
    Certificate,
    /// What INFO and HELLO say.
    Info,
    /// Who issued certificates.
    Issuer,
    /// How addresses are shared out.
    Shape,
    /// What is refused.
    Refusal,
    /// Ports.
    Port,
}

/// One of a provider's signs.
pub struct Sign {
    /// How much it proves.
    pub strength: Strength,
    /// What is looked for.
    pub mark: Mark,
}

impl Sign {
    pub(super) const fn strong(mark: Mark) -> Self {
        Sign { strength: Strength::Strong, mark }
    }

    pub(super) const fn weak(mark: Mark) -> Self {
        Sign { strength: Strength::Weak, mark }
    }
}

/// A sign that was seen. The words may hold untrusted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// What kind of thing it is.
    pub kind: SignKind,
    /// How much it proves.
    pub strength: Strength,
    /// In words: `the endpoint ends in .redis.azure.net`.
    pub text: String,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where a sign is seen in a snapshot: several times, where a name stands in several places.
pub(super) fn seen(sign: &Sign, snapshot: &Snapshot) -> Vec<Signal> {
    let signal = |(kind, text)| Signal { kind, strength: sign.strength, text };
    let one = match sign.mark {
        Mark::Name(pattern) => return names(snapshot, pattern).into_iter().map(signal).collect(),
        Mark::OddPortAt(pattern) => odd_port(snapshot, pattern),
        Mark::PortInName => port_in_name(snapshot),
        Mark::Issuer(name) => issuer(snapshot, name),
        Mark::SelfSigned => self_signed(snapshot),
        Mark::AddressAsCommonName => address_as_common_name(snapshot),
        Mark::Os(start) => said(snapshot, |server| server.os.clone().filter(|os| os.starts_with(start)), "os"),
        Mark::Enterprise => said(snapshot, |server| server.built.enterprise.clone(), "rlec_version"),
        Mark::NoCompiler => {
            said(snapshot, |server| server.built.gcc.clone().filter(|gcc| gcc == "0.0.0"), "gcc_version")
        }
        Mark::Port(port) => (snapshot.target.endpoint.port == port).then(|| (SignKind::Port, format!("port {port}"))),
        Mark::NodePorts(first, last) => node_ports(snapshot, first, last),
        Mark::OneAddress => one_address(snapshot),
        Mark::OneHost => one_host(snapshot),
        Mark::Unknown(commands) => unknown(snapshot, commands),
        Mark::Group(name) => snapshot
            .deployment()
            .filter(|t| t.groups.iter().any(|group| group.name == name))
            .map(|_| (SignKind::Shape, format!("a Sentinel group is called {name}"))),
        Mark::PlainAt(pattern) => plain(snapshot, pattern),
    };
    one.map(signal).into_iter().collect()
}

type Found = (SignKind, String);

fn names(snapshot: &Snapshot, pattern: &str) -> Vec<Found> {
    let fit = |host: &Host| host.name().is_some_and(|name| fits(name, pattern));
    let form = pattern.strip_prefix("**");
    let (ends, form) = form.map_or(("has the form", pattern), |suffix| ("ends in", suffix));
    let mut found = Vec::new();
    if fit(&snapshot.target.endpoint.host) {
        found.push((SignKind::Endpoint, format!("the endpoint {ends} {form}")));
    }
    if let Some(name) = snapshot.aliases.iter().flat_map(|alias| &alias.leads_to).find(|name| fit(name)) {
        found.push((SignKind::Alias, format!("{} leads to {name}", snapshot.target.endpoint.host)));
    }
    let addresses = addresses(snapshot);
    let other = |host: &&Host| **host != snapshot.target.endpoint.host && fit(host);
    if let Some(name) = addresses.flat_map(hosts).find(other) {
        found.push((SignKind::Announced, format!("nodes announce names like {name}")));
    }
    let held = snapshot.chains.iter().take(LOOKED_AT).flat_map(|chain| chain.leaf.names.iter().take(LOOKED_AT));
    let held = held.filter_map(|name| if let SubjectAltName::Dns(name) = name { Some(name) } else { None });
    if let Some(name) = held.into_iter().find(|name| fits(name, pattern)) {
        let same = snapshot.target.endpoint.host.name().is_some_and(|given| given.eq_ignore_ascii_case(name));
        let name = if same { "that very name" } else { name };
        found.push((SignKind::Certificate, format!("certificate for {name}")));
    }
    found
}

/// What the nodes announce, the first of them.
fn addresses(snapshot: &Snapshot) -> impl Iterator<Item = &NodeAddress> {
    snapshot.deployment().into_iter().flat_map(|t| t.nodes.iter().take(LOOKED_AT)).map(|node| &node.address)
}

fn hosts(address: &NodeAddress) -> impl Iterator<Item = &Host> {
    [&address.preferred, &address.hostname, &address.ip].into_iter().filter_map(Announced::host)
}

fn odd_port(snapshot: &Snapshot, pattern: &str) -> Option<Found> {
    let endpoint = &snapshot.target.endpoint;
    let odd = !(6378..=6390).contains(&endpoint.port);
    let fit = odd && endpoint.host.name().is_some_and(|name| fits(name, pattern));
    fit.then(|| (SignKind::Endpoint, format!("the endpoint has the form {pattern}, with a port of its own")))
}

fn plain(snapshot: &Snapshot, pattern: &str) -> Option<Found> {
    let named = snapshot.target.endpoint.host.name().is_some_and(|name| fits(name, pattern));
    let fit = named && snapshot.chains.is_empty();
    fit.then(|| (SignKind::Endpoint, format!("the endpoint has the form {pattern}, without TLS")))
}

fn port_in_name(snapshot: &Snapshot) -> Option<Found> {
    let endpoint = &snapshot.target.endpoint;
    let label = endpoint.host.name()?.split('.').next()?;
    let told = label.rsplit_once('-')?.1.parse::<u16>().ok()?;
    (told == endpoint.port).then(|| (SignKind::Endpoint, format!("the endpoint's first label is {label}")))
}

fn issuer(snapshot: &Snapshot, name: &str) -> Option<Found> {
    let written = format!("CN={name}");
    let names = |subject: &String| subject.split(", ").any(|part| part.trim() == written);
    let chains = snapshot.chains.iter().take(LOOKED_AT);
    let mut issuers = chains.flat_map(|chain| [&chain.leaf.issuer, &chain.last().issuer]);
    issuers.any(names).then(|| (SignKind::Issuer, format!("certificate issued by \"{name}\"")))
}

fn self_signed(snapshot: &Snapshot) -> Option<Found> {
    let chain = snapshot.chain(&snapshot.seed)?;
    let given = snapshot.target.trust.as_ref().is_some_and(|trust| trust.label != TrustSource::SYSTEM);
    let fit = chain.last().is_self_issued() && (given || !chain.is_trusted());
    fit.then(|| (SignKind::Issuer, "the chain ends in a certificate that signs itself".to_owned()))
}

fn address_as_common_name(snapshot: &Snapshot) -> Option<Found> {
    let leaf = &snapshot.chain(&snapshot.seed)?.leaf;
    let name = leaf.common_name.as_ref().filter(|_| leaf.names.is_empty())?;
    name.parse::<std::net::IpAddr>().ok()?;
    Some((SignKind::Certificate, format!("certificate for the common name {name} alone")))
}

fn said(snapshot: &Snapshot, field: impl Fn(&Server) -> Option<String>, key: &str) -> Option<Found> {
    let told = field(snapshot.seed.opened()?.server.seen()?)?;
    Some((SignKind::Info, format!("INFO says {key}:{told}")))
}

fn node_ports(snapshot: &Snapshot, first: u16, last: u16) -> Option<Found> {
    let within = |port: u16| (first..=last).contains(&port);
    let mut ports = addresses(snapshot).filter_map(NodeAddress::client_port).peekable();
    ports.peek()?;
    let fit = !within(snapshot.target.endpoint.port) && ports.all(within);
    fit.then(|| (SignKind::Port, format!("nodes on ports {first}-{last}")))
}

fn one_address(snapshot: &Snapshot) -> Option<Found> {
    let mut all = addresses(snapshot).filter_map(NodeAddress::preferred_endpoint);
    let first = all.next()?;
    let mut others = all.peekable();
    others.peek()?;
    others.all(|other| other == first).then(|| (SignKind::Shape, format!("every node announces {first}")))
}

fn one_host(snapshot: &Snapshot) -> Option<Found> {
    let mut all = addresses(snapshot).filter_map(NodeAddress::preferred_endpoint);
    let first = all.next()?;
    let mut others = all.peekable();
    others.peek()?;
    let fit = others.all(|other| other.host == first.host && other.port != first.port);
    fit.then(|| (SignKind::Shape, format!("every node is at {}, with a port of its own", first.host)))
}

fn unknown(snapshot: &Snapshot, commands: &[&str]) -> Option<Found> {
    let connection = snapshot.seed.opened()?;
    connection.server.seen()?.version.as_ref()?;
    let is = |refusal: &Refusal, command: &str| {
        let answer = refusal.answer.to_ascii_lowercase();
        refusal.command == command && (answer.contains("unknown") || answer.contains("not supported"))
    };
    let all = commands.iter().all(|command| connection.refusals.iter().any(|refusal| is(refusal, command)));
    all.then(|| (SignKind::Refusal, format!("{} not known", commands.join(" and "))))
}
