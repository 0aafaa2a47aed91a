//! What a check may ask of a snapshot.

use std::{collections::HashSet, sync::OnceLock};

use super::{Subject, SubjectKind, index::Found};
use crate::{
    address_map::{self, AddressMap},
    facts::{Attempt, Candidate, CertificateChain, Endpoint, Host, Kind, Node, Role, Snapshot, Topology, Transport},
    names::{trust::Anchors, weakness::Weakness},
    providers::{Provider, Recognised, recognise},
};

/// A snapshot, and the questions that several checks ask of it.
pub struct Context<'a> {
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// `--expect`.
    pub expect: Option<Kind>,
    /// The role that `--expect` wants the endpoint itself to have.
    pub role: Option<Role>,
    map: OnceLock<AddressMap>,
    anchors: OnceLock<Anchors>,
    /// Who presents each chain of the snapshot, in its order.
    presented_by: OnceLock<Vec<Vec<Subject>>>,
    /// Replicas that a primary lists as online.
    online: OnceLock<HashSet<Endpoint>>,
    /// What is weak about each chain of the snapshot, in its order, and by its place which certificate of it or which anchor.
    pub(super) weaknesses: OnceLock<Vec<Vec<(Weakness, usize)>>>,
    recognised: OnceLock<Recognised>,
    pub(super) found: Found<'a>,
}

impl<'a> Context<'a> {
    /// Opens a snapshot for examination.
    pub fn new(snapshot: &'a Snapshot, expect: Option<Kind>) -> Self {
        Context {
            snapshot,
            expect,
            role: None,
            map: OnceLock::new(),
            anchors: OnceLock::new(),
            presented_by: OnceLock::new(),
            weaknesses: OnceLock::new(),
            recognised: OnceLock::new(),
            online: OnceLock::new(),
            found: Found::default(),
        }
    }

    /// The same, of an endpoint that shall have this role.
    #[must_use]
    pub fn in_role(self, role: Option<Role>) -> Self {
        Context { role, ..self }
    }

    /// Now, as far as this examination goes: seconds since 1970.
    pub fn now(&self) -> i64 {
        self.snapshot.now()
    }

    /// The replicas that some primary lists as online.
    pub(super) fn online(&self) -> &HashSet<Endpoint> {
        self.online.get_or_init(|| self.listed_online())
    }

