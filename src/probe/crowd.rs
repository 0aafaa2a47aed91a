//! Sockets at which many nodes are said to be: a few are asked for each of them, and one more answer does for the rest.
//!
//! Whoever tells of thousands of nodes at one address, which may be anybody's, would have it dialled as often.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::{attempt::Dial, questions::Ask};
use crate::facts::{Attempt, Host, Transport};

/// For how many nodes a socket is asked each for itself: of servers that take turns there, that is enough to meet several.
const EACH: usize = 16;

/// A socket and what is asked there. The name makes a difference where it may lead to another server: with TLS.
type Question = (SocketAddr, Transport, Option<Host>, Ask);

/// Who was looked for where.
#[derive(Default)]
pub(super) struct Crowds(Mutex<HashMap<Question, (usize, Crowd)>>);

/// What is shared by those that came late.
type Crowd = Arc<OnceCell<Attempt>>;

impl Crowds {
    /// Takes a place at the socket to dial; `None` where there is one, else the answer to share.
    pub(super) fn join(&self, dial: &Dial) -> Option<Crowd> {
        let [socket] = dial.sockets[..] else { return None };
        let name = (dial.transport == Transport::Tls).then(|| dial.server_name.clone());
        let ask = if dial.ask == Ask::Routes { Ask::View } else { dial.ask };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, crowd) = all.entry((socket, dial.transport, name, ask)).or_default();
        *taken += 1;
        (*taken > EACH).then(|| Arc::clone(crowd))
    }
}
