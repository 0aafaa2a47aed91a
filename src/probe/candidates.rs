//! Where a node may be reached: every announced form, and the seed's host with the node's port; each socket address once.

use std::net::SocketAddr;

use tokio::time::Instant;

use super::{attempt::Dial, converse::Ask, shared::Shared};
use crate::facts::{
    Announced, Attempt, Candidate, Endpoint, Failure, FailureKind, Host, Node, Observed, Stage, Transport,
};

/// What to dial for one node.
#[derive(Default)]
pub(super) struct Candidates {
    /// Announced addresses: dialled at once.
    pub(super) announced: Vec<Dial>,
    /// The seed's host with the node's port: dialled where the announced ones come to nothing.
    pub(super) guessed: Vec<Dial>,
    /// Names that did not resolve, as the attempts they would have been.
    pub(super) unresolved: Vec<Attempt>,
}

/// Every form in which a node may be reached, most preferred first.
fn forms(node: &Node, seed: &Endpoint, transport: Transport) -> Vec<(Candidate, Endpoint, Transport)> {
    let address = &node.address;
    let at_seed = address.client_port().map(|port| Endpoint::new(seed.host.clone(), port));
    let preferred = match &address.preferred {
        // Nil and empty mean the host that was dialled (Redis 7.0 CLUSTER SLOTS).
        Announced::Nil | Announced::Empty => at_seed.clone(),
        _ => address.preferred_endpoint(),
    };
    let mut forms: Vec<_> = [
        (Candidate::Preferred, preferred),
        (Candidate::Hostname, address.hostname_endpoint()),
        (Candidate::Ip, address.ip_endpoint()),
        (Candidate::SeedHost, at_seed),
    ]
    .into_iter()
    .filter_map(|(candidate, endpoint)| Some((candidate, endpoint?, transport)))
    .collect();
    let other_port = match transport {
        Transport::Tls => address.tcp_port,
        Transport::Plaintext => address.tls_port,
    };
    if let (Some(port), Some((_, first, _))) = (other_port.filter(|p| Some(*p) != address.client_port()), forms.first())
    {
        forms.push((Candidate::OtherPort, Endpoint::new(first.host.clone(), port), Shared::other(transport)));
    }
    forms
}

/// Resolves every form and groups them by socket address.
pub(super) async fn candidates(shared: &Shared, node: &Node, transport: Transport, until: Instant) -> Candidates {
    let seed = &shared.target.endpoint;
    let mut found = Candidates::default();
    let mut dials: Vec<Dial> = Vec::new();
    for (candidate, endpoint, transport) in forms(node, seed, transport) {
        let sockets = match tokio::time::timeout_at(until, shared.resolver.sockets(&endpoint)).await {
            Ok(Ok(sockets)) => sockets,
            Ok(Err(failure)) => {
                found.unresolved.push(unresolved(candidate, endpoint, transport, failure));
                continue;
            }
            Err(_) => {
                let detail = "the resolver did not answer in time".to_owned();
                let failure = Failure { stage: Stage::Resolve, kind: FailureKind::TimedOut, detail };
                found.unresolved.push(unresolved(candidate, endpoint, transport, failure));
                continue;
            }
        };
        match dials.iter_mut().find(|d| d.transport == transport && d.sockets == sockets) {
            Some(dial) => dial.candidates.push((candidate, endpoint)),
            None => dials.push(dial(candidate, endpoint, sockets, transport, until)),
        }
    }
    for mut dial in dials {
        dial.server_name = server_name(shared, &dial);
        let guess = dial.candidates.iter().all(|(c, _)| *c == Candidate::SeedHost);
        if guess { found.guessed.push(dial) } else { found.announced.push(dial) }
    }
    found
}

fn dial(
    candidate: Candidate,
    endpoint: Endpoint,
    sockets: Vec<SocketAddr>,
    transport: Transport,
    until: Instant,
) -> Dial {
    let ask = if candidate == Candidate::OtherPort { Ask::Identity } else { Ask::View };
    let server_name = endpoint.host.clone();
    Dial { candidates: vec![(candidate, endpoint)], sockets, transport, server_name, ask, undecided: false, until }
}

/// The name to send: the user's, else the first name among the forms that lead here, else the address.
pub(super) fn server_name(shared: &Shared, dial: &Dial) -> Host {
    let target = &shared.target;
    let sni = target.sni.as_ref().and_then(|sni| sni.parse().ok());
    let named = || dial.candidates.iter().map(|(_, e)| &e.host).find(|h| h.name().is_some()).cloned();
    let first = || dial.candidates.first().map(|(_, e)| e.host.clone());
    sni.or_else(|| target.server_name.clone()).or_else(named).or_else(first).unwrap_or_else(|| dial.server_name.clone())
}

/// An attempt that ended at the resolver.
pub(super) fn unresolved(candidate: Candidate, endpoint: Endpoint, transport: Transport, failure: Failure) -> Attempt {
    Attempt {
        server_name: endpoint.host.clone(),
        candidates: vec![(candidate, endpoint)],
        socket: None,
        transport,
        connection: Observed::Failed(failure),
        spoke: None,
        took_ms: 0,
    }
}