    /// The deployment, when the seed told it.
    pub fn topology(&self) -> Option<&'a Topology> {
        self.snapshot.deployment()
    }

    /// Every node with its attempts. Who is only being introduced is none yet: clients are not sent there.
    pub fn nodes(&self) -> impl Iterator<Item = (&'a Node, &'a [Attempt])> {
        self.listed().filter(|(node, _)| !node.flags.handshake)
    }

    /// Addresses that are being introduced to the node that answered at the endpoint, with the attempts there.
    pub fn newcomers(&self) -> impl Iterator<Item = (&'a Node, &'a [Attempt])> {
        self.listed().filter(|(node, _)| node.flags.handshake)
    }

    fn listed(&self) -> impl Iterator<Item = (&'a Node, &'a [Attempt])> {
        let probes = &self.snapshot.nodes;
        self.topology().into_iter().flat_map(|t| &t.nodes).zip(probes).map(|(node, probe)| (node, &probe.attempts[..]))
    }

    /// True in a cluster.
    pub fn is_cluster(&self) -> bool {
        self.topology().is_some_and(|t| t.kind == Kind::Cluster)
    }

    /// True behind a Sentinel.
    pub fn is_sentinel(&self) -> bool {
        self.topology().is_some_and(|t| t.kind == Kind::Sentinel)
    }

    /// True where the application would be given Sentinels.
    pub fn asks_sentinels(&self) -> bool {
        let named = self.topology().is_none() && !self.snapshot.target.sentinels.is_empty();
        self.expect != Some(Kind::Cluster) && (named || self.is_sentinel())
    }

    /// The endpoint the user gave, as a subject.
    pub fn endpoint(&self) -> Subject {
        Subject { kind: SubjectKind::Endpoint, id: None, address: self.snapshot.target.endpoint.to_string() }
    }

    /// A node as a subject.
    pub fn node(&self, node: &Node) -> Subject {
        Subject { kind: SubjectKind::Node, id: Some(node.id.clone()), address: self.called(node) }
    }

    /// The whole deployment as a subject.
    pub fn whole(&self) -> Subject {
        Subject { kind: SubjectKind::Cluster, id: None, address: self.snapshot.target.endpoint.to_string() }
    }

    /// The preferred endpoint: nil and empty mean the seed's host.
    pub fn preferred(&self, node: &Node) -> Option<Endpoint> {
        use crate::facts::Announced::{Empty, Nil};
        match &node.address.preferred {
            Nil | Empty => Some(Endpoint::new(self.snapshot.target.endpoint.host.clone(), node.address.client_port()?)),
            _ => node.address.preferred_endpoint(),
        }
    }

    /// The attempt at what a client would dial.
    pub fn announced<'n>(&self, attempts: &'n [Attempt]) -> Option<&'n Attempt> {
        attempts.iter().find(|a| a.is_for(Candidate::Preferred))
    }

    /// The chain that a node presented where clients dial it, else wherever it answered.
    pub fn chain_of(&self, node: &Node, attempts: &[Attempt]) -> Option<&'a CertificateChain> {
        let announced =
            self.announced(attempts).filter(|a| !a.is_with_a_stranger()).and_then(|a| self.snapshot.chain(a));
        announced.or_else(|| attempts.iter().filter(|a| self.is_its_own(a, node)).find_map(|a| self.snapshot.chain(a)))
    }

    /// True where what was seen is the node's, as far as clients go: at an address that it announces, or by its id. The look
    /// at its other port is no client's, and behind the guess of the seed's host a stranger may answer.
    fn is_its_own(&self, attempt: &Attempt, node: &Node) -> bool {
        let announced = [Candidate::Preferred, Candidate::Hostname, Candidate::Ip].iter().any(|c| attempt.is_for(*c));
        let strange = attempt.is_for(Candidate::OtherPort) || attempt.is_with_a_stranger();
        !strange && (announced || self.snapshot.leads_to(attempt, node))
    }

    /// Every distinct chain that clients meet, with the subjects that present it, in topology order; the endpoint where no
    /// node presents it.
    pub fn chains(&self) -> impl Iterator<Item = (&'a CertificateChain, &[Subject])> {
        let all =
            self.snapshot.chains.iter().zip(self.presenters()).map(|(chain, subjects)| (chain, subjects.as_slice()));
        all.filter(|(_, subjects)| !subjects.is_empty())
    }

    /// Who presents each chain of the snapshot, in its order.
    pub(super) fn presenters(&self) -> &[Vec<Subject>] {
        self.presented_by.get_or_init(|| self.presented_by())
    }

    fn presented_by(&self) -> Vec<Vec<Subject>> {
        let mut found: Vec<Vec<Subject>> = vec![Vec::new(); self.snapshot.chains.len()];
        for (node, attempts) in self.nodes() {
            for session in attempts.iter().filter(|a| self.is_its_own(a, node)).filter_map(Attempt::tls) {
                let subject = self.node(node);
                // One node's attempts come one after the other, so that it can only be the last.
                if let Some(subjects) = found.get_mut(session.chain)
                    && subjects.last() != Some(&subject)
                {
                    subjects.push(subject);
                }
            }
        }
        if let Some(subjects) = self.snapshot.seed.tls().and_then(|session| found.get_mut(session.chain))
            && subjects.is_empty()
        {
            subjects.push(self.endpoint());
        }
        found
    }

    /// The host that a client verifies when it follows `host`: the name given by `--server-name`, where one was.
    pub fn verified<'h>(&'h self, host: &'h Host) -> &'h Host {
        self.snapshot.target.server_name.as_ref().unwrap_or(host)
    }

    /// True when TLS is what clients speak here.
    pub fn is_tls(&self) -> bool {
        self.snapshot.seed.transport == Transport::Tls
    }

    /// The proved way to every node.
    pub fn map(&self) -> &AddressMap {
        self.map.get_or_init(|| address_map::derive(self.snapshot))
    }

    /// Whose servers these look like, and by what.
    pub fn recognised(&self) -> &Recognised {
        self.recognised.get_or_init(|| recognise(self.snapshot))
    }

    /// The service, operator or chart that these look like: for words and ways out, never for a verdict.
    pub fn provider(&self) -> Option<&'static Provider> {
        self.recognised().provider
    }

    /// The chains were judged by the system's trust store, under whose public CAs managed services stand.
    pub fn is_under_public_cas(&self) -> bool {
        self.snapshot.target.trust.as_ref().is_some_and(|trust| trust.label == "system trust store")
    }

    /// The anchors that have to do with the chains; empty in snapshots that kept none.
    pub fn anchors(&self) -> &Anchors {
        let der = || self.snapshot.anchors.iter().map(|anchor| anchor.der.clone()).collect();
        self.anchors.get_or_init(|| Anchors::from_der(der()).0)
    }

    /// Where it was seen from, for reachability lines.
    pub fn vantage(&self) -> String {
        let vantage = &self.snapshot.vantage;
        let addresses = vantage.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (&vantage.hostname, addresses.is_empty()) {
            (Some(name), true) => name.clone(),
            (Some(name), false) => format!("{name} ({addresses})"),
            (None, false) => addresses,
            (None, true) => "this machine".to_owned(),
        }
    }
}
