//! Scaleway Managed Database for Redis.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, NAMES, Ports, Provider},
};

pub(super) const SCALEWAY: Provider = Provider {
    id: "scaleway",
    name: "Scaleway Managed Database for Redis",
    source: "scaleway/docs-content, pulls 708 and 836",
    signs: &[Sign::strong(Mark::Name("**.redis.*.scw.cloud"))],
    ports: &[Ports::one(6379, "all nodes")],
    advice: &[
        Advice::new(
            CHAIN,
            Hand::Client,
            "Download the cluster's certificate in the console again and give it to the client: scaling out makes a \
             new one, with the added addresses.",
        ),
        Advice::new(
            NAMES,
            Hand::Service,
            "The certificate holds the nodes' addresses and is made anew when the cluster grows: connect by those \
             addresses, and download it again after each change.",
        ),
    ],
    ..Provider::CLOSED
};
