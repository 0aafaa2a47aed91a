//! Who stands behind the addresses of the endpoint's name, and why a name has none.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
};

use super::{Audience, Context, Remedy};
use crate::facts::{Attempt, Candidate, Dns, Host, Lookup, Node, NodeId, Outcome};

/// How many records are listed.
const RECORDS: usize = 12;

/// One address of the endpoint's name.
pub struct Behind<'a> {
    /// The address.
    pub ip: IpAddr,
    /// DNS has it, and this machine's resolver does not.
    pub by_dns_alone: bool,
    /// What came of dialling it, where it was dialled.
    pub attempt: Option<&'a Attempt>,
}

impl<'a> Behind<'a> {
    /// Who answered there.
    pub fn identity(&self) -> Option<&'a NodeId> {
        self.attempt?.identity()
    }

    /// `master` or `slave`, where the server there says so.
    pub fn role(&self) -> Option<&'a str> {
        self.attempt?.opened()?.server.seen()?.role.as_deref()
    }
}

impl<'a> Context<'a> {
    /// What is known of the endpoint's name; `None` where it is an address, or was told in place of being asked for.
    pub fn lookup(&self) -> Option<&'a Lookup> {
        self.snapshot.names.of(&self.snapshot.target.endpoint.host)
    }

    /// Every address of the endpoint's name, in the order in which clients take them; those of DNS alone last.
    pub fn behind_the_name(&self) -> Vec<Behind<'a>> {
        let Some(lookup) = self.lookup() else { return Vec::new() };
        let system = lookup.addresses().iter().map(|ip| (*ip, false));
        let dns = lookup.in_dns().iter().filter(|ip| !lookup.addresses().contains(ip)).map(|ip| (*ip, true));
        let port = self.snapshot.target.endpoint.port;
        let behind = |(ip, by_dns_alone): (IpAddr, bool)| Behind {
            ip,
            by_dns_alone,
            attempt: self.met_at(SocketAddr::new(ip, port)),
        };
        system.chain(dns).map(behind).collect()
    }

    /// The attempt at this socket that got furthest.
    fn met_at(&self, socket: SocketAddr) -> Option<&'a Attempt> {
        let snapshot = self.snapshot;
        let nodes = self.nodes().flat_map(|(_, attempts)| attempts);
        let attempts = [&snapshot.seed].into_iter().chain(&snapshot.names.behind).chain(nodes);
        let here = attempts.filter(|a| a.socket == Some(socket) && a.transport == snapshot.seed.transport);
        here.max_by_key(|attempt| (attempt.identity().is_some(), attempt.opened().is_some()))
    }

    /// The records that give the endpoint's name these addresses: lines of a zone file, or of the hosts file.
    pub fn records(&self, addresses: &[IpAddr], hosts_file: bool) -> Vec<String> {
        let name = self.snapshot.target.endpoint.host.to_string();
        let name = name.trim_end_matches('.');
        let ttl = self.lookup().and_then(|lookup| lookup.dns.as_ref()?.ttl).filter(|ttl| *ttl > 0).unwrap_or(60);
        let line = |ip: &IpAddr| match (hosts_file, ip) {
            (true, ip) => format!("{ip} {name}"),
            (false, IpAddr::V4(ip)) => format!("{name}. {ttl} IN A {ip}"),
            (false, IpAddr::V6(ip)) => format!("{name}. {ttl} IN AAAA {ip}"),
        };
        addresses.iter().map(line).collect()
    }

    /// The records that lead the names which these nodes announce to where they answered; `None` where none does.
    pub fn record_remedy(&self, ids: &[&NodeId]) -> Option<Remedy> {
        let record = |(node, attempts): (&Node, &'a [Attempt])| {
            let name = self.followed_as_announced(node)?.host;
            let name = name.name()?.trim_end_matches('.').to_owned();
            let own = attempts.iter().find(|a| a.is_for(Candidate::Ip) && self.snapshot.leads_to(a, node))?;
            Some(match own.socket?.ip().to_canonical() {
                IpAddr::V4(ip) => format!("{name}. 60 IN A {ip}"),
                IpAddr::V6(ip) => format!("{name}. 60 IN AAAA {ip}"),
            })
        };
        let wrong: HashSet<&NodeId> = ids.iter().copied().collect();
        let wanted = self.nodes().filter(|(node, _)| wrong.contains(&node.id));
        let lines: Vec<String> = wanted.filter_map(record).take(RECORDS).collect();
        let proof =
            Some(format!("{} of {} nodes dialled at these addresses: its own id answers", lines.len(), ids.len()));
        let text = "The names lead to the wrong servers: enter these records in their place.".to_owned();
        (!lines.is_empty()).then_some(Remedy { audience: Audience::Network, text, lines, proof })
    }

    /// Why a name has no address here, and what to do about it; `None` where nobody looked into it.
    pub fn why_unresolved(&self, name: &Host) -> Option<(String, String)> {
        let lookup = self.snapshot.names.of(name).filter(|lookup| lookup.system.seen().is_none())?;
        Some(why(lookup, lookup.dns.as_ref()?))
    }
}

