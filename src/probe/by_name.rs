//! A front that chooses by the server name (SNI) ends the handshake of whoever sends none, or one that it does not know:
//! names that are known beside the one that was sent are tried there. One connection each, nothing secret on it, and only
//! where a handshake was ended; where none was, this costs nothing.

use std::{collections::HashSet, net::SocketAddr, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{looks::Further, shared::Shared, tls};
use crate::facts::{Attempt, Host, NameLook, Node, NodeProbe};

/// Handshakes that are tried again; more of them end alike.
const ATTEMPTS: usize = 16;

/// Names that are tried for each.
const NAMES: usize = 4;

/// Tries them, at the endpoint and at the first of its nodes that turned the handshake away. `leads_to`: what the endpoint's name stands
/// for in DNS.
pub(super) async fn ask_by_name(
    shared: &Arc<Shared>,
    seed: &mut Attempt,
    (announced, nodes): (&[Node], &mut [NodeProbe]),
    leads_to: &[Host],
    permits: &Arc<Semaphore>,
    deadline: Instant,
) {
    let common = known_names(shared, seed, leads_to);
    let own = std::iter::once((None, seed));
    let others = announced.iter().zip(nodes);
    let others = others.flat_map(|(node, probe)| probe.attempts.iter_mut().map(move |attempt| (Some(node), attempt)));
    let mut running = JoinSet::new();
    let mut asked: HashSet<(SocketAddr, Option<String>)> = HashSet::new();
    let mut chosen: Vec<&mut Attempt> = Vec::new();
    for (node, attempt) in own.chain(others).filter(|(_, attempt)| attempt.is_turned_away()) {
        let (Some(socket), sent) = (attempt.socket, tls::sni(&attempt.server_name)) else { continue };
        let names = names(attempt, node, &common);
        if names.is_empty() || asked.len() == ATTEMPTS || !asked.insert((socket, sent)) {
            continue;
        }
        let (shared, permits, place) = (Arc::clone(shared), Arc::clone(permits), chosen.len());
        let before = attempt.server_name.clone();
        running.spawn(async move {
            let further = Further { shared: &shared, permits: &permits, socket, deadline };
            // On the heap, since it is large, and hardly ever there.
            (place, Box::pin(answers(&further, &before, &names)).await)
        });
        chosen.push(attempt);
    }
    while let Ok(Some(done)) = timeout_at(deadline, running.join_next()).await {
        if let Ok((place, looks)) = done {
            chosen[place].by_name = looks;
        }
    }
}

/// What comes of each name. Where one brings a certificate, and so does the name that was sent before when it is sent again,
/// the name was not what it was about: nothing was learnt.
async fn answers(further: &Further<'_>, before: &Host, names: &[Host]) -> Vec<NameLook> {
    let mut looks = Vec::with_capacity(names.len());
    for name in names {
        let look = further.named(name).await;
        let answered = look.chain.seen().is_some();
        looks.push(look);
        if answered {
            let again = further.named(before).await;
            return if again.chain.seen().is_some() { Vec::new() } else { looks };
        }
    }
    looks
}

/// Names under which the whole deployment may be known: the user's, those that the endpoint's name stands for, and those in
/// the certificate that was met there.
fn known_names(shared: &Shared, seed: &Attempt, leads_to: &[Host]) -> Vec<Host> {
    let target = &shared.target;
    let certified = seed.tls().map(|session| shared.names_of(session.chain)).unwrap_or_default();
    let sent = tls::sni(&seed.server_name).filter(|_| seed.tls().is_some()).and_then(|sni| sni.parse().ok());
    let known = sent.into_iter().chain(target.server_name.clone()).chain([target.endpoint.host.clone()]);
    known.chain(leads_to.iter().cloned()).chain(certified).collect()
}

/// Those that were not sent yet, the node's own first, each once.
fn names(attempt: &Attempt, node: Option<&Node>, common: &[Host]) -> Vec<Host> {
    let address = node.map(|node| &node.address);
    let hostname = address.and_then(|address| Some(address.hostname_endpoint()?.host));
    let dialled = attempt.candidates.iter().map(|(_, endpoint)| &endpoint.host);
    let mut seen: HashSet<Option<String>> = HashSet::from([None, tls::sni(&attempt.server_name)]);
    let known = hostname.iter().chain(dialled).chain(common);
    known.filter(|host| seen.insert(tls::sni(host))).take(NAMES).cloned().collect()
}
