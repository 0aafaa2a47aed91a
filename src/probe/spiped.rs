//! The encrypted side of spiped, known by how it begins: a nonce of 32 random bytes as soon as it accepts, and not a byte
//! more before the peer has answered with its own (spiped 1.6, `proto/proto_handshake.c`).

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    facts::Spoke,
    wire::resp::{self, Decoded},
};

/// How long the nonce is.
const NONCE: usize = 32;

/// How long nothing more may come for the nonce to be all there is. spiped itself gives up after 5 s, which nobody waits for.
pub(super) const QUIET: Duration = Duration::from_millis(250);

/// How long the nonce may take: spiped draws a Diffie-Hellman key for each connection first, and may be busy.
const PATIENCE: Duration = Duration::from_millis(750);

/// True where this can be a nonce: as long, no text (an SSH banner may be 32 bytes), and no whole reply.
pub(super) fn is_nonce(bytes: &[u8]) -> bool {
    let is_text = || bytes.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    let is_reply = || matches!(resp::decode(bytes, 2, NONCE), Ok(Decoded::Done(..)));
    bytes.len() == NONCE && !is_text() && !is_reply()
}

/// Two connections at once on which nothing is sent: a nonce never comes twice. On the heap, since every attempt may come
/// here and hardly any does.
pub(super) async fn look(socket: SocketAddr) -> Option<Spoke> {
    let (one, other) = tokio::join!(Box::pin(nonce(socket)), Box::pin(nonce(socket)));
    (one? != other?).then_some(Spoke::Spiped)
}

/// What comes unasked, where it is as long as a nonce and nothing follows: silence, or the end of the connection where
/// spiped cannot reach its own target.
async fn nonce(socket: SocketAddr) -> Option<Vec<u8>> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(socket).await.ok()?;
    let away = start.elapsed();
    let mut said = Vec::with_capacity(2 * NONCE);
    let mut patience = PATIENCE;
    while said.len() <= NONCE
        && let Ok(Ok(1..)) = timeout(patience + away, stream.read_buf(&mut said)).await
    {
        patience = QUIET;
    }
    is_nonce(&said).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::is_nonce;

    #[test]
    fn text_replies_and_other_lengths_are_no_nonces() {
        let mut random = [0x9c; 32];
        assert!(is_nonce(&random));
        assert!(!is_nonce(&random[..31]));
        // One in sixteen begins like a reply that goes on.
        for start in *b"+-:$*_,#!=(%~>" {
            random[0] = start;
            assert!(is_nonce(&random), "{start}");
        }
        assert!(!is_nonce(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
        assert!(!is_nonce(b"-ERR unknown command 'caf\xc3\xa9 bar'\r\n"));
    }
}
