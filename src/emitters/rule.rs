//! What an address map comes down to, whatever the language it is written in.

use std::collections::HashSet;

use super::{
    Settings,
    closed::{ANNOUNCE, SEEDS},
};
use crate::{
    address_map::{AddressMap, Mapping, Way},
    facts::{Announced, Host},
};

/// The shape of the configuration.
pub(super) enum Rule<'a> {
    /// Every node is reachable at this host, under the port it announces.
    OneHost(&'a Host),
    /// Every node is reachable where it says, and all of them verify under this one name.
    OneName(&'a Host),
    /// An entry for each node that is reachable, or verifies, otherwise than it says.
    Table,
}

/// A map that somebody needs: nothing in it is ambiguous.
pub(super) struct Needed<'a> {
    /// The short form, where there is one.
    pub rule: Rule<'a>,
    /// The nodes that differ from what they announce, in topology order.
    pub entries: Vec<&'a Mapping>,
    /// How many nodes have no proved way to them.
    pub missing: usize,
}

impl<'a> Needed<'a> {
    /// Sorts out a map, or says why there is nothing to write: it was refused, two nodes share a key, or none is needed.
    pub(super) fn of(map: &'a AddressMap, settings: &Settings) -> Result<Self, String> {
        if let Some(why) = &map.refused {
            return Err(why.clone());
        }
        refuse_shared_keys(&map.mappings)?;
        if settings.closed && !map.mappings.is_empty() {
            return Ok(Needed::all(map).from(settings));
        }
        let entries: Vec<_> = map.mappings.iter().filter(|m| differs(m, settings)).collect();
        if entries.is_empty() {
            return Err(nothing_to_write(map));
        }
        Ok(Needed { rule: rule(map), entries, missing: map.unmapped.len() })
    }

    /// The same for a client that does not take a blank host for the seed's: it needs a map where others need none.
    pub(super) fn with_blanks(map: &'a AddressMap, settings: &'a Settings) -> Result<Self, String> {
        if !map.blank || map.refused.is_some() || map.mappings.is_empty() {
            return Needed::of(map, settings);
        }
        if settings.closed {
            return Err(format!("nodes announce no host, which would be the tunnel's own: {ANNOUNCE}"));
        }
        let host = &settings.seed.host;
        let leads_there = |m: &Mapping| {
            let right = |way: &Way| {
                way.endpoint.port == m.announced.port && [&way.endpoint.host, &way.server_name] == [host; 2]
            };
            m.ways.iter().any(right)
        };
        if !map.mappings.iter().all(leads_there) {
            return Err(format!("nodes announce no host, and {host} was not proved to lead to all of them"));
        }
        Ok(Needed { rule: Rule::OneHost(host), entries: Vec::new(), missing: map.unmapped.len() })
    }

    /// The same for a client that needs an entry for every node, whatever it announces.
    pub(super) fn everywhere(map: &'a AddressMap, settings: &Settings) -> Result<Self, String> {
        match Needed::of(map, settings) {
            Err(_) if map.refused.is_none() && !map.mappings.is_empty() => refuse_shared_keys(&map.mappings)?,
            other => other.map(|_| ())?,
        }
        let rule = if map.one_host().is_some() && !settings.closed { rule(map) } else { Rule::Table };
        Ok(Needed { rule, ..Needed::all(map) })
    }

    /// The seed's entry before the others.
    fn from(mut self, settings: &Settings) -> Self {
        self.entries.sort_by_key(|mapping| mapping.reachable != settings.seed);
        self
    }

    /// The ends of the tunnel that an application begins at.
    pub(super) fn ends(&self) -> impl Iterator<Item = &'a Mapping> {
        self.entries.iter().copied().take(SEEDS)
    }

    fn all(map: &'a AddressMap) -> Self {
        Needed { rule: Rule::Table, entries: map.mappings.iter().collect(), missing: map.unmapped.len() }
    }

    /// A comment line on the nodes that are not in the map, in a language whose comments start with `mark`.
    pub(super) fn missing(&self, mark: &str) -> Option<String> {
        match self.missing {
            0 => None,
            1 => Some(format!("{mark} One node is not covered: no way to it was proved.")),
            n => Some(format!("{mark} {n} nodes are not covered: no way to them was proved.")),
        }
    }

    /// Gives up, with `why` in front, at the first node whose server name `cannot` be set.
    pub(super) fn refuse_names(&self, settings: &Settings, why: &str, cannot: fn(&Host) -> bool) -> Result<(), String> {
        match self.entries.iter().find(|m| server_name(m, settings).is_some_and(cannot)) {
            Some(m) => Err(format!("{why}, and {} verifies as {} only", m.reachable, m.server_name)),
            None => Ok(()),
        }
    }
}

/// The map under the keys that a client makes of blank hosts, where it writes nil as `nil`.
pub(super) fn spelled(map: &AddressMap, nil: &str) -> AddressMap {
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        let blank = match mapping.preferred {
            Announced::Nil => nil,
            Announced::Empty => "",
            Announced::QuestionMark => "?",
            _ => continue,
        };
        mapping.announced.host = Host::Name(blank.to_owned());
    }
    map
}

/// The name to verify, where TLS is spoken and it is not the host that is dialled.
pub(super) fn server_name<'a>(mapping: &'a Mapping, settings: &Settings) -> Option<&'a Host> {
    (settings.tls && mapping.server_name != mapping.reachable.host).then_some(&mapping.server_name)
}

fn differs(mapping: &Mapping, settings: &Settings) -> bool {
    mapping.announced != mapping.reachable || (settings.tls && mapping.is_needed())
}

fn refuse_shared_keys(mappings: &[Mapping]) -> Result<(), String> {
    let mut keys = HashSet::new();
    match mappings.iter().find(|m| !keys.insert(&m.announced)) {
        Some(m) => Err(format!("two nodes announce {}, so no map can tell them apart", m.announced)),
        None => Ok(()),
    }
}

/// Gives up where a node announces what the client `cannot` read, which happens before a map is asked.
pub(super) fn refuse_blank(map: &AddressMap, who: &str, cannot: &[Announced]) -> Result<(), String> {
    match map.mappings.iter().find(|m| cannot.contains(&m.preferred)) {
        Some(m) => Err(format!(
            "{who} where a node announces {} as its host, before any map is asked: announce host names \
             (cluster-announce-hostname) or IPs (cluster-preferred-endpoint-type ip)",
            m.preferred
        )),
        None => Ok(()),
    }
}

fn nothing_to_write(map: &AddressMap) -> String {
    if map.mappings.is_empty() && !map.unmapped.is_empty() {
        return "there is no map to write: no way to any node was proved".to_owned();
    }
    "no map is needed: every node is reachable where it says it is".to_owned()
}

fn rule(map: &AddressMap) -> Rule<'_> {
    if let Some(host) = map.one_host() {
        return Rule::OneHost(host);
    }
    let mut names = map.mappings.first().into_iter().flat_map(names_as_announced);
    match names.find(|name| map.mappings.iter().all(|m| names_as_announced(m).any(|other| other == *name))) {
        Some(name) => Rule::OneName(name),
        None => Rule::Table,
    }
}

/// The names under which a node verifies where it says it is.
pub(super) fn names_as_announced(mapping: &Mapping) -> impl Iterator<Item = &Host> {
    let best = (&mapping.reachable, &mapping.server_name);
    let ways = mapping.ways.iter().map(|way| (&way.endpoint, &way.server_name));
    ways.chain([best]).filter(|(endpoint, _)| **endpoint == mapping.announced).map(|(_, name)| name)
}
