//! `DigitalOcean` Managed Caching.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Ports, Provider, SILENT},
};

pub(super) const DIGITALOCEAN: Provider = Provider {
    id: "digitalocean",
    name: "DigitalOcean Managed Caching",
    source: "code that uses it; endpoints of the form NAME.db.ondigitalocean.com:25061",
    signs: &[Sign::strong(Mark::Name("**.db.ondigitalocean.com"))],
    ports: &[Ports::one(25061, "the endpoint, TLS")],
    fixed_ports: true,
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "Add the client to the cluster's trusted sources; the private- name is for its VPC network alone.",
        ),
        Advice::new(
            CHAIN,
            Hand::Client,
            "Download the cluster's CA certificate in the control panel and give it to the client, where the system's \
             trust store does not do.",
        ),
        Advice::new(&["tls-required"], Hand::Client, "Use rediss:// and port 25061."),
    ],
    ..Provider::CLOSED
};
