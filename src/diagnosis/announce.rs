//! What the nodes could announce instead: a line for each, where it is to be typed, with the value that was proved for it.

use std::collections::HashSet;

use super::{Audience, Context, Remedy};
use crate::{
    address_map::{Mapping, Way},
    facts::{Endpoint, Host, Node, NodeId, Server, Transport},
};

/// What stands for a value that nobody could prove; `-1`, `-2` and so on behind it where each node has its own.
const ADDRESS: &str = "ADDRESS";

impl Context<'_> {
    /// True where no node answers at the address that it announces.
    pub fn is_announced_in_vain(&self) -> bool {
        let mut announced = self.nodes().map(|(_, attempts)| self.announced(attempts));
        announced.all(|attempt| attempt.is_some_and(|attempt| attempt.failure().is_some()))
    }

    /// What these nodes could announce: for each an address at which it was proved to be reachable, else a place to fill in.
    pub fn announce_remedy(&self, nodes: &[&NodeId]) -> Option<Remedy> {
        if self.is_sentinel() {
            return self.announce_behind_sentinels(nodes);
        }
        if !self.is_cluster() {
            return None;
        }
        let wanted: HashSet<&NodeId> = nodes.iter().copied().collect();
        let known = self.topology().into_iter().flat_map(|t| &t.nodes).filter(|node| wanted.contains(&node.id));
        let known: Vec<(&Node, Option<&Mapping>)> = known.map(|node| (node, self.mapping_of(&node.id))).collect();
        let proved = known.iter().filter_map(|(_, mapping)| Some(((*mapping)?, self.better(mapping.as_ref()?)?)));
        let proved: Vec<(&Mapping, &Way)> = proved.collect();
        if proved.is_empty() {
            return Some(self.to_fill_in(&known));
        }
        let each = if let [_] = proved[..] { "it announce" } else { "each node announce" };
        let text = format!(
            "Let {each} where clients reach it. The other nodes go there, too: its bus port has to be open to them. {}",
            self.to_be_typed("")
        );
        let lines = proved.iter().flat_map(|(m, way)| self.lines(&way.endpoint, &self.announced_instead(m, way)));
        let proof = format!("{} of {} nodes dialled there: CLUSTER MYID equal", proved.len(), known.len());
        Some(Remedy { audience: Audience::Server, text, lines: lines.collect(), proof: Some(proof) })
    }

    /// The lines for nodes of which no address is known that others could use.
    fn to_fill_in(&self, nodes: &[(&Node, Option<&Mapping>)]) -> Remedy {
        let met: Vec<&Mapping> = nodes.iter().filter_map(|(_, mapping)| *mapping).collect();
        // Ports of one machine: there is one address for all of them.
        let one = met.iter().all(|m| m.reachable.host == met[0].reachable.host) && met.len() == nodes.len();
        let (which, what) = if one || nodes.len() == 1 {
            (ADDRESS.to_owned(), "it")
        } else {
            (format!("an {ADDRESS} of its own"), "that node")
        };
        let inside = if met.is_empty() { " on a machine that reaches the nodes" } else { "" };
        let text = format!(
            "Let every node announce {which}: one at which clients and the other nodes reach {what}, its bus port included. {}",
            self.to_be_typed(inside)
        );
        let lines = nodes.iter().zip(1..).flat_map(|((node, mapping), n)| {
            let value = if what == "it" { ADDRESS.to_owned() } else { format!("{ADDRESS}-{n}") };
            let mut options = vec![("cluster-announce-ip", value)];
            options.extend(mapping.and_then(|m| self.port_instead(m, &m.reachable)));
            self.lines(&self.typed_at(node, *mapping), &options)
        });
        Remedy { audience: Audience::Server, text, lines: lines.collect(), proof: None }
    }

    /// Where a node can be spoken to: where it was met, else where it says it is, which is for somebody beside it.
    fn typed_at(&self, node: &Node, mapping: Option<&Mapping>) -> Endpoint {
        let met = mapping.map(|m| m.reachable.clone());
        let said = || node.address.ip_endpoint().or_else(|| node.address.preferred_endpoint());
        met.or_else(said).unwrap_or_else(|| self.snapshot.target.endpoint.clone())
    }

    fn announced_instead(&self, mapping: &Mapping, way: &Way) -> Vec<(&'static str, String)> {
        let mut options = match &way.endpoint.host {
            Host::Ip(ip) => vec![("cluster-announce-ip", ip.to_string())],
            // In the place of an IP a name is for clients alone: nodes would dial it, too (7.0+).
            Host::Name(name) => vec![
                ("cluster-announce-hostname", name.clone()),
                ("cluster-preferred-endpoint-type", "hostname".to_owned()),
            ],
        };
        options.extend(self.port_instead(mapping, &way.endpoint));
        options
    }

    fn port_instead(&self, mapping: &Mapping, reachable: &Endpoint) -> Option<(&'static str, String)> {
        let option = match self.snapshot.seed.transport {
            Transport::Tls => "cluster-announce-tls-port",
            Transport::Plaintext => "cluster-announce-port",
        };
        (reachable.port != mapping.announced.port).then(|| (option, reachable.port.to_string()))
    }

    /// As a shell takes it. CONFIG SET takes several options at once as of 7.0.
    fn lines(&self, at: &Endpoint, options: &[(&'static str, String)]) -> Vec<String> {
        let cli = self.cli(at, self.snapshot.seed.transport);
        let pairs: Vec<String> = options.iter().map(|(option, value)| format!("{option} {value}")).collect();
        let at_once = if self.takes_several_options() { vec![pairs.join(" ")] } else { pairs };
        at_once.into_iter().map(|pairs| format!("{cli} CONFIG SET {pairs}")).collect()
    }

    /// A proved way that other machines can go, too: in the place of a container's address a loopback address would cut the
    /// nodes off from each other. Where there are nodes on loopback already, any way will do.
    fn better<'m>(&self, mapping: &'m Mapping) -> Option<&'m Way> {
        let announced = &mapping.announced;
        let others = || mapping.ways.iter().filter(|way| way.endpoint != *announced);
        let mut nodes = self.topology().into_iter().flat_map(|t| &t.nodes).filter_map(|node| node.address.ip.host());
        let near = nodes.any(Host::is_everyones_own);
        others().find(|way| !way.endpoint.host.is_everyones_own()).or_else(|| others().find(|_| near))
    }

    fn to_be_typed(&self, place: &str) -> String {
        let password = if self.snapshot.target.password_given { " with REDISCLI_AUTH set," } else { "" };
        format!("Type this{place}{}, and CONFIG REWRITE to keep it.", password.trim_end_matches(','))
    }

    fn takes_several_options(&self) -> bool {
        let server = self.snapshot.seed.opened().and_then(|connection| connection.server.seen());
        server.and_then(Server::major).is_some_and(|major| major >= 7)
    }
}
