//! Listeners that give no answer.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream as Stream},
    runtime::Runtime,
};

/// Accepts, and never speaks.
pub struct Deaf {
    /// Where it listens.
    pub address: SocketAddr,
    _runtime: Runtime,
}

impl Deaf {
    /// Until it is dropped.
    pub fn listen(address: SocketAddr) -> Self {
        let (runtime, listener) = listener(address, 64);
        runtime.spawn(async move {
            let mut held: Vec<Stream> = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        Deaf { address, _runtime: runtime }
    }
}

/// Connecting to it times out: its queue is full, and the kernel drops what comes.
pub struct Full {
    /// Where it listens.
    pub address: SocketAddr,
    _queue: Vec<TcpStream>,
    _listener: TcpListener,
    _runtime: Runtime,
}

impl Full {
    /// Until it is dropped.
    pub fn listen(address: SocketAddr) -> Self {
        let (runtime, listener) = listener(address, 1);
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let queue: Vec<TcpStream> = std::iter::from_fn(connect).take(16).collect();
        assert!(queue.len() < 16, "the queue never fills");
        Full { address, _queue: queue, _listener: listener, _runtime: runtime }
    }
}

fn listener(address: SocketAddr, backlog: u32) -> (Runtime, TcpListener) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        socket.listen(backlog).unwrap()
    });
    (runtime, listener)
}
