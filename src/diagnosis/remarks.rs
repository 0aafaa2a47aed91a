//! What is no finding, and that whoever has the wrong client wants to know: which kind of client the deployment is for.

use super::Context;
use crate::facts::Kind;

impl Context<'_> {
    /// In a line each: what a client of another kind would meet, and what holds for every node.
    pub fn remarks(&self) -> Vec<String> {
        let Some(topology) = self.topology() else { return Vec::new() };
        let of_kind = match topology.kind {
            Kind::Cluster => self.moved_in_words(),
            Kind::Standalone => {
                Some("cluster mode is off: a cluster client meets \"cluster support disabled\"".to_owned())
            }
            Kind::Replication => Some(format!(
                "cluster mode is off (a cluster client meets \"cluster support disabled\"); {}",
                self.split_in_words()
            )),
            Kind::Sentinel => None,
        };
        let every = || self.nodes().all(|(_, attempts)| self.announced(attempts).is_some_and(|a| a.tls().is_some()));
        let of_tls = (topology.kind == Kind::Cluster && topology.nodes.len() > 1 && every()).then(|| {
            "TLS on every node: give the client TLS, CA and credentials for all nodes (its defaults), not for the first one alone"
                .to_owned()
        });
        of_kind.into_iter().chain(of_tls).collect()
    }
}
