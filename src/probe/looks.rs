//! Further handshakes at each node, after the one that counts and all at once: the other version, other server names, no
//! client certificate. Only where they were asked for: [`crate::facts::Limits::tls_looks`].

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tokio_rustls::client::TlsStream;

use super::{
    hello,
    nodes::is_sampled,
    shared::Shared,
    tls::{self, Manner, Recorded, io_failure},
};
use crate::facts::{
    Attempt, ClientAuth, Failure, FailureKind, Host, NameLook, NodeProbe, Observed, Stage, TlsLooks, VersionLook,
};

/// Both of them, by the names that sessions have them.
const VERSIONS: [(&str, &SupportedProtocolVersion); 2] = [("TLSv1.2", &TLS12), ("TLSv1.3", &TLS13)];

/// Takes them at the nodes, of many at an even sample, and at the seed where no node was reached at its socket. What is not
/// done by the deadline is left out.
pub(super) async fn look_further(
    shared: &Arc<Shared>,
    seed: &mut Attempt,
    nodes: &mut [NodeProbe],
    permits: &Arc<Semaphore>,
    deadline: Instant,
) {
    let most = shared.limits.tls_looks;
    if most == 0 {
        return;
    }
    let all = nodes.len();
    let sampled = nodes.iter_mut().enumerate().filter(|(i, _)| is_sampled(*i, all, most)).map(|(_, node)| node);
    let mut chosen: Vec<&mut Attempt> = sampled.filter_map(|node| secured(&mut node.attempts)).collect();
    if is_promising(seed) && !chosen.iter().any(|attempt| attempt.socket == seed.socket) {
        chosen.push(seed);
    }
    let mut running = JoinSet::new();
    for (place, attempt) in chosen.iter().enumerate() {
        let Some(plan) = Plan::of(shared, attempt) else { continue };
        let (shared, permits) = (Arc::clone(shared), Arc::clone(permits));
        // On the heap, since it is large: four handshakes at once.
        running.spawn(async move { (place, Box::pin(plan.carry_out(&shared, &permits, deadline)).await) });
    }
    while let Ok(Some(done)) = timeout_at(deadline, running.join_next()).await {
        if let Ok((place, looks)) = done {
            chosen[place].looks = Some(looks);
        }
    }
}

/// The attempt to look further at: the first with a session, else the first that failed for want of a certificate.
fn secured(attempts: &mut [Attempt]) -> Option<&mut Attempt> {
    let place = attempts.iter().position(|attempt| attempt.tls().is_some());
    let place = place.or_else(|| attempts.iter().position(is_promising))?;
    attempts.get_mut(place)
}

/// Another handshake may tell more: one was completed, or would have been with a certificate.
fn is_promising(attempt: &Attempt) -> bool {
    let refused = |failure: &Failure| failure.kind == FailureKind::ClientCertificate;
    attempt.tls().is_some() || attempt.failure().is_some_and(refused)
}

/// What is known of a socket, and so what is worth another connection.
struct Plan {
    socket: SocketAddr,
    /// What the handshake sent, if it could be sent.
    name: Host,
    /// The version that is known to be accepted.
    version: Option<String>,
    /// Another name by which clients may ask for this server.
    other: Option<Host>,
    client_auth: Option<ClientAuth>,
}

impl Plan {
    fn of(shared: &Shared, attempt: &Attempt) -> Option<Self> {
        attempt.opened()?;
        let own = tls::sni(&attempt.server_name);
        let target = &shared.target;
        let announced = attempt.candidates.iter().map(|(_, endpoint)| &endpoint.host);
        let hosts = announced.chain([&target.endpoint.host]).chain(&target.server_name);
        let is_other = |host: &&Host| tls::sni(host).is_some_and(|sni| Some(sni) != own);
        Some(Plan {
            socket: attempt.socket?,
            name: attempt.server_name.clone(),
            version: attempt.tls().map(|session| session.version.clone()),
            other: hosts.into_iter().find(is_other).cloned(),
            client_auth: client_auth(attempt, shared.has_identity()),
        })
    }

    async fn carry_out(self, shared: &Shared, permits: &Semaphore, deadline: Instant) -> TlsLooks {
        let look = Further { shared, permits, socket: self.socket, deadline };
        let is_known = |version: &str| self.version.as_deref() == Some(version);
        let version = |(name, offered): (&'static str, &'static SupportedProtocolVersion)| {
            let (look, host, known) = (&look, &self.name, is_known(name));
            async move {
                let accepted = if known { Observed::Seen(()) } else { look.accepts(host, offered).await };
                VersionLook { version: name.to_owned(), accepted }
            }
        };
        let [older, newer] = VERSIONS;
        let named = async {
            match &self.other {
                Some(host) => Some(look.named(host).await),
                None => None,
            }
        };
        let client_auth = async {
            match self.client_auth {
                Some(known) => Observed::Seen(known),
                None => look.client_auth(&self.name).await,
            }
        };
        let (older, newer, unnamed, named, client_auth) =
            tokio::join!(version(older), version(newer), look.unnamed(&self.name), named, client_auth);
        TlsLooks { versions: vec![older, newer], names: unnamed.into_iter().chain(named).collect(), client_auth }
    }
}

