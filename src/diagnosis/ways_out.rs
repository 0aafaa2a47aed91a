//! Ways out that several findings share: the proved map for the client.

use std::collections::HashSet;

use super::{Audience, Context, Remedy};
use crate::{address_map::Mapping, facts::NodeId};

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

    /// The command that says what to ask a certificate authority for.
    pub fn ca_request(&self) -> String {
        format!("redis-doctor ca-request {}", self.endpoint_with_scheme())
    }

    /// The servers are on this machine, or behind a tunnel that ends here.
    pub fn is_near(&self) -> bool {
        self.snapshot.seed.socket.is_none_or(|socket| socket.ip().to_canonical().is_loopback())
    }

    pub(super) fn needed(&self, nodes: &[&NodeId]) -> Vec<&Mapping> {
        let nodes: HashSet<&NodeId> = nodes.iter().copied().collect();
        self.map().mappings.iter().filter(|m| m.is_wanted() && nodes.contains(&m.node_id)).collect()
    }
}
