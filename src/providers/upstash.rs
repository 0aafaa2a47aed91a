//! Upstash.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, Ports, Provider},
};

pub(super) const UPSTASH: Provider = Provider {
    id: "upstash",
    name: "Upstash",
    source: "code that uses it; endpoints of the form WORD-WORD-N.upstash.io",
    signs: &[Sign::strong(Mark::Name("**.upstash.io"))],
    ports: &[Ports::one(6379, "the endpoint")],
    advice: &[Advice::new(
        &["unexpected-kind", "discovery-impossible", "discovery-refused"],
        Hand::Client,
        "This is one endpoint before whatever is behind it: use the plain client.",
    )],
    ..Provider::CLOSED
};
