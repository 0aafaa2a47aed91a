//! Where clients go that follow what is announced, with or without a map in use.

use super::Context;
use crate::facts::{Detour, Endpoint, Host, Node};

impl<'a> Context<'a> {
    /// What a client that follows the preferred endpoint dials for this node, through the map where one is in use.
    pub fn followed(&self, node: &Node) -> Option<Endpoint> {
        let preferred = self.preferred(node)?;
        Some(self.detour(&preferred).map_or(preferred, |detour| detour.to.clone()))
    }

    /// The host that such a client verifies there: the map's name, else the one given by `--server-name`, where one was.
    pub fn followed_as(&self, node: &Node) -> Option<Host> {
        let preferred = self.preferred(node)?;
        let led = self.detour(&preferred);
        let name = led.and_then(|detour| detour.server_name.as_ref());
        let host = led.map_or(&preferred.host, |detour| &detour.to.host);
        Some(name.unwrap_or_else(|| self.verified(host)).clone())
    }

    /// The host that clients verify at the endpoint that the user gave.
    pub fn given_as(&self) -> &Host {
        let snapshot = self.snapshot;
        snapshot.seed.named.as_ref().unwrap_or_else(|| self.verified(&snapshot.target.endpoint.host))
    }

    /// Where the map in use leads a client that is sent to `announced`.
    pub fn detour(&self, announced: &Endpoint) -> Option<&'a Detour> {
        self.snapshot.target.detours.as_ref()?.at(announced)
    }

    /// True for a node that the map in use has under the address which most clients follow.
    pub fn is_led(&self, node: &Node) -> bool {
        self.preferred(node).is_some_and(|endpoint| self.detour(&endpoint).is_some())
    }

    /// The endpoint that a node sends clients to, where no map in use leads them elsewhere.
    pub fn followed_as_announced(&self, node: &Node) -> Option<Endpoint> {
        self.preferred(node).filter(|endpoint| self.detour(endpoint).is_none())
    }
}
