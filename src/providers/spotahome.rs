//! The redis-operator of Spotahome.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, NODES_SILENT, Ports, Provider},
};

pub(super) const SPOTAHOME: Provider = Provider {
    id: "spotahome",
    name: "Spotahome redis-operator",
    source: "spotahome/redis-operator, 2023-08: constants of service names, sentinel readiness check",
    signs: &[
        Sign::weak(Mark::Name("**.rfs-*.svc.cluster.local")),
        // Its descendants call Services the same, and have TLS.
        Sign::strong(Mark::PlainAt("rfs-*.*.svc.cluster.local")),
        Sign::strong(Mark::PlainAt("rfr-*.*.svc.cluster.local")),
        Sign::strong(Mark::PlainAt("rfs-*.*.svc")),
        Sign::strong(Mark::PlainAt("rfr-*.*.svc")),
    ],
    ports: &[Ports::one(6379, "pods"), Ports::one(26379, "Sentinels")],
    advice: &[
        Advice::new(
            NODES_SILENT,
            Hand::Network,
            "Sentinels tell the pods' addresses, which mean something only inside: run the client in the Kubernetes \
             cluster; a port-forward to a Sentinel alone does not do.",
        ),
        Advice::new(
            &["announced-loopback"],
            Hand::Service,
            "A Sentinel that tells 127.0.0.1 has not been set up yet: wait for the operator, or look at its log.",
        ),
        Advice::new(
            &["tls-not-spoken"],
            Hand::Client,
            "The operator knows no TLS: use plaintext inside the Kubernetes cluster.",
        ),
    ],
    ..Provider::CARD
};
