//! What several checks ask of a replication: the endpoint's own role, the primary behind it, and who has lost its primary.

use std::collections::{HashMap, HashSet};

use super::{Audience, Context, Remedy, in_words, turned_away};
use crate::{
    facts::{Attempt, Candidate, Endpoint, FailureKind, Host, Kind, Node, Role, Server, Slots, Transport},
    providers::{AwsEndpoint, AwsName},
};

/// How many replicas have their lines shown.
const SHOWN: usize = 8;

/// A replica that says its link to its primary is down.
pub struct CutOff<'a> {
    /// The replica.
    pub replica: &'a Node,
    /// The attempts at it.
    pub attempts: &'a [Attempt],
    /// What it says of itself.
    pub said: &'a Server,
    /// Its primary with the attempts at it, where it is known.
    pub primary: Option<(&'a Node, &'a [Attempt])>,
}

impl CutOff<'_> {
    /// True where nothing that may be its primary answers at any address from here.
    pub fn is_without_a_sign_of_it(&self) -> bool {
        self.primary.is_some_and(|(_, attempts)| {
            attempts.iter().any(|a| a.is_for(Candidate::Preferred))
                && attempts
                    .iter()
                    .all(|a| a.identity().is_none() && a.spoke.is_none() && a.failure().is_some() && !speaks(a))
        })
    }

    /// `for 3 min`, as far as it says since when; a link that never stood has no such time.
    pub fn since(&self) -> String {
        match self.said.replication.down_for {
            None | Some(0) => String::new(),
            Some(seconds @ 1..120) => format!(" for {seconds} s"),
            Some(seconds @ 120..7_200) => format!(" for {} min", seconds / 60),
            Some(seconds) => format!(" for {} h", seconds / 3_600),
        }
    }
}

/// True where somebody answered, be it with a refusal.
fn speaks(attempt: &Attempt) -> bool {
    let refused = attempt.failure().is_some_and(|failure| failure.kind == FailureKind::Refusal);
    refused || turned_away(attempt).is_some()
}

impl<'a> Context<'a> {
    /// Outside clusters and Sentinels.
    pub fn is_plain(&self) -> bool {
        self.topology().is_some_and(|t| matches!(t.kind, Kind::Standalone | Kind::Replication))
    }

