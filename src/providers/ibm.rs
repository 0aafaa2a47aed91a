//! IBM Cloud Databases for Redis.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Ports, Provider, SILENT},
};

pub(super) const IBM: Provider = Provider {
    id: "ibm",
    name: "IBM Cloud Databases for Redis",
    source: "ibm-cloud-docs/databases-for-redis: connecting-external.md, howto-config.md",
    signs: &[Sign::strong(Mark::Name("**.databases.appdomain.cloud"))],
    ports: &[Ports::range(30000, 32767, "the endpoint, a port of its own")],
    refuses: &["CONFIG SET", "ACL SETUSER"],
    advice: &[
        Advice::new(
            CHAIN,
            Hand::Client,
            "Save the certificate that the service's credentials hold (base64) and give it to the client as its CA.",
        )
        .with(&["ibmcloud cdb deployment-cacert INSTANCE --save"]),
        Advice::new(
            SILENT,
            Hand::Network,
            "A private endpoint is reached from IBM Cloud's network alone; look at the allow list of the public one.",
        ),
    ],
    ..Provider::CLOSED
};
