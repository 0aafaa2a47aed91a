//! What one node of a cluster sees of the others and the others need not see: silence on the bus, strangers, open slots.

use serde::{Deserialize, Serialize};

use super::NodeId;

/// An address in CLUSTER NODES that no node has answered for yet: the flag `handshake`. Its id is made up anew each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// The id that was made up for it.
    pub id: NodeId,
    /// `ip:port@bus`, escaped.
    pub address: String,
}

/// A slot on its way from one primary to another (`[93->-id]` and `[93-<-id]`), which only the two of them show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenSlot {
    /// The slot.
    pub slot: u16,
    /// It comes in (`-<-`); else it goes out (`->-`).
    pub importing: bool,
    /// The node it comes from or goes to.
    pub peer: NodeId,
}

/// What a node sees that is not as it should be; a node that complains of nothing has none. Of every list only the first few
/// are kept (`Limits::sights`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Who sees it so.
    pub node: NodeId,
    /// Nodes that it does not call failed and that do not answer it on the bus: the link is `disconnected`, they are suspected
    /// (`fail?`), or a ping has been waiting for more than two seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<NodeId>,
    /// Nodes that it calls failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<NodeId>,
    /// Nodes whose address it does not know any more (`noaddr`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<NodeId>,
    /// Who is being introduced to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newcomers: Vec<Newcomer>,
    /// Its own slots that are on their way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenSlot>,
    /// It has had no answer from any of several other nodes since it was started: it knows them from its nodes.conf alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// How many entries of the lists were not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Sight {
    /// A node that sees nothing wrong.
    pub fn of(node: NodeId) -> Self {
        Sight {
            node,
            silent: Vec::new(),
            failed: Vec::new(),
            lost: Vec::new(),
            newcomers: Vec::new(),
            open: Vec::new(),
            alone: false,
            more: 0,
        }
    }

    /// True where it complains of nothing.
    pub fn is_clear(&self) -> bool {
        let Sight { node: _, silent, failed, lost, newcomers, open, alone, more } = self;
        silent.is_empty()
            && failed.is_empty()
            && lost.is_empty()
            && newcomers.is_empty()
            && open.is_empty()
            && !alone
            && *more == 0
    }

    /// True where it has no word from this node, whatever it calls that.
    pub fn misses(&self, node: &NodeId) -> bool {
        [&self.silent, &self.failed, &self.lost].iter().any(|list| list.contains(node))
    }
}
