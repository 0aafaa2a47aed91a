//! A map that a client is given: where it dials in place of what is announced, and which name it verifies there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Endpoint, Host};

/// Where a client goes instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detour {
    /// What it dials.
    pub to: Endpoint,
    /// The name that it verifies there, where that is not the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Host>,
}

impl Detour {
    /// The name that a client verifies there.
    pub fn verifies(&self) -> &Host {
        self.server_name.as_ref().unwrap_or(&self.to.host)
    }
}

/// All of a map's entries, by the announced address; names are the same in any case and with or without the root's dot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detours {
    /// The file it was read from, for the report.
    pub label: String,
    entries: BTreeMap<Endpoint, Detour>,
}

impl Detours {
    /// Of two entries with one key the later counts, as where a client's table is filled from top to bottom.
    pub fn new(label: impl Into<String>, entries: impl IntoIterator<Item = (Endpoint, Detour)>) -> Self {
        let entries = entries.into_iter().map(|(from, detour)| (from.plain(), detour)).collect();
        Detours { label: label.into(), entries }
    }

    /// Where a client goes that is sent to `announced`.
    pub fn at(&self, announced: &Endpoint) -> Option<&Detour> {
        self.entries.get(&announced.plain())
    }

    /// The name that an entry has for what is dialled as `endpoint`, where it has one of its own.
    pub fn name_at(&self, endpoint: &Endpoint) -> Option<&Host> {
        self.entries.values().find(|d| d.to.plain() == endpoint.plain()).and_then(|d| d.server_name.as_ref())
    }

    /// True for an endpoint that some entry leads to.
    pub fn leads_to(&self, endpoint: &Endpoint) -> bool {
        self.entries.values().any(|d| d.to.plain() == endpoint.plain())
    }

    /// The only key that leads to `endpoint`: what a server is called elsewhere that was dialled there.
    pub fn behind(&self, endpoint: &Endpoint) -> Option<&Endpoint> {
        let mut keys = self.entries.iter().filter(|(_, d)| d.to.plain() == endpoint.plain()).map(|(key, _)| key);
        keys.next().filter(|_| keys.next().is_none())
    }

    /// The announced addresses that it knows, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &Endpoint> {
        self.entries.keys()
    }

    /// Every host in it: who wrote the map knows the servers by them.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.entries.iter().flat_map(|(from, d)| [&from.host, &d.to.host].into_iter().chain(&d.server_name))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detour(to: &str, name: Option<&str>) -> Detour {
        Detour { to: to.parse().unwrap(), server_name: name.map(|n| n.parse().unwrap()) }
    }

    fn map(entries: &[(&str, &str, Option<&str>)]) -> Detours {
        Detours::new("map.json", entries.iter().map(|(from, to, name)| (from.parse().unwrap(), detour(to, *name))))
    }

    #[test]
    fn names_are_found_however_they_are_spelled() {
        let map = map(&[("N1.example.com.:6379", "127.0.0.1:7001", Some("n1.example.com"))]);
        for spelled in ["n1.example.com:6379", "N1.EXAMPLE.COM:6379", "n1.example.com.:6379"] {
            assert_eq!(map.at(&spelled.parse().unwrap()), Some(&detour("127.0.0.1:7001", Some("n1.example.com"))));
        }
        assert_eq!(map.at(&"n1.example.com:6380".parse().unwrap()), None);
        assert_eq!(map.name_at(&"127.0.0.1:7001".parse().unwrap()), Some(&"n1.example.com".parse().unwrap()));
    }

    #[test]
    fn the_later_of_two_counts_and_what_is_saved_is_read_again() {
        let map =
            map(&[("10.0.0.1:1", "a:1", None), ("10.0.0.1:1", "b:1", None), ("[2001:db8::1]:1", "[::1]:1", None)]);
        assert_eq!(map.len(), 2);
        assert_eq!(map.at(&"10.0.0.1:1".parse().unwrap()).unwrap().verifies(), &"b".parse().unwrap());
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(serde_json::from_str::<Detours>(&text).unwrap(), map);
    }
}
