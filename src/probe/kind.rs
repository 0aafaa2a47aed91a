//! What speaks on a port where the expected protocol got no answer.
//!
//! A plaintext Redis never answers a ClientHello: its inline parser waits for a line end that TLS bytes do not hold. So
//! silence means nothing until an inline PING was tried beside it.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{spiped, tls::Tls, unasked};
use crate::{
    facts::{Host, Service, Spoke, Transport},
    wire::{
        fingerprint,
        resp::{self, Decoded, Value},
    },
};

/// How long an answer to an inline PING may take inside TLS, where the handshake has settled most of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// PING in one line, which services of other kinds take for one of theirs.
pub(super) const INLINE: &[u8] = b"PING\r\n";

/// PING as clients send it: proxies (twemproxy) know no other form.
pub(super) const ARRAY: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// Sends a PING of this form in plaintext and reads the beginning of the answer. Nothing secret is in it.
pub(super) async fn plaintext(socket: SocketAddr, form: &[u8]) -> Option<Spoke> {
    let answer = ping(TcpStream::connect(socket).await.ok()?, form).await;
    if spiped::is_nonce(&answer)
        && let Some(found) = unasked::look(socket).await.and_then(unasked::Unasked::spoke)
    {
        return Some(found);
    }
    meaning(&answer)
}

/// Sends a ClientHello; a certificate in return settles it, unless another service is behind it.
pub(super) async fn tls(tls: &Tls, socket: SocketAddr, name: &Host) -> Option<Spoke> {
    let stream = TcpStream::connect(socket).await.ok()?;
    match tls.handshake(stream, name).await {
        (Ok(stream), _) => {
            let answer = timeout(PATIENCE, ping(stream, INLINE)).await.unwrap_or_default();
            Some(fingerprint::stranger(&answer, Transport::Tls).map_or(Spoke::Tls, Spoke::Other))
        }
        (Err(_), recorded) => (!recorded.chain.is_empty()).then_some(Spoke::Tls),
    }
}

/// The TLS port of a server that answers in plaintext, as far as it says so to anybody, and a ClientHello is answered there.
pub(super) async fn tls_port(tls: &Tls, socket: SocketAddr, name: &Host) -> Option<u16> {
    let asked = async {
        let mut stream = TcpStream::connect(socket).await.ok()?;
        stream.write_all(b"CONFIG GET tls-port\r\n").await.ok()?;
        let mut answer = Vec::with_capacity(fingerprint::ENOUGH);
        loop {
            if stream.read_buf(&mut answer).await.ok()? == 0 || answer.len() >= fingerprint::ENOUGH {
                return None;
            }
            if let Decoded::Done(value, _) = resp::decode(&answer, 2, fingerprint::ENOUGH).ok()? {
                return port_of(&value);
            }
        }
    };
    let port = timeout(PATIENCE, asked).await.ok().flatten().filter(|port| *port != socket.port())?;
    let there = SocketAddr::new(socket.ip(), port);
    let spoke = timeout(PATIENCE, self::tls(tls, there, name)).await.ok().flatten();
    (spoke == Some(Spoke::Tls)).then_some(port)
}

/// The value of `[tls-port, "6380"]`; 0 is off.
fn port_of(value: &Value<'_>) -> Option<u16> {
    let Value::Array(pair) = value else { return None };
    let [Value::Text(b"tls-port"), Value::Text(port)] = pair[..] else { return None };
    std::str::from_utf8(port).ok()?.parse().ok().filter(|port| *port != 0)
}

/// What an answer to an inline PING means.
pub(super) fn meaning(answer: &[u8]) -> Option<Spoke> {
    let line = answer.split(|b| *b == b'\r' || *b == b'\n').next()?;
    let text = || line.iter().take(256).flat_map(|b| b.escape_ascii()).map(char::from).collect();
    match answer.first()? {
        b'+' | b'-' => Some(Spoke::PlainRedis(text())),
        // Alert (21) and handshake (22) records: a TLS server that tells us so.
        21 | 22 => Some(Spoke::Tls),
        _ => match fingerprint::stranger(answer, Transport::Plaintext) {
            Some(stranger) => Some(Spoke::Other(stranger)),
            None => Some(Spoke::Unknown(text())),
        },
    }
}

/// Sends a PING in this form and gives what comes back until it says enough; empty where nothing does.
pub(super) async fn ping(mut stream: impl AsyncRead + AsyncWrite + Unpin, form: &[u8]) -> Vec<u8> {
    // A service that speaks first may have closed by now, and its words are still there to read.
    let _ = stream.write_all(form).await;
    let _ = stream.flush().await;
    let mut answer = Vec::with_capacity(fingerprint::ENOUGH);
    while !says_enough(&answer) {
        let has_begun = !answer.is_empty();
        let more = stream.read_buf(&mut answer);
        // What has begun goes on at once, or is all there is.
        let read = if has_begun { timeout(spiped::QUIET, more).await.unwrap_or(Ok(0)) } else { more.await };
        if !matches!(read, Ok(1..)) {
            break;
        }
    }
    answer
}

/// A line; of HTTP its head.
fn says_enough(answer: &[u8]) -> bool {
    let whole = match fingerprint::service(answer) {
        Some(Service::Http) => answer.windows(4).any(|four| four == b"\r\n\r\n"),
        Some(_) => true,
        None => answer.contains(&b'\n'),
    };
    whole || answer.len() >= fingerprint::ENOUGH
}
