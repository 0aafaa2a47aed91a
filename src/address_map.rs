//! From announced to reachable: what a client has to dial instead, and what was proved about it.

use serde::Serialize;

use crate::facts::{Endpoint, Host, NodeId};

/// What stands behind a mapping. Nothing is called a mapping without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The chain led to a trust anchor; `None` on plaintext.
    pub chain: Option<bool>,
    /// The leaf speaks for the server name; `None` on plaintext.
    pub name: Option<bool>,
    /// How identity was established: `cluster-myid`, or a weaker proof in words.
    pub identity: String,
    /// The socket address that was dialled.
    pub socket: String,
}

/// One node: where it says it is, where it is reachable from here, and under which name it verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The node.
    pub node_id: NodeId,
    /// The preferred endpoint: the key most clients look it up by.
    pub announced: Endpoint,
    /// The announced host name, where a client would use it as the key.
    #[serde(skip)]
    pub hostname: Option<Endpoint>,
    /// The announced IP, where a client would use it as the key.
    #[serde(skip)]
    pub ip: Option<Endpoint>,
    /// What to dial.
    pub reachable: Endpoint,
    /// The name to verify there.
    pub server_name: Host,
    /// What was proved.
    pub proof: Proof,
}

impl Mapping {
    /// True where a client that follows the announced address would go wrong.
    pub fn is_needed(&self) -> bool {
        self.announced != self.reachable || self.server_name != self.announced.host
    }
}

/// A node without a proved way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// The node.
    pub node_id: NodeId,
    /// Where it says it is.
    pub announced: String,
    /// Why there is no mapping.
    pub why: String,
}

/// The map of a whole deployment. Empty `mappings` where none is needed or none may be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap {
    /// One for each node that was proved, in topology order.
    pub mappings: Vec<Mapping>,
    /// The nodes that were not.
    pub unmapped: Vec<Unmapped>,
    /// Why no map is given at all (a balancer, colliding keys), in words.
    pub refused: Option<String>,
}

impl AddressMap {
    /// The one host that every node is reachable at under its announced port, if there is one: the short rule form.
    pub fn one_host(&self) -> Option<&Host> {
        let first = &self.mappings.first()?.reachable.host;
        let same = |m: &Mapping| m.reachable.host == *first && m.reachable.port == m.announced.port && m.server_name == *first;
        self.mappings.iter().all(same).then_some(first)
    }
}
