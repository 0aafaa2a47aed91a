//! What the kinds that speak TLS have in common: whom their near end verifies, what their far end shows.
//!
//! Where the nodes speak TLS, the near end verifies each node itself. Where they do not, a far end beside them shows a
//! certificate made for this tunnel alone, and wants the near end's in return.

use super::{Content, End, File, Mode, Node, Plan, plan::SocketEnd};
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
    let name = node.server_name.clone().unwrap_or_else(|| node.outside.host.clone());
    let identity = plan.identity.then_some(NODES_IDENTITY);
    Upstream { target: node.outside.clone(), name, anchors: NODES, identity }
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
