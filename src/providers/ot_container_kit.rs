//! The redis-operator of OT-CONTAINER-KIT (Opstree).

use super::{
    Mark, Sign,
    provider::{Advice, Hand, NAMES, NODES_SILENT, Ports, Provider},
};

pub(super) const OPSTREE: Provider = Provider {
    id: "ot-redis-operator",
    name: "OT-CONTAINER-KIT redis-operator",
    source: "OT-CONTAINER-KIT/redis-operator, 2026-08: entrypoint, statefulset.go, GetHeadlessServiceNameFromPodName",
    signs: &[
        Sign::strong(Mark::Name("**.*-leader-headless.*.svc.cluster.local")),
        Sign::strong(Mark::Name("**.*-follower-headless.*.svc.cluster.local")),
        Sign::strong(Mark::Name("**.*-leader-headless.*.svc")),
    ],
    ports: &[Ports::one(6379, "pods"), Ports::range(30000, 32767, "NodePorts")],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Service,
            "With clusterVersion v7 and TLS the pods announce their names; v6, and NodePort, announce addresses: set \
             it, and hold *.NAME-leader-headless.NAMESPACE.svc.cluster.local and the same of -follower- in the \
             certificate.",
        )
        .with(&["spec.clusterVersion: v7"]),
        Advice::new(
            NAMES,
            Hand::Certificate,
            "With NodePort the addresses of the machines are announced: hold them all in the certificate of the TLS \
             secret.",
        ),
        Advice::new(
            NODES_SILENT,
            Hand::Service,
            "For clients outside, have the operator announce the machine's address and a port for each pod:",
        )
        .with(&["spec.kubernetesConfig.service.serviceType: NodePort"]),
    ],
    ..Provider::CARD
};
