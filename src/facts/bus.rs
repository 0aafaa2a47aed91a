//! What came of knocking at a port on which cluster nodes talk to each other. Nothing is said there.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Failure, NodeId};

/// One TCP connection to a cluster bus port, as seen from here: nodes may well reach what clients do not, and the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusLook {
    /// Whose.
    pub node: NodeId,
    /// Where: the announced IP, or where the name in its place leads, with the announced bus port.
    pub socket: SocketAddr,
    /// How it failed; `None` where it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}
