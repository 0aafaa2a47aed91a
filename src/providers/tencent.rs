//! Tencent Cloud Redis.

use super::{
    Mark, Sign,
    provider::{Advice, Hand, Ports, Provider, SILENT},
};

pub(super) const TENCENT: Provider = Provider {
    id: "tencent",
    name: "Tencent Cloud Redis",
    source: "tencentcloud.com/document/product/239: 48365, 48367",
    signs: &[
        Sign::weak(Mark::OneAddress),
        Sign::weak(Mark::Unknown(&["HELLO"])),
        Sign::weak(Mark::Name("**.tencentcdb.com")),
    ],
    ports: &[Ports::one(6379, "the entry")],
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "Run the client in the instance's VPC, and let its security group in at the instance's port.",
        ),
        Advice::new(
            &["discovery-impossible", "discovery-refused"],
            Hand::Client,
            "RESP3 (HELLO) is not supported by its editions 6.2 and 7.0: have the client speak RESP2.",
        ),
    ],
    ..Provider::CLOSED
};
