//! Alauda Cache Service for Redis (alauda/redis-operator).

use super::{
    Mark, Sign,
    provider::{Advice, Hand, NAMES, NODES_SILENT, Ports, Provider},
};

pub(super) const ALAUDA: Provider = Provider {
    id: "alauda",
    name: "Alauda Cache Service for Redis",
    source: "alauda/redis-operator, 2025-09: the init tool's announce settings, its certificates",
    signs: &[
        Sign::weak(Mark::Issuer("cpaas-ca")),
        Sign::weak(Mark::Issuer("cpaas")),
        Sign::weak(Mark::Group("mymaster")),
        Sign::weak(Mark::Name("*-proxy.*.svc")),
        Sign::weak(Mark::Name("rfr-*.*.svc")),
    ],
    ports: &[
        Ports::one(6379, "pods, or a NodePort or balancer for each"),
        Ports::one(26379, "Sentinels"),
        Ports::range(30000, 32767, "NodePorts"),
    ],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Certificate,
            "The operator's certificate holds names of Services alone, never an address: have one issued that holds \
             every announced node or balancer address as well, and give it to the instance as its secret.",
        ),
        Advice::new(
            NAMES,
            Hand::Client,
            "Or dial the announced addresses and have the client verify a Service's name that the certificate holds; \
             do not dial that name: it leads to any pod.",
        ),
        Advice::new(
            NODES_SILENT,
            Hand::Network,
            "With NodePort the announced addresses are the nodes' internal ones and each has to be reached directly, \
             without a balancer before them; on machines with several networks it is the default interface's: use \
             access by LoadBalancer (an address for each pod) there.",
        ),
        Advice::new(NODES_SILENT, Hand::Client, "Give the client all nodes as seeds."),
    ],
    ..Provider::CARD
};
