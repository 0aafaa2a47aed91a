//! Render Key Value.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, Ports, Provider, SILENT},
};

pub(super) const RENDER: Provider = Provider {
    id: "render",
    name: "Render Key Value",
    source: "code that uses it; endpoints REGION-keyvalue.render.com and red-ID",
    signs: &[Sign::strong(Mark::Name("*-keyvalue.render.com")), Sign::strong(Mark::Name("*-redis.render.com"))],
    ports: &[Ports::one(6379, "the endpoint, TLS")],
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "The external address takes in whom the service's access control lists alone; inside the same region use \
             the internal one (redis://red-ID:6379).",
        ),
        Advice::new(
            &["credentials-refused"],
            Hand::Client,
            "From outside, the user is the service's id (red-…) and the password the one of the external URL.",
        ),
    ],
    ..Provider::CLOSED
};
