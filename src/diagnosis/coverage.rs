//! A certificate that is not deployed yet, held against everything that a cluster announces.

use super::{
    Context,
    assessment::is_same_runtime,
    outlook::{Forecast, Leg},
};
use crate::{
    clients::{self, Client, Symptom, Where},
    facts::{Announced, Asked, CertificateChain, Connection, Host, Kind, Node, Observed, Snapshot},
    names::{Stack, defects},
};

/// What would be if every server presented the certificate.
pub struct Coverage {
    /// Every host that is announced, or verified by a client: the endpoint's first, then in topology order.
    pub hosts: Vec<Covered>,
    /// Clients that would refuse a server, with what their application would see.
    pub failing: Vec<Failing>,
    /// Clients that were asked.
    pub asked: usize,
}

/// A host, and whether the certificate speaks for it.
#[derive(Debug)]
pub struct Covered {
    /// As announced, or as clients come to verify it.
    pub host: Host,
    /// Why it does not; `None` where it does.
    pub defect: Option<&'static str>,
    /// The nodes that announce it; none for what only clients make of it.
    pub nodes: Vec<String>,
    /// The client libraries that verify it.
    pub verified_by: Vec<&'static str>,
    /// Somebody has to find it in the certificate: a client does so, or nothing is known of how clients go on.
    pub is_needed: bool,
}

/// A client that would refuse a server.
pub struct Failing {
    /// Who.
    pub client: &'static Client,
    /// The hosts at which it does; none where it compares no names.
    pub hosts: Vec<Host>,
    /// What the application sees; `None` where it is shown nothing.
    pub text: Option<String>,
}

impl Covered {
    /// As it stands in a certificate: `IP:10.0.0.5`.
    pub fn entry(&self) -> String {
        match &self.host {
            Host::Ip(ip) => format!("IP:{ip}"),
            Host::Name(name) => format!("DNS:{name}"),
        }
    }
}

impl Failing {
    /// The library and its versions: `jedis >=7.5`.
    pub fn name(&self) -> String {
        format!("{} {}", self.client.id, self.client.versions)
    }
}

/// What would have been seen if every server had presented this chain, and been asked to.
pub fn deployed(snapshot: &Snapshot, chain: &CertificateChain, at: i64) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.target.asked = Asked::Tls;
    snapshot.chains = vec![chain.clone()];
    snapshot.judged_at = Some(at);
    let nodes = snapshot.nodes.iter_mut().flat_map(|node| &mut node.attempts);
    let all = std::iter::once(&mut snapshot.seed).chain(nodes).chain(&mut snapshot.also).chain(&mut snapshot.again);
    for attempt in all {
        attempt.looks = None;
        if let Observed::Seen(Connection { tls: Observed::Seen(session), .. }) = &mut attempt.connection {
            session.chain = 0;
        }
    }
    snapshot
}

impl Coverage {
    /// Holds the chain against what was [`deployed`], for the clients that run on `stacks`.
    pub fn of(snapshot: &Snapshot, chain: &CertificateChain, stacks: &[&Stack]) -> Self {
        let context = Context::new(snapshot, None);
        let forecast = Forecast::new(&context);
        let mut coverage = Coverage { hosts: Vec::new(), failing: Vec::new(), asked: 0 };
        let is_cluster = snapshot.deployment().is_none_or(|topology| topology.kind == Kind::Cluster);
        coverage.add(&snapshot.target.endpoint.host, chain).is_needed |= !is_cluster;
        for node in snapshot.deployment().map_or(&[][..], |topology| &topology.nodes) {
            for host in announced(node) {
                let covered = coverage.add(host, chain);
                covered.nodes.push(node.address.to_string());
                covered.is_needed |= !is_cluster;
            }
        }
        for client in clients::ALL.iter().filter(|client| stacks.iter().any(|s| is_same_runtime(s, client.stack))) {
            let outlook = forecast.of(client, None);
            coverage.walk(client, std::iter::once(&outlook.seed).chain(&outlook.nodes), chain);
        }
        coverage
    }

    /// True where nobody would be refused anything.
    pub fn is_complete(&self) -> bool {
        self.failing.is_empty() && self.missing().next().is_none()
    }

    /// The hosts that are needed and not in the certificate.
    pub fn missing(&self) -> impl Iterator<Item = &Covered> {
        self.hosts.iter().filter(|covered| covered.is_needed && covered.defect.is_some())
    }

    /// Each library that would fail once; with its versions and set-ups where others of it would not.
    pub fn failing_libraries(&self) -> Vec<String> {
        let mut names = Vec::new();
        for failing in &self.failing {
            let id = failing.client.id;
            let fail = self.failing.iter().filter(|other| other.client.id == id).count();
            let name = if fail == clients::by_id(id).count() { id.to_owned() } else { failing.name() };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn add(&mut self, host: &Host, chain: &CertificateChain) -> &mut Covered {
        let known = self.hosts.iter().position(|covered| &covered.host == host);
        let at = known.unwrap_or_else(|| {
            let defect = defects::name(&chain.leaf, host);
            let (nodes, verified_by) = (Vec::new(), Vec::new());
            self.hosts.push(Covered { host: host.clone(), defect, nodes, verified_by, is_needed: false });
            self.hosts.len() - 1
        });
        &mut self.hosts[at]
    }

    fn walk<'l>(&mut self, client: &'static Client, legs: impl Iterator<Item = &'l Leg>, chain: &CertificateChain) {
        self.asked += 1;
        let mut refused: Option<(Symptom, Vec<Host>)> = None;
        for leg in legs.filter(|leg| leg.dials.is_some()) {
            if let Some(host) = &leg.verifies {
                let covered = self.add(host, chain);
                covered.is_needed = true;
                if !covered.verified_by.contains(&client.id) {
                    covered.verified_by.push(client.id);
                }
            }
            let Some(refusal) = client.stack.refusal(chain, leg.verifies.as_ref()) else { continue };
            let (_, hosts) = refused.get_or_insert((Symptom::Certificate(refusal), Vec::new()));
            hosts.extend(leg.verifies.iter().filter(|host| !hosts.contains(host)).cloned().collect::<Vec<_>>());
        }
        if let Some((symptom, hosts)) = refused {
            let text = (client.text)(&symptom, Where::EveryNode).map(|text| symptom.coded(&text));
            self.failing.push(Failing { client, hosts, text });
        }
    }
}

/// The hosts of a node, each once: the preferred endpoint, the name, the address.
fn announced(node: &Node) -> Vec<&Host> {
    let address = &node.address;
    let mut hosts: Vec<&Host> = Vec::new();
    for host in [&address.preferred, &address.hostname, &address.ip].into_iter().filter_map(Announced::host) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}
