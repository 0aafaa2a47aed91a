//! Why nodes describe a cluster differently: because they are of two minds; or because one of them has news that goes round, sends
//! clients to names where the others send them to addresses, or was asked over the other family.

use std::net::IpAddr;

use super::Context;
use crate::facts::{Announced, Difference, Host, Node, NodeId, View, ViewNode};

/// Who sees the cluster how.
pub struct Views<'a> {
    /// How many nodes told.
    pub members: usize,
    /// The view that counts: the largest group's.
    pub largest: &'a View,
    /// The others.
    pub odd: Vec<OddView<'a>>,
}

/// Nodes that see it otherwise than most.
#[derive(Clone, Copy)]
pub struct OddView<'a> {
    /// Who they are.
    pub view: &'a View,
    /// Where the differences stand: they are the other views' against the seed's.
    pub differences: &'a View,
    /// It is the seed's own view, so that the differences are those of the others.
    pub is_seed: bool,
    /// What is behind it.
    pub apart: Apart,
}

/// What is behind a view that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// It is of another mind.
    Mind,
    /// Nodes announce something new of themselves, and the others have not heard of it.
    News,
    /// Its nodes send clients to another form of the same addresses (`cluster-preferred-endpoint-type`).
    Form,
    /// It was asked over the other family of addresses and told them in that (`cluster-announce-client-ipv4` and `-ipv6` of Valkey 8.1).
    Family,
}

impl<'a> Context<'a> {
    /// Who sees the cluster how; `None` outside clusters.
    pub fn views(&self) -> Option<Views<'a>> {
        let topology = self.topology()?;
        let members = topology.views.iter().map(|view| view.members.len()).sum();
        // Of equally large groups the one that knows more nodes is right: nodes are forgotten, and not made up. Then the seed's,
        // which stands first, where max_by_key would take the last.
        let size = |(_, view): &(usize, &View)| (view.members.len(), surplus(view));
        let (place, largest) = topology.views.iter().enumerate().rev().max_by_key(size)?;
        let odd = topology.views.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, view)| {
            let is_seed = view.differences.is_empty() && place != 0;
            let differences = if is_seed { largest } else { view };
            OddView { view, differences, is_seed, apart: self.apart(view, differences) }
        });
        Some(Views { members, largest, odd: odd.collect() })
    }

    fn apart(&self, odd: &View, differences: &View) -> Apart {
        let all = &differences.differences;
        if differences.more > 0 || all.is_empty() {
            return Apart::Mind;
        }
        if all.iter().all(|difference| self.is_of_form(difference)) {
            return Apart::Form;
        }
        if self.is_asked_over_the_other_family(odd) && all.iter().all(|difference| self.is_of_family(difference)) {
            return Apart::Family;
        }
        let quiet =
            odd.members.iter().all(|id| self.sight_of(id).is_none_or(|s| s.silent.is_empty() && s.lost.is_empty()));
        let heard = |difference: &Difference| self.is_news(difference, &odd.members);
        if quiet && all.iter().all(heard) { Apart::News } else { Apart::Mind }
    }

    /// The same node, at its address in place of its name, or the other way round.
    fn is_of_form(&self, difference: &Difference) -> bool {
        let Difference::Endpoint(id, place) = difference else { return false };
        self.node_of(id).is_some_and(|node| form_of(node, place).is_some())
    }

    /// Every one of them was met over IPv6 where the endpoint was over IPv4, or the other way round.
    fn is_asked_over_the_other_family(&self, odd: &View) -> bool {
        let seed = self.snapshot.seed.socket.map(|at| at.is_ipv4());
        let family = |id: &NodeId| self.met(id).and_then(|attempt| attempt.socket).map(|at| at.is_ipv4());
        odd.members.iter().all(|id| family(id).zip(seed).is_some_and(|(theirs, ours)| theirs != ours))
    }

    /// Nothing but the family of the node's address differs.
    fn is_of_family(&self, difference: &Difference) -> bool {
        let known = |id: &NodeId| self.node_of(id).and_then(|node| node.address.ip.host()?.ip());
        let other = |id: &NodeId, text: &str| {
            let ip = text.parse::<IpAddr>().ok();
            known(id).zip(ip).is_some_and(|(ours, theirs)| ours.is_ipv4() != theirs.is_ipv4())
        };
        match difference {
            Difference::Endpoint(id, place) => place.rsplit_once(':').is_some_and(|(host, _)| other(id, host)),
            Difference::Says(said) => {
                let host = said.address.split('@').next().and_then(|client| client.rsplit_once(':'));
                self.is_otherwise_alike(said) && host.is_some_and(|(host, _)| other(&said.id, host))
            }
            Difference::Lacks(_) | Difference::Extra(_) => false,
        }
    }

    /// The same role, primary and slots.
    fn is_otherwise_alike(&self, said: &ViewNode) -> bool {
        self.node_of(&said.id).is_some_and(|node| {
            (said.role, &said.primary) == (node.role, &node.primary) && has_slots(node, said) && !said.failed
        })
    }

    /// Its role, its ports and its names a node says of itself, with every message: whoever has it otherwise has not heard yet. Slots,
    /// membership and addresses are contested.
    fn is_news(&self, difference: &Difference, members: &[NodeId]) -> bool {
        match difference {
            Difference::Endpoint(id, _) => members.contains(id) || self.is_of_form(difference),
            Difference::Says(said) => self.node_of(&said.id).is_some_and(|node| {
                let client = said.address.split('@').next().and_then(|client| client.rsplit_once(':'));
                let known = node.address.ip.host().map(ToString::to_string);
                client.zip(known).is_some_and(|((ip, _), known)| ip == known) && is_quiet(node, said)
            }),
            Difference::Lacks(_) | Difference::Extra(_) => false,
        }
    }
}

/// It has the slots that it had, and nobody calls it failed.
fn is_quiet(node: &Node, said: &ViewNode) -> bool {
    !said.failed && !node.flags.fail && has_slots(node, said)
}

/// The slots of a node, as far as another view keeps their text.
fn has_slots(node: &Node, said: &ViewNode) -> bool {
    said.slots.chars().eq(node.slots.to_string().chars().take(300))
}

/// `ip`, `hostname` or `unknown-endpoint`: the setting by which a node is at `host:port`. `None` where it is somewhere else.
pub fn form_of(node: &Node, place: &str) -> Option<&'static str> {
    let (host, port) = place.rsplit_once(':')?;
    if port.parse().ok() != node.address.client_port() {
        return None;
    }
    let is = |announced: &Announced| announced.host().is_some_and(|known| known.to_string() == host);
    match host {
        "" | "(nil)" => Some("unknown-endpoint"),
        "?" => Some("hostname"),
        _ if is(&node.address.hostname) => Some("hostname"),
        _ if is(&node.address.ip) => Some("ip"),
        _ => None,
    }
}

/// The setting by which the endpoint's node sends clients to this one.
pub fn form_here(node: &Node) -> Option<&'static str> {
    match &node.address.preferred {
        Announced::Nil | Announced::Empty => Some("unknown-endpoint"),
        Announced::QuestionMark | Announced::Host(Host::Name(_)) => Some("hostname"),
        Announced::Host(Host::Ip(_)) => Some("ip"),
        Announced::Absent | Announced::Unusable(_) => None,
    }
}

/// How many more nodes than the seed this view knows.
fn surplus(view: &View) -> i64 {
    let one = |difference: &Difference| match difference {
        Difference::Extra(_) => 1,
        Difference::Lacks(_) => -1,
        _ => 0,
    };
    view.differences.iter().map(one).sum()
}
