//! HAProxy: one process with a proxy for each node, and a checker for its configuration (`haproxy -c -dW -f haproxy.cfg`).

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
/// for a week; who is gone is noticed by keepalive in 90 s. Only what fails is logged; why, says HAProxy 2.5 and later.
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