    /// What the endpoint says of itself.
    pub fn seed_server(&self) -> Option<&'a Server> {
        self.snapshot.seed.opened()?.server.seen()
    }

    /// The role of the endpoint itself, outside clusters and Sentinels, as far as it says.
    pub fn seed_role(&self) -> Option<Role> {
        match self.seed_server().filter(|_| self.is_plain())?.role.as_deref()? {
            "slave" => Some(Role::Replica),
            "master" => Some(Role::Primary),
            _ => None,
        }
    }

    /// The primary of a plain replication with the attempts at it.
    pub fn primary(&self) -> Option<(&'a Node, &'a [Attempt])> {
        self.nodes().find(|(node, _)| node.role == Role::Primary)
    }

    /// Where the primary is, and whether it answers here, in words.
    pub fn primary_in_words(&self) -> String {
        let Some((node, attempts)) = self.primary() else { return "it does not say where its primary is".to_owned() };
        let announced = self.announced(attempts);
        let answers = attempts.iter().find(|a| self.snapshot.leads_to(a, node));
        match (answers, announced.and_then(Attempt::failure)) {
            (Some(_), None) => format!("its primary is {}, which answers here", node.address),
            (Some(at), Some(_)) => format!(
                "its primary is {}, which answers here at another address ({})",
                node.address,
                at.socket.map(|socket| socket.to_string()).unwrap_or_default()
            ),
            (None, Some(_)) if announced.is_some_and(|attempt| turned_away(attempt).is_some()) => {
                format!("its primary is {}, which turns us away", node.address)
            }
            (None, Some(failure)) => format!("its primary is {}: {} from here", node.address, in_words(failure)),
            (None, None) => format!("its primary is {}", node.address),
        }
    }

    /// Which servers of a plain deployment a client may write to and read from, a line each: the primary first.
    pub fn split(&self) -> Vec<String> {
        let scheme = if self.snapshot.seed.transport == Transport::Tls { "rediss" } else { "redis" };
        let line = |(node, use_): (&Node, &str)| Some(format!("{scheme}://{}  {use_}", self.preferred(node)?));
        let of = |role| self.nodes().map(|(node, _)| node).filter(move |node| node.role == role);
        let writes = of(Role::Primary).map(|node| (node, "writes and reads"));
        let reads = of(Role::Replica).map(|node| (node, "reads"));
        writes.chain(reads).filter_map(line).take(SHOWN).collect()
    }

    /// A plain deployment in a few words: its primary and its replicas.
    pub fn split_in_words(&self) -> String {
        let of =
            |role| self.nodes().filter(move |(node, _)| node.role == role).map(|(node, _)| node.address.to_string());
        let replicas: Vec<String> = of(Role::Replica).collect();
        let shown = replicas.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if replicas.len() > 3 { format!(" and {} more", replicas.len() - 3) } else { String::new() };
        match (of(Role::Primary).next(), replicas.len()) {
            (Some(primary), 0) => format!("{primary} is a primary without replicas"),
            (Some(primary), n) => format!("the primary is {primary}, with {n} to read from: {shown}{more}"),
            (None, _) => format!("no primary is known, and these are for reading: {shown}{more}"),
        }
    }

    /// What a client without cluster support meets at the endpoint of a cluster: redirects, for so many keys. Every slot has
    /// as many keys as any other, as far as chance goes.
    pub fn moved_in_words(&self) -> Option<String> {
        let topology = self.topology().filter(|topology| topology.kind == Kind::Cluster)?;
        let primaries = topology.nodes.iter().filter(|node| !node.slots.is_empty()).count();
        let own = self.snapshot.seed.identity().and_then(|id| self.node_of(id))?;
        let all = u32::from(Slots::TOTAL);
        let percent = (100 * (all - own.slots.count().min(all)) + all / 2) / all;
        let them = if primaries == 1 { "1 primary".to_owned() } else { format!("{primaries} primaries") };
        let without = "a client without cluster support sees";
        Some(match percent {
            0 => format!("{them} with all slots: {without} no MOVED until there is a second one"),
            _ => format!("{them}: {without} MOVED for about {percent} % of keys"),
        })
    }

    /// The address of its own of a replica that was dialled at another one of the same machine, as of a virtual address that
    /// moves between servers: its primary lists it there, it answers there, and it was found to be one server.
    pub fn own_address_of_a_replica(&self) -> Option<Endpoint> {
        let endpoint = &self.snapshot.target.endpoint;
        let (primary, attempts) = self.primary().filter(|_| self.seed_role() == Some(Role::Replica))?;
        let listed = &self.said_by(primary, attempts)?.replicas;
        let known: HashSet<Endpoint> = self.nodes().filter_map(|(node, _)| node.address.preferred_endpoint()).collect();
        let mut own =
            listed.iter().filter(|at| !known.contains(at) && at.port == endpoint.port && at.host.ip().is_some());
        let is_floating = endpoint.host.ip().is_some() && !endpoint.host.is_loopback() && !listed.contains(endpoint);
        own.find(|_| is_floating).cloned()
    }

    /// What a client that writes has to dial in place of the endpoint.
    pub fn to_the_primary(&self) -> Option<Remedy> {
        let (node, attempts) = self.primary()?;
        let endpoint = self.preferred(node)?;
        let there = self.announced(attempts).and_then(|attempt| attempt.opened()?.server.seen());
        if there.is_some_and(|said| said.mode.as_deref() == Some("sentinel")) {
            return None;
        }
        let answers = self.announced(attempts).is_some_and(|attempt| self.snapshot.leads_to(attempt, node));
        let scheme = if self.snapshot.seed.transport == Transport::Tls { "rediss" } else { "redis" };
        Some(Remedy {
            audience: Audience::Client,
            text: "Send writes to the primary.".to_owned(),
            lines: vec![format!("{scheme}://{endpoint}")],
            proof: answers.then(|| "dialled: it says role:master, with the same master_replid".to_owned()),
        })
    }

    /// What a node says of itself: where it was proved to be the node, or where nobody can prove it.
    pub fn said_by<'s>(&self, node: &Node, attempts: &'s [Attempt]) -> Option<&'s Server> {
        let proved = attempts.iter().find(|attempt| self.snapshot.leads_to(attempt, node));
        proved.and_then(|attempt| attempt.opened()?.server.seen())
    }

    /// Replicas that say the link to their primary is down.
    pub fn cut_off(&self) -> Vec<CutOff<'a>> {
        let mut found = Vec::new();
        let mut by_place: Option<HashMap<String, (&'a Node, &'a [Attempt])>> = None;
        for (replica, attempts) in self.nodes().filter(|(node, _)| node.role == Role::Replica) {
            let said = self.said_by(replica, attempts).filter(|said| said.primary_link.as_deref() == Some("down"));
            let Some(said) = said else { continue };
            let places = by_place.get_or_insert_with(|| self.by_place());
            let id = replica.primary.as_ref().and_then(|id| places.get(id.as_str()));
            let at = || said.primary.as_ref().and_then(|at| places.get(&at.to_string()));
            found.push(CutOff { replica, attempts, said, primary: id.or_else(at).copied() });
        }
        found
    }

    /// Every node by its id and by its address.
    fn by_place(&self) -> HashMap<String, (&'a Node, &'a [Attempt])> {
        let at = |node: &Node| node.address.preferred_endpoint().map(|endpoint| endpoint.to_string());
        let ids = self.nodes().map(|(node, attempts)| (node.id.to_string(), (node, attempts)));
        self.nodes().filter_map(|(node, attempts)| Some((at(node)?, (node, attempts)))).chain(ids).collect()
    }

    /// True for a primary that only its replica names, at a loopback address of its own machine: a tunnel ends there, and
    /// while the link stands it is a good one. Nobody else is sent there.
    pub fn is_behind_the_replicas_tunnel(&self, node: &Node) -> bool {
        let is_loopback = node.address.preferred.host().is_some_and(Host::is_loopback);
        let link = self.seed_server().and_then(|own| own.primary_link.as_deref());
        self.is_plain() && node.role == Role::Primary && is_loopback && !self.is_near() && link == Some("up")
    }

    /// Every list of replicas outside clusters, with who told it.
    pub fn lists_of_replicas(&self) -> impl Iterator<Item = &'a Server> {
        let own = self.seed_server().filter(|_| !self.is_cluster());
        let by_nodes = self.nodes().flat_map(|(_, attempts)| attempts).filter_map(|a| a.opened()?.server.seen());
        own.into_iter().chain(by_nodes.filter(|_| !self.is_cluster())).filter(|said| !said.replicas.is_empty())
    }

    /// True where a primary lists this replica, and says that it copies well: its connection stands.
    pub fn is_online(&self, replica: &Node) -> bool {
        replica.address.preferred_endpoint().is_some_and(|at| self.online().contains(&at))
    }

    /// Every replica that a list calls online.
    pub(super) fn listed_online(&self) -> HashSet<Endpoint> {
        let mut online = HashSet::new();
        for said in self.lists_of_replicas() {
            let unfinished: HashSet<usize> = said.replication.unfinished.iter().copied().collect();
            let listed = said.replicas.iter().enumerate().filter(|(index, _)| !unfinished.contains(index));
            online.extend(listed.map(|(_, endpoint)| endpoint.clone()));
        }
        online
    }
}

