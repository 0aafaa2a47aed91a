//! TCP: the addresses of one endpoint raced with a head start each (RFC 8305), the first to open wins.

use std::{future::pending, io, net::SocketAddr, time::Duration};

use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::facts::{Failure, FailureKind, Stage};

/// Connection Attempt Delay of RFC 8305 section 5.
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// An address at which nobody was met.
pub(super) type Missed = (SocketAddr, Failure);

/// Opens a connection to the first of `sockets` that answers; of several, those that failed until then are noted.
pub(super) async fn open(
    sockets: &[SocketAddr],
    missed: &mut Vec<Missed>,
) -> Result<(TcpStream, SocketAddr), (Failure, Option<SocketAddr>)> {
    if let [socket] = sockets {
        return dial(*socket).await.map_err(|e| (failure(&e), Some(*socket)));
    }
    let mut waiting = sockets.iter();
    let mut racing = JoinSet::new();
    let mut last =
        (Failure { stage: Stage::Resolve, kind: FailureKind::NoSuchName, detail: "no address".into() }, None);
    let mut next_at = Instant::now();
    while !(racing.is_empty() && waiting.len() == 0) {
        let start = async { if waiting.len() == 0 { pending().await } else { sleep_until(next_at).await } };
        tokio::select! {
            biased;
            Some(done) = racing.join_next(), if !racing.is_empty() => match done {
                Ok((_, Ok(open))) => return Ok(open),
                Ok((socket, Err(error))) => {
                    missed.push((socket, failure(&error)));
                    last = (failure(&error), Some(socket));
                    next_at = Instant::now();
                }
                Err(_) => {}
            },
            () = start => {
                if let Some(&socket) = waiting.next() {
                    racing.spawn(async move { (socket, dial(socket).await) });
                }
                next_at = Instant::now() + HEAD_START;
            }
        }
    }
    Err(last)
}

async fn dial(socket: SocketAddr) -> io::Result<(TcpStream, SocketAddr)> {
    let stream = TcpStream::connect(socket).await?;
    stream.set_nodelay(true)?;
    Ok((stream, socket))
}

fn failure(error: &io::Error) -> Failure {
    use io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::ConnectionRefused => FailureKind::Refused,
        ErrorKind::TimedOut => FailureKind::TimedOut,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => FailureKind::Unreachable,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => FailureKind::Closed,
        // EMFILE and ENFILE have no stable kind; 23 and 24 on every Unix.
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => FailureKind::Local,
        _ => FailureKind::Other,
    };
    Failure { stage: Stage::Connect, kind, detail: error.to_string() }
}
