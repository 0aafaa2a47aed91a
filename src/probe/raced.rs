//! TLS raced with an inline PING on a second connection: a plaintext Redis never answers a ClientHello, so that silence would
//! have to be waited for.

use std::{net::SocketAddr, pin::pin, time::Duration};

use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::client::TlsStream;

use super::{
    attempt::Dial,
    kind,
    mute::{self, Port},
    questions::Ask,
    shared::Shared,
    tls::Recorded,
};
use crate::facts::{Failure, FailureKind, Spoke, Stage};

/// How long TLS may be silent before an inline PING is tried beside it: so many times what the connection took to open, for
/// a handshake takes two round trips at most, and a server its time to sign.
const SILENCE: u32 = 3;

/// The least of it at the seed, and at nodes: of those many are looked at together, and this machine itself may be slow.
const BRIEF: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(300)];

/// The most of it: a SYN may have been lost.
const LONG: Duration = Duration::from_secs(1);

/// How long a handshake may still take once a service that is no Redis answered the inline PING: an HTTPS port does both.
const GRACE: Duration = Duration::from_secs(1);

/// The handshake, with an inline PING beside it where TLS stays silent or the answer is no TLS. `away`: what the connection
/// took to open.
pub(super) async fn handshake(
    shared: &Shared,
    dial: &Dial,
    (stream, socket, away): (TcpStream, SocketAddr, Duration),
    (spoke, known): (&mut Option<Spoke>, &mut Option<Failure>),
) -> (Result<TlsStream<TcpStream>, Failure>, Recorded) {
    let mut handshake = pin!(shared.tls.handshake(stream, &dial.server_name));
    let mut beside = pin!(async {
        sleep(silence(dial, away)).await;
        kind::plaintext(socket, kind::INLINE).await
    });
    let plaintext_only = || {
        let failure = not_spoken("the port answers an inline PING in plaintext and no ClientHello");
        (Err(failure), Recorded::default())
    };
    let (result, recorded) = tokio::select! {
        biased;
        done = &mut handshake => done,
        other = &mut beside => match other {
            Some(plain @ Spoke::PlainRedis(_)) => {
                *spoke = Some(plain);
                plaintext_only()
            }
            Some(other @ (Spoke::Other(_) | Spoke::Spiped)) => {
                timeout(GRACE, &mut handshake).await.unwrap_or_else(|_| {
                    *spoke = Some(other);
                    plaintext_only()
                })
            }
            _ => handshake.await,
        },
    };
    if let Err(failure) = &result
        && spoke.is_none()
    {
        *known = Some(failure.clone());
        *spoke = match failure.kind {
            FailureKind::NotSpoken => timeout(2 * GRACE, kind::plaintext(socket, kind::INLINE)).await.ok().flatten(),
            // A nonce may begin like a TLS record, whose end never comes.
            FailureKind::Closed if recorded.chain.is_empty() => Box::pin(mute::look(port(shared, dial, socket))).await,
            _ => None,
        };
    }
    (result, recorded)
}

/// How long TLS may be silent here.
fn silence(dial: &Dial, away: Duration) -> Duration {
    let [at_the_seed, at_nodes] = BRIEF;
    match dial.ask {
        _ if dial.undecided => Duration::ZERO,
        Ask::Everything => (away * SILENCE).clamp(at_the_seed, LONG),
        _ => (away * SILENCE).clamp(at_nodes, LONG),
    }
}

/// The port of an attempt, for the looks that explain its failure.
pub(super) fn port<'a>(shared: &'a Shared, dial: &'a Dial, socket: SocketAddr) -> Port<'a> {
    let thorough = dial.ask == Ask::Everything;
    Port { tls: &shared.tls, socket, name: &dial.server_name, asked: dial.transport, thorough }
}

fn not_spoken(detail: &str) -> Failure {
    Failure { stage: Stage::Handshake, kind: FailureKind::NotSpoken, detail: detail.to_owned() }
}
