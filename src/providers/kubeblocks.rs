//! `KubeBlocks`' addon for Redis and Valkey.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, NAMES, NODES_SILENT, Ports, Provider},
};

pub(super) const KUBEBLOCKS: Provider = Provider {
    id: "kubeblocks",
    name: "KubeBlocks",
    source: "apecloud/kubeblocks-addons, 2026-08: redis scripts; issue 2989",
    signs: &[Sign::strong(Mark::Issuer("KubeBlocks"))],
    ports: &[Ports::one(6379, "pods, or what is advertised")],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Certificate,
            "The certificate that is made holds *.svc.cluster.local, where a wildcard stands for one label and a pod's \
             name has three before it: no pod can match. Have one issued for \
             *.COMPONENT-headless.NAMESPACE.svc.cluster.local, and the advertised addresses, and give it as the \
             cluster's TLS secret.",
        ),
        Advice::new(
            CHAIN,
            Hand::Client,
            "The CA is made for the cluster: take ca.crt from its TLS secret and give it to the client.",
        )
        .with(&["kubectl get secret -n NAMESPACE SECRET -o jsonpath='{.data.ca\\.crt}' | base64 -d > ca.pem"]),
        Advice::new(
            NODES_SILENT,
            Hand::Service,
            "For clients outside, advertise a Service for each pod (NodePort or LoadBalancer), whose address is then \
             announced.",
        ),
    ],
    ..Provider::CARD
};
