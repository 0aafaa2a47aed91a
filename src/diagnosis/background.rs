//! What is no finding, and that whoever asks why it happened, or what the next loss will do, wants to know: promotions that
//! servers remember, and machines with which more goes than one node.

use std::collections::BTreeMap;

use super::Context;
use crate::facts::{Host, Kind, Node, Role, Server};

/// Nodes of a kind that are named before the rest is counted.
const NAMED: usize = 3;

impl Context<'_> {
    /// In a line each: who was promoted, and what goes with one machine.
    pub fn background(&self) -> Vec<String> {
        let kind = self.topology().map(|topology| topology.kind);
        let in_cluster = || if kind == Some(Kind::Cluster) { self.losses() } else { Vec::new() };
        self.promotions().into_iter().chain(in_cluster()).collect()
    }

    /// Primaries that remember a replication before their own (`master_replid2`, 4.0+). From 7.0 on a primary that was
    /// started from its own snapshot remembers it in the same way (rdb.c, `rdbPopulateSaveInfo`; server.c, `loadDataFromDisk`).
    fn promotions(&self) -> Option<String> {
        let told: Vec<(String, &Server, u64)> = self.nodes().filter_map(|(node, _)| self.promotion(node)).collect();
        if told.is_empty() {
            return None;
        }
        let or_loaded = told.iter().any(|(_, server, _)| !is_before_7(server));
        let named: Vec<String> = told.iter().take(NAMED).map(|(who, _, at)| format!("{who} (offset {at})")).collect();
        let instead =
            if or_loaded { " (or started again from its snapshot file, as 7.0 and later remember it)" } else { "" };
        let named = and_more(&named, told.len());
        Some(match told.len() {
            1 => format!("{named} was promoted: it copied another primary until that offset{instead}"),
            _ => format!("{named} were promoted: they copied other primaries until those offsets{instead}"),
        })
    }

    fn promotion(&self, node: &Node) -> Option<(String, &Server, u64)> {
        let attempts = self.attempts_at(&node.id).iter();
        let itself = attempts.filter(|attempt| self.snapshot.leads_to(attempt, node));
        let server = itself.filter_map(|attempt| attempt.opened()?.server.seen()).next()?;
        let at = server.replication.promoted_at.filter(|_| server.role.as_deref() == Some("master"))?;
        Some((self.node(node).address, server, at))
    }

    /// What a cluster loses with one machine. Services show one address for many machines, and know of their own.
    fn losses(&self) -> Vec<String> {
        let nodes: Vec<&Node> = self.nodes().map(|(node, _)| node).filter(|node| !node.flags.fail).collect();
        let voters: Vec<&Node> =
            nodes.iter().copied().filter(|node| node.role == Role::Primary && !node.slots.is_empty()).collect();
        let replicas = nodes.iter().any(|node| node.role == Role::Replica);
        let few = (replicas && matches!(voters.len(), 1 | 2)).then(|| {
            let primaries = if voters.len() == 1 { "1 primary has" } else { "2 primaries have" };
            format!(
                "only {primaries} slots, and so a vote: when one is lost, no majority is left that promotes its replica"
            )
        });
        let together = if self.provider().is_some() { Vec::new() } else { self.together(&nodes, &voters) };
        few.into_iter().chain(together).collect()
    }

    fn together(&self, nodes: &[&Node], voters: &[&Node]) -> Vec<String> {
        let Some((host, most)) = fullest(voters).filter(|_| voters.len() > 2) else {
            return self.shards(nodes, voters);
        };
        if nodes.iter().all(|node| place(node) == Some(host)) {
            return vec![format!(
                "all {} nodes announce one host, {host}: with that machine the whole cluster goes",
                nodes.len()
            )];
        }
        let majority = (most > voters.len() / 2).then(|| {
            format!(
                "{most} of {} primaries announce one host, {host}: with that machine goes the majority, and nobody promotes a \
                 replica",
                voters.len()
            )
        });
        majority.into_iter().chain(self.shards(nodes, voters)).collect()
    }

    /// Primaries whose replicas are all on their own machine.
    fn shards(&self, nodes: &[&Node], voters: &[&Node]) -> Vec<String> {
        let mut replicas: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in nodes {
            if let Some(primary) = &node.primary {
                replicas.entry(primary.as_str()).or_default().push(node);
            }
        }
        let beside = |primary: &&&Node| {
            let own = place(primary);
            let copies = replicas.get(primary.id.as_str());
            own.is_some() && copies.is_some_and(|copies| copies.iter().all(|copy| place(copy) == own))
        };
        let alike: Vec<String> = voters.iter().filter(beside).map(|node| self.node(node).address).collect();
        let named: Vec<String> = alike.iter().take(NAMED).cloned().collect();
        let each = if alike.len() == 1 { "announces one host with" } else { "each announce one host with" };
        let line = || {
            format!(
                "{} {each} every replica of its own: when that machine is lost, nothing takes over the slots",
                and_more(&named, alike.len())
            )
        };
        (!alike.is_empty()).then(line).into_iter().collect()
    }
}

/// The host that most of them announce, and how many.
fn fullest<'a>(nodes: &[&'a Node]) -> Option<(&'a Host, usize)> {
    let mut hosts: BTreeMap<&Host, usize> = BTreeMap::new();
    nodes.iter().filter_map(|node| place(node)).for_each(|host| *hosts.entry(host).or_default() += 1);
    hosts.into_iter().max_by_key(|(_, nodes)| *nodes)
}

/// Where it says it runs.
fn place(node: &Node) -> Option<&Host> {
    node.address.ip.host().or_else(|| node.address.preferred.host())
}

fn is_before_7(server: &Server) -> bool {
    let major = server.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major < 7)
}

fn and_more(named: &[String], all: usize) -> String {
    let more = all.saturating_sub(named.len());
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}
