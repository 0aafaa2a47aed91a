//! A connection on which nothing is said: who closes it, and when. Nothing secret goes over it, since it never logs in.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use super::{shared::Shared, tls::Manner};
use crate::facts::{Attempt, Idle, IdleEnd, Transport};

/// How many bytes are listened to.
const TALKATIVE: usize = 64 << 10;

/// How long the answer to the last PING may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens one more connection to where the endpoint answered and leaves it alone, where that was asked for.
pub(super) async fn look(shared: &Shared, seed: &Attempt, deadline: Instant) -> Option<Idle> {
    let most = shared.limits.idle?;
    let socket = seed.socket.filter(|_| seed.identity().is_some() || seed.opened().is_some())?;
    let by = (Instant::now() + shared.limits.timeout).min(deadline);
    let stream = timeout_at(by, TcpStream::connect(socket)).await.ok()?.ok()?;
    // What is left of the time has to be enough for the PING.
    let until = (Instant::now() + most).min(deadline.checked_sub(PATIENCE).unwrap_or(deadline));
    match seed.transport {
        Transport::Plaintext => Some(hold(stream, until).await),
        Transport::Tls => {
            let shaken = timeout_at(by, shared.tls.handshake(stream, Manner::from(&seed.server_name)));
            Some(hold(shaken.await.ok()?.0.ok()?, until).await)
        }
    }
}

async fn hold<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, until: Instant) -> Idle {
    let began = Instant::now();
    let mut heard = [0; 256];
    let mut room = TALKATIVE;
    let end = loop {
        match timeout_at(until, stream.read(&mut heard)).await {
            // Session tickets and the like.
            Ok(Ok(read @ 1..)) if read < room => room -= read,
            // Whoever talks on and on is not idle; listening on would only keep this machine busy.
            Ok(Ok(1..)) => break IdleEnd::Open,
            Ok(_) => break IdleEnd::Closed,
            Err(_) => break is_alive(&mut stream).await,
        }
    };
    let held_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Idle { held_ms, end }
}

async fn is_alive<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> IdleEnd {
    let asked = async {
        stream.write_all(b"PING\r\n").await?;
        stream.flush().await?;
        stream.read(&mut [0; 64]).await
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(1..)) => IdleEnd::Open,
        Ok(_) => IdleEnd::Closed,
        Err(_) => IdleEnd::Forgotten,
    }
}
