//! Redis Cloud, hosted by the vendor.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Ports, Provider, SILENT},
};

pub(super) const CLOUD: Provider = Provider {
    id: "redis-cloud",
    name: "Redis Cloud",
    source: "redis/docs: operate/rc/security/database-security/tls-ssl.md, \
             operate/rc/databases/configuration/clustering.md",
    signs: &[
        Sign::strong(Mark::Name("**.redis-cloud.com")),
        Sign::strong(Mark::Name("**.redislabs.com")),
        Sign::strong(Mark::Name("**.rlrcp.com")),
    ],
    ports: &[Ports::range(10000, 19999, "databases, one port each")],
    refuses: &["CONFIG SET", "CLUSTER MYID", "ROLE"],
    advice: &[
        Advice::new(
            CHAIN,
            Hand::Client,
            "Download the CA bundle (redis_ca.pem) in the console and give the client the whole file: it holds several \
             roots and an intermediate, and the first of them alone is not enough.",
        ),
        Advice::new(
            &["announced-private", "node-unreachable", "san-mismatch", "ip-in-dns-san"],
            Hand::Service,
            "The OSS Cluster API announces internal addresses unless told otherwise: choose \"Use the external \
             endpoint\" beside it in the database's configuration.",
        ),
        Advice::new(
            &["discovery-refused", "discovery-impossible", "unexpected-kind"],
            Hand::Service,
            "CLUSTER is answered only with the OSS Cluster API on (Pro plans): turn it on in the database's \
             configuration, or use the plain client.",
        ),
        Advice::new(
            &["credentials-refused"],
            Hand::Service,
            "The password of user default stands on the database's page, under Security; where that user is turned off there, \
             name one of Data Access Control.",
        ),
        Advice::new(
            &["tls-not-spoken"],
            Hand::Service,
            "TLS is off for this database: turn it on in the console (paid plans), or connect with redis://.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "A private endpoint (.internal.) resolves to addresses of a peered network: connect from there, or use the \
             public endpoint; look at the database's CIDR allow list, too.",
        ),
    ],
    ..Provider::CLOSED
};
