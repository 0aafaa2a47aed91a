//! What is wrong with an entry of a map, in sentences.

use super::words;
use crate::{
    address_map::audit::{Crossing, Fault, Form, Judged, Missing},
    facts::{FailureKind, Stage},
};

/// `key → target (verify name)`.
pub(super) fn led(judged: &Judged) -> String {
    let entry = &judged.entry;
    let name = entry.also().server_name.map(|name| format!(" (verify {name})")).unwrap_or_default();
    format!("{} → {}{name}", entry.spelled, entry.target)
}

/// A node without an entry, and the entry that it needs.
pub(super) fn lacking(node: &Missing) -> String {
    let Missing { id, role, announced, way } = node;
    let way = match way {
        Ok(m) if m.server_name == m.reachable.host => format!("it answers at {}", m.reachable),
        Ok(m) => format!("it answers at {}, and verifies as {}", m.reachable, m.server_name),
        Err(why) => why.clone(),
    };
    format!("{announced} ({role} {}): {way}", id.short())
}

/// A fault in a sentence.
pub(super) fn said(fault: &Fault) -> String {
    match fault {
        Fault::NeverAnnounced(None) => "no node announces this key, so no client looks it up".to_owned(),
        Fault::NeverAnnounced(Some(key)) => {
            format!("no node announces this key; the node at the target is looked up as {}", key.unbracketed())
        }
        Fault::Ambiguous(n) => format!("{n} nodes announce this key, so no map can tell them apart"),
        Fault::OtherForm { form, looked_up } => {
            let form = match form {
                Form::Preferred => "endpoint that is preferred",
                Form::Hostname => "announced host name",
                Form::Ip => "announced IP",
            };
            format!("the key is the {form}, and clients look this node up as {}", looked_up.unbracketed())
        }
        Fault::Spelling(key) => format!("clients compare keys byte by byte, and look this node up as {key}"),
        Fault::Repeated(place) => format!("the same key stands at {place} already, and leads elsewhere"),
        Fault::Shared(others) => {
            format!("one target for several nodes (also for {}): one of them answers, by chance", others.join(", "))
        }
        Fault::Moved { id, announced: Some(at) } => {
            format!("the map has the node {} here, and it announces {at} now", id.short())
        }
        Fault::Moved { id, announced: None } => {
            format!("the map has the node {} here, and it has left the cluster", id.short())
        }
        Fault::OtherNode { id, announced: Some(at), crossing } => {
            let other = format!("another node answers there: the one that announces {at} ({})", id.short());
            match crossing {
                Some(Crossing { key, target, swapped: true }) => {
                    format!(
                        "{other}; the node of this entry answers at {target}, the target of {key}: the two are swapped"
                    )
                }
                Some(Crossing { key, target, swapped: false }) => {
                    format!("{other}; the node of this entry answers at {target}, the target of {key}")
                }
                None => other,
            }
        }
        Fault::OtherNode { id, announced: None, .. } => {
            format!("a server answers there that is not of this deployment ({})", id.short())
        }
        Fault::Encrypted => "spiped's encrypted side answers there (32 random bytes), not Redis".to_owned(),
        Fault::NotAnswering(failure) => format!("{} ({}: {})", gist(fault), failure.stage, failure.detail),
        Fault::NameNotProved { name, why, .. } => format!("{name} is not proved there: {why}"),
        Fault::NotTried(why) => format!("not proved: {why}"),
    }
}

/// The same without what differs from one connection, or one entry, to the next.
pub(super) fn gist(fault: &Fault) -> String {
    let failure = match fault {
        Fault::NotAnswering(failure) => failure,
        Fault::NameNotProved { why, untrusted: true, .. } => return format!("the name is not proved there: {why}"),
        _ => return said(fault),
    };
    let lead = match (failure.stage, failure.kind) {
        (Stage::Resolve | Stage::Connect, _) => "nobody answers there",
        (Stage::Handshake, _) => "no TLS comes about there",
        (Stage::Authenticate | Stage::Command, FailureKind::Closed) => {
            return "the connection is taken, and closed without an answer".to_owned();
        }
        (Stage::Authenticate, FailureKind::Refusal) => return "the server there does not let us in".to_owned(),
        (Stage::Authenticate | Stage::Command, _) => "what answers there does not say who it is",
    };
    format!("{lead}: {}", words::failure(failure))
}
