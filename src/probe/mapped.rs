//! The hosts that the map in use knows servers by, found by what a certificate says: behind a thousand forwards there may be
//! as many certificates, and to hold each of them against each host is work that grows with the square.

use std::collections::HashMap;

use crate::{
    facts::{Certificate, Detours, Host, SubjectAltName},
    names::{self, Speaks},
};

/// By the host as a certificate may have it, and by the wildcard that would cover it (RFC 9525 §6.3: one whole label).
pub(super) struct Mapped(HashMap<String, Host>);

impl Mapped {
    /// The hosts of a map; without a map there are none.
    pub(super) fn of(detours: Option<&Detours>) -> Self {
        let mut found = HashMap::new();
        for host in detours.into_iter().flat_map(Detours::hosts) {
            let text = plain(&host.to_string());
            if let (Some(_), Some((_, parent))) = (host.name(), text.split_once('.')) {
                found.entry(format!("*.{parent}")).or_insert_with(|| host.clone());
            }
            found.entry(text).or_insert_with(|| host.clone());
        }
        Mapped(found)
    }

    /// True where this leaf speaks for one of them.
    pub(super) fn has_one_of(&self, leaf: &Certificate) -> bool {
        let text = |name: &SubjectAltName| match name {
            SubjectAltName::Dns(text) | SubjectAltName::Ip(text) => Some(plain(text)),
            _ => None,
        };
        let mut hosts = leaf.names.iter().filter_map(text).filter_map(|text| self.0.get(&text));
        hosts.any(|host| names::speaks_for(leaf, host) == Speaks::Yes)
    }
}

fn plain(text: &str) -> String {
    text.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::{
        facts::{Detour, Limits},
        wire::certificate::certificate,
    };

    fn leaf(names: &[&str]) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let signed = CertificateParams::new(names).unwrap().self_signed(&KeyPair::generate().unwrap()).unwrap();
        certificate(signed.der(), &Limits::default()).unwrap()
    }

    #[test]
    fn as_if_each_had_been_asked() {
        let detour = |to: &str, name: Option<&str>| Detour {
            to: to.parse().unwrap(),
            server_name: name.map(|name| name.parse().unwrap()),
        };
        let entries = [
            ("10.0.0.1:6379", detour("127.0.0.1:7001", Some("N1.example.com."))),
            ("[2001:db8::2]:6379", detour("127.0.0.1:7002", None)),
        ];
        let map = Detours::new("map", entries.map(|(from, detour)| (from.parse().unwrap(), detour)));
        let mapped = Mapped::of(Some(&map));
        for names in [["n1.example.com"], ["*.EXAMPLE.com"], ["10.0.0.1"], ["127.0.0.1"], ["2001:db8::2"]] {
            assert!(mapped.has_one_of(&leaf(&names)), "{names:?}");
        }
        for names in [["n2.example.com"], ["*.com"], ["*.n1.example.com"], ["10.0.0.2"], ["example.com"]] {
            assert!(!mapped.has_one_of(&leaf(&names)), "{names:?}");
        }
        assert!(!Mapped::of(None).has_one_of(&leaf(&["127.0.0.1"])));
    }
}
