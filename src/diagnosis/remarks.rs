//! What is no finding, and that whoever has the wrong client wants to know: which kind of client the deployment is for.

use super::Context;
use crate::facts::Kind;

/// What Redis itself answers to CLUSTER then.
const DISABLED: &str = "cluster support disabled";

impl Context<'_> {
    /// What the endpoint answers to CLUSTER SLOTS, where that is neither Redis's own `usual` nor unknown to it: proxies and
    /// services have words of their own.
    pub fn own_words_on_cluster<'a>(&'a self, usual: &'a str) -> &'a str {
        let refusals = self.snapshot.seed.opened().map(|connection| connection.refusals.as_slice()).unwrap_or_default();
        let said =
            refusals.iter().find(|refusal| refusal.command == "CLUSTER SLOTS").map(|refusal| refusal.answer.as_str());
        let own = |said: &&str| said.starts_with("ERR ") && !said.contains(DISABLED) && !said.contains("unknown");
        said.filter(own).unwrap_or(usual)
    }

    /// In a line each: what a client of another kind would meet, and what holds for every node.
    pub fn remarks(&self) -> Vec<String> {
        let Some(topology) = self.topology() else { return Vec::new() };
        let of_kind = match topology.kind {
            Kind::Cluster => self.moved_in_words(),
            Kind::Standalone => {
                Some(format!("cluster mode is off: a cluster client meets \"{}\"", self.own_words_on_cluster(DISABLED)))
            }
            Kind::Replication => Some(format!(
                "cluster mode is off (a cluster client meets \"{}\"); {}",
                self.own_words_on_cluster(DISABLED),
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
