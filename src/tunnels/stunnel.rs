//! stunnel: one process with a service for each node; the only packaged program here that verifies names and addresses.

use super::{Carries, Command, End, Node, Plan, Side, Tunnel, tls};
use crate::facts::Host;

/// TLS by services.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "stunnel",
    about: "clients without TLS before TLS nodes, or plaintext nodes over an untrusted network: one process, certificates for names or addresses",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    tls::configured(plan, "stunnel.conf", &command, &|end, nodes| config(plan, end, nodes))
}

fn command(config: &str) -> Command {
    Command {
        program: "stunnel",
        package: "Debian: apt-get install stunnel4",
        arguments: vec![config.to_owned()],
        ends: false,
    }
}

/// Values reach to the end of the line: there are no comments behind them (stunnel 5.68).
fn config(plan: &Plan, end: End, nodes: &[Node]) -> String {
    let service = |node: &Node| match end {
        End::Client => near(plan, node),
        End::Server => far(node),
    };
    HEAD.lines().map(str::to_owned).chain(nodes.iter().flat_map(service)).collect::<Vec<_>>().join("\n") + "\n"
}

/// The chain is verified by `verifyChain`, whose certificate it is by `checkHost` or `checkIP`: the two together would be
/// alternatives, and either without `verifyChain` nothing. Addresses stand without brackets.
fn near(plan: &Plan, node: &Node) -> Vec<String> {
    let upstream = tls::upstream(plan, node);
    let mut lines = section(node);
    lines.extend([
        "client = yes".to_owned(),
        format!("accept = {}", node.local.endpoint().unbracketed()),
        format!("connect = {}", upstream.target.unbracketed()),
        format!("CAfile = {}", upstream.anchors),
        "verifyChain = yes".to_owned(),
    ]);
    match upstream.name {
        Host::Name(name) => lines.extend([format!("checkHost = {name}"), format!("sni = {name}")]),
        Host::Ip(ip) => lines.extend([format!("checkIP = {ip}"), "sni =".to_owned()]),
    }
    lines.extend(upstream.identity.map(|file| format!("cert = {file}")));
    lines
}

fn far(node: &Node) -> Vec<String> {
    let terminator = tls::terminator(node);
    let mut lines = section(node);
    lines.extend([
        "client = no".to_owned(),
        format!("accept = {}", terminator.listen.endpoint().unbracketed()),
        format!("connect = {}", terminator.target.unbracketed()),
        format!("cert = {}", terminator.certificate),
        format!("CAfile = {}", terminator.anchors),
        "verifyChain = yes".to_owned(),
        "requireCert = yes".to_owned(),
    ]);
    lines
}

fn section(node: &Node) -> Vec<String> {
    vec![String::new(), format!("[{}]", node.name())]
}

/// Blocked commands and idle pools may wait for a week; who is gone is noticed by keepalive in 90 s. `TIMEOUTbusy` is 300 s
/// by default, for which a node that speaks no TLS would hold its clients up. How many connections there may be follows from
/// the limit on open files.
const HEAD: &str = "\
; \"debug = notice\" logs every connection, and so to which node each refusal belongs.
foreground = yes
pid =
syslog = no
debug = warning
sslVersionMin = TLSv1.2
TIMEOUTconnect = 5
TIMEOUTbusy = 10
TIMEOUTclose = 10
TIMEOUTidle = 604800
socket = l:SO_KEEPALIVE=1
socket = l:TCP_KEEPIDLE=60
socket = l:TCP_KEEPINTVL=10
socket = l:TCP_KEEPCNT=3
socket = r:SO_KEEPALIVE=1
socket = r:TCP_KEEPIDLE=60
socket = r:TCP_KEEPINTVL=10
socket = r:TCP_KEEPCNT=3";
