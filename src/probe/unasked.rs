//! What a port does to whoever says nothing: greet him, send a nonce, hang up, or wait.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{Instant, timeout},
};

use super::spiped::{self, QUIET};
use crate::{
    facts::{Spoke, Transport},
    wire::fingerprint,
};

/// How long the first byte may take: spiped draws a Diffie-Hellman key for each connection first, and may be busy.
const PATIENCE: Duration = Duration::from_millis(750);

/// What came of saying nothing.
pub(super) enum Unasked {
    /// It spoke, and this is what it is.
    Spoke(Spoke),
    /// It hung up without a word.
    Closes,
    /// Neither: it waits to be spoken to, or says what nobody knows.
    Waits,
}

impl Unasked {
    pub(super) fn spoke(self) -> Option<Spoke> {
        match self {
            Unasked::Spoke(spoke) => Some(spoke),
            Unasked::Closes | Unasked::Waits => None,
        }
    }
}

/// What one connection gave on which nothing was sent.
struct Heard {
    said: Vec<u8>,
    ended: bool,
}

/// Two connections at once: a nonce never comes twice. On the heap, since every attempt may come here and hardly any does.
pub(super) async fn look(socket: SocketAddr) -> Option<Unasked> {
    let (one, other) = tokio::join!(Box::pin(listen(socket)), Box::pin(listen(socket)));
    let (one, other) = (one?, other?);
    if spiped::is_nonce(&one.said) && spiped::is_nonce(&other.said) {
        return Some(if one.said == other.said { Unasked::Waits } else { Unasked::Spoke(Spoke::Spiped) });
    }
    let stranger = fingerprint::stranger(&one.said, Transport::Plaintext).map(Spoke::Other);
    let silent = one.said.is_empty() && other.said.is_empty();
    Some(match stranger {
        Some(stranger) => Unasked::Spoke(stranger),
        None if silent && one.ended && other.ended => Unasked::Closes,
        None => Unasked::Waits,
    })
}

/// What comes unasked until nothing follows for a while: silence, or the end of the connection.
async fn listen(socket: SocketAddr) -> Option<Heard> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(socket).await.ok()?;
    let away = start.elapsed();
    let mut heard = Heard { said: Vec::with_capacity(fingerprint::ENOUGH), ended: false };
    let mut patience = PATIENCE;
    while heard.said.len() < fingerprint::ENOUGH && fingerprint::service(&heard.said).is_none() {
        match timeout(patience + away, stream.read_buf(&mut heard.said)).await {
            Ok(Ok(1..)) => patience = QUIET,
            Ok(_) => {
                heard.ended = true;
                break;
            }
            Err(_) => break,
        }
    }
    Some(heard)
}
