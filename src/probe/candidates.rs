//! Where a node may be reached: every announced form, and the seed's host with the node's port; each socket address once.

use std::{net::SocketAddr, sync::Arc};

use tokio::{task::JoinSet, time::Instant};

use super::{attempt::Dial, questions::Ask, shared::Shared};
use crate::facts::{Announced, Attempt, Candidate, Detour, Endpoint, Failure, Host, Node, Observed, Target, Transport};

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

/// A form of a node's address, as clients dial it.
pub(super) struct Form {
    pub(super) candidate: Candidate,
    /// What is dialled.
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    /// The name that the map in use has for it.
    pub(super) named: Option<Host>,
}

/// Every form in which a node may be reached, most preferred first. What a map leads elsewhere is dialled there and nowhere
/// else, as by a client that has this map: a node that it knows is not looked for beside it.
pub(super) fn forms(node: &Node, target: &Target, transport: Transport) -> Vec<Form> {
    let forms = announced(node, &target.endpoint, transport);
    let detour = |endpoint: &Endpoint| target.detours.as_ref().and_then(|map| map.at(endpoint));
    let followed = |candidate| matches!(candidate, Candidate::Preferred | Candidate::Hostname | Candidate::Ip);
    let known = forms.iter().any(|(candidate, endpoint, _)| followed(*candidate) && detour(endpoint).is_some());
    let led = |(candidate, endpoint, transport): (Candidate, Endpoint, Transport)| match detour(&endpoint)
        .filter(|_| followed(candidate))
        .cloned()
    {
        Some(Detour { to, server_name }) => Some(Form { candidate, endpoint: to, transport, named: server_name }),
        None if known && candidate != Candidate::Preferred => None,
        None => Some(Form { candidate, endpoint, transport, named: None }),
    };
    forms.into_iter().filter_map(led).collect()
}

fn announced(node: &Node, seed: &Endpoint, transport: Transport) -> Vec<(Candidate, Endpoint, Transport)> {
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
        forms.push((Candidate::OtherPort, Endpoint::new(first.host.clone(), port), transport.other()));
    }
    forms
}

/// Resolves every form, all at once, and groups them by socket address. A name that takes longer than half an attempt is
/// given up, so that the addresses beside it are still dialled; when the dials must be over is for the caller to say.
pub(super) async fn candidates(shared: &Arc<Shared>, node: &Node, transport: Transport, ask: Ask) -> Candidates {
    let mut found = Candidates::default();
    let mut dials: Vec<Dial> = Vec::new();
    let until = Instant::now() + shared.limits.timeout / 2;
    for (form, sockets) in resolved(shared, forms(node, &shared.target, transport), until).await {
        let sockets = match sockets {
            Ok(sockets) => sockets,
            Err(failure) => {
                let Form { candidate, endpoint, transport, named } = form;
                found.unresolved.push(Attempt { named, ..unresolved(candidate, endpoint, transport, failure) });
                continue;
            }
        };
        let same = |d: &&mut Dial| d.transport == form.transport && d.sockets == sockets && d.named == form.named;
        match dials.iter_mut().find(same) {
            Some(dial) => dial.candidates.push((form.candidate, form.endpoint)),
            None => dials.push(dial(form, sockets, ask, until)),
        }
    }
    let announces_loopback = node.address.preferred.host().is_some_and(Host::is_everyones_own);
    for mut dial in dials {
        dial.server_name = server_name(shared, &dial);
        // Where somebody sends clients to is no guess.
        let target = &shared.target;
        let wanted = |endpoint: &Endpoint| {
            target.known.contains(endpoint) || target.also.iter().any(|also| also.endpoint == *endpoint)
        };
        // A loopback address leads to the node from its own machine alone: the way for others is dialled beside it.
        let needed = announces_loopback && !shared.target.endpoint.host.is_loopback();
        let guess = dial.candidates.iter().all(|(c, endpoint)| *c == Candidate::SeedHost && !wanted(endpoint));
        let guess = guess && !needed;
        if guess { found.guessed.push(dial) } else { found.announced.push(dial) }
    }
    found
}

/// A form with the socket addresses behind it.
type Resolved = (Form, Result<Vec<SocketAddr>, Failure>);

async fn resolved(shared: &Arc<Shared>, forms: Vec<Form>, until: Instant) -> Vec<Resolved> {
    let mut asking = JoinSet::new();
    let mut answers: Vec<(usize, Resolved)> = Vec::with_capacity(forms.len());
    for (order, form) in forms.into_iter().enumerate() {
        if let Some(sockets) = shared.resolver.known(&form.endpoint) {
            answers.push((order, (form, Ok(sockets))));
            continue;
        }
        let shared = Arc::clone(shared);
        asking.spawn(async move {
            let sockets = shared.resolver.sockets_until(&form.endpoint, until).await;
            (order, (form, sockets))
        });
    }
    while let Some(answer) = asking.join_next().await {
        answers.extend(answer);
    }
    answers.sort_by_key(|(order, _)| *order);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn dial(form: Form, sockets: Vec<SocketAddr>, ask: Ask, until: Instant) -> Dial {
    let Form { candidate, endpoint, transport, named } = form;
    let ask = if candidate == Candidate::OtherPort { Ask::Identity } else { ask };
    let server_name = endpoint.host.clone();
    Dial {
        candidates: vec![(candidate, endpoint)],
        named,
        sockets,
        transport,
        server_name,
        ask,
        undecided: false,
        until,
    }
}

/// The name to send, as clients do: the user's, else the map's, else the host that is dialled; an address sends none.
pub(super) fn server_name(shared: &Shared, dial: &Dial) -> Host {
    let target = &shared.target;
    let sni = target.sni.as_ref().and_then(|sni| sni.parse().ok());
    let first = || dial.candidates.first().map(|(_, e)| e.host.clone());
    sni.or_else(|| dial.named.clone())
        .or_else(|| target.server_name.clone())
        .or_else(first)
        .unwrap_or_else(|| dial.server_name.clone())
}

/// An attempt that ended at the resolver.
pub(super) fn unresolved(candidate: Candidate, endpoint: Endpoint, transport: Transport, failure: Failure) -> Attempt {
    Attempt {
        server_name: endpoint.host.clone(),
        candidates: vec![(candidate, endpoint)],
        named: None,
        socket: None,
        transport,
        connection: Observed::Failed(failure),
        spoke: None,
        tls_port: None,
        hello: None,
        looks: None,
        by_name: Vec::new(),
        took_ms: 0,
    }
}
