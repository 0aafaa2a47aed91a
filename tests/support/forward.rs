//! A TCP forwarder in the test process: a load balancer, a tunnel, or a client from another address.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket},
    runtime::Runtime,
};

/// Runs until it is dropped.
pub struct Forward {
    /// Where it listens.
    pub address: SocketAddr,
    _runtime: Runtime,
}

impl Forward {
    /// Every connection goes to the next target in turn; `from` is the address it comes from, as the target sees it.
    pub fn start(targets: Vec<SocketAddr>, from: Option<IpAddr>) -> Self {
        Forward::start_at(0, targets, from)
    }

    /// The same on a port of 127.0.0.1 that is wanted.
    pub fn start_at(port: u16, targets: Vec<SocketAddr>, from: Option<IpAddr>) -> Self {
        Forward::start_on((Ipv4Addr::LOCALHOST, port).into(), targets, from)
    }

    /// The same at an address; port 0 takes a free one.
    pub fn start_on(at: SocketAddr, targets: Vec<SocketAddr>, from: Option<IpAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(at)).unwrap();
        let address = listener.local_addr().unwrap();
        let turn = Arc::new(AtomicUsize::new(0));
        runtime.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = targets[turn.fetch_add(1, Ordering::Relaxed) % targets.len()];
                tokio::spawn(async move {
                    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
                    from.map(|ip| socket.bind(SocketAddr::new(ip, 0))).transpose()?;
                    let mut server = socket.connect(target).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Forward { address, _runtime: runtime }
    }
}