impl Context<'_> {
    /// What to do about a resolver that waits for an answer which was lost.
    pub fn slow_resolver_remedy(&self) -> Remedy {
        Remedy {
            audience: Audience::Network,
            text: "Have this machine ask for A and AAAA one after the other, and wait less (a line of /etc/resolv.conf with glibc; in \
                   Kubernetes dnsConfig.options of the pod, or NodeLocal DNSCache), and see that the first name server there answers. A \
                   full name that ends with a dot spares the search list."
                .to_owned(),
            lines: vec!["options single-request-reopen timeout:1 attempts:3".to_owned()],
            proof: None,
        }
    }

    /// What DNS itself answers of a name of which the system's resolver did not say anything in time.
    pub fn answered_by_dns_alone(&self, name: &Host) -> Option<String> {
        let dns = self.snapshot.names.of(name)?.dns.as_ref().filter(|dns| dns.outcome == Outcome::Answered)?;
        let shown: Vec<String> = dns.answer.addresses.iter().take(4).map(ToString::to_string).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    }
}

/// Told from outside in: no name server, none that answers, none that knows, a name without an address, another answer.
fn why(lookup: &Lookup, dns: &Dns) -> (String, String) {
    let name = &lookup.name;
    let end = dns.leads_to.last().map_or_else(String::new, |last| format!(", by way of {last}"));
    let (why, advice) = match dns.outcome {
        Outcome::NoServer => (
            "this machine has no name server that it can ask".to_owned(),
            "Look at /etc/resolv.conf (`resolvectl status` with systemd-resolved): a container or VPN may have left it empty.".to_owned(),
        ),
        Outcome::TimedOut => (
            "no name server answers".to_owned(),
            "Allow port 53 (UDP and TCP) to the name servers of /etc/resolv.conf, or name others there; it says nothing about the name.".to_owned(),
        ),
        Outcome::ServerFailed => (
            "the name server fails at it (SERVFAIL)".to_owned(),
            "The name server cannot reach the one that knows the zone, or its DNSSEC signatures do not hold: ask who runs it. It says nothing about Redis.".to_owned(),
        ),
        Outcome::ServerRefused => (
            "the name server refuses to answer this machine (REFUSED)".to_owned(),
            "Use a name server that serves this network, or have this one allow it.".to_owned(),
        ),
        Outcome::NoSuchName => (format!("there is no such name in DNS (NXDOMAIN{end})"), no_such_name(lookup, dns)),
        Outcome::NoAddress => (
            format!("the name exists and has no address (neither A nor AAAA{end})"),
            format!("Add an address record for {}, or give a name that has one.", dns.leads_to.last().unwrap_or(name)),
        ),
        Outcome::Answered => {
            let shown: Vec<String> = dns.answer.addresses.iter().take(4).map(ToString::to_string).collect();
            (
                format!("DNS has it ({}), and this machine's resolver does not", shown.join(", ")),
                "Look at what stands before DNS here: the line `hosts:` of /etc/nsswitch.conf, a cache (`resolvectl flush-caches`, `nscd -i hosts`), a VPN with name servers of its own.".to_owned(),
            )
        }
    };
    (why, advice)
}

fn no_such_name(lookup: &Lookup, dns: &Dns) -> String {
    if let Some(zone) = dns.leads_to.iter().find_map(private_link_zone) {
        return format!(
            "The private zone {zone} is linked to this network and holds no record for it: add the record, or attach the private endpoint's zone group."
        );
    }
    if let Some(hint) = means_something_inside(&lookup.name) {
        return hint.to_owned();
    }
    if is_one_label(&lookup.name) {
        return "A name of one label means something only inside (a compose network, a Kubernetes namespace, a search domain): \
                use the full name, or look from inside.".to_owned();
    }
    "Check the spelling, and that this machine asks the name server (VPC, private zone, VPN) that knows the name."
        .to_owned()
}

/// Names that one kind of software makes up, and that nobody outside of it knows.
fn means_something_inside(host: &Host) -> Option<&'static str> {
    let name = host.name()?.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with("docker.internal") || name.ends_with("containers.internal") {
        return Some(
            "Docker Desktop and Podman know this name in their containers alone. With Docker on Linux, start the container with \
             --add-host host.docker.internal:host-gateway (compose: extra_hosts); outside of containers use 127.0.0.1.",
        );
    }
    let inside = name.split('.').any(|label| label == "svc") || name.ends_with(".cluster.local");
    inside.then_some(
        "A name of this kind is known inside of its Kubernetes cluster alone: look from a pod, or forward a port (kubectl \
         port-forward) and dial that. Inside, check the name of the Service and of its namespace.",
    )
}

/// True for `redis-0`: only a search domain or a hosts file can know it.
pub fn is_one_label(host: &Host) -> bool {
    host.name().is_some_and(|name| !name.trim_end_matches('.').contains('.'))
}

/// The zone in which a service keeps the private addresses of a name, as it stands in its alias: the part from `privatelink.` on.
pub fn private_link_zone(host: &Host) -> Option<String> {
    let name = host.name()?.trim_end_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    let at = labels.iter().position(|label| *label == "privatelink")?;
    (at > 0 && at + 1 < labels.len()).then(|| labels[at..].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_a_private_link_is_read_from_the_alias() {
        let zone = |name: &str| private_link_zone(&name.parse().unwrap());
        assert_eq!(zone("mycache.privatelink.redis.cache.windows.net").unwrap(), "privatelink.redis.cache.windows.net");
        assert_eq!(zone("a.westeurope.PrivateLink.redis.azure.net.").unwrap(), "privatelink.redis.azure.net");
        assert_eq!(
            (zone("privatelink.example.com"), zone("redis.example.com"), zone("a.privatelink")),
            (None, None, None)
        );
    }

    #[test]
    fn one_label_is_no_full_name() {
        let one = |name: &str| is_one_label(&name.parse().unwrap());
        assert!(one("redis-0") && one("redis.") && !one("redis.lab") && !one("10.0.0.1"));
    }
}
