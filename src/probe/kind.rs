//! What speaks on a port where the expected protocol got no answer.
//!
//! A plaintext Redis never answers a ClientHello: its inline parser waits for a line end that TLS bytes do not hold. So
//! silence means nothing until an inline PING was tried beside it.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    spiped,
    tls::{Manner, Tls},
};
use crate::facts::{Host, Spoke};

/// How much of an answer is read to tell what it is.
const ENOUGH: usize = 256;

/// Sends an inline PING in plaintext and reads the first line of the answer. Nothing secret is in it.
pub(super) async fn plaintext(socket: SocketAddr) -> Option<Spoke> {
    let mut stream = TcpStream::connect(socket).await.ok()?;
    stream.write_all(b"PING\r\n").await.ok()?;
    let mut answer = Vec::with_capacity(ENOUGH);
    while answer.len() < ENOUGH {
        if spiped::is_nonce(&answer)
            && let Some(found) = spiped::look(socket).await
        {
            return Some(found);
        }
        if answer.contains(&b'\n') {
            break;
        }
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            break;
        }
    }
    let line = answer.split(|b| *b == b'\r' || *b == b'\n').next()?;
    let text = || line.iter().take(ENOUGH).flat_map(|b| b.escape_ascii()).map(char::from).collect();
    match line.first()? {
        b'+' | b'-' => Some(Spoke::PlainRedis(text())),
        // Alert (21) and handshake (22) records: a TLS server that tells us so.
        21 | 22 => Some(Spoke::Tls),
        _ => Some(Spoke::Unknown(text())),
    }
}

/// What speaks on a port that did not answer a plaintext command. A certificate settles it at once.
pub(super) async fn instead_of_plaintext(tls: &Tls, socket: SocketAddr, name: &Host) -> Option<Spoke> {
    tokio::select! {
        Some(spoke) = self::tls(tls, socket, name) => Some(spoke),
        Some(spoke) = spiped::look(socket) => Some(spoke),
        else => None,
    }
}

/// Sends a ClientHello; a certificate in return settles it.
pub(super) async fn tls(tls: &Tls, socket: SocketAddr, name: &Host) -> Option<Spoke> {
    let stream = TcpStream::connect(socket).await.ok()?;
    let (result, recorded) = tls.handshake(stream, Manner::usual(name)).await;
    (result.is_ok() || !recorded.chain.is_empty()).then_some(Spoke::Tls)
}
