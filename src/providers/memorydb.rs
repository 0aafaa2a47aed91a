//! Amazon `MemoryDB`.

use super::{
    Mark, Sign, elasticache,
    provider::{Advice, Hand, Ports, Provider},
};

pub(super) const MEMORYDB: Provider = Provider {
    id: "memorydb",
    name: "Amazon MemoryDB",
    source: "gravitational/teleport: api/utils/aws/endpoint.go; docs.aws.amazon.com/memorydb",
    signs: &[
        Sign::strong(Mark::Name("**.memorydb.*.amazonaws.com")),
        Sign::strong(Mark::Name("**.memorydb.*.amazonaws.com.cn")),
        Sign::strong(Mark::Os("Amazon MemoryDB")),
        Sign::weak(Mark::NoCompiler),
    ],
    ports: &[Ports::one(6379, "all nodes, unless another port was chosen")],
    refuses: &["CONFIG"],
    advice: &[
        elasticache::SECURITY_GROUP,
        elasticache::OUTSIDE,
        elasticache::TOKENS,
        Advice::new(
            &["unexpected-kind"],
            Hand::Client,
            "MemoryDB is always a cluster: use the client's cluster form with the cluster endpoint (clustercfg.…).",
        ),
        Advice::new(
            &["discovery-refused", "discovery-impossible", "credentials-refused"],
            Hand::Service,
            "Users and what they may do are set in the service: change the user's access string (update-user), not by \
             ACL SETUSER.",
        ),
    ],
    ..Provider::CLOSED
};
