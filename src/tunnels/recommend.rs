//! Which kinds fit what was seen, best first. Whether a network may be trusted is nobody's to see from here: the sentence
//! says what the choice rests on, and the user knows the rest.

mod place;

use place::Place;

use super::{Tunnel, by_id};
use crate::{
    address_map::AddressMap,
    facts::{Candidate, Endpoint, Host, Node, Snapshot, Transport, Vantage},
};

/// What was seen, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What was seen and from where, in a sentence.
    pub seen: String,
    /// At most three, best first.
    pub all: Vec<Recommendation>,
}

/// One kind that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// What `--with` takes; `None` where no tunnel is needed.
    pub kind: Option<&'static str>,
    /// Why, in a sentence.
    pub why: String,
}

/// What to recommend for this deployment.
pub fn recommend(snapshot: &Snapshot, map: &AddressMap) -> Advice {
    let seen = Seen::of(snapshot, map);
    let picks = match seen.reach() {
        Reach::Lost => beyond(&seen),
        reach if seen.tls => tls(reach),
        _ => plaintext(&seen),
    };
    let on_shelf = |kind: Option<&'static str>| kind.is_none_or(|kind| by_id(kind).is_some());
    let all = picks.into_iter().filter(|(kind, _)| on_shelf(*kind)).take(3);
    Advice { seen: seen.sentence(), all: all.map(|(kind, why)| Recommendation { kind, why: why.to_owned() }).collect() }
}

impl Advice {
    /// What is printed: each kind, why, and the command that writes it for this endpoint.
    pub fn text(&self, endpoint: &str) -> String {
        let mut lines = vec![format!("Seen: {}.", self.seen)];
        for recommendation in &self.all {
            let name = recommendation.kind.unwrap_or("no tunnel is needed");
            lines.extend([String::new(), format!("{name}: {}", recommendation.why)]);
            lines.extend(recommendation.kind.and_then(by_id).map(|kind| format!("    {}", command(kind, endpoint))));
        }
        lines.join("\n") + "\n"
    }
}

fn command(kind: &Tunnel, endpoint: &str) -> String {
    let via = kind.via.map(|who| format!(" --via '{who}'")).unwrap_or_default();
    format!("redis-doctor tunnel {endpoint} --with {}{via} --out DIR", kind.id)
}

/// A kind, or none, and why.
type Pick = (Option<&'static str>, &'static str);

/// Every node answers, and speaks TLS.
fn tls(reach: Reach) -> Vec<Pick> {
    let none = match reach {
        Reach::Announced => "clients that speak TLS get everywhere as it is",
        _ => {
            "clients that speak TLS need an address map, or the nodes better certificates: redis-doctor check says which"
        }
    };
    vec![
        (None, none),
        (Some("stunnel"), "for a client that cannot speak TLS, or verifies nothing: stunnel does both for it"),
        (Some("ghostunnel"), "the same with a process for each node, and a static binary"),
    ]
}

/// Every node answers, and nothing is encrypted.
fn plaintext(seen: &Seen<'_>) -> Vec<Pick> {
    if seen.over_loopback {
        return vec![(None, "nothing leaves this machine, as far as can be seen from here")];
    }
    let spiped = if seen.private {
        "everybody in that network can read along: unless you trust it, a pair of processes for each node, with a key of its own"
    } else {
        "everybody on the way can read along: a pair of processes for each node, with a key of its own and no certificates"
    };
    vec![
        (Some("spiped"), spiped),
        (Some("stunnel"), "the same with TLS between the ends, by certificates that are made for the tunnel alone"),
        (Some("ssh"), "one process and nothing beside the nodes, where there is ssh to a machine next to them"),
    ]
}

/// Some node cannot be reached from here, or none is known.
fn beyond(seen: &Seen<'_>) -> Vec<Pick> {
    let ssh = |why| (Some("ssh"), why);
    let bastion = ssh("through any machine that reaches the nodes and that has ssh; one process");
    match Place::of(&seen.lost().collect::<Vec<_>>(), &seen.snapshot.target.endpoint.host) {
        Place::Pods => vec![
            (Some("kubectl"), "they are called as Kubernetes calls pods: kubectl forwards to each of them"),
            bastion,
        ],
        Place::Aws => vec![
            (
                Some("ssm"),
                "AWS has them in a VPC: Session Manager forwards through an instance there, which needs no open port",
            ),
            bastion,
        ],
        Place::Google => vec![
            (Some("iap"), "Google Cloud has them: its Identity-Aware Proxy leads to machines without a public address"),
            bastion,
        ],
        Place::Azure => vec![ssh("Azure has them in a network of its own: through a machine there that has ssh")],
        Place::Loopback => {
            let own = "what they announce is right on their own machine alone: ssh to that very machine";
            let pair = "the same where there is no ssh: say with --server where that machine is reached";
            vec![ssh(own), if seen.tls { (Some("stunnel"), pair) } else { (Some("spiped"), pair) }]
        }
        Place::Private => vec![
            ssh(
                "such addresses mean something inside one network only: through a machine there that has ssh; one process",
            ),
            (Some("kubectl"), "where they are addresses of pods: kubectl finds each pod by its address"),
        ],
        Place::Elsewhere => vec![bastion],
    }
}

