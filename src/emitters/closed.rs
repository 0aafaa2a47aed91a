//! What is said alike where a map leads through a tunnel: nothing may be dialled around it.

use std::borrow::Cow;

use super::{Settings, rule::Needed};
use crate::address_map::{AddressMap, Mapping};

/// How many ends of a tunnel are seeds: one that is down does not take the application with it.
pub(super) const SEEDS: usize = 6;

/// A host that leads nowhere (RFC 6761 section 6.4), for hooks that have to answer with one; there with port 1.
pub(super) const NOWHERE: &str = "not-in-the-tunnel.invalid";

/// What the application is told of an address that the map does not hold.
pub(super) const UNKNOWN: &str = "is not in the tunnel's map";

/// Above a map whose hook can only be told what it knows.
pub(super) const OPEN: &str =
    "It cannot fail closed: a node that is not in the map is dialled where it announces that it is, around the tunnel.";

/// What works in a tunnel without a map.
const LAYOUTS: &str = "--listen announced, or --listen loopback-addresses with the announced names in the hosts file";

/// What nodes without a host have to do.
pub(super) const ANNOUNCE: &str = "let them announce host names or IPs (cluster-preferred-endpoint-type)";

/// What a client without an address map is told: `None` where the map does not lead through a tunnel.
pub(super) fn without_a_map(client: &str, needed: &Needed<'_>, settings: &Settings) -> Option<String> {
    let elsewhere = needed.entries.iter().any(|mapping| mapping.announced != mapping.reachable);
    let why = if elsewhere {
        way_out(settings, &format!("{client} has no address map"), "")
    } else {
        format!("no map is needed: {client} dials what the nodes announce, where the ends of the tunnel are")
    };
    settings.closed.then_some(why)
}

/// The map as it is where nothing but the tunnel may be dialled: no other way to a node counts.
pub(super) fn tunnelled<'a>(map: &'a AddressMap, settings: &Settings) -> Cow<'a, AddressMap> {
    if !settings.closed {
        return Cow::Borrowed(map);
    }
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        let Mapping { reachable, server_name, .. } = mapping;
        mapping.ways.retain(|way| way.endpoint == *reachable && way.server_name == *server_name);
    }
    Cow::Owned(map)
}

/// Gives up where a hook that is asked about the ends of the tunnel as well would take one of them for another node.
pub(super) fn refuse_crossed(map: &AddressMap, settings: &Settings) -> Result<(), String> {
    let is_anothers = |m: &&Mapping| map.mappings.iter().any(|n| n.announced == m.reachable && n.node_id != m.node_id);
    match map.mappings.iter().find(is_anothers).filter(|_| settings.closed) {
        Some(m) => {
            Err(format!("{} is an end of the tunnel, and another node announces it: listen elsewhere", m.reachable))
        }
        None => Ok(()),
    }
}

/// `why` a client cannot be served, and what follows: `otherwise`, or in a tunnel the layouts that need no map.
pub(super) fn way_out(settings: &Settings, why: &str, otherwise: &str) -> String {
    if !settings.closed {
        return format!("{why}{otherwise}");
    }
    let terminated = if settings.tls { ", or let it terminate TLS (--with stunnel)" } else { "" };
    format!("{why}; lay the tunnel out so that no map is needed ({LAYOUTS}){terminated}")
}
