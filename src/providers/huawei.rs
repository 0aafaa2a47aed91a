//! Huawei Cloud DCS.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, Ports, Provider, SILENT},
};

pub(super) const DCS: Provider = Provider {
    id: "huawei-dcs",
    name: "Huawei Cloud DCS",
    source: "support.huaweicloud.com: productdesc-dcs",
    signs: &[Sign::strong(Mark::Name("**.dcs.huaweicloud.com")), Sign::strong(Mark::Name("**.dcs.myhuaweicloud.com"))],
    ports: &[Ports::one(6379, "the entry"), Ports::one(36379, "the former public access, TLS")],
    refuses: &["MIGRATE", "SLAVEOF", "LASTSAVE", "SHUTDOWN"],
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "Run the client in the instance's VPC: through a load balancer (public access) only single nodes can be \
             reached, since the cluster announces its private addresses. Or use a proxy cluster, which is one address.",
        ),
        Advice::new(
            &["tls-not-spoken"],
            Hand::Service,
            "TLS is there for Redis 6.0 and later (single-node, master/standby, Cluster) once it is turned on; before \
             that it is plaintext: use redis:// from inside the VPC.",
        ),
    ],
    ..Provider::CLOSED
};
