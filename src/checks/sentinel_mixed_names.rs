//! Sentinels hand out the primary by name and other nodes by address.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Verdicts},
    facts::{Node, Role},
    names::{self, Speaks},
};

pub(super) const CHECK: Check = Check {
    code: "sentinel-mixed-names",
    severity: Severity::Warning,
    expects: "Where Sentinels hand out host names, they do so for replicas and Sentinels as well.",
    explain: "With `sentinel announce-hostnames yes` (6.2+) a Sentinel hands out the names that it was given. The primary's it has \
              from `sentinel monitor`; replicas and other Sentinels announce themselves, as IPs unless `replica-announce-ip` and \
              `sentinel announce-ip` hold a name. A TLS client then gets in at the primary, and fails at the first replica, or \
              on the day of a failover, when a replica becomes the primary.",
    transient: false,
    explains: &["san-mismatch", "ip-in-dns-san", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_sentinel() {
        return;
    }
    let by_name = |node: &Node| node.address.preferred.host().is_some_and(|host| host.name().is_some());
    let primaries = || context.nodes().map(|(node, _)| node).filter(|node| node.role == Role::Primary);
    if !primaries().any(by_name) {
        return;
    }
    let seed = context.snapshot.seed.identity();
    let mut bare = Vec::new();
    for (node, attempts) in context.nodes() {
        let is_ip = node.address.preferred.host().is_some_and(|host| host.ip().is_some());
        // The Sentinel that answered stands where it was dialled.
        let fails = is_ip
            && seed != Some(&node.id)
            && context.announced(attempts).is_some_and(|attempt| match context.snapshot.chain(attempt) {
                Some(chain) => {
                    context.followed_as(node).is_some_and(|host| names::speaks_for(&chain.leaf, &host) != Speaks::Yes)
                }
                None => attempt.failure().is_some(),
            });
        if fails {
            bare.push(node);
        } else {
            verdicts.pass();
        }
    }
    let ids: Vec<_> = bare.iter().map(|node| &node.id).collect();
    let addresses: Vec<String> = bare.iter().take(6).map(|node| format!("{} {}", node.role, node.address)).collect();
    let more = if bare.len() > addresses.len() {
        format!(" and {} more", bare.len() - addresses.len())
    } else {
        String::new()
    };
    verdicts.fail(Problem {
        title: format!("the Sentinel hands out the primary by name, and {} other nodes by address", bare.len()),
        subjects: bare.iter().map(|node| context.node(node)).collect(),
        expected: "names, as of the primary".to_owned(),
        presented: format!("{}{more}", addresses.join(", ")),
        remedies: context.map_remedy(&ids).into_iter().chain(context.names_behind_sentinels(&ids)).collect(),
        ..Problem::default()
    });
}