/// True for a name that says it is for reading: the reader endpoints of `ElastiCache`, `redis-replicas`, `reader`.
pub fn is_for_readers(host: &Host) -> bool {
    const WORDS: [&str; 13] = [
        "ro",
        "reader",
        "readers",
        "read",
        "readonly",
        "replica",
        "replicas",
        "slave",
        "slaves",
        "secondary",
        "secondaries",
        "follower",
        "followers",
    ];
    let Some(name) = host.name() else { return false };
    if let Some(aws) = AwsName::parse(name) {
        return aws.endpoint == AwsEndpoint::Reader;
    }
    name.to_ascii_lowercase().split(['.', '-', '_']).any(|word| WORDS.contains(&word))
}

/// True for the name of one server rather than of a role: a node of `ElastiCache`, `redis-1.redis-headless`.
pub fn is_for_one_server(host: &Host) -> bool {
    let Some(name) = host.name() else { return true };
    if let Some(aws) = AwsName::parse(name) {
        return matches!(aws.endpoint, AwsEndpoint::Node | AwsEndpoint::Shard);
    }
    let first = name.split('.').next().unwrap_or(name);
    first.rsplit_once('-').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_are_for() {
        let host = |text: &str| text.parse::<Host>().unwrap();
        for readers in [
            "replica.cache.abc123.use1.cache.amazonaws.com",
            "cache-ro.abc123.ng.0001.use1.cache.amazonaws.com",
            "redis-replicas",
        ] {
            assert!(is_for_readers(&host(readers)), "{readers}");
        }
        for writers in
            ["redis.example.com", "master.read-cache.abc123.use1.cache.amazonaws.com", "bread.example.com", "10.0.0.1"]
        {
            assert!(!is_for_readers(&host(writers)), "{writers}");
        }
        assert!(is_for_one_server(&host("redis-1.redis-headless")) && is_for_one_server(&host("10.0.0.1")));
        assert!(!is_for_one_server(&host("redis-primary.example.com")));
    }
}
