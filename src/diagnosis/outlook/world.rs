//! What was found behind addresses, whoever asked: the attempts of a snapshot by where they went.

use std::{collections::HashMap, net::IpAddr};

use crate::{
    clients::{Client, Resolves, Symptom},
    diagnosis::turned_away,
    facts::{Attempt, Endpoint, Failure, FailureKind, Host, Snapshot, Spoke, Stage, Transport},
};

/// The attempts, by the endpoints that lead to them.
pub(super) struct World<'a> {
    snapshot: &'a Snapshot,
    by_endpoint: HashMap<(String, u16), Vec<&'a Attempt>>,
    /// What names resolved to, where they were dialled.
    addresses: HashMap<String, IpAddr>,
}

/// What is known of an address.
pub(super) enum Met<'a> {
    /// Nothing.
    Unseen,
    /// It ends before anything can be said.
    Symptom(Symptom),
    /// This connection was opened.
    Attempt(&'a Attempt),
}

impl<'a> World<'a> {
    /// Sorts the attempts of a snapshot.
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut by_endpoint = HashMap::new();
        let mut addresses = HashMap::new();
        for attempt in std::iter::once(&snapshot.seed).chain(snapshot.nodes.iter().flat_map(|n| &n.attempts)) {
            let socket = attempt.socket.map(|s| (s.ip().to_canonical(), s.port()));
            for key in attempt.candidates.iter().map(|(_, e)| key(e)) {
                if let Some((ip, _)) = socket {
                    addresses.entry(key.0.clone()).or_insert(ip);
                }
                keep(by_endpoint.entry(key).or_default(), attempt);
            }
            if let Some((ip, port)) = socket {
                keep(by_endpoint.entry((ip.to_string(), port)).or_default(), attempt);
            }
        }
        World { snapshot, by_endpoint, addresses }
    }

    /// The endpoint that the user gave.
    pub(super) fn target(&self) -> &'a Endpoint {
        &self.snapshot.target.endpoint
    }

    /// Where the seed's connection was opened.
    pub(super) fn seed_ip(&self) -> Option<IpAddr> {
        self.snapshot.seed.socket.map(|socket| socket.ip().to_canonical())
    }

    /// True for an address that leads where the seed's connection was opened.
    pub(super) fn is_behind_seed(&self, endpoint: &Endpoint) -> bool {
        let port = self.snapshot.seed.socket.map(|socket| socket.port());
        port == Some(endpoint.port) && self.resolved(&endpoint.host) == self.seed_ip()
    }

    /// What a client dials for the seed.
    pub(super) fn seed(&self, client: &Client, cluster: bool) -> Endpoint {
        let given = self.target();
        let ip = match client.resolves {
            Resolves::Seeds if cluster => self.seed_ip(),
            Resolves::Localhost if cluster && given.host.name() == Some("localhost") => Some([127, 0, 0, 1].into()),
            _ => None,
        };
        Endpoint::new(ip.map_or_else(|| given.host.clone(), Host::Ip), given.port)
    }

    /// The IP that a host resolved to, where it was dialled.
    pub(super) fn resolved(&self, host: &Host) -> Option<IpAddr> {
        host.ip().or_else(|| self.addresses.get(&host.to_string().to_ascii_lowercase()).copied())
    }

    /// What a client meets at the seed.
    pub(super) fn at_seed(&self, speaks: Transport) -> Met<'a> {
        met(&self.snapshot.seed, self.target(), speaks)
    }

    /// What a client meets at an endpoint.
    pub(super) fn at(&self, endpoint: &Endpoint, speaks: Transport) -> Met<'a> {
        let local = |ip: &str| self.by_endpoint.get(&(ip.to_owned(), endpoint.port));
        let found = match self.by_endpoint.get(&key(endpoint)) {
            None if endpoint.host.name() == Some("localhost") => local("127.0.0.1").or_else(|| local("::1")),
            found => found,
        };
        let found = found.map_or(&[][..], |attempts| &attempts[..]);
        match found.iter().find(|a| a.transport == speaks).or(found.first()) {
            Some(attempt) => met(attempt, endpoint, speaks),
            // Only what answers on this machine could be there, and none of the nodes does.
            None if endpoint.host.name() == Some("localhost") => Met::Symptom(Symptom::Refused(endpoint.clone())),
            None => Met::Unseen,
        }
    }

    /// What is spoken at an endpoint, where that is known.
    pub(super) fn spoken_at(&self, endpoint: &Endpoint) -> Option<Transport> {
        let attempts = self.by_endpoint.get(&key(endpoint))?;
        attempts.iter().find(|attempt| attempt.opened().is_some()).map(|attempt| attempt.transport)
    }

    /// The symptom where the seed refused a command.
    pub(super) fn refused(&self, command: &'static str) -> Option<Symptom> {
        let refusals = &self.snapshot.seed.opened()?.refusals;
        // COMMAND itself is long, so that only its count is asked for.
        let asked = if command == "COMMAND" { "COMMAND COUNT" } else { command };
        let answer = &refusals.iter().find(|r| r.command == asked)?.answer;
        if answer.starts_with("NOPERM") {
            return Some(Symptom::NotPermitted(command));
        }
        if answer.contains("cluster support disabled") {
            return Some(Symptom::ClusterDisabled);
        }
        // Before 7.0 there is no SHARDS, and who asks for it goes on with NODES.
        if command == "CLUSTER SHARDS" {
            return self.refused("CLUSTER NODES");
        }
        (!answer.starts_with("NOAUTH")).then_some(Symptom::UnknownCommand(command))
    }

    /// The cluster says of itself that it is down.
    pub(super) fn is_down(&self) -> bool {
        let server = self.snapshot.seed.opened().and_then(|c| c.server.seen());
        server.is_some_and(|s| s.cluster_state.as_deref() == Some("fail"))
    }
}

