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
        settles: 1,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Run, fixtures};

    #[test]
    fn tls_nodes_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        assert_eq!(fixtures::text(&sides[0], "stunnel.conf"), format!("{HEAD}\n{NEAR}"));
    }

    const NEAR: &str = "
[node-1]
client = yes
accept = 127.0.0.1:20001
connect = 10.0.0.11:6379
CAfile = ca.pem
verifyChain = yes
checkHost = n1.example.com
sni = n1.example.com
cert = client.pem

[node-2]
client = yes
accept = 127.0.0.1:20002
connect = n2.example.com:6379
CAfile = ca.pem
verifyChain = yes
checkHost = n2.example.com
sni = n2.example.com
cert = client.pem

[node-3]
client = yes
accept = 127.0.0.1:20003
connect = 2001:db8::3:6379
CAfile = ca.pem
verifyChain = yes
checkHost = n3.example.com
sni = n3.example.com
cert = client.pem
";

    #[test]
    fn an_address_is_verified_as_one_and_no_name_is_sent() {
        let mut plan = fixtures::originate();
        plan.nodes[0].server_name = Some("10.0.0.11".parse().unwrap());
        plan.identity = false;
        let sides = write(&plan).unwrap();
        let text = fixtures::text(&sides[0], "stunnel.conf");
        let service = text.split("\n\n").nth(1).unwrap();
        assert!(service.ends_with("verifyChain = yes\ncheckIP = 10.0.0.11\nsni ="), "{service}");
    }

    #[test]
    fn plaintext_nodes_get_an_end_that_wants_a_certificate() {
        let sides = write(&fixtures::pair()).unwrap();
        assert_eq!(fixtures::text(&sides[1], "stunnel.conf"), format!("{HEAD}\n{FAR}"));
        let near = "connect = 192.0.2.1:20003\nCAfile = tunnel-ca.pem\nverifyChain = yes\n\
                    checkHost = node-3.tunnel.internal\nsni = node-3.tunnel.internal\ncert = tunnel-client.pem\n";
        assert!(fixtures::text(&sides[0], "stunnel.conf").ends_with(near));
    }

    const FAR: &str = "
[node-1]
client = no
accept = 192.0.2.1:20001
connect = 10.0.0.11:6379
cert = certificates/node-1.pem
CAfile = tunnel-ca.pem
verifyChain = yes
requireCert = yes

[node-2]
client = no
accept = 192.0.2.1:20002
connect = n2.example.com:6379
cert = certificates/node-2.pem
CAfile = tunnel-ca.pem
verifyChain = yes
requireCert = yes

[node-3]
client = no
accept = 192.0.2.1:20003
connect = 2001:db8::3:6379
cert = certificates/node-3.pem
CAfile = tunnel-ca.pem
verifyChain = yes
requireCert = yes
";

    #[test]
    fn far_ends_on_many_machines_have_a_configuration_each() {
        let sides = write(&fixtures::spread(fixtures::pair())).unwrap();
        let Run::Each(command, instances) = &sides[1].run else { panic!("one process") };
        assert_eq!(command.arguments, ["${CONFIG}"]);
        assert_eq!(instances[2].variables, [("CONFIG", "node-3.conf".to_owned())]);
        let text = fixtures::text(&sides[1], "node-3.conf");
        assert!(text.contains("accept = 192.0.2.3:20003\n") && !text.contains("node-1"), "{text}");
    }

    #[test]
    fn whom_to_trust_has_to_be_known() {
        let why = write(&Plan { anchors: false, ..fixtures::originate() }).unwrap_err();
        assert!(why.contains("--cacert"), "{why}");
    }
}
