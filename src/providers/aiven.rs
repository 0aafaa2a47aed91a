//! Aiven for Valkey (Caching).

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Provider, SILENT},
};

pub(super) const AIVEN: Provider = Provider {
    id: "aiven",
    name: "Aiven for Valkey",
    source: "aiven/aiven-docs: products/valkey/howto/manage-ssl-connectivity.md, \
             platform/concepts/tls-ssl-certificates.md, restricted-commands.md",
    signs: &[Sign::strong(Mark::Name("**.aivencloud.com"))],
    refuses: &["CONFIG", "DEBUG", "FAILOVER", "MIGRATE", "MONITOR", "SAVE", "BGSAVE", "SHUTDOWN"],
    advice: &[
        Advice::new(
            CHAIN,
            Hand::Client,
            "Newer services have certificates of Let's Encrypt, for which the system's trust store is right; older \
             ones have the project's CA: download ca.pem from the service's page and give it to the client.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "Look at the service's allowed IP addresses, and take host and port from its page: the port is the \
             service's own.",
        ),
        Advice::new(
            &["discovery-refused", "discovery-impossible", "credentials-refused"],
            Hand::Service,
            "Users and what they may do are set in the console or by `avn service user-create`, not by ACL SETUSER.",
        ),
    ],
    ..Provider::CLOSED
};
