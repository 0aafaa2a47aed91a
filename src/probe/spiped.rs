//! The encrypted side of spiped, known by how it begins: a nonce of 32 random bytes as soon as it accepts, and not a byte
//! more before the peer has answered with its own (spiped 1.6, `proto/proto_handshake.c`).

use std::time::Duration;

use crate::wire::resp::{self, Decoded};

/// How long the nonce is.
const NONCE: usize = 32;

/// How long nothing more may come for the nonce to be all there is. spiped itself gives up after 5 s, which nobody waits for.
pub(super) const QUIET: Duration = Duration::from_millis(250);

/// True where this can be a nonce: as long, no text (an SSH banner may be 32 bytes), and no whole reply.
pub(super) fn is_nonce(bytes: &[u8]) -> bool {
    let is_text = || bytes.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    let is_reply = || matches!(resp::decode(bytes, 2, NONCE), Ok(Decoded::Done(..)));
    bytes.len() == NONCE && !is_text() && !is_reply()
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
