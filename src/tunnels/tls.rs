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
        "its certificate has to be verified by the address {ip}, and {program} verifies names only (stunnel, socat, ghostunnel and envoy can)"
    ))
}

/// What the certificate of a TLS node has to hold.
fn name(node: &Node) -> Host {
    node.server_name.clone().unwrap_or_else(|| node.outside.host.clone())
}

const NODES: &str = "ca.pem";
const NODES_IDENTITY: &str = "client.pem";
/// The file with the CA that was made for the tunnel.
pub(super) const TUNNEL: &str = "tunnel-ca.pem";
const TUNNEL_IDENTITY: &str = "tunnel-client.pem";

/// The name in the certificate of a pair's near end.
pub const CLIENT_NAME: &str = "client.tunnel.internal";

/// The near end for a node.
pub(super) fn upstream(plan: &Plan, node: &Node) -> Upstream {
    let (target, name) = match plan.mode {
        Mode::Pair => (node.far.clone(), Host::Name(node.tunnel_name())),
        _ => (node.outside.clone(), name(node)),
    };
    let Trust { anchors, identity } = trust(plan);
    Upstream { target, name, anchors, identity }
}

/// What all near ends believe, and show.
pub(super) struct Trust {
    /// The file with the anchors.
    pub anchors: &'static str,
    /// The file with the near end's own certificate and key.
    pub identity: Option<&'static str>,
}

/// The near ends' files.
pub(super) fn trust(plan: &Plan) -> Trust {
    match plan.mode {
        Mode::Pair => Trust { anchors: TUNNEL, identity: Some(TUNNEL_IDENTITY) },
        _ => Trust { anchors: NODES, identity: plan.identity.then_some(NODES_IDENTITY) },
    }
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

/// The command line of a program that serves one node, and what `${NAME}` in it stands for at each.
pub(super) struct Line<'a> {
    /// The words.
    pub words: Vec<String>,
    /// The variables of a node.
    pub variables: &'a dyn Fn(&Node) -> Vec<(&'static str, String)>,
}

/// The sides of a program that needs no configuration, and a process for each node.
///
/// # Errors
/// Where nobody said whom to trust.
pub(super) fn each(
    plan: &Plan,
    command: &dyn Fn(Vec<String>) -> Command,
    near: Line<'_>,
    far: Line<'_>,
) -> Result<Vec<Side>, String> {
    let side = |end, files, line: Line<'_>| {
        let instance = |node: &Node| Instance { name: node.name(), variables: (line.variables)(node) };
        Side { end, files, run: Run::Each(command(line.words), plan.nodes.iter().map(instance).collect()) }
    };
    let mut sides = vec![side(End::Client, near_files(plan)?, near)];
    if plan.mode == Mode::Pair {
        sides.push(side(End::Server, far_files(plan), far));
    }
    Ok(sides)
}
