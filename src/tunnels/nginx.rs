//! nginx with its stream module: one process with a server for each node, and a checker for its configuration (`nginx -t`).

use super::{Carries, Command, End, Node, Plan, Side, Tunnel, tls};

/// TLS by the stream module.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "nginx",
    about: "clients without TLS before TLS nodes, or pairs before plaintext nodes, where nginx is at home: one process, certificates for names",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |node, mode| tls::names_only("nginx", node, mode),
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    tls::configured(plan, "nginx.conf", &command, &|end, nodes| config(plan, end, nodes))
}

/// Everything is relative to the side's folder, not to where nginx is installed.
fn command(config: &str) -> Command {
    Command {
        program: "nginx",
        package: "Debian: apt-get install nginx libnginx-mod-stream",
        arguments: ["-p", ".", "-c", config].map(str::to_owned).to_vec(),
        ends: false,
        settles: 3,
    }
}

/// A connection is two of `worker_connections`: from the client and to the node. What refuses a client's certificate is said
/// at level `info` only, what refuses a node's is an error.
fn config(plan: &Plan, end: End, nodes: &[Node]) -> String {
    let pid = nodes.first().map(Node::name).unwrap_or_default();
    let sockets = u64::from(plan.connections) * nodes.len() as u64 * 2 + 64;
    let (level, shared) = match end {
        End::Client => ("warn", NEAR),
        End::Server => ("info", FAR),
    };
    let mut lines: Vec<String> = HEAD.lines().map(str::to_owned).collect();
    lines.extend([
        format!("pid run/nginx-{pid};"),
        format!("error_log stderr {level};"),
        format!("events {{ worker_connections {sockets}; }}"),
        String::new(),
        "stream {".to_owned(),
    ]);
    lines.extend(shared.lines().map(str::to_owned));
    lines.extend(nodes.iter().flat_map(|node| match end {
        End::Client => near(plan, node),
        End::Server => far(node),
    }));
    lines.join("\n") + "\n}\n"
}

/// Without `proxy_ssl_name` the address that is dialled would be compared, as a name.
fn near(plan: &Plan, node: &Node) -> Vec<String> {
    let upstream = tls::upstream(plan, node);
    let mut lines = vec![
        String::new(),
        "    server {".to_owned(),
        format!("        listen {} so_keepalive=60s:10s:3;", node.local.endpoint()),
        format!("        proxy_pass {};", upstream.target),
        format!("        proxy_ssl_name {};", upstream.name),
        format!("        proxy_ssl_trusted_certificate {};", upstream.anchors),
    ];
    let identity =
        |file| [format!("        proxy_ssl_certificate {file};"), format!("        proxy_ssl_certificate_key {file};")];
    lines.extend(upstream.identity.map(identity).into_iter().flatten());
    lines.push("    }".to_owned());
    lines
}

fn far(node: &Node) -> Vec<String> {
    let terminator = tls::terminator(node);
    vec![
        String::new(),
        "    server {".to_owned(),
        format!("        listen {} ssl so_keepalive=60s:10s:3;", terminator.listen.endpoint()),
        format!("        proxy_pass {};", terminator.target),
        format!("        ssl_certificate {};", terminator.certificate),
        format!("        ssl_certificate_key {};", terminator.certificate),
        format!("        ssl_client_certificate {};", terminator.anchors),
        "    }".to_owned(),
    ]
}

const HEAD: &str = "\
# Debian's place; not needed where stream is built in, as in the packages of nginx.org.
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;";

/// `proxy_ssl_verify` and the server name are off by default, silently. Blocked commands and idle pools may wait for a week.
const NEAR: &str = "    \
    proxy_connect_timeout 5s;
    proxy_timeout 7d;
    proxy_socket_keepalive on;
    proxy_ssl on;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 9;
    proxy_ssl_server_name on;";

