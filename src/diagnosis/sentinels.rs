//! What each Sentinel says, held against what the others say. What differs legitimately (order, ping times, a name and the
//! address that it leads to) is no difference.

use std::collections::{BTreeSet, HashSet};

use super::{Context, Subject, SubjectKind, is_plain};
use crate::facts::{Announced, Attempt, Endpoint, Host, Node, NodeId, Role, Server, Watch, Watched};

/// A Sentinel that answered, and what it says.
pub struct Witness<'a> {
    /// Which one.
    pub subject: Subject,
    /// What it says.
    pub watch: &'a Watch,
}

impl<'a> Witness<'a> {
    /// What it says of the group of this name; `None` where it knows none.
    pub fn of(&self, group: &str) -> Option<&'a Watched> {
        self.watch.groups.iter().find(|watched| watched.name == group)
    }
}

/// A primary that some of the Sentinels name.
pub struct Answer<'a> {
    /// The primary.
    pub primary: &'a Node,
    /// Who names it.
    pub by: Vec<Subject>,
    /// The highest epoch in which they do.
    pub epoch: u64,
}

impl<'a> Context<'a> {
    /// Every Sentinel that told what it watches, the endpoint first, each once.
    pub fn witnesses(&self) -> Vec<Witness<'a>> {
        let (mut found, mut told) = (Vec::new(), Told::default());
        let mut add = |subject: Subject, attempt: &'a Attempt| {
            let watch = attempt.opened().and_then(|connection| connection.watch.as_deref());
            if let Some(watch) = watch.filter(|_| told.is_new(&subject)) {
                found.push(Witness { subject, watch });
            }
        };
        add(self.sentinel_at(&self.snapshot.seed, &self.snapshot.target.endpoint), &self.snapshot.seed);
        for (node, attempts) in self.nodes().filter(|(node, _)| node.role == Role::Sentinel) {
            let own = |attempt: &&Attempt| attempt.identity().is_none_or(|id| *id == node.id);
            attempts.iter().filter(own).for_each(|attempt| add(self.node(node), attempt));
        }
        for attempt in &self.snapshot.also {
            if let Some((_, endpoint)) = attempt.candidates.first() {
                add(self.sentinel_at(attempt, endpoint), attempt);
            }
        }
        found
    }

    /// The Sentinel behind an attempt, as the topology calls it where it is in there.
    pub fn sentinel_at(&self, attempt: &Attempt, endpoint: &Endpoint) -> Subject {
        let known = self.nodes().map(|(node, _)| node).filter(|node| node.role == Role::Sentinel).find(|node| {
            attempt.identity() == Some(&node.id) || node.address.preferred_endpoint().as_ref() == Some(endpoint)
        });
        let stranger =
            || Subject { kind: SubjectKind::Node, id: attempt.identity().cloned(), address: endpoint.to_string() };
        known.map_or_else(stranger, |node| self.node(node))
    }

    /// The primaries that Sentinels name for a group, the one that is most likely right first: it says itself that it is one;
    /// more Sentinels name it; in a later epoch; and it is no loopback address.
    pub fn answers(&self, witnesses: &[Witness<'a>], group: &str) -> Vec<Answer<'a>> {
        let mut answers: Vec<(String, Answer<'a>)> = Vec::new();
        for witness in witnesses {
            let Some((watched, primary)) = witness.of(group).and_then(|w| Some((w, w.primary.as_ref()?))) else {
                continue;
            };
            let (place, epoch) = (self.place(primary), watched.epoch.unwrap_or(0));
            match answers.iter_mut().find(|(known, _)| *known == place) {
                Some((_, answer)) => {
                    answer.by.push(witness.subject.clone());
                    answer.epoch = answer.epoch.max(epoch);
                }
                None => answers.push((place, Answer { primary, by: vec![witness.subject.clone()], epoch })),
            }
        }
        answers.sort_by_key(|(_, answer)| {
            let is_primary =
                self.server_at(answer.primary).is_some_and(|server| server.role.as_deref() == Some("master"));
            let loopback = answer.primary.address.preferred.host().is_some_and(Host::is_loopback);
            std::cmp::Reverse((is_primary, answer.by.len(), answer.epoch, !loopback))
        });
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// What is behind an address: the socket where it leads from here, so that a name and its address are one place.
    pub fn place(&self, node: &Node) -> String {
        let endpoint = node.address.preferred_endpoint();
        let socket = endpoint.as_ref().and_then(|endpoint| self.attempt_at(endpoint)?.socket);
        match (socket, endpoint) {
            (Some(socket), _) => socket.to_string(),
            (None, Some(endpoint)) => endpoint.plain().to_string(),
            (None, None) => node.address.to_string(),
        }
    }

    /// The places of several nodes.
    pub fn places<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> BTreeSet<String> {
        nodes.map(|node| self.place(node)).collect()
    }

    /// What the server at a node's address says of itself.
    pub fn server_at(&self, node: &Node) -> Option<&'a Server> {
        self.attempt_at(&node.address.preferred_endpoint()?)?.opened()?.server.seen()
    }

    /// A group's name as a command takes it: Sentinel itself takes no other (letters, digits, `.-_`).
    pub fn group_in_commands(name: &str) -> &str {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if !name.is_empty() && name.chars().all(plain) { name } else { "GROUP" }
    }

    /// What makes a Sentinel watch a primary, whatever it watched before: commands for that Sentinel.
    pub fn watch_again(&self, group: &str, primary: &Node, quorum: Option<u32>) -> Vec<String> {
        let (host, port) = match (&primary.address.preferred, primary.address.client_port()) {
            (Announced::Host(host), Some(port)) => (host.to_string(), port.to_string()),
            _ => ("ADDRESS-OF-THE-PRIMARY".to_owned(), "PORT".to_owned()),
        };
        self.watching(group, &host, &port, quorum)
    }

    /// The same for a primary at any place.
    pub fn watching(&self, group: &str, host: &str, port: &str, quorum: Option<u32>) -> Vec<String> {
        let name = Self::group_in_commands(group);
        let quorum = quorum.map_or_else(|| "QUORUM".to_owned(), |quorum| quorum.to_string());
        let mut lines =
            vec![format!("SENTINEL REMOVE {name}"), format!("SENTINEL MONITOR {name} {host} {port} {quorum}")];
        let target = &self.snapshot.target;
        if target.password_given {
            let user = target.username.as_deref().filter(|user| is_plain(user));
            lines.extend(user.map(|user| format!("SENTINEL SET {name} auth-user {user}")));
            lines.push(format!("SENTINEL SET {name} auth-pass PASSWORD-OF-THE-SERVERS"));
        }
        lines
    }

    /// A replica that the Sentinel calls down itself: clients leave it out.
    pub fn is_given_up(node: &Node) -> bool {
        node.role == Role::Replica && (node.flags.pfail || node.flags.fail)
    }

    /// What a node of some Sentinel's view is called, by its id; the same where nobody knows it.
    pub fn address_of(&self, id: &str) -> String {
        let here = self.nodes().map(|(node, _)| node).find(|node| node.id.as_str() == id);
        let everywhere = || {
            let watches = self.snapshot.all_attempts().filter_map(|attempt| attempt.opened()?.watch.as_deref());
            watches.flat_map(|watch| &watch.groups).flat_map(Watched::nodes).find(|node| node.id.as_str() == id)
        };
        let named = || {
            let own = |attempt: &&Attempt| attempt.identity().is_some_and(|identity| identity.as_str() == id);
            self.snapshot.also.iter().find(own)?.candidates.first().map(|(_, endpoint)| endpoint.to_string())
        };
        let known = here.or_else(everywhere).map(|node| node.address.to_string());
        known.or_else(named).unwrap_or_else(|| id.to_owned())
    }

    pub(super) fn has_lost_a_server(&self) -> bool {
        let servers = self.nodes().filter(|(node, _)| node.role != Role::Sentinel && !Self::is_given_up(node));
        let mut attempts = servers.filter_map(|(_, attempts)| self.announced(attempts));
        attempts.any(|attempt| attempt.opened().is_none())
    }
}

/// Sentinels that were told of, by address and by id.
#[derive(Default)]
struct Told {
    addresses: HashSet<String>,
    ids: HashSet<NodeId>,
}

impl Told {
    fn is_new(&mut self, subject: &Subject) -> bool {
        let known =
            self.addresses.contains(&subject.address) || subject.id.as_ref().is_some_and(|id| self.ids.contains(id));
        if !known {
            self.addresses.insert(subject.address.clone());
            self.ids.extend(subject.id.clone());
        }
        !known
    }
}
