//! Sockets at which many nodes are said to be: a few are asked for each of them, and one more answer does for the rest.
//!
//! Whoever tells of thousands of nodes at one address, which may be anybody's, would have it dialled as often.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::{
    attempt::{Dial, look},
    nodes::{is_free, look_as_spoken},
    questions::Ask,
    shared::Shared,
};
use crate::facts::{Attempt, Connection, Host, Observed, Transport};

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

/// Looks once for all that come late to a socket at which many nodes are said to be.
pub(super) async fn look_together(shared: &Shared, crowd: &OnceCell<Attempt>, dial: Dial) -> Attempt {
    let first = dial.clone();
    let look =
        || async { if is_free(shared) { look_as_spoken(shared, first).await.0 } else { look(shared, first).await.0 } };
    shared_with(&dial, crowd.get_or_init(look).await)
}

/// What one look came to, for another node at the same socket.
pub(super) fn shared_with(dial: &Dial, seen: &Attempt) -> Attempt {
    let mut attempt = Attempt { candidates: dial.candidates.clone(), named: dial.named.clone(), ..seen.clone() };
    // Lists of replicas are told once; every node may announce the same address.
    if let Observed::Seen(Connection { server, watch, .. }) = &mut attempt.connection {
        *watch = None;
        if let Observed::Seen(server) = server {
            server.replicas.clear();
        }
    }
    attempt
}