/// As on the near end; a client has to finish its handshake in 10 s.
const FAR: &str = "    \
    proxy_connect_timeout 5s;
    proxy_timeout 7d;
    proxy_socket_keepalive on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_handshake_timeout 10s;
    ssl_verify_client on;";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Mode, Run, fixtures};

    #[test]
    fn tls_nodes_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        let expected = format!(
            "{HEAD}\npid run/nginx-node-1;\nerror_log stderr warn;\nevents {{ worker_connections 6064; }}\n\nstream {{\n{NEAR}\n{NODES}"
        );
        assert_eq!(fixtures::text(&sides[0], "nginx.conf"), expected);
    }

    const NODES: &str = "
    server {
        listen 127.0.0.1:20001 so_keepalive=60s:10s:3;
        proxy_pass 10.0.0.11:6379;
        proxy_ssl_name n1.example.com;
        proxy_ssl_trusted_certificate ca.pem;
        proxy_ssl_certificate client.pem;
        proxy_ssl_certificate_key client.pem;
    }

    server {
        listen 127.0.0.1:20002 so_keepalive=60s:10s:3;
        proxy_pass n2.example.com:6379;
        proxy_ssl_name n2.example.com;
        proxy_ssl_trusted_certificate ca.pem;
        proxy_ssl_certificate client.pem;
        proxy_ssl_certificate_key client.pem;
    }

    server {
        listen 127.0.0.1:20003 so_keepalive=60s:10s:3;
        proxy_pass [2001:db8::3]:6379;
        proxy_ssl_name n3.example.com;
        proxy_ssl_trusted_certificate ca.pem;
        proxy_ssl_certificate client.pem;
        proxy_ssl_certificate_key client.pem;
    }
}
";

    #[test]
    fn plaintext_nodes_get_an_end_that_wants_a_certificate() {
        let sides = write(&fixtures::spread(fixtures::pair())).unwrap();
        let Run::Each(command, instances) = &sides[1].run else { panic!("one process") };
        assert_eq!(command.arguments, ["-p", ".", "-c", "${CONFIG}"]);
        assert_eq!(instances[2].variables, [("CONFIG", "node-3.conf".to_owned())]);
        let expected = format!(
            "{HEAD}\npid run/nginx-node-3;\nerror_log stderr info;\nevents {{ worker_connections 2064; }}\n\nstream {{\n{FAR}\n{NODE}"
        );
        assert_eq!(fixtures::text(&sides[1], "node-3.conf"), expected);
        let near = "        proxy_pass 192.0.2.3:20003;\n        proxy_ssl_name node-3.tunnel.internal;\n        \
                    proxy_ssl_trusted_certificate tunnel-ca.pem;\n        proxy_ssl_certificate tunnel-client.pem;\n        \
                    proxy_ssl_certificate_key tunnel-client.pem;\n    }\n}\n";
        assert!(fixtures::text(&sides[0], "nginx.conf").ends_with(near));
    }

    const NODE: &str = "
    server {
        listen 192.0.2.3:20003 ssl so_keepalive=60s:10s:3;
        proxy_pass [2001:db8::3]:6379;
        ssl_certificate certificates/node-3.pem;
        ssl_certificate_key certificates/node-3.pem;
        ssl_client_certificate tunnel-ca.pem;
    }
}
";

    #[test]
    fn what_is_off_by_default_is_on() {
        for on in ["proxy_ssl on;", "proxy_ssl_verify on;", "proxy_ssl_server_name on;"] {
            assert!(NEAR.lines().any(|line| line.trim() == on), "{on}");
        }
        assert!(FAR.contains("ssl_verify_client on;"));
    }

    #[test]
    fn a_certificate_for_an_address_is_refused() {
        let mut node = fixtures::originate().nodes.remove(0);
        node.server_name = None;
        let why = (TUNNEL.refuses)(&node, Mode::Originate).unwrap();
        assert!(why.contains("the address 10.0.0.11, and nginx verifies names only"), "{why}");
        assert_eq!((TUNNEL.refuses)(&node, Mode::Pair), None);
    }
}
