//! A port from which not a byte came: it accepts, and closes when it is spoken to, or before.
//!
//! All of it happens beside each other, each part within its own bound, and only where an attempt has failed already.

use std::{
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    kind, spiped,
    tls::Tls,
    unasked::{self, Unasked},
};
use crate::{
    facts::{Host, Service, Spoke, Stranger, Transport},
    wire::fingerprint,
};

/// How long each question may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The header of version 1 for who does not say where he comes from (`proxy-protocol.txt` of `HAProxy`, section 2.1): whoever
/// wants a header takes it, and goes on.
const PROXY_HEADER: &[u8] = b"PROXY UNKNOWN\r\n";

/// `SSLRequest`: its length and a number that no version has (`PostgreSQL`'s protocol 3.0).
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// How far above the port for clients the bus is, where `cluster-port` does not say otherwise.
const BUS: u16 = 10_000;

/// What to look at.
#[derive(Clone, Copy)]
pub(super) struct Port<'a> {
    pub(super) tls: &'a Tls,
    pub(super) socket: SocketAddr,
    pub(super) name: &'a Host,
    /// What was asked there.
    pub(super) asked: Transport,
    /// Look also for what takes further connections.
    pub(super) thorough: bool,
}

/// What speaks where plaintext was asked and not one answer understood, with the beginning of what came in its place;
/// `None` where it is Redis in plaintext, or nobody knows.
pub(super) async fn instead_of_plaintext(port: Port<'_>, said: &[u8]) -> Option<Spoke> {
    let found = match fingerprint::stranger(said, Transport::Plaintext) {
        // A front that wants TLS may say so in HTTP, whatever is behind it.
        Some(http) if http.service == Service::Http => {
            let tls = timeout(PATIENCE, kind::tls(port.tls, port.socket, port.name)).await;
            tls.ok().flatten().or(Some(Spoke::Other(http)))
        }
        Some(stranger) => Some(Spoke::Other(stranger)),
        None => look(Port { thorough: port.thorough && said.is_empty(), ..port }).await,
    };
    found.filter(|spoke| !matches!(spoke, Spoke::PlainRedis(_)) && (said.is_empty() || !spoke.is_nothing()))
}

/// What stands there, which may be Redis in what was asked after all; `None` where it cannot be dialled again.
pub(super) async fn look(port: Port<'_>) -> Option<Spoke> {
    let closes = OnceLock::new();
    let unasked = async {
        match unasked::look(port.socket).await? {
            Unasked::Spoke(spoke) => return Some(spoke),
            Unasked::Closes => closes.get_or_init(|| true),
            Unasked::Waits => closes.get_or_init(|| false),
        };
        None
    };
    let asked = async {
        match otherwise(port).await {
            Some(spoke) => Some(spoke),
            None if port.thorough => rarely(port).await,
            None => None,
        }
    };
    tokio::select! {
        Some(found) = unasked => Some(found),
        Some(found) = asked => Some(found),
        else => closes.get().map(|unasked| Spoke::Closes { unasked: *unasked }),
    }
}

/// The other of TLS and plaintext, and a command in the form in which it was not asked yet.
async fn otherwise(port: Port<'_>) -> Option<Spoke> {
    let plain = async {
        let spoke = timeout(PATIENCE, kind::plaintext(port.socket, kind::INLINE)).await.ok().flatten();
        // That it speaks TLS, and badly, was met already.
        spoke.filter(|spoke| port.asked == Transport::Plaintext || *spoke != Spoke::Tls)
    };
    let other = async {
        match port.asked {
            Transport::Plaintext => {
                timeout(2 * PATIENCE, kind::tls(port.tls, port.socket, port.name)).await.ok().flatten()
            }
            Transport::Tls => {
                let spoke = timeout(PATIENCE, kind::plaintext(port.socket, kind::ARRAY)).await.ok().flatten();
                spoke.filter(|spoke| matches!(spoke, Spoke::PlainRedis(_)))
            }
        }
    };
    tokio::select! {
        Some(spoke) = plain => Some(spoke),
        Some(spoke) = other => Some(spoke),
        else => None,
    }
}

/// What hardly ever stands there.
async fn rarely(port: Port<'_>) -> Option<Spoke> {
    let found = async {
        tokio::select! {
            Some(transport) = behind_header(port) => Some(Spoke::ProxyHeader(transport)),
            Some(transport) = below(port) => Some(Spoke::ClusterBus(transport)),
            Some(stranger) = postgresql(port.socket) => Some(Spoke::Other(stranger)),
            else => None,
        }
    };
    timeout(PATIENCE, found).await.ok().flatten()
}

/// What answers once a PROXY protocol header came.
async fn behind_header(port: Port<'_>) -> Option<Transport> {
    let plain = async {
        let mut stream = TcpStream::connect(port.socket).await.ok()?;
        stream.write_all(PROXY_HEADER).await.ok()?;
        let answer = kind::ping(stream, kind::INLINE).await;
        // Who takes the header for a command says so.
        let is_header = !answer.to_ascii_uppercase().windows(5).any(|word| word == b"PROXY");
        matches!(kind::meaning(&answer)?, Spoke::PlainRedis(_) if is_header).then_some(Transport::Plaintext)
    };
    let tls = async {
        let mut stream = TcpStream::connect(port.socket).await.ok()?;
        stream.write_all(PROXY_HEADER).await.ok()?;
        let (_, recorded) = port.tls.handshake(stream, port.name).await;
        (!recorded.chain.is_empty()).then_some(Transport::Tls)
    };
    tokio::select! {
        Some(transport) = plain => Some(transport),
        Some(transport) = tls => Some(transport),
        else => None,
    }
}

/// Redis where it would be if this were its bus.
async fn below(port: Port<'_>) -> Option<Transport> {
    let number = port.socket.port().checked_sub(BUS).filter(|number| *number > 0)?;
    let ip: IpAddr = port.socket.ip();
    let socket = SocketAddr::new(ip, number);
    tokio::select! {
        Some(Spoke::PlainRedis(_)) = kind::plaintext(socket, kind::INLINE) => Some(Transport::Plaintext),
        Some(Spoke::Tls) = kind::tls(port.tls, socket, port.name) => Some(Transport::Tls),
        else => None,
    }
}

/// One letter in answer to the question whether TLS may begin: yes or no.
async fn postgresql(socket: SocketAddr) -> Option<Stranger> {
    let mut stream = TcpStream::connect(socket).await.ok()?;
    stream.write_all(SSL_REQUEST).await.ok()?;
    let mut answer = Vec::with_capacity(2);
    stream.read_buf(&mut answer).await.ok()?;
    let says = match answer[..] {
        [b'S'] => "S (to SSLRequest)",
        [b'N'] => "N (to SSLRequest)",
        _ => return None,
    };
    // More than the letter would be somebody's text.
    let more = timeout(spiped::QUIET, stream.read_buf(&mut answer)).await;
    let says = says.to_owned();
    more.is_err().then_some(Stranger { service: Service::Postgresql, over: Transport::Plaintext, says })
}