/// What the handshake itself told of client certificates; `None` where it did not.
fn client_auth(attempt: &Attempt, certificate_given: bool) -> Option<ClientAuth> {
    let failure = attempt.failure();
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::ClientCertificate);
    let Some(session) = attempt.tls() else { return (refused && !certificate_given).then_some(ClientAuth::Required) };
    if !session.client_cert.requested {
        return Some(ClientAuth::None);
    }
    let connection = attempt.opened()?;
    let answered = connection.identity.seen().is_some() || connection.server.seen().is_some();
    match (certificate_given, refused) {
        (false, true) => Some(ClientAuth::Required),
        (false, false) if answered || !connection.refusals.is_empty() => Some(ClientAuth::Optional),
        _ => None,
    }
}

/// Connections to one socket, each with a permit of its own and the time of an attempt.
pub(super) struct Further<'a> {
    pub(super) shared: &'a Shared,
    pub(super) permits: &'a Semaphore,
    pub(super) socket: SocketAddr,
    pub(super) deadline: Instant,
}

impl Further<'_> {
    /// Within the time of an attempt, which begins with the permit.
    async fn timed<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let _permit = self.permits.acquire().await;
        let until = (Instant::now() + self.shared.limits.timeout).min(self.deadline);
        timeout_at(until, work).await.unwrap_or_else(|_| {
            let detail = "no answer in time".to_owned();
            Err(Failure { stage: Stage::Handshake, kind: FailureKind::TimedOut, detail })
        })
    }

    async fn handshake(
        &self,
        manner: Manner<'_>,
    ) -> Result<(Result<TlsStream<TcpStream>, Failure>, Recorded), Failure> {
        let stream = TcpStream::connect(self.socket).await.map_err(|error| io_failure(&error, Stage::Connect))?;
        Ok(self.shared.tls.handshake(stream, manner).await)
    }

    /// A certificate is enough: what comes of ours is another question.
    async fn accepts(&self, name: &Host, version: &'static SupportedProtocolVersion) -> Observed<()> {
        let manner = Manner { name, version: Some(version), with_certificate: false };
        let accepted = self.timed(async {
            let (result, recorded) = self.handshake(manner).await?;
            if recorded.chain.is_empty() { result.map(|_| ()) } else { Ok(()) }
        });
        observed(accepted.await)
    }

    /// Without a server name; where none was sent because it is an address, with the address, as some clients do (Node with
    /// `servername`, .NET Core 3.1).
    async fn unnamed(&self, name: &Host) -> Option<NameLook> {
        if tls::sni(name).is_some() {
            let chain = self.chain(&Host::Ip(Ipv4Addr::UNSPECIFIED.into())).await;
            return Some(NameLook { sni: None, chain });
        }
        let Host::Ip(ip) = name else { return None };
        let text = ip.to_string();
        let chain = self.timed(async { self.intern(&hello::chain_for(self.shared, self.socket, &text).await?) }).await;
        Some(NameLook { sni: Some(text), chain: observed(chain) })
    }

    /// With this server name; an address sends none.
    pub(super) async fn named(&self, host: &Host) -> NameLook {
        NameLook { sni: tls::sni(host), chain: self.chain(host).await }
    }

    async fn chain(&self, name: &Host) -> Observed<usize> {
        let manner = Manner { with_certificate: false, ..Manner::from(name) };
        let chain = self.timed(async {
            let (result, recorded) = self.handshake(manner).await?;
            if recorded.chain.is_empty() {
                result?;
            }
            self.intern(&recorded.chain)
        });
        observed(chain.await)
    }

    fn intern(&self, chain: &[Vec<u8>]) -> Result<usize, Failure> {
        let failed = |detail| Failure { stage: Stage::Handshake, kind: FailureKind::Other, detail };
        self.shared.intern(chain).map_err(failed)
    }

    /// What becomes of a client without a certificate. TLS 1.3 tells only with the first read.
    async fn client_auth(&self, name: &Host) -> Observed<ClientAuth> {
        let manner = Manner { with_certificate: false, ..Manner::from(name) };
        let found = self.timed(async {
            let (result, recorded) = self.handshake(manner).await?;
            match result {
                Ok(_) if recorded.request.is_none() => Ok(ClientAuth::None),
                Ok(stream) => self.first_answer(stream, manner).await,
                Err(failure) if failure.kind == FailureKind::ClientCertificate => Ok(ClientAuth::Required),
                Err(failure) => Err(failure),
            }
        });
        observed(found.await)
    }

    /// Any answer at all to a PING says that no certificate is needed.
    async fn first_answer(&self, mut stream: TlsStream<TcpStream>, manner: Manner<'_>) -> Result<ClientAuth, Failure> {
        let asked = async {
            stream.write_all(b"PING\r\n").await?;
            stream.flush().await?;
            stream.read(&mut [0; 64]).await
        };
        let failure = match asked.await {
            Ok(1..) => return Ok(ClientAuth::Optional),
            Ok(0) => super::talk::closed("the server closed the connection"),
            Err(error) => io_failure(&error, Stage::Handshake),
        };
        let refused = |failure: &Failure| failure.kind == FailureKind::ClientCertificate;
        if refused(&failure) {
            return Ok(ClientAuth::Required);
        }
        // A reset may overtake the alert that says why: whoever writes nothing hears it.
        match hello::last_words(self.shared, self.socket, manner).await {
            Some(words) if refused(&words) => Ok(ClientAuth::Required),
            _ => Err(failure),
        }
    }
}

fn observed<T>(result: Result<T, Failure>) -> Observed<T> {
    result.map_or_else(Observed::Failed, Observed::Seen)
}
