//! Whose key an entry has, and whether a client would ever look it up.

use std::collections::HashMap;

use super::{Fault, Form, Reader, announced};
use crate::{
    address_map::written::{self, Entry},
    facts::{Endpoint, Node, NodeId, Snapshot},
};

/// Every announced form of every node.
pub(super) struct Keys<'a> {
    nodes: &'a [Node],
    by_id: HashMap<&'a NodeId, &'a Node>,
    /// The form that is looked up; `None` where any will do.
    looked_up: Vec<Option<Endpoint>>,
    forms: HashMap<Endpoint, Vec<(usize, Form)>>,
    /// Keys are compared byte by byte.
    exact: bool,
    seed: Endpoint,
    /// Nodes were left out, and their keys are unknown.
    cut: Option<String>,
}

impl<'a> Keys<'a> {
    pub(super) fn of(snapshot: &Snapshot, nodes: &'a [Node], form: written::Form, reader: Option<Reader<'_>>) -> Self {
        let exact = form == written::Form::Objects;
        let looked_up = |node: &Node| match reader {
            Some(reader) => (reader.looks_up)(&node.address).or_else(|| announced(snapshot, node)),
            None => announced(snapshot, node).filter(|_| exact),
        };
        let mut keys = Keys {
            nodes,
            by_id: nodes.iter().map(|node| (&node.id, node)).collect(),
            looked_up: nodes.iter().map(looked_up).collect(),
            forms: HashMap::new(),
            exact,
            seed: snapshot.target.endpoint.clone(),
            cut: cut(snapshot),
        };
        for (i, node) in nodes.iter().enumerate() {
            keys.add(i, Form::Preferred, announced(snapshot, node));
            keys.add(i, Form::Hostname, node.address.hostname_endpoint());
            keys.add(i, Form::Ip, node.address.ip_endpoint());
        }
        keys
    }

    /// The first form of a node that an endpoint is counts.
    fn add(&mut self, node: usize, form: Form, endpoint: Option<Endpoint>) {
        let Some(endpoint) = endpoint else { return };
        let at = self.forms.entry(endpoint.plain()).or_default();
        if at.iter().all(|(other, _)| *other != node) {
            at.push((node, form));
        }
    }

    /// The node that the entry names by its id.
    pub(super) fn named(&self, entry: &Entry) -> Option<&'a Node> {
        self.by_id.get(entry.node_id.as_ref()?).copied()
    }

    /// Nodes were left out of the look.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// The node that announces the key, or a further one of the entry, and what keeps clients from finding it there.
    pub(super) fn node(&self, entry: &Entry, faults: &mut Vec<Fault>) -> Option<&'a Node> {
        let hits = entry.keys().find_map(|key| self.forms.get(&key.plain())).map_or(&[][..], Vec::as_slice);
        let preferred: Vec<_> = hits.iter().filter(|(_, form)| *form == Form::Preferred).collect();
        let hits = if preferred.is_empty() { hits.iter().collect() } else { preferred };
        match hits[..] {
            // Of the endpoint itself a map may say what it likes.
            [] if entry.key.plain() == self.seed.plain() => None,
            [] => {
                faults.push(self.cut.clone().map_or(Fault::NeverAnnounced(None), Fault::NotTried));
                None
            }
            [&(i, form)] => {
                faults.extend(self.not_found(i, form, entry));
                Some(&self.nodes[i])
            }
            _ => {
                faults.push(Fault::Ambiguous(hits.len()));
                None
            }
        }
    }

    fn not_found(&self, node: usize, form: Form, entry: &Entry) -> Option<Fault> {
        let looked_up = self.looked_up[node].as_ref()?;
        if looked_up.plain() != entry.key.plain() {
            if entry.further.iter().any(|key| key.plain() == looked_up.plain()) {
                return None;
            }
            return Some(Fault::OtherForm { form, looked_up: looked_up.clone() });
        }
        let spelled = looked_up.unbracketed();
        (self.exact && spelled != entry.spelled).then_some(Fault::Spelling(spelled))
    }
}

/// Why a key may be one of a node that nobody looked at.
fn cut(snapshot: &Snapshot) -> Option<String> {
    let topology = snapshot.deployment().filter(|t| t.announced > t.nodes.len())?;
    Some(format!("only {} of {} nodes were looked at (--max-nodes)", topology.nodes.len(), topology.announced))
}
