//! Embedded Redis Clusters that misbehave on purpose: real sockets on loopback, certificates made on the spot.
//!
//! A scene is a [`Plan`] that departs from a healthy cluster in one way; `scenes` is the shelf of them. One server
//! plays every plan, with the answers of Redis 7.2.

#![expect(clippy::disallowed_methods, reason = "the room that practises: its servers need sockets and a clock")]

mod certificates;
mod cluster;
mod commands;
mod inbound;
mod plan;
mod reply;
mod scenes;
mod session;
mod stage;
mod store;
mod view;

use std::str::FromStr;

use tokio::{net::TcpSocket, task::JoinSet};

pub use plan::{Behaviour, CertificateSpec, Edit, Plan, PlannedNode, Preferred, Seed, loopback};
pub use scenes::SCENES;

use crate::facts::{Endpoint, Host, Override};

/// Nodes of a cluster that is asked for without a number: three primaries with a replica each.
const DEFAULT_NODES: usize = 6;
/// Most nodes that a cluster may be asked for.
const MAX_NODES: usize = 1000;

/// A way of misbehaving.
#[derive(Debug)]
pub struct Scene {
    /// What it is asked for by.
    pub name: &'static str,
    /// What is wrong, in one line.
    pub about: &'static str,
    /// Fewest nodes it makes sense with.
    least: usize,
    /// Makes a healthy plan misbehave.
    spoil: fn(&mut Plan),
}

/// A scene, and how many nodes it is to have: `azure-enterprise`, `healthy?nodes=100`.
#[derive(Clone, Debug)]
pub struct Request {
    /// The scene.
    pub scene: &'static Scene,
    /// How many nodes.
    pub nodes: usize,
}

/// A cluster that runs. Dropping it stops every node and closes every connection.
#[derive(Debug)]
pub struct Lab {
    /// Where a client is to begin.
    pub endpoint: Endpoint,
    /// The endpoint is to be asked with TLS.
    pub tls: bool,
    /// The lab's certificate authority, PEM.
    pub ca_pem: String,
    /// The lab's certificate authority, DER.
    pub ca_der: Vec<u8>,
    /// What makes the endpoint and the announced addresses lead to where they should.
    pub overrides: Vec<Override>,
    _tasks: JoinSet<()>,
    _nowhere: Option<TcpSocket>,
}

impl Request {
    /// The plan that it comes to.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::healthy(self.scene.name, self.nodes);
        (self.scene.spoil)(&mut plan);
        plan
    }
}

impl FromStr for Request {
    type Err = String;

    /// Accepts `SCENE` and `SCENE?nodes=N`. The error is one sentence that lists the scenes.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, query) = text.split_once('?').map_or((text, None), |(name, query)| (name, Some(query)));
        let scene = SCENES.iter().find(|scene| scene.name == name);
        let scene = scene.ok_or_else(|| refuse(&format!("there is no lab scene {name:?}")))?;
        let nodes = match query {
            None => DEFAULT_NODES,
            Some(query) => query
                .strip_prefix("nodes=")
                .ok_or_else(|| refuse(&format!("a lab scene takes ?nodes=N and not {:?}", format!("?{query}"))))?
                .parse()
                .ok()
                .filter(|nodes| (scene.least..=MAX_NODES).contains(nodes))
                .ok_or_else(|| refuse(&format!("{name} takes {} to {MAX_NODES} nodes, not {query:?}", scene.least)))?,
        };
        Ok(Request { scene, nodes })
    }
}

fn refuse(what: &str) -> String {
    let names: Vec<_> = SCENES.iter().map(|scene| scene.name).collect();
    format!("{what}; the scenes are {}", names.join(", "))
}

impl Lab {
    /// The endpoint in the form in which another process, which does not know the overrides, can dial it.
    pub fn local_endpoint(&self) -> Endpoint {
        Endpoint::new(Host::Name("localhost".into()), self.endpoint.port)
    }
}

/// Starts what is asked for on the current tokio runtime; all nodes listen when it returns.
pub async fn start(request: &Request) -> Result<Lab, String> {
    play(request.plan()).await
}

/// Starts a cluster of one's own devising, as [`start`] does.
pub async fn play(plan: Plan) -> Result<Lab, String> {
    // Keys are made and up to a thousand ports bound: too long for a thread that has to answer others.
    let set = tokio::task::spawn_blocking(move || stage::set(&plan));
    set.await.unwrap_or_else(|e| Err(format!("the lab could not be set up: {e}")))
}

#[cfg(test)]
mod tests;
