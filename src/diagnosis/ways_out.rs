//! Ways out that several findings share: the proved map for the client, and what the servers could announce instead.

use std::collections::HashSet;

use super::{Audience, Context, Remedy};
use crate::{
    address_map::Mapping,
    facts::{Host, NodeId, Transport},
};

impl Context<'_> {
    /// The proved map for these nodes; nothing where none of them needs one, or none was proved.
    pub fn map_remedy(&self, nodes: &[&NodeId]) -> Option<Remedy> {
        let mappings = self.needed(nodes);
        let first = mappings.first()?;
        let text = if mappings.iter().all(|m| m.announced == m.reachable) {
            format!("Tell the client to verify the name {} on every node; the addresses are right.", first.server_name)
        } else {
            let stays = if self.is_tls() { "; verification stays on" } else { "" };
            format!("Give the client this address map{stays}.")
        };
        let line = |m: &&Mapping| {
            if m.announced == m.reachable {
                format!("{}  verify {}", m.announced, m.server_name)
            } else {
                let verify = if self.is_tls() && m.server_name != m.reachable.host {
                    format!("  verify {}", m.server_name)
                } else {
                    String::new()
                };
                format!("{} -> {}{verify}", m.announced, m.reachable)
            }
        };
        let mut identities: Vec<&str> = Vec::new();
        for identity in mappings.iter().map(|m| m.proof.identity.as_str()).filter(|id| *id != "cluster-myid") {
            if !identities.contains(&identity) {
                identities.push(identity);
            }
        }
        let identity = if identities.is_empty() { "CLUSTER MYID".to_owned() } else { identities.join(", ") };
        let verified = if self.is_tls() { "chain and name verified, " } else { "" };
        let proof = format!("{} of {} nodes dialled: {verified}{identity} equal", mappings.len(), nodes.len());
        let lines = mappings.iter().map(line).collect();
        Some(Remedy { audience: Audience::Client, text, lines, proof: Some(proof) })
    }

    /// What these nodes could announce: where the first of them was proved to be reachable, else a place to fill in.
    pub fn announce_remedy(&self, nodes: &[&NodeId]) -> Option<Remedy> {
        if self.is_sentinel() {
            return self.announce_behind_sentinels(nodes);
        }
        if !self.is_cluster() {
            return None;
        }
        let mappings = self.needed(nodes);
        // A loopback address in place of a container's would cut the nodes off from each other.
        let usable = |m: &&&Mapping| !m.reachable.host.is_loopback() || m.announced.host.is_loopback();
        let shown = mappings.first().filter(usable);
        let text = match (shown, nodes.len()) {
            (Some(_), 1) => "Let it announce where clients reach it.",
            (Some(_), _) => "Let every node announce where clients reach it (the values of the first one are shown).",
            (None, _) => "Let every node announce an address and port at which clients and the other nodes reach it.",
        };
        let placeholder = || {
            let port = mappings.first().filter(|m| m.reachable.port != m.announced.port);
            let port = port.map(|m| format!("CONFIG SET {} {}", self.port_option(), m.reachable.port));
            ["CONFIG SET cluster-announce-ip ADDRESS".to_owned()].into_iter().chain(port).collect()
        };
        let lines = shown.map_or_else(placeholder, |mapping| self.announce(mapping));
        Some(Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None })
    }

    fn announce(&self, mapping: &Mapping) -> Vec<String> {
        let mut lines = match &mapping.reachable.host {
            Host::Ip(ip) => vec![format!("CONFIG SET cluster-announce-ip {ip}")],
            // In the place of an IP a name is for clients alone: nodes would dial it, too (7.0+).
            Host::Name(name) => vec![
                format!("CONFIG SET cluster-announce-hostname {name}"),
                "CONFIG SET cluster-preferred-endpoint-type hostname".to_owned(),
            ],
        };
        let (port, announced) = (mapping.reachable.port, mapping.announced.port);
        lines.extend((port != announced).then(|| format!("CONFIG SET {} {port}", self.port_option())));
        lines
    }

    fn port_option(&self) -> &'static str {
        match self.snapshot.seed.transport {
            Transport::Tls => "cluster-announce-tls-port",
            Transport::Plaintext => "cluster-announce-port",
        }
    }

    /// The command that says what to ask a certificate authority for.
    pub fn ca_request(&self) -> String {
        format!("redis-doctor ca-request {}", self.endpoint_with_scheme())
    }

    /// The servers are on this machine, or behind a tunnel that ends here.
    pub fn is_near(&self) -> bool {
        self.snapshot.seed.socket.is_none_or(|socket| socket.ip().to_canonical().is_loopback())
    }

    fn needed(&self, nodes: &[&NodeId]) -> Vec<&Mapping> {
        let nodes: HashSet<&NodeId> = nodes.iter().copied().collect();
        self.map().mappings.iter().filter(|m| m.is_wanted() && nodes.contains(&m.node_id)).collect()
    }
}
