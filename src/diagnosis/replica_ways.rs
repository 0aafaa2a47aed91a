//! What replicas could announce: outside clusters a primary lists the address from which a replica's connection came, unless
//! the replica names another when it connects.

use super::{Audience, Context, Remedy};
use crate::facts::{Attempt, Endpoint, Host, Node, Role};

/// How many replicas have their lines shown.
const SHOWN: usize = 8;

impl Context<'_> {
    /// The same for replicas that are well, as who they copy from or the Sentinel says, and that nobody reaches here: it is
    /// likely the address that is wrong.
    pub fn replicas_elsewhere(&self, replicas: &[&Node]) -> Option<Remedy> {
        let well = |node: &&Node| {
            let unwell = node.flags.pfail || node.flags.fail || node.flags.link_down;
            node.role == Role::Replica && if self.is_sentinel() { !unwell } else { self.is_online(node) }
        };
        if !(self.is_sentinel() || self.is_plain()) || !replicas.iter().all(well) {
            return None;
        }
        self.replica_announce_remedy(replicas, false)
    }

    /// What these replicas could announce: outside clusters a primary lists the address from which a replica's connection
    /// came, unless the replica names another when it connects. `shared`: several replicas stand behind each of these.
    pub fn replica_announce_remedy(&self, replicas: &[&Node], shared: bool) -> Option<Remedy> {
        // It connects anew, and goes on copying where it was.
        const AGAIN: &str = "CLIENT KILL TYPE master";
        let first = replicas.first()?;
        let (mut lines, mut known) = (Vec::new(), true);
        for replica in replicas.iter().take(SHOWN) {
            if replicas.len() > 1 {
                lines.push(format!("# on the replica that is listed as {}", replica.in_lines()));
            }
            let at = self.answers_at(replica).filter(|_| !shared);
            known &= at.is_some();
            let port = at.as_ref().map(|at| at.port).or(replica.address.client_port()).unwrap_or_default();
            let (host, port) = match at {
                Some(at) => (at.host.to_string(), port.to_string()),
                None if shared => ("ADDRESS".to_owned(), "PORT".to_owned()),
                None => ("ADDRESS".to_owned(), port.to_string()),
            };
            lines.push(format!("CONFIG SET replica-announce-ip {host}"));
            lines.push(format!("CONFIG SET replica-announce-port {port}"));
            lines.push(AGAIN.to_owned());
        }
        let who = match (replicas.len(), shared) {
            (1, false) => format!("On the replica that is listed as {}", first.address),
            (_, false) => "On each of these replicas".to_owned(),
            (_, true) => "On each of the replicas that share an address".to_owned(),
        };
        let place = if known {
            "where it answers here"
        } else {
            "an address and port at which clients and the primary reach it"
        };
        let more = replicas.len().saturating_sub(SHOWN);
        let of_more = if more > 0 { format!(" So on {more} more.") } else { String::new() };
        let mut text = format!(
            "{who}: announce {place} (in redis.conf, too), and connect to the primary anew, which is when it says \
                            so.{of_more}"
        );
        if self.is_sentinel() {
            text += " Then have the Sentinels forget the old addresses, one Sentinel after the other.";
            lines.extend(self.resets(replicas));
        }
        Some(Remedy { audience: Audience::Server, text, lines, proof: None })
    }

    /// What has Sentinels forget where these replicas were: they learn of each anew from its primary.
    fn resets(&self, replicas: &[&Node]) -> Vec<String> {
        let groups = self.topology().into_iter().flat_map(|topology| &topology.groups);
        let with_them = groups.filter(|group| replicas.iter().any(|node| group.replicas.contains(&node.id)));
        with_them.map(|group| format!("SENTINEL RESET {}", Context::group_in_commands(&group.name))).collect()
    }

    /// Where a replica answers from here, if that is not a loopback address in place of a real one.
    fn answers_at(&self, replica: &Node) -> Option<Endpoint> {
        let mapping = self.mapping_of(&replica.id).filter(|m| m.is_needed());
        let listed_loopback = replica.address.preferred.host().is_some_and(Host::is_loopback);
        let usable = |at: &&Endpoint| !at.host.is_loopback() || listed_loopback;
        let own = || self.is_the_seeds(replica).then(|| self.snapshot.target.endpoint.clone());
        mapping.map(|m| &m.reachable).filter(usable).cloned().or_else(own)
    }

    /// True where the endpoint is a replica, and this is the only address under which its primary may mean it.
    fn is_the_seeds(&self, replica: &Node) -> bool {
        let seed = self.snapshot.seed.identity();
        let (Some(own), Some(Role::Replica)) = (seed, self.seed_role()) else { return false };
        let lost = |(node, attempts): &(&Node, &[Attempt])| {
            node.role == Role::Replica && node.id != *own && !attempts.iter().any(|a| self.snapshot.leads_to(a, node))
        };
        let at = self.snapshot.target.endpoint.to_string();
        let listed = self.nodes().any(|(node, _)| node.id != *own && node.address.to_string() == at);
        let mut lost = self.nodes().filter(lost);
        !listed && lost.next().is_some_and(|(node, _)| node.id == replica.id) && lost.next().is_none()
    }
}
