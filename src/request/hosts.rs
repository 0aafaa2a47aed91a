//! Which hosts belong to a deployment, what they are to clients, and which of them a certificate may name.

use std::collections::HashMap;

use super::name::Name;
use crate::{
    diagnosis::Context,
    facts::{Announced, Attempt, Host},
};

/// What a host is to clients, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The endpoint that applications are given.
    Given,
    /// The name that they are told to verify.
    ServerName,
    /// The preferred endpoint of a node.
    Preferred,
    /// A node's announced host name.
    Hostname,
    /// A node's announced address.
    Address,
    /// In the map that is in use.
    Map,
    /// What a name resolves to, for clients that resolve it before they verify.
    Resolved,
}

impl Why {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Why::Given => "the endpoint that clients are given",
            Why::ServerName => "the name set with --server-name",
            Why::Preferred => "the endpoint that nodes send clients to",
            Why::Hostname => "an announced host name",
            Why::Address => "an announced address",
            Why::Map => "in the map in use",
            Why::Resolved => "what a name resolves to; some clients verify that",
        }
    }
}

/// The hosts that belong to a deployment, and what they are.
pub(super) struct Hosts {
    known: HashMap<Name, Vec<Why>>,
    /// Announced texts that are no hosts, escaped.
    pub(super) unusable: Vec<String>,
    given: Host,
    near: bool,
    /// A map is in use.
    mapped: bool,
}

impl Hosts {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let target = &context.snapshot.target;
        let mut hosts = Hosts {
            known: HashMap::new(),
            unusable: Vec::new(),
            given: target.endpoint.host.clone(),
            near: context.is_near(),
            mapped: target.detours.is_some(),
        };
        hosts.add(&target.endpoint.host, Why::Given);
        target.server_name.iter().for_each(|name| hosts.add(name, Why::ServerName));
        for (node, _) in context.nodes() {
            let address = &node.address;
            let fields =
                [(&address.preferred, Why::Preferred), (&address.hostname, Why::Hostname), (&address.ip, Why::Address)];
            for (field, why) in fields {
                hosts.announced(field, why);
            }
        }
        for host in target.detours.iter().flat_map(crate::facts::Detours::hosts) {
            hosts.add(host, Why::Map);
        }
        context.snapshot.all_attempts().for_each(|attempt| hosts.resolved(attempt));
        hosts
    }

    fn announced(&mut self, field: &Announced, why: Why) {
        match field {
            Announced::Host(host) => self.add(host, why),
            Announced::Unusable(_) => {
                let text = field.to_string();
                if !self.unusable.contains(&text) {
                    self.unusable.push(text);
                }
            }
            Announced::Absent | Announced::Nil | Announced::Empty | Announced::QuestionMark => {}
        }
    }

    fn add(&mut self, host: &Host, why: Why) {
        let Ok(name) = Name::of(host) else { return };
        let known = self.known.entry(name).or_default();
        if !known.contains(&why) {
            known.push(why);
            known.sort_unstable();
        }
    }

    /// Only where nothing better is known of the address: it is what a name was resolved to, from here.
    fn resolved(&mut self, attempt: &Attempt) {
        let Some(ip) = attempt.socket.map(|socket| socket.ip().to_canonical()) else { return };
        self.known.entry(Name::Ip(ip)).or_insert_with(|| vec![Why::Resolved]);
    }

    /// What the host is called in a certificate, and what it is to clients.
    ///
    /// # Errors
    /// Why it belongs into none.
    pub(super) fn admit(&self, host: &Host) -> Result<(Name, &[Why]), String> {
        let name = Name::of(host)?;
        let Some(why) = self.known.get(&name) else {
            return Err(
                "nobody announces it: a node announces no address of its own, and these clients make do with it"
                    .to_owned(),
            );
        };
        let announced = why.iter().any(|why| matches!(why, Why::Preferred | Why::Hostname | Why::Address));
        if self.mapped && host.is_loopback() && !announced {
            return Err(
                "it is an end of the map in use: let its entry carry the name to verify (server_name)".to_owned()
            );
        }
        let elsewhere = host.is_loopback() && !self.given.is_loopback();
        if elsewhere && why[..] == [Why::Resolved] {
            return Err("a name leads there from this machine only".to_owned());
        }
        if elsewhere && !self.near {
            return Err(
                "a loopback address is another machine's to each client; let the node announce its own".to_owned()
            );
        }
        Ok((name, why))
    }
}
