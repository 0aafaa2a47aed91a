//! What the kinds that speak TLS have in common: whom their near end verifies, what their far end shows.
//!
//! Where the nodes speak TLS, the near end verifies each node itself. Where they do not, a far end beside them shows a
//! certificate made for this tunnel alone, and wants the near end's in return.

use super::{Command, Content, End, File, Instance, Mode, Node, Plan, Run, Side, plan::SocketEnd};
use crate::facts::{Endpoint, Host};

/// What the near end for one node connects to.
pub(super) struct Upstream {
    /// Where.
    pub target: Endpoint,
    /// The name that the certificate there has to hold, which is sent as SNI where it is no address (RFC 6066 §3).
    pub name: Host,
    /// The file with the anchors.
    pub anchors: &'static str,
    /// The file with the near end's own certificate and key.
    pub identity: Option<&'static str>,
}

/// What the far end beside one node does.
pub(super) struct Terminator {
    /// Where it listens.
    pub listen: SocketEnd,
    /// The node, in plaintext.
    pub target: Endpoint,
    /// The file with its certificate and key.
    pub certificate: String,
    /// The file with the CA that every client's certificate has to come from.
    pub anchors: &'static str,
}

/// The sides of a program that serves any number of nodes by one configuration: `file` is what it is called, `command` runs
/// the one that it is given, and `config` writes it for these nodes.
///
/// Far ends run beside their nodes: where these are not one machine's, each gets a process and a configuration of its own.
///
/// # Errors
/// Where nobody said whom to trust.
pub(super) fn configured(
    plan: &Plan,
    file: &str,
    command: &dyn Fn(&str) -> Command,
    config: &dyn Fn(End, &[Node]) -> String,
) -> Result<Vec<Side>, String> {
    let mut near = near_files(plan)?;
    near.insert(0, File::text(file, config(End::Client, &plan.nodes)));
    let mut sides = vec![Side { end: End::Client, files: near, run: Run::One(command(file)) }];
    if plan.mode == Mode::Pair {
        sides.push(far_side(plan, file, command, &|nodes| config(End::Server, nodes)));
    }
    Ok(sides)
}

fn far_side(plan: &Plan, file: &str, command: &dyn Fn(&str) -> Command, config: &dyn Fn(&[Node]) -> String) -> Side {
    let (configs, run) = if plan.one_server().is_some() {
        (vec![File::text(file, config(&plan.nodes))], Run::One(command(file)))
    } else {
        let extension = file.rsplit_once('.').map_or("conf", |(_, extension)| extension);
        let path = |node: &Node| format!("{}.{extension}", node.name());
        let instance = |node: &Node| Instance { name: node.name(), variables: vec![("CONFIG", path(node))] };
        (
            plan.nodes.iter().map(|node| File::text(path(node), config(std::slice::from_ref(node)))).collect(),
            Run::Each(command("${CONFIG}"), plan.nodes.iter().map(instance).collect()),
        )
    };
    Side { end: End::Server, files: configs.into_iter().chain(far_files(plan)).collect(), run }
}

/// Why a program that compares certificates with host names only cannot serve a node: this one's is for an address.
pub(super) fn names_only(program: &str, node: &Node, mode: Mode) -> Option<String> {
    let ip = name(node).ip().filter(|_| mode == Mode::Originate)?;
    Some(format!(
        "has a certificate to be verified for the address {ip}, and {program} verifies names only: stunnel, socat, ghostunnel and envoy can"
    ))
}

/// What the certificate of a TLS node has to hold.
fn name(node: &Node) -> Host {
    node.server_name.clone().unwrap_or_else(|| node.outside.host.clone())
}

const NODES: &str = "ca.pem";
const NODES_IDENTITY: &str = "client.pem";
const TUNNEL: &str = "tunnel-ca.pem";
const TUNNEL_IDENTITY: &str = "tunnel-client.pem";

/// The near end for a node.
pub(super) fn upstream(plan: &Plan, node: &Node) -> Upstream {
    if plan.mode == Mode::Pair {
        let (target, name) = (node.far.clone(), Host::Name(node.tunnel_name()));
        return Upstream { target, name, anchors: TUNNEL, identity: Some(TUNNEL_IDENTITY) };
    }
    let identity = plan.identity.then_some(NODES_IDENTITY);
    Upstream { target: node.outside.clone(), name: name(node), anchors: NODES, identity }
}

/// The files that the near ends need.
///
/// # Errors
/// Where nobody said whom to trust.
pub(super) fn near_files(plan: &Plan) -> Result<Vec<File>, String> {
    let file = |path: &str, content| File { path: path.to_owned(), content };
    if plan.mode == Mode::Pair {
        return Ok(vec![file(TUNNEL, Content::TunnelCa), file(TUNNEL_IDENTITY, Content::TunnelClient)]);
    }
    if !plan.anchors {
        return Err("the tunnel has to verify the nodes: say with --cacert which CA they come from".to_owned());
    }
    let identity = plan.identity.then(|| file(NODES_IDENTITY, Content::Identity));
    Ok([file(NODES, Content::Anchors)].into_iter().chain(identity).collect())
}

/// The far end for a node.
pub(super) fn terminator(node: &Node) -> Terminator {
    let certificate = format!("certificates/{}.pem", node.name());
    Terminator { listen: node.far_listen, target: node.inside.clone(), certificate, anchors: TUNNEL }
}

/// The files that the far ends need.
pub(super) fn far_files(plan: &Plan) -> Vec<File> {
    let certificate =
        |node: &Node| File { path: terminator(node).certificate, content: Content::TunnelServer(node.number) };
    let ca = File { path: TUNNEL.to_owned(), content: Content::TunnelCa };
    std::iter::once(ca).chain(plan.nodes.iter().map(certificate)).collect()
}

/// Both ends where the nodes are plaintext, the near end alone where they speak TLS.
pub(super) fn ends(plan: &Plan) -> &'static [End] {
    if plan.mode == Mode::Pair { &[End::Client, End::Server] } else { &[End::Client] }
}
