//! Set-ups in which nothing is wrong with the way, and that look a little like a tunnel, a proxy or a balancer.
#![cfg(feature = "lab")]

use redis_doctor::{
    checks,
    diagnosis::{Context, examine},
    facts::{Endpoint, Limits, Observed, Scheme, Snapshot, Target, Trust},
    lab,
    probe::Probe,
};

/// What is said of the way to the nodes, and of nothing else.
const OF_THE_WAY: [&str; 5] = ["proxy-bypass", "tunnel-partial", "balancer-endpoint", "spiped-port", "map-incomplete"];

#[test]
fn nobody_sees_a_tunnel_where_there_is_none() {
    for scene in ["healthy", "azure-enterprise", "docker-nat", "split-view", "expired-certificate"] {
        assert_eq!(said_of_the_way(&look(scene, None)), [""; 0], "{scene}");
    }
}

#[test]
fn a_node_by_another_of_its_names_is_no_forward() {
    // The lab announces 127.0.0.1, and listens there alone.
    for seed in ["localhost", "127.0.0.1"] {
        let seen = look("healthy", Some(seed));
        assert!(seen.deployment().is_some(), "{seed}");
        assert_eq!(said_of_the_way(&seen), [""; 0], "{seed}");
    }
}

/// Services tell the port that speaks TLS as `port`, have their own port before the nodes, and no CLIENT INFO.
#[test]
fn a_service_that_tells_its_tls_ports_as_plain_ones_is_no_proxy() {
    let mut seen = look("azure-enterprise", None);
    let Observed::Seen(topology) = &mut seen.topology else { panic!("a topology") };
    for node in &mut topology.nodes {
        let address = &mut node.address;
        (address.tcp_port, address.tls_port) = (address.client_port(), None);
    }
    assert!(!seen.again.is_empty(), "nobody announces the service's own port");
    for attempt in &mut seen.again {
        let Observed::Seen(connection) = &mut attempt.connection else { continue };
        let Observed::Seen(server) = &mut connection.server else { continue };
        server.accepted_at = None;
    }
    assert_eq!(said_of_the_way(&seen), [""; 0]);
}

fn said_of_the_way(snapshot: &Snapshot) -> Vec<&'static str> {
    let report = examine(&Context::new(snapshot, None), checks::ALL);
    let all = report.findings.iter().flat_map(|f| std::iter::once(f.code).chain(f.consequences.iter().map(|c| c.code)));
    all.filter(|code| OF_THE_WAY.contains(code)).collect()
}

fn look(scene: &str, host: Option<&str>) -> Snapshot {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let lab = lab::start(&scene.parse().unwrap()).await.unwrap();
        let endpoint = host.map(|host| Endpoint::new(host.parse().unwrap(), lab.endpoint.port));
        let target = Target {
            trust: Trust { label: "the lab's CA".to_owned(), anchors: vec![lab.ca_der.clone()] },
            overrides: lab.overrides.clone(),
            ..Target::at(endpoint.unwrap_or_else(|| lab.endpoint.clone()), Scheme::Either)
        };
        Probe::new(target, Limits::default()).unwrap().gather(|_| ()).await
    })
}
