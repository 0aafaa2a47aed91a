//! What a server says that the handshake does not bring to light: the answer to a ClientHello of our own making, read in
//! clear, and the alert that a reset has overtaken. No key follows such a hello, and nothing secret is ever sent.

use std::{net::SocketAddr, time::Duration};

use aws_lc_rs::rand;
use rustls::AlertDescription;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    shared::Shared,
    tls::{Manner, Recorded, io_failure},
};
use crate::{
    facts::{ClientCertRequest, Failure, FailureKind, Host, Limits, Observed, ServerHello, Stage},
    wire::{
        certificate::distinguished_name,
        hello::{Offer, client_hello},
        server_hello::{Flight, Reader, Unreadable},
        tls_names,
    },
};

/// How long an answer may take: the port has just answered a handshake.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an alert may take after a handshake: one round trip, and what the server needs to judge a certificate.
const SILENCE: Duration = Duration::from_secs(1);

/// No common ground was found, and no certificate seen: a hello that leaves nothing out may find it.
pub(super) fn may_explain(failure: &Failure, recorded: &Recorded) -> bool {
    failure.kind == FailureKind::TlsAlert && recorded.chain.is_empty()
}

/// Asks with everything up to TLS 1.2, and where the server wants none of that, with TLS 1.3.
pub(super) async fn look(shared: &Shared, socket: SocketAddr, name: &Host) -> Observed<ServerHello> {
    let sent = super::tls::sni(name);
    let both = async {
        match flight(socket, sent.as_deref(), Offer::UpToTls12, &shared.limits).await {
            Err(Unheard::Server(Unreadable::Alert(70))) => {
                flight(socket, sent.as_deref(), Offer::Tls13, &shared.limits).await
            }
            other => other,
        }
    };
    match timeout(PATIENCE.min(shared.limits.timeout / 2), both).await {
        Ok(Ok(flight)) => Observed::Seen(server_hello(shared, &flight)),
        Ok(Err(unheard)) => Observed::Failed(unheard.into()),
        Err(_) => Observed::Failed(silent()),
    }
}

/// The chain for a server name that is sent as it is written, from a server that has TLS 1.2.
pub(super) async fn chain_for(shared: &Shared, socket: SocketAddr, name: &str) -> Result<Vec<Vec<u8>>, Failure> {
    Ok(flight(socket, Some(name), Offer::Modern, &shared.limits).await?.chain)
}

/// Completes a handshake, sends nothing and reads: the alert that ends it, where one does.
pub(super) async fn last_words(shared: &Shared, socket: SocketAddr, manner: Manner<'_>) -> Option<Failure> {
    let stream = TcpStream::connect(socket).await.ok()?;
    let (Ok(mut stream), _) = shared.tls.handshake(stream, manner).await else { return None };
    let read = timeout(SILENCE.min(shared.limits.timeout / 2), stream.read(&mut [0; 1])).await.ok()?;
    let failure = io_failure(&read.err()?, Stage::Handshake);
    matches!(failure.kind, FailureKind::ClientCertificate | FailureKind::TlsAlert).then_some(failure)
}

/// Why there is no flight.
enum Unheard {
    /// What the server said is none.
    Server(Unreadable),
    /// The connection failed, or ended before a ServerHello.
    Connection(Failure),
}

async fn flight(socket: SocketAddr, name: Option<&str>, offer: Offer, limits: &Limits) -> Result<Flight, Unheard> {
    let broken = |error| Unheard::Connection(io_failure(&error, Stage::Handshake));
    let mut random = [0; 32];
    // Without randomness it is still a ClientHello: nothing hangs on it.
    let _ = rand::fill(&mut random);
    let mut stream = TcpStream::connect(socket).await.map_err(broken)?;
    stream.write_all(&client_hello(&random, name, offer)).await.map_err(broken)?;
    let mut reader = Reader::new(limits.chain);
    let mut buffer = vec![0; 16 << 10];
    loop {
        let ended = match stream.read(&mut buffer).await {
            Ok(0) => Unheard::Connection(super::talk::closed("the server closed the connection")),
            Err(error) => broken(error),
            Ok(read) => match reader.push(&buffer[..read]) {
                Ok(true) => return reader.finish().ok_or(Unheard::Server(Unreadable::Senseless)),
                Ok(false) => continue,
                Err(unreadable) => Unheard::Server(unreadable),
            },
        };
        // Whatever ended it, a server that named a version and a suite was heard.
        return reader.finish().ok_or(ended);
    }
}

impl From<Unheard> for Failure {
    fn from(unheard: Unheard) -> Failure {
        let (kind, detail) = match unheard {
            Unheard::Connection(failure) => return Failure { stage: Stage::Handshake, ..failure },
            // In rustls' words, as of every other handshake.
            Unheard::Server(Unreadable::Alert(number)) => {
                let alert = rustls::Error::AlertReceived(AlertDescription::from(number));
                (FailureKind::TlsAlert, alert.to_string())
            }
            Unheard::Server(Unreadable::Senseless) => (FailureKind::NotSpoken, "no answer of TLS".to_owned()),
            Unheard::Server(Unreadable::TooLong) => (FailureKind::Hostile, "an answer without an end".to_owned()),
        };
        Failure { stage: Stage::Handshake, kind, detail }
    }
}

fn silent() -> Failure {
    Failure { stage: Stage::Handshake, kind: FailureKind::TimedOut, detail: "no answer".to_owned() }
}

fn server_hello(shared: &Shared, flight: &Flight) -> ServerHello {
    let issuers = flight.request.iter().flatten().map(|der| distinguished_name(der, &shared.limits));
    ServerHello {
        version: tls_names::version(flight.version),
        suite: tls_names::suite(flight.suite),
        group: flight.group.map(tls_names::group),
        dh_bits: flight.dh_bits,
        // A chain that does not parse is still a server that names version and suite.
        chain: shared.intern(&flight.chain).ok(),
        client_cert: ClientCertRequest { requested: flight.request.is_some(), issuers: issuers.collect() },
    }
}
