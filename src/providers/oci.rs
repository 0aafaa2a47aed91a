//! Oracle Cloud OCI Cache.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, NAMES, Ports, Provider, SILENT},
};

pub(super) const CACHE: Provider = Provider {
    id: "oci-cache",
    name: "Oracle Cloud OCI Cache",
    source: "docs.oracle.com/iaas/Content/ocicache: connecttocluster, getshardedclusterconnection, shardedclusters",
    signs: &[Sign::strong(Mark::Name("**.redis.*.oci.oraclecloud.com"))],
    ports: &[Ports::one(6379, "the endpoints, TLS")],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Client,
            "Use the fully qualified names alone, for the endpoint and for every node: the certificates hold no \
             addresses. The client's cluster form has to take host names from CLUSTER SLOTS.",
        ),
        Advice::new(&["tls-required"], Hand::Client, "TLS is all there is: use rediss://."),
        Advice::new(
            SILENT,
            Hand::Network,
            "Allow 6379 in the security list or network security group of the cache's subnet, and run the client in \
             the VCN (or a peered one).",
        ),
    ],
    ..Provider::CLOSED
};
