//! A scripted server that writes down every byte it is sent: what a hostile one would get to see.

use std::{
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use super::pki::Certificate;

/// Answers a command, given with its words joined by spaces, in RESP.
pub type Script = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// The answer with which a script closes the connection.
pub const HANG_UP: &str = "";

/// Runs until it is dropped.
pub struct Fake {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    runtime: Runtime,
    listener: Option<TcpListener>,
}

impl Fake {
    /// Takes a port of its own, without answering yet: a script may have to name it.
    pub fn bind(ip: &str) -> Self {
        Fake::bind_port(ip, 0).expect("there is a free port")
    }

    /// Takes this port; `None` where it is taken.
    pub fn bind_port(ip: &str, port: u16) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((ip, port))).ok()?;
        let address = listener.local_addr().unwrap();
        Some(Fake { address, heard: Arc::default(), runtime, listener: Some(listener) })
    }

    /// Begins to answer, over TLS where there is a certificate.
    pub fn serve(&mut self, certificate: Option<&Certificate>, script: Script) {
        let acceptor = certificate.map(acceptor);
        let (listener, heard) = (self.listener.take().expect("it serves once"), Arc::clone(&self.heard));
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard, script) = (acceptor.clone(), Arc::clone(&heard), Arc::clone(&script));
                tokio::spawn(async move {
                    match acceptor {
                        None => talk(stream, &heard, &script).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                talk(stream, &heard, &script).await;
                            }
                        }
                    }
                });
            }
        });
    }

    /// Everything that was sent to it so far, decrypted.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

fn acceptor(certificate: &Certificate) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(&fs::read(&certificate.cert).unwrap()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(&fs::read(&certificate.key).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Mutex<Vec<u8>>, script: &Script) {
    let (mut pending, mut read) = (Vec::new(), [0; 4096]);
    while let Ok(n @ 1..) = stream.read(&mut read).await {
        heard.lock().unwrap().extend_from_slice(&read[..n]);
        pending.extend_from_slice(&read[..n]);
        while let Some((command, used)) = command(&pending) {
            pending.drain(..used);
            let answer = script(&command);
            if answer == HANG_UP || stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// One command of bulk strings, or an inline one.
fn command(input: &[u8]) -> Option<(String, usize)> {
    let text = std::str::from_utf8(input).ok()?;
    let (first, _) = text.split_once("\r\n")?;
    let Some(count) = first.strip_prefix('*') else { return Some((first.to_owned(), first.len() + 2)) };
    let count: usize = count.parse().ok()?;
    let lines: Vec<&str> = text.split("\r\n").take(count * 2 + 1).collect();
    let used = lines.iter().map(|line| line.len() + 2).sum();
    let words: Vec<&str> = lines.into_iter().skip(1).skip(1).step_by(2).collect();
    (used <= text.len() && words.len() == count).then(|| (words.join(" "), used))
}

/// A bulk string.
pub fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// An array of replies.
pub fn array(items: &[String]) -> String {
    format!("*{}\r\n{}", items.len(), items.concat())
}

/// A node of a fake cluster: id, host, port.
pub type Node = (&'static str, &'static str, u16);

/// The script of a cluster node that takes any password, in the form of Redis 7; `nodes` share the slots.
pub fn cluster_node(own: &'static str, nodes: Vec<Node>) -> Script {
    Arc::new(move |command| match command {
        "CLUSTER MYID" => bulk(own),
        "CLUSTER SLOTS" => slots(&nodes),
        "CLUSTER NODES" => lines(own, &nodes),
        "INFO" => bulk("# Server\r\nredis_version:6.2.14\r\nredis_mode:cluster\r\nrun_id:aaaa\r\n"),
        "CLUSTER INFO" => bulk("cluster_state:ok\r\n"),
        "HELLO" => array(&[bulk("server"), bulk("redis"), bulk("version"), bulk("6.2.14")]),
        "ROLE" => array(&[bulk("master"), ":0\r\n".to_owned(), array(&[])]),
        "COMMAND COUNT" => ":200\r\n".to_owned(),
        "PING" => "+PONG\r\n".to_owned(),
        auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

fn shares(nodes: &[Node]) -> Vec<(Node, usize, usize)> {
    let bound = |n| n * 16384 / nodes.len();
    nodes.iter().enumerate().map(|(n, node)| (*node, bound(n), bound(n + 1) - 1)).collect()
}

fn slots(nodes: &[Node]) -> String {
    let range = |((id, host, port), first, last): (Node, usize, usize)| {
        let node = array(&[bulk(host), format!(":{port}\r\n"), bulk(id), array(&[])]);
        array(&[format!(":{first}\r\n"), format!(":{last}\r\n"), node])
    };
    array(&shares(nodes).into_iter().map(range).collect::<Vec<_>>())
}

fn lines(own: &str, nodes: &[Node]) -> String {
    let line = |((id, host, port), first, last): (Node, usize, usize)| {
        let flags = if id == own { "myself,master" } else { "master" };
        format!("{id} {host}:{port}@1 {flags} - 0 0 1 connected {first}-{last}\n")
    };
    bulk(&shares(nodes).into_iter().map(line).collect::<String>())
}
