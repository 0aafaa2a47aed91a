//! What stands at the endpoint where it is not the server itself: a forward or proxy to one node, or a balancer before
//! several.

use std::{collections::HashSet, net::SocketAddr};

use super::{Affected, Context, Subject, SubjectKind, outlook::Forecast};
use crate::{
    clients,
    facts::{Attempt, Candidate, Endpoint, Node, NodeId, Transport},
};

impl<'a> Context<'a> {
    /// The endpoint that was given, where the look began elsewhere, and what came of it.
    pub fn given(&self) -> Option<(&'a Endpoint, &'a Attempt)> {
        let given = self.snapshot.target.given.as_ref()?;
        let here = |attempt: &&Attempt| attempt.candidates.iter().any(|(_, endpoint)| endpoint == given);
        Some((given, self.snapshot.also.iter().find(here)?))
    }

    /// That one as a subject.
    pub fn given_endpoint(&self, given: &Endpoint) -> Subject {
        Subject { kind: SubjectKind::Endpoint, id: None, address: given.to_string() }
    }

    /// The cluster node that answered at the endpoint, where that is not an address which it announces: something in between
    /// led there.
    pub fn behind_the_endpoint(&self) -> Option<(&'a Node, &'a [Attempt])> {
        let seed = &self.snapshot.seed;
        let (node, attempts) = self.nodes().find(|(node, _)| self.is_cluster() && seed.identity() == Some(&node.id))?;
        let leads_back = |attempt: &Attempt| {
            let target = &self.snapshot.target.endpoint;
            let named = attempt.candidates.iter().any(|(c, e)| is_announced(*c) && e == target);
            named || attempt.socket == seed.socket
        };
        let announced = |attempt: &Attempt| attempt.candidates.iter().any(|(c, _)| is_announced(*c));
        let same = |attempt: &Attempt| attempt.transport == seed.transport && announced(attempt) && leads_back(attempt);
        (seed.socket.is_some() && !attempts.iter().any(same)).then_some((node, attempts))
    }

    /// The nodes that answered on connections to the endpoint's own socket, in topology order; several behind a balancer.
    pub fn answering_at_the_endpoint(&self) -> Vec<&'a Node> {
        let here = |attempt: &&Attempt| self.is_at_the_endpoint(attempt);
        let met: HashSet<&NodeId> = self.snapshot.all_attempts().filter(here).filter_map(Attempt::identity).collect();
        self.nodes().map(|(node, _)| node).filter(|node| met.contains(&node.id)).collect()
    }

    /// True for a connection to the endpoint's own socket, whoever asked for it.
    pub fn is_at_the_endpoint(&self, attempt: &Attempt) -> bool {
        let seed = &self.snapshot.seed;
        attempt.transport == seed.transport && attempt.socket.is_some() && attempt.socket == seed.socket
    }

    /// The address of its own at which the server says that it was reached through the endpoint (CLIENT INFO, 6.2+).
    pub fn accepted_at(&self) -> Option<SocketAddr> {
        self.snapshot.again.iter().find_map(|attempt| attempt.opened()?.server.seen()?.accepted_at)
    }

    /// True where a node was met at an address that it announces itself.
    pub fn is_reached_as_announced(&self, node: &Node, attempts: &[Attempt]) -> bool {
        let announced = |attempt: &&Attempt| attempt.candidates.iter().any(|(c, _)| is_announced(*c));
        attempts.iter().filter(announced).any(|attempt| self.snapshot.leads_to(attempt, node))
    }

    /// What each client library meets at the endpoint, as far as it fails there.
    pub fn affected_at_the_endpoint(&self) -> Vec<Affected> {
        let forecast = Forecast::new(self);
        clients::ALL.iter().filter_map(|client| super::affected::told_of_the_seed(&forecast.of(client, None))).collect()
    }

    /// The endpoint as it is given to this program, with the scheme that says what it speaks.
    pub fn endpoint_with_scheme(&self) -> String {
        self.endpoint_over(self.snapshot.seed.transport)
    }

    /// The same as if it spoke this: a Sentinel's keeps its form, and the group, where there is one that was looked at.
    pub fn endpoint_over(&self, transport: Transport) -> String {
        let scheme = if transport == Transport::Tls { "rediss" } else { "redis" };
        let endpoint = &self.snapshot.target.endpoint;
        if !self.is_sentinel() && self.snapshot.target.sentinels.is_empty() {
            return format!("{scheme}://{endpoint}");
        }
        let asked = self.snapshot.target.group.as_deref();
        let only = || match self.topology().map(|topology| &topology.groups[..]) {
            Some([group]) => Some(group.name.as_str()),
            _ => None,
        };
        let group = asked.or_else(only).filter(|name| Self::group_in_commands(name) == *name);
        let group = group.map(|name| format!("/{name}")).unwrap_or_default();
        format!("{scheme}+sentinel://{endpoint}{group}")
    }

    /// The endpoint, a Sentinel, with another group than the one that was asked for.
    pub fn endpoint_of_group(&self, name: &str) -> String {
        let scheme = if self.snapshot.seed.transport == Transport::Tls { "rediss" } else { "redis" };
        format!("{scheme}+sentinel://{}/{}", self.snapshot.target.endpoint, Self::group_in_commands(name))
    }

    /// The command that goes by what each port answers: Sentinels and servers may speak differently.
    pub fn checks_without_a_scheme(&self) -> String {
        let group = match self.topology().map(|topology| (&topology.groups[..], &topology.other_groups[..])) {
            Some(([group], [_, ..])) => format!(" --group {}", Self::group_in_commands(&group.name)),
            _ => String::new(),
        };
        format!("redis-doctor check {}{group}", self.snapshot.target.endpoint)
    }

    /// The command that proves the map in use; what its file is called stands in it where a shell takes it as it is.
    pub fn proves_the_map(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let label = self.snapshot.target.detours.as_ref().map(|map| map.label.as_str());
        let label = label.filter(|label| label.chars().all(plain) && !label.starts_with('-')).unwrap_or("MAP");
        format!("redis-doctor tunnel --check {label}")
    }
}

/// True for what a node says of itself, and not for what is tried beside it.
fn is_announced(candidate: Candidate) -> bool {
    matches!(candidate, Candidate::Preferred | Candidate::Hostname | Candidate::Ip)
}
