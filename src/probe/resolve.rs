//! Names to addresses: by the system's resolver, as the clients do, after the user's overrides.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::dns::ADDRESSES;
use tokio::{
    sync::{OnceCell, Semaphore},
    time::{Instant, timeout_at},
};

use crate::facts::{Answer, Endpoint, Failure, FailureKind, Host, Override, Stage};

/// getaddrinfo blocks a thread; this many at a time are plenty, since every name is asked once.
const LOOKUPS: usize = 16;

/// What came of asking, and after how long.
type Asked = Arc<OnceCell<(Result<Vec<IpAddr>, Failure>, Duration)>>;

/// A resolver that asks for each name once in a run.
pub(super) struct Resolver {
    overrides: Vec<Override>,
    answers: Mutex<HashMap<String, Asked>>,
    lookups: Semaphore,
}

impl Resolver {
    pub(super) fn new(overrides: Vec<Override>) -> Self {
        Resolver { overrides, answers: Mutex::default(), lookups: Semaphore::new(LOOKUPS) }
    }

    /// The socket addresses behind an endpoint, overrides applied as curl does: `--connect-to` first, then `--resolve`.
    pub(super) async fn sockets(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Failure> {
        if let Some(sockets) = self.known(endpoint) {
            return Ok(sockets);
        }
        let endpoint = self.redirected(endpoint);
        let addresses = self.look_up(&endpoint.host.to_string()).await?;
        Ok(with_port(addresses, endpoint.port))
    }

    /// The same, given up at `until`.
    pub(super) async fn sockets_until(&self, endpoint: &Endpoint, until: Instant) -> Result<Vec<SocketAddr>, Failure> {
        timeout_at(until, self.sockets(endpoint)).await.unwrap_or_else(|_| {
            let detail = "the resolver did not answer in time".to_owned();
            Err(Failure { stage: Stage::Resolve, kind: FailureKind::TimedOut, detail })
        })
    }

    /// True for an endpoint whose name the system has to say: it is no address, and nothing was told in its place.
    pub(super) fn is_free(&self, endpoint: &Endpoint) -> bool {
        self.known(endpoint).is_none() && self.redirected(endpoint) == *endpoint
    }

    /// Every name that the system was asked for and answered, in lower case, with what it said and after how long.
    pub(super) fn said(&self) -> Vec<(String, Result<Answer, Failure>, Duration)> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let said = answers.iter().filter_map(|(name, cell)| Some((name.clone(), cell.get()?.clone())));
        said.map(|(name, (said, took))| (name, said.map(kept), took)).collect()
    }

    /// The same, where nobody has to be asked.
    pub(super) fn known(&self, endpoint: &Endpoint) -> Option<Vec<SocketAddr>> {
        let endpoint = self.redirected(endpoint);
        let addresses = self.overridden(&endpoint).or(endpoint.host.ip().map(|ip| vec![ip]))?;
        Some(with_port(addresses, endpoint.port))
    }

    fn redirected(&self, endpoint: &Endpoint) -> Endpoint {
        let hit = self.overrides.iter().find_map(|o| match o {
            Override::ConnectTo { from_host, from_port, to_host, to_port }
                if from_host.as_ref().is_none_or(|h| same_host(h, &endpoint.host))
                    && from_port.is_none_or(|p| p == endpoint.port) =>
            {
                Some((to_host, to_port))
            }
            _ => None,
        });
        let Some((host, port)) = hit else { return endpoint.clone() };
        Endpoint::new(host.clone().unwrap_or_else(|| endpoint.host.clone()), port.unwrap_or(endpoint.port))
    }

    fn overridden(&self, endpoint: &Endpoint) -> Option<Vec<IpAddr>> {
        self.overrides.iter().find_map(|o| match o {
            Override::Resolve { host, port, addresses }
                if host.as_ref().is_none_or(|h| same_host(h, &endpoint.host))
                    && port.is_none_or(|p| p == endpoint.port) =>
            {
                Some(addresses.clone())
            }
            _ => None,
        })
    }

    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let cell = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(name.to_ascii_lowercase()).or_default())
        };
        let asked = async {
            let _permit = self.lookups.acquire().await;
            let began = Instant::now();
            (ask_system(name).await, began.elapsed())
        };
        cell.get_or_init(|| asked).await.0.clone()
    }
}

async fn ask_system(name: &str) -> Result<Vec<IpAddr>, Failure> {
    let fail = |detail: String| Failure { stage: Stage::Resolve, kind: FailureKind::NoSuchName, detail };
    match tokio::net::lookup_host((name, 0)).await {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for ip in found.map(|socket| socket.ip()) {
                if !addresses.contains(&ip) {
                    addresses.push(ip);
                }
            }
            if addresses.is_empty() { Err(fail("the name has no address".into())) } else { Ok(addresses) }
        }
        Err(error) => Err(fail(error.to_string())),
    }
}

fn kept(mut addresses: Vec<IpAddr>) -> Answer {
    let more = addresses.len().saturating_sub(ADDRESSES);
    addresses.truncate(ADDRESSES);
    Answer { addresses, more }
}

fn with_port(addresses: Vec<IpAddr>, port: u16) -> Vec<SocketAddr> {
    addresses.into_iter().take(ADDRESSES).map(|ip| SocketAddr::new(ip, port)).collect()
}

fn same_host(a: &Host, b: &Host) -> bool {
    match (a, b) {
        (Host::Name(a), Host::Name(b)) => a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.')),
        (a, b) => a == b,
    }
}
