//! The floor: the least that a look at every node can cost. TCP, TLS with rustls' own verification, AUTH, CLUSTER MYID
//! of every node that the seed's CLUSTER SLOTS names, 256 at a time, and nothing else. Compare `check` with it.
//!
//! `floor HOST:PORT CA.pem [SERVER_NAME]`; `REDISCLI_AUTH` is sent where it is set.

use std::{env, error::Error, fs, sync::Arc, time::Instant};

use redis_doctor::{
    facts::{Endpoint, Limits},
    wire::resp::{self, Decoded, Value},
};
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Connections in flight: the default of `--concurrency`.
const CONCURRENCY: usize = 256;

/// Room made for each read.
const READ: usize = 512;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [seed, ca, name @ ..] = &arguments[..] else { return Err("floor HOST:PORT CA.pem [SERVER_NAME]".into()) };
    let (seed, name) = (seed.parse::<Endpoint>()?, name.first().cloned());
    let _ = rlimit::increase_nofile_limit(16_384);
    let start = Instant::now();
    let dialler = Dialler::new(&fs::read(ca)?, name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let nodes = runtime.block_on(dial_all(Arc::new(dialler), seed))?;
    println!("{nodes} nodes in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

async fn dial_all(dialler: Arc<Dialler>, seed: Endpoint) -> Result<usize> {
    let nodes = dialler.slots(&seed).await?;
    let count = nodes.len();
    let permits = Arc::new(Semaphore::new(CONCURRENCY));
    let mut running = JoinSet::new();
    for node in nodes {
        let (dialler, permits) = (Arc::clone(&dialler), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            dialler.my_id(&node).await
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(count)
}

/// What all connections share.
struct Dialler {
    connector: TlsConnector,
    server_name: Option<String>,
    auth: Vec<u8>,
    limits: Limits,
}

impl Dialler {
    fn new(ca: &[u8], server_name: Option<String>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca) {
            roots.add(certificate?)?;
        }
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        // A resumed session verifies no certificate, and nodes that share a name would be taken for one server.
        config.resumption = Resumption::disabled();
        let mut auth = Vec::new();
        if let Ok(password) = env::var("REDISCLI_AUTH") {
            resp::pack(&mut auth, &["AUTH", &password]);
        }
        Ok(Dialler { connector: TlsConnector::from(Arc::new(config)), server_name, auth, limits: Limits::default() })
    }

    async fn connect(&self, node: &Endpoint) -> Result<TlsStream<TcpStream>> {
        let host = node.host.to_string();
        let name = ServerName::try_from(self.server_name.clone().unwrap_or_else(|| host.clone()))?;
        let stream = TcpStream::connect((host.as_str(), node.port)).await?;
        stream.set_nodelay(true)?;
        Ok(self.connector.connect(name, stream).await?)
    }

    /// Asks one question and hands out the answer, after AUTH's.
    async fn ask<T>(&self, node: &Endpoint, words: &[&str], read: impl Fn(&Value<'_>) -> T) -> Result<T> {
        let mut stream = self.connect(node).await?;
        let mut packed = self.auth.clone();
        resp::pack(&mut packed, words);
        stream.write_all(&packed).await?;
        let mut answer = Vec::new();
        let mut skip = usize::from(!self.auth.is_empty());
        loop {
            let used = match resp::decode(&answer, self.limits.depth, self.limits.reply).map_err(|e| e.to_string())? {
                Decoded::Done(value, _) if skip == 0 => return Ok(read(&value)),
                Decoded::Done(_, used) => used,
                Decoded::Incomplete(_) => 0,
            };
            if used > 0 {
                answer.drain(..used);
                skip -= 1;
            } else {
                answer.reserve(READ);
                if stream.read_buf(&mut answer).await? == 0 {
                    return Err(format!("{node} closed the connection").into());
                }
            }
        }
    }

    /// Every distinct address of CLUSTER SLOTS.
    async fn slots(&self, seed: &Endpoint) -> Result<Vec<Endpoint>> {
        let mut nodes = self.ask(seed, &["CLUSTER", "SLOTS"], addresses).await?;
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() { Err("CLUSTER SLOTS names no node".into()) } else { Ok(nodes) }
    }

    async fn my_id(&self, node: &Endpoint) -> Result<()> {
        let known = self.ask(node, &["CLUSTER", "MYID"], |id| matches!(id, Value::Text(_))).await?;
        if known { Ok(()) } else { Err(format!("{node} does not tell its id").into()) }
    }
}

fn addresses(slots: &Value<'_>) -> Vec<Endpoint> {
    let ranges = slots.array().unwrap_or_default().iter().filter_map(Value::array);
    let nodes = ranges.flat_map(|range| range.iter().skip(2)).filter_map(Value::array);
    let address = |node: &[Value<'_>]| format!("{}:{}", node.first()?.text()?, node.get(1)?.int()?).parse().ok();
    nodes.filter_map(address).collect()
}
