//! Where nodes seem to be, by what they are called.

use crate::facts::{Announced, Host, Node};

/// A place that has a way in of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Kubernetes.
    Pods,
    /// A VPC of AWS.
    Aws,
    /// A network of Google Cloud.
    Google,
    /// A network of Azure.
    Azure,
    /// Their own machine, and no other.
    Loopback,
    /// Some private network.
    Private,
    /// Nobody knows.
    Elsewhere,
}

impl Place {
    /// Where these nodes are, whose seed this is. Names say more than addresses.
    pub(super) fn of<'a>(nodes: &[&'a Node], seed: &'a Host) -> Self {
        let announced = |node: &&'a Node| [&node.address.preferred, &node.address.hostname, &node.address.ip];
        let hosts: Vec<&Host> = nodes.iter().flat_map(announced).filter_map(Announced::host).collect();
        let mut names = hosts.iter().copied().chain([seed]).filter_map(Host::name);
        if let Some(place) = names.find_map(named) {
            return place;
        }
        match hosts.first().copied().unwrap_or(seed) {
            first if first.is_loopback() => Place::Loopback,
            first if first.is_private() => Place::Private,
            _ => Place::Elsewhere,
        }
    }
}

/// Pods: `redis-0.redis.default.svc.cluster.local`
/// (<https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>). AWS: names of `ElastiCache`, `MemoryDB` and
/// EC2's own `ip-10-0-0-4.ec2.internal`, `ip-10-0-0-4.eu-west-1.compute.internal`. Google: `VM.ZONE.c.PROJECT.internal`
/// (<https://cloud.google.com/compute/docs/internal-dns>). Azure: Cache for Redis, its Enterprise tiers, Managed Redis.
fn named(name: &str) -> Option<Place> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match name.split('.').collect::<Vec<_>>()[..] {
        [_, _, _, "svc", ..] => Some(Place::Pods),
        [.., "amazonaws", "com"] | [.., "amazonaws", "com", "cn"] | [.., "ec2" | "compute", "internal"] => {
            Some(Place::Aws)
        }
        [.., "c", _, "internal"] => Some(Place::Google),
        [.., "redis", "cache", "windows", "net"]
        | [.., "redis", "azure", "net"]
        | [.., "redisenterprise", "cache", "azure", "net"] => Some(Place::Azure),
        _ => None,
    }
}