/// What matters of a look.
struct Seen<'a> {
    snapshot: &'a Snapshot,
    /// Every node, and whether clients get there.
    nodes: Vec<(&'a Node, Reach)>,
    /// Why no node can be told from another.
    refused: Option<&'a str>,
    tls: bool,
    over_loopback: bool,
    private: bool,
}

/// How clients get to a node from here, the best first; and to a deployment, as to the worst of its nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// At what it announces.
    Announced,
    /// Elsewhere, or by another name.
    Elsewhere,
    /// Not at all.
    Lost,
}

impl<'a> Seen<'a> {
    fn of(snapshot: &'a Snapshot, map: &'a AddressMap) -> Self {
        let nodes = snapshot.deployment().map_or(&[][..], |topology| &topology.nodes);
        let socket = snapshot.seed.socket.map(|socket| Host::Ip(socket.ip()));
        Seen {
            snapshot,
            nodes: nodes.iter().map(|node| (node, reach(snapshot, map, node))).collect(),
            refused: map.refused.as_deref(),
            tls: snapshot.seed.transport == Transport::Tls,
            over_loopback: socket.as_ref().is_some_and(Host::is_loopback),
            private: socket.as_ref().is_some_and(Host::is_private),
        }
    }

    fn reach(&self) -> Reach {
        self.nodes.iter().map(|(_, reach)| *reach).max().unwrap_or(Reach::Lost)
    }

    /// Nodes that nobody gets to from here.
    fn lost(&self) -> impl Iterator<Item = &'a Node> + '_ {
        self.nodes.iter().filter(|(_, reach)| *reach == Reach::Lost).map(|(node, _)| *node)
    }

    fn sentence(&self) -> String {
        let (all, from) = (self.nodes.len(), from(&self.snapshot.vantage));
        let nodes = if all == 1 { "the only node".to_owned() } else { format!("all {all} nodes") };
        let how = if self.tls { "over TLS" } else { "in plaintext" };
        let endpoint = &self.snapshot.target.endpoint;
        match (self.reach(), self.refused) {
            (Reach::Lost, _) if all == 0 => format!(
                "{endpoint} tells of no node{from}; look from where it does, with --save FILE, and bring that here, with \
                 --from FILE"
            ),
            (Reach::Lost, Some(why)) => format!("no node can be told from another{from}: {why}"),
            (Reach::Lost, None) => {
                let example = self.lost().find_map(announced).map(|at| format!(", such as {at}")).unwrap_or_default();
                let lost = self.lost().count();
                format!("{endpoint} answers {how}, and {lost} of {all} nodes cannot be reached{from}{example}")
            }
            (Reach::Elsewhere, _) => {
                format!("{nodes} can be reached {how}{from}, but not under each address or name that they announce")
            }
            (Reach::Announced, _) => format!("{nodes} can be reached {how} at what they announce{from}"),
        }
    }
}

fn reach(snapshot: &Snapshot, map: &AddressMap, node: &Node) -> Reach {
    if map.refused.is_some() {
        return Reach::Lost;
    }
    if let Some(mapping) = map.mappings.iter().find(|mapping| mapping.node_id == node.id) {
        return if mapping.is_needed() { Reach::Elsewhere } else { Reach::Announced };
    }
    // It answers, but no name was proved, or nobody makes maps of such a deployment.
    let mut right = snapshot.attempts(&node.id).iter().filter(|attempt| snapshot.leads_to(attempt, node)).peekable();
    match right.peek() {
        None => Reach::Lost,
        Some(first) if first.transport == Transport::Plaintext && first.is_for(Candidate::Preferred) => {
            Reach::Announced
        }
        Some(_) => Reach::Elsewhere,
    }
}

fn announced(node: &Node) -> Option<Endpoint> {
    let address = &node.address;
    address.preferred_endpoint().or(address.hostname_endpoint()).or(address.ip_endpoint())
}

/// `, seen from 10.0.0.9 (ci-runner)`. A saved look may say anything.
fn from(vantage: &Vantage) -> String {
    let host = vantage.hostname.as_deref().and_then(|name| name.parse::<Host>().ok());
    match (vantage.addresses.first(), host) {
        (Some(address), Some(host)) => format!(", seen from {address} ({host})"),
        (Some(address), None) => format!(", seen from {address}"),
        (None, Some(host)) => format!(", seen from {host}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests;
