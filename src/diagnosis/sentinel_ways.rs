//! What servers and Sentinels could announce instead, behind Sentinels.

use std::collections::HashSet;

use super::{Audience, Context, Remedy};
use crate::{
    address_map::Mapping,
    facts::{Group, Host, Hostnames, Node, NodeId, Role, SubjectAltName},
};

/// What is to be announced.
enum Announced {
    /// Addresses that clients can dial.
    Address,
    /// Names that the certificates hold.
    Name,
}

impl Announced {
    fn of(&self, whom: &str) -> String {
        match self {
            Announced::Address => format!("ADDRESS-OF-{whom}"),
            Announced::Name => format!("NAME-OF-{whom}"),
        }
    }
}

impl Context<'_> {
    /// Addresses that clients reach, for these nodes and for what becomes of them in a failover.
    pub(super) fn announce_behind_sentinels(&self, nodes: &[&NodeId]) -> Option<Remedy> {
        let text = "Let servers and Sentinels announce where clients reach them: the SENTINEL lines on each Sentinel (6.2+; \
                    before that in sentinel.conf, and restart), the others on each server. A Sentinel tells the primary's \
                    address as it was given to it, and replicas as they announce themselves.";
        self.announcing(nodes, &Announced::Address, text)
    }

    /// Names in the place of IPs (6.2+).
    pub fn names_behind_sentinels(&self, nodes: &[&NodeId]) -> Option<Remedy> {
        let text = "Let servers and Sentinels announce names that their certificates hold and that resolve everywhere (6.2+): \
                    the SENTINEL lines on each Sentinel, which keeps them in its file, the others on each server (CONFIG \
                    REWRITE keeps them). A replica announces itself when it connects.";
        self.announcing(nodes, &Announced::Name, text)
    }

    /// For a Sentinel that says hello from a loopback address, since that is how it reaches the primary.
    pub fn sentinel_off_loopback(&self) -> Option<Remedy> {
        let topology = self.topology()?;
        let lines: Vec<String> =
            topology.groups.iter().flat_map(|group| self.watch_elsewhere(group, &Announced::Address)).collect();
        let text = "A Sentinel says hello from the address from which it reaches the primary: this one was given the primary at \
                    127.0.0.1 or 127.0.1.1 (/etc/hosts often makes that of a machine's own name). On that one, watch the \
                    primary where everybody reaches it.";
        (!lines.is_empty()).then(|| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None })
    }

    fn announcing(&self, nodes: &[&NodeId], what: &Announced, text: &str) -> Option<Remedy> {
        let topology = self.topology()?;
        let nodes: &HashSet<&NodeId> = &nodes.iter().copied().collect();
        let listed = |role: Role| topology.nodes.iter().any(|node| node.role == role && nodes.contains(&node.id));
        let servers = listed(Role::Replica) || listed(Role::Primary);
        let mut lines = Vec::new();
        if servers {
            lines.push(format!("CONFIG SET replica-announce-ip {}", what.of("THIS-SERVER")));
            lines.extend(self.other_port(nodes, |role| role != Role::Sentinel, "CONFIG SET replica-announce-port"));
            // What a replica announces it says when it connects, and at no other time.
            lines.push("CLIENT KILL TYPE replica".to_owned());
        }
        if matches!(what, Announced::Name) {
            lines.extend(self.options_that_are_off().map(|option| format!("SENTINEL CONFIG SET {option} yes")));
        }
        if listed(Role::Sentinel) {
            lines.push(format!("SENTINEL CONFIG SET announce-ip {}", what.of("THIS-SENTINEL")));
            lines.extend(self.other_port(nodes, |role| role == Role::Sentinel, "SENTINEL CONFIG SET announce-port"));
        }
        for group in topology.groups.iter().filter(|_| servers) {
            if group.primary.as_ref().is_some_and(|id| nodes.contains(&id)) {
                lines.extend(self.watch_elsewhere(group, what));
            } else {
                // The old addresses of replicas are kept for ever.
                lines.push(format!("SENTINEL RESET {}", Context::group_in_commands(&group.name)));
            }
        }
        let off = matches!(what, Announced::Name)
            && self.witnesses().iter().any(|w| w.watch.hostnames == Some(Hostnames::default()));
        let text =
            if off { format!("{text} Names are off there: SENTINEL CONFIG GET says no.") } else { text.to_owned() };
        (!lines.is_empty()).then_some(Remedy { audience: Audience::Server, text, lines, proof: None })
    }

    /// What names need of the Sentinels and some of them has not, or does not tell (SENTINEL CONFIG GET).
    fn options_that_are_off(&self) -> impl Iterator<Item = &'static str> {
        let told: Vec<Option<Hostnames>> = self.witnesses().iter().map(|witness| witness.watch.hostnames).collect();
        let all =
            |is_on: fn(&Hostnames) -> bool| !told.is_empty() && told.iter().all(|o| o.as_ref().is_some_and(is_on));
        let options = [("resolve-hostnames", all(|o| o.resolve)), ("announce-hostnames", all(|o| o.announce))];
        options.into_iter().filter(|(_, on)| !on).map(|(option, _)| option)
    }

    /// Where clients dial another port than the announced one.
    fn other_port(&self, nodes: &HashSet<&NodeId>, of: impl Fn(Role) -> bool, command: &str) -> Option<String> {
        let roles = |id: &NodeId| self.node_of(id).is_some_and(|node| of(node.role));
        let differs =
            |m: &&Mapping| nodes.contains(&m.node_id) && roles(&m.node_id) && m.reachable.port != m.announced.port;
        self.map().mappings.iter().any(|m| differs(&m)).then(|| format!("{command} PORT-FOR-CLIENTS"))
    }

    /// The group watched anew: what a Sentinel knew of its replicas and peers it forgets, and learns it again.
    fn watch_elsewhere(&self, group: &Group, what: &Announced) -> Vec<String> {
        let node = group.primary.as_ref().and_then(|id| self.node_of(id));
        let Some(node) = node else { return Vec::new() };
        let host = match what {
            Announced::Name => self.only_name(node),
            Announced::Address => self.reached(node).map(|m| m.reachable.host.to_string()),
        };
        let host = host.or_else(|| self.usable(node, what));
        let port = self.reached(node).map(|m| m.reachable.port).or(node.address.client_port());
        let host = host.unwrap_or_else(|| what.of("THE-PRIMARY"));
        let port = port.map_or_else(|| "PORT".to_owned(), |port| port.to_string());
        self.watching(&group.name, &host, &port, group.quorum)
    }

    /// The announced host, where it is what is wanted.
    fn usable(&self, node: &Node, what: &Announced) -> Option<String> {
        let host = node.address.preferred.host().filter(|host| !host.is_loopback())?;
        let reached = self.announced(self.attempts_at(&node.id)).is_some_and(|attempt| attempt.opened().is_some());
        let fits = host.name().is_some() || matches!(what, Announced::Address);
        (fits && reached).then(|| host.to_string())
    }

    /// The way to a node that other machines can take, too.
    fn reached(&self, node: &Node) -> Option<&Mapping> {
        self.mapping_of(&node.id).filter(|m| !m.reachable.host.is_loopback())
    }

    /// The one name of a node's certificate, where it has one and no more, and no wildcard: only then it must be the node's.
    fn only_name(&self, node: &Node) -> Option<String> {
        let chain = self.chain_of(node, self.attempts_at(&node.id))?;
        let mut names = chain.leaf.names.iter().filter_map(|name| match name {
            SubjectAltName::Dns(text) => text.parse::<Host>().ok()?.name().map(str::to_owned),
            _ => None,
        });
        names.next().filter(|_| names.next().is_none() && self.snapshot.chains.len() > 1)
    }
}