/// The first one in each protocol says what a client meets; thousands of nodes may announce one address.
fn keep<'a>(known: &mut Vec<&'a Attempt>, attempt: &'a Attempt) {
    if known.iter().all(|other| other.transport != attempt.transport) {
        known.push(attempt);
    }
}

fn key(endpoint: &Endpoint) -> (String, u16) {
    (endpoint.host.to_string().to_ascii_lowercase(), endpoint.port)
}

fn met<'a>(attempt: &'a Attempt, endpoint: &Endpoint, speaks: Transport) -> Met<'a> {
    if attempt.opened().is_some() && attempt.transport != speaks {
        return Met::Symptom(match speaks {
            Transport::Tls => Symptom::TlsNotSpoken,
            Transport::Plaintext => Symptom::TlsRequired,
        });
    }
    match (&attempt.connection.failure(), attempt.opened()) {
        (Some(failure), _) => Met::Symptom(before_tls(attempt, failure, endpoint, speaks)),
        (None, Some(_)) => Met::Attempt(attempt),
        (None, None) => Met::Unseen,
    }
}

/// What a connection that came to nothing means to a client.
fn before_tls(attempt: &Attempt, failure: &Failure, endpoint: &Endpoint, speaks: Transport) -> Symptom {
    match (&attempt.spoke, speaks) {
        (Some(Spoke::PlainRedis(line)), _) if !line.starts_with("-DENIED") && speaks == Transport::Tls => {
            return Symptom::TlsNotSpoken;
        }
        (Some(Spoke::Tls), Transport::Plaintext) => return Symptom::TlsRequired,
        (Some(Spoke::Spiped | Spoke::Unknown(_) | Spoke::Other(_)), _) => return Symptom::NotSpoken,
        (Some(Spoke::ProxyHeader(_) | Spoke::ClusterBus(_)), _) => return Symptom::Closed(endpoint.clone()),
        _ => {}
    }
    in_general(failure, endpoint)
}

fn in_general(failure: &Failure, endpoint: &Endpoint) -> Symptom {
    let at = endpoint.clone();
    match failure.kind {
        FailureKind::NoSuchName => Symptom::NoSuchName(at.host.to_string()),
        FailureKind::Refused => Symptom::Refused(at),
        // Whoever does not answer a ClientHello is met as a plaintext port is, which waits for the rest of a command.
        FailureKind::TimedOut if failure.stage == Stage::Handshake => Symptom::TlsNotSpoken,
        FailureKind::TimedOut => Symptom::TimedOut(at),
        FailureKind::Unreachable | FailureKind::Local => Symptom::Unreachable(at),
        FailureKind::NotSpoken | FailureKind::Hostile => Symptom::NotSpoken,
        FailureKind::ClientCertificate => Symptom::ClientCertificate,
        FailureKind::TlsAlert => Symptom::Handshake(failure.detail.clone()),
        FailureKind::Refusal | FailureKind::Other if failure.stage == Stage::Handshake => {
            Symptom::Handshake(failure.detail.clone())
        }
        FailureKind::Closed | FailureKind::Refusal | FailureKind::Other => Symptom::Closed(at),
    }
}

/// What a client meets on an open connection once it has accepted the certificate; `None` where all is well.
pub(super) fn after_tls(attempt: &Attempt, endpoint: &Endpoint, speaks: Transport) -> Option<Symptom> {
    let connection = attempt.opened()?;
    if turned_away(attempt).is_some() {
        return Some(Symptom::Closed(endpoint.clone()));
    }
    if let Some(failure) = connection.tls.failure() {
        return Some(before_tls(attempt, failure, endpoint, speaks));
    }
    if let Some(failure) = connection.auth.failure() {
        return Some(match failure.kind {
            FailureKind::Refusal if failure.detail.starts_with("NOAUTH") => Symptom::NoAuth,
            FailureKind::Refusal if failure.detail.starts_with("WRONGPASS") => Symptom::WrongPass,
            FailureKind::Refusal => Symptom::AuthRefused(failure.detail.clone()),
            _ => in_general(failure, endpoint),
        });
    }
    let failure = connection.identity.failure()?;
    // Who answered may be refused to us and not harm a client.
    let symptom = (failure.kind != FailureKind::Refusal).then(|| before_tls(attempt, failure, endpoint, speaks))?;
    Some(if matches!(symptom, Symptom::NotSpoken) { Symptom::NoReply } else { symptom })
}
