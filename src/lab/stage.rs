//! From a plan to a running lab: ports bound, certificates issued, one task a node.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Lab,
    certificates::Authority,
    cluster::{Cluster, Member},
    plan::{CertificateSpec, Plan, loopback},
    session::{IDLE, Session},
    view::View,
};
use crate::facts::{Endpoint, Host, Override};

/// Connections a node keeps open at once; more wait in the backlog.
const MAX_CONNECTIONS: usize = 4096;
/// Pause when no connection can be accepted (no file descriptor left, say), so that the node does not spin.
const PAUSE: Duration = Duration::from_millis(50);

/// Builds what a plan describes; has to run within a tokio runtime, which the nodes' tasks are put on.
pub(super) fn set(plan: &Plan) -> Result<Lab, String> {
    if let Some(flaw) = plan.flaw() {
        return Err(format!("the plan of the lab's scene does not hold together: {flaw}"));
    }
    let listen = |at: SocketAddr| bind(at).map_err(|e| format!("the lab cannot listen on {}: {e}", at.ip()));
    let listeners = plan.nodes.iter().map(|node| listen(node.listen)).collect::<Result<Vec<_>, _>>()?;
    let ports = listeners.iter().map(port).collect::<io::Result<Vec<_>>>().map_err(|e| e.to_string())?;
    let front = plan.seed.listen.map(listen).transpose()?;
    let entrance = front.as_ref().map_or(Ok(ports[0]), port).map_err(|e| e.to_string())?;
    let (overrides, nowhere) = overrides(plan).map_err(|e| format!("the lab cannot reserve a loopback port: {e}"))?;

    let mut authority = Authority::new().map_err(|e| format!("the lab cannot make its certificate authority: {e}"))?;
    let tls = acceptors(plan, &mut authority).map_err(|e| format!("the lab cannot make its certificates: {e}"))?;
    let mut tasks = JoinSet::new();
    let mut doors: Vec<_> = listeners.into_iter().zip(members(plan, &ports)).zip(tls).collect();
    if let (Some(front), Some(((_, first), tls))) = (front, doors.first()) {
        doors.push(((front, first.clone()), tls.clone()));
    }
    for ((listener, member), tls) in doors {
        tasks.spawn(serve(listener, member, tls));
    }
    Ok(Lab {
        endpoint: Endpoint::new(plan.seed.host.clone(), entrance),
        tls: plan.ask_tls,
        ca_pem: authority.pem(),
        ca_der: authority.der(),
        overrides,
        _tasks: tasks,
        _nowhere: nowhere,
    })
}

/// The port asked for, or any free one when it is taken.
fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    if at.port() != 0
        && let Ok(listener) = bind_exactly(at)
    {
        return Ok(listener);
    }
    bind_exactly(SocketAddr::new(at.ip(), 0))
}

fn bind_exactly(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a fixed port can be had again right after the last run. Windows would let two listeners share it; and of
    // any free port, two sockets that do not listen yet could be given the same one.
    socket.set_reuseaddr(cfg!(unix) && at.port() != 0)?;
    socket.bind(at)?;
    socket.listen(1024)
}

fn port(listener: &TcpListener) -> io::Result<u16> {
    Ok(listener.local_addr()?.port())
}

/// How the endpoint and the announced addresses are to be dialled, and the socket that holds "nowhere".
fn overrides(plan: &Plan) -> io::Result<(Vec<Override>, Option<TcpSocket>)> {
    let mut overrides = Vec::new();
    if let Host::Name(_) = &plan.seed.host {
        let addresses = vec![loopback(0).ip()];
        overrides.push(Override::Resolve { host: Some(plan.seed.host.clone()), port: None, addresses });
    }
    if plan.nowhere.is_empty() {
        return Ok((overrides, None));
    }
    // Bound and never listening: the kernel refuses every connection, and gives the port to nobody else.
    let socket = TcpSocket::new_v4()?;
    socket.bind(loopback(0))?;
    let refusing = socket.local_addr()?;
    overrides.extend(plan.nowhere.iter().map(|address| lead(*address, refusing)));
    Ok((overrides, Some(socket)))
}

fn lead(from: IpAddr, to: SocketAddr) -> Override {
    Override::ConnectTo {
        from_host: Some(Host::Ip(from)),
        from_port: None,
        to_host: Some(Host::Ip(to.ip())),
        to_port: Some(to.port()),
    }
}

/// One acceptor a node, `None` on plaintext; equal certificates are issued once.
fn acceptors(plan: &Plan, authority: &mut Authority) -> Result<Vec<Option<TlsAcceptor>>, Box<dyn std::error::Error>> {
    if !plan.tls {
        return Ok(vec![None; plan.nodes.len()]);
    }
    let mut issued: HashMap<&CertificateSpec, Arc<ServerConfig>> = HashMap::new();
    let mut acceptors = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let config = match issued.get(&node.certificate) {
            Some(config) => config.clone(),
            None => issued.entry(&node.certificate).or_insert(authority.server(&node.certificate)?).clone(),
        };
        acceptors.push(Some(config.into()));
    }
    Ok(acceptors)
}

/// The nodes as they serve; those that see the cluster alike share their view.
fn members(plan: &Plan, ports: &[u16]) -> Vec<Arc<Member>> {
    let cluster = Arc::new(Cluster::new(plan, ports));
    let mut views = HashMap::new();
    let member = |(me, node): (usize, &super::plan::PlannedNode)| {
        let view = views.entry((node.preferred, node.sees.clone()));
        let view = view.or_insert_with(|| Arc::new(View::new(plan, node.preferred, &node.sees))).clone();
        Arc::new(Member { me, cluster: cluster.clone(), view, behaviour: node.behaviour })
    };
    plan.nodes.iter().enumerate().map(member).collect()
}

/// Accepts until it is aborted, and then takes its connections along.
async fn serve(listener: TcpListener, member: Arc<Member>, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, member.clone(), tls.clone()))),
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Whatever ends a connection is the client's business: there is nobody to tell.
async fn connection(stream: TcpStream, member: Arc<Member>, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let session = Session::new(member);
    let _ = match tls {
        None => session.converse(stream).await,
        Some(tls) => match timeout(IDLE, tls.accept(stream)).await {
            Ok(Ok(stream)) => session.converse(stream).await,
            _ => Ok(()),
        },
    };
}
