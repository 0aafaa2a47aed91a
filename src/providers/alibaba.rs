//! Alibaba Cloud Tair and `ApsaraDB` for Redis.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, Ports, Provider, SILENT},
};

pub(super) const TAIR: Provider = Provider {
    id: "alibaba",
    name: "Alibaba Cloud Tair (ApsaraDB for Redis)",
    source: "help.aliyun.com: enable-the-direct-connection-mode, view-endpoints",
    signs: &[
        Sign::strong(Mark::Name("**.redis.rds.aliyuncs.com")),
        Sign::strong(Mark::Name("**.kvstore.aliyuncs.com")),
        Sign::strong(Mark::Name("**.redis.*.rds.aliyuncs.com")),
    ],
    ports: &[Ports::one(6379, "the entry")],
    advice: &[
        Advice::new(
            &["tls-not-spoken", "tls-handshake-failed", "san-mismatch"],
            Hand::Service,
            "In classic cluster instances the direct connection and TLS exclude each other: use the proxy endpoint \
             with TLS, or the direct endpoint with redis:// from inside the VPC, or through a tunnel.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "Add the client's address to the instance's whitelist, and run it inside the VPC: the direct endpoint's \
             addresses mean something only there.",
        ),
        Advice::new(SILENT, Hand::Client, "Give the client the endpoint's name: the addresses behind it change."),
    ],
    ..Provider::CLOSED
};
