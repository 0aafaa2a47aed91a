//! Which kinds fit what was seen, best first. Whether a network may be trusted is nobody's to see from here: the sentence
//! says what the choice rests on, and the user knows the rest.

mod place;

use place::Place;

use super::by_id;
use crate::{
    address_map::AddressMap,
    facts::{Candidate, Endpoint, Failure, Host, Node, Snapshot, Stage, Transport, Vantage},
};

/// What was seen, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What was seen and from where, in a sentence.
    pub seen: String,
    /// At most three, best first.
    pub all: Vec<Recommendation>,
    /// Nobody told which nodes there are, so that a tunnel can be written only from what is seen elsewhere.
    pub blind: bool,
    /// Clients have to be told where the nodes are, with a tunnel or without.
    pub elsewhere: bool,
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
    let blind = seen.nodes.is_empty();
    let picks = match seen.reach() {
        // What answers, or is on this machine, needs no tunnel: something else is wrong with it.
        Reach::Lost if blind && !seen.is_far() => Vec::new(),
        Reach::Lost => beyond(&seen),
        reach if seen.tls => tls(reach),
        reach => plaintext(&seen, reach),
    };
    let on_shelf = |kind: Option<&'static str>| kind.is_none_or(|kind| by_id(kind).is_some());
    let all = picks.into_iter().filter(|(kind, _)| on_shelf(*kind)).take(3);
    let all = all.map(|(kind, why)| Recommendation { kind, why: why.to_owned() }).collect();
    Advice { seen: seen.sentence(), all, blind, elsewhere: seen.reach() == Reach::Elsewhere }
}

impl Advice {
    /// What is printed: what is wrong, then each kind, why, and the command that writes it. `place` is how the endpoint was
    /// given, `rest` what else was asked for.
    pub fn text(&self, place: &str, rest: &str, found: Option<&str>) -> String {
        let mut lines = vec![format!("Seen: {}.", self.seen)];
        lines.extend(found.map(|found| format!("Found: {found}")));
        if self.all.is_empty() {
            lines.extend(["Mend that first; this says more:".to_owned(), format!("    redis-doctor check {place}")]);
        } else if self.blind {
            lines.extend([
                String::new(),
                "Look from where it can be reached, and bring the file here:".to_owned(),
                format!("    redis-doctor check {place} --save {SEEN}"),
            ]);
        }
        for recommendation in &self.all {
            let name = recommendation.kind.unwrap_or("No tunnel is needed");
            lines.extend([String::new(), format!("{name}: {}", recommendation.why)]);
            lines.extend(self.command(recommendation, place, rest).map(|command| format!("    {command}")));
        }
        lines.join("\n") + "\n"
    }

    /// What writes this kind, or says what is needed in place of one; `None` where nothing is.
    pub fn command(&self, recommendation: &Recommendation, place: &str, rest: &str) -> Option<String> {
        let Some(kind) = recommendation.kind.and_then(by_id) else {
            return self.elsewhere.then(|| format!("redis-doctor check {place}"));
        };
        let via = kind.via.map(|who| format!(" --via '{who}'")).unwrap_or_default();
        let place = if self.blind { format!("--from {SEEN}") } else { place.to_owned() };
        Some(format!("redis-doctor tunnel {place} --with {}{via}{rest}", kind.id))
    }
}

/// Where a look from elsewhere is kept.
const SEEN: &str = "seen.json";

/// A kind, or none, and why.
type Pick = (Option<&'static str>, &'static str);

/// Every node answers, and speaks TLS.
fn tls(reach: Reach) -> Vec<Pick> {
    let none = match reach {
        Reach::Announced => "clients that speak TLS get everywhere as it is",
        _ => "clients that speak TLS need an address map, or the nodes better certificates: this says which",
    };
    vec![
        (None, none),
        (Some("stunnel"), "for a client that cannot speak TLS, or verifies nothing: stunnel does both for it"),
        (Some("ghostunnel"), "the same with a process for each node, and a static binary"),
    ]
}

/// Every node answers, and nothing is encrypted.
fn plaintext(seen: &Seen<'_>, reach: Reach) -> Vec<Pick> {
    if seen.over_loopback {
        return vec![(
            None,
            match reach {
                Reach::Announced => "nothing leaves this machine, as far as can be seen from here",
                _ => "every node has a way from this machine already; clients need an address map",
            },
        )];
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

    /// True where nobody was met, and somebody may be where this machine does not get to.
    fn is_far(&self) -> bool {
        let unmet = |failure: &Failure| matches!(failure.stage, Stage::Resolve | Stage::Connect);
        self.snapshot.seed.failure().is_some_and(unmet) && !self.snapshot.target.endpoint.host.is_loopback()
    }

    fn sentence(&self) -> String {
        let (all, from) = (self.nodes.len(), from(&self.snapshot.vantage));
        let (nodes, announce) = match all {
            1 => ("the only node".to_owned(), "it announces"),
            2 => ("both nodes".to_owned(), "they announce"),
            _ => (format!("all {all} nodes"), "they announce"),
        };
        let how = if self.tls { "over TLS" } else { "in plaintext" };
        let endpoint = &self.snapshot.target.endpoint;
        match (self.reach(), self.refused) {
            (Reach::Lost, _) if all == 0 => format!("{endpoint} tells of no node{from}"),
            (Reach::Lost, Some(why)) => format!("no node can be told from another{from}: {why}"),
            (Reach::Lost, None) => {
                let example = self.lost().find_map(announced).map(|at| format!(", such as {at}")).unwrap_or_default();
                let lost = self.lost().count();
                format!("{endpoint} answers {how}, and {lost} of {all} nodes do not, at what {announce}{from}{example}")
            }
            (Reach::Elsewhere, _) => {
                format!("{nodes} can be reached {how}{from}, but not under each address or name that {announce}")
            }
            (Reach::Announced, _) => format!("{nodes} can be reached {how} at what {announce}{from}"),
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
