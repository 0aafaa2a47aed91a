//! haproxy: one process with a proxy for each node, and a checker for its configuration (`haproxy -c -dW -f haproxy.cfg`).

use super::{Carries, Command, End, Node, Plan, Side, Tunnel, tls};

/// TLS by proxies in TCP mode.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "haproxy",
    about: "clients without TLS before TLS nodes, or pairs before plaintext nodes, where HAProxy is at home: one process, certificates for names",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |node, mode| tls::names_only("haproxy", node, mode),
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    tls::configured(plan, "haproxy.cfg", &command, &|end, nodes| config(plan, end, nodes))
}

/// `-db` stays in the foreground.
fn command(config: &str) -> Command {
    Command {
        program: "haproxy",
        package: "Debian: apt-get install haproxy",
        arguments: ["-db", "-f", config].map(str::to_owned).to_vec(),
        ends: false,
        settles: 1,
    }
}

/// One listener stands for one node: no checks, no second server, no retry, all of which take the decision from the client.
fn config(plan: &Plan, end: End, nodes: &[Node]) -> String {
    let proxy = |node: &Node| match end {
        End::Client => near(plan, node),
        End::Server => far(node),
    };
    let all = u64::from(plan.connections) * nodes.len() as u64;
    let mut lines = vec![
        "global".to_owned(),
        format!("    maxconn {all}"),
        "    log stdout format raw daemon info".to_owned(),
        String::new(),
        "defaults".to_owned(),
        format!("    maxconn {}", plan.connections),
    ];
    lines.extend(DEFAULTS.lines().map(str::to_owned));
    lines.extend(nodes.iter().flat_map(proxy));
    lines.join("\n") + "\n"
}

/// Without `verifyhost` any certificate of the CA would do.
fn near(plan: &Plan, node: &Node) -> Vec<String> {
    let upstream = tls::upstream(plan, node);
    let (name, tls) = (&upstream.name, "ssl ssl-min-ver TLSv1.2 verify required");
    let identity = upstream.identity.map(|file| format!(" crt {file}")).unwrap_or_default();
    vec![
        String::new(),
        format!("listen {}", node.name()),
        format!("    bind {}", node.local.endpoint()),
        format!(
            "    server {} {} {tls} ca-file {} verifyhost {name} sni str({name}){identity}",
            node.name(),
            upstream.target,
            upstream.anchors
        ),
    ]
}

fn far(node: &Node) -> Vec<String> {
    let terminator = tls::terminator(node);
    vec![
        String::new(),
        format!("listen {}", node.name()),
        format!(
            "    bind {} ssl ssl-min-ver TLSv1.2 crt {} ca-file {} verify required",
            terminator.listen.endpoint(),
            terminator.certificate,
            terminator.anchors
        ),
        format!("    server {} {}", node.name(), terminator.target),
    ]
}

/// `client` and `server` hold until both ends are connected, `tunnel` from then on: blocked commands and idle pools may wait
/// for a week; who is gone is noticed by keepalive in 90 s. Only what fails is logged; why, says haproxy 2.5 and later.
const DEFAULTS: &str = r#"    mode tcp
    retries 0
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    timeout tunnel 7d
    option clitcpka
    clitcpka-idle 60s
    clitcpka-intvl 10s
    clitcpka-cnt 3
    option srvtcpka
    srvtcpka-idle 60s
    srvtcpka-intvl 10s
    srvtcpka-cnt 3
    log global
    option dontlog-normal
.if version_atleast(2.5)
    log-format "%ci:%cp %b/%s %ts %[bc_err_str] %[ssl_bc_err_str]"
    error-log-format "%ci:%cp %f %[fc_err_str] %[ssl_fc_err_str]"
.else
    option tcplog
.endif"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Mode, Run, fixtures};

    #[test]
    fn tls_nodes_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        let expected = format!("{HEAD}{DEFAULTS}\n{NEAR}");
        assert_eq!(fixtures::text(&sides[0], "haproxy.cfg"), expected);
    }

    const HEAD: &str = "global
    maxconn 3000
    log stdout format raw daemon info

defaults
    maxconn 1000
";

    const NEAR: &str = "
listen node-1
    bind 127.0.0.1:20001
    server node-1 10.0.0.11:6379 ssl ssl-min-ver TLSv1.2 verify required ca-file ca.pem verifyhost n1.example.com sni str(n1.example.com) crt client.pem

listen node-2
    bind 127.0.0.1:20002
    server node-2 n2.example.com:6379 ssl ssl-min-ver TLSv1.2 verify required ca-file ca.pem verifyhost n2.example.com sni str(n2.example.com) crt client.pem

listen node-3
    bind 127.0.0.1:20003
    server node-3 [2001:db8::3]:6379 ssl ssl-min-ver TLSv1.2 verify required ca-file ca.pem verifyhost n3.example.com sni str(n3.example.com) crt client.pem
";

    #[test]
    fn plaintext_nodes_get_an_end_that_wants_a_certificate() {
        let sides = write(&fixtures::pair()).unwrap();
        assert_eq!(fixtures::text(&sides[1], "haproxy.cfg"), format!("{HEAD}{DEFAULTS}\n{FAR}"));
        let near = "    server node-3 192.0.2.1:20003 ssl ssl-min-ver TLSv1.2 verify required ca-file tunnel-ca.pem \
                    verifyhost node-3.tunnel.internal sni str(node-3.tunnel.internal) crt tunnel-client.pem\n";
        assert!(fixtures::text(&sides[0], "haproxy.cfg").ends_with(near));
    }

    const FAR: &str = "
listen node-1
    bind 192.0.2.1:20001 ssl ssl-min-ver TLSv1.2 crt certificates/node-1.pem ca-file tunnel-ca.pem verify required
    server node-1 10.0.0.11:6379

listen node-2
    bind 192.0.2.1:20002 ssl ssl-min-ver TLSv1.2 crt certificates/node-2.pem ca-file tunnel-ca.pem verify required
    server node-2 n2.example.com:6379

listen node-3
    bind 192.0.2.1:20003 ssl ssl-min-ver TLSv1.2 crt certificates/node-3.pem ca-file tunnel-ca.pem verify required
    server node-3 [2001:db8::3]:6379
";

    #[test]
    fn far_ends_on_many_machines_have_a_configuration_each() {
        let sides = write(&fixtures::spread(fixtures::pair())).unwrap();
        let Run::Each(command, instances) = &sides[1].run else { panic!("one process") };
        assert_eq!(command.arguments, ["-db", "-f", "${CONFIG}"]);
        assert_eq!(instances[1].variables, [("CONFIG", "node-2.cfg".to_owned())]);
        let text = fixtures::text(&sides[1], "node-2.cfg");
        assert!(text.starts_with("global\n    maxconn 1000\n") && !text.contains("node-1"), "{text}");
    }

    #[test]
    fn a_certificate_for_an_address_is_refused() {
        let mut node = fixtures::originate().nodes.remove(0);
        assert_eq!((TUNNEL.refuses)(&node, Mode::Originate), None);
        node.server_name = Some("10.0.0.11".parse().unwrap());
        let why = (TUNNEL.refuses)(&node, Mode::Originate).unwrap();
        assert_eq!(
            why,
            "its certificate has to be verified by the address 10.0.0.11, and haproxy verifies names only (stunnel, socat, \
             ghostunnel and envoy can)"
        );
        assert_eq!((TUNNEL.refuses)(&node, Mode::Pair), None);
    }
}
