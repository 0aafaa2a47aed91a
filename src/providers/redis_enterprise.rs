//! Redis Enterprise Software, run by yourself.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, NAMES, Ports, Provider},
};

pub(super) const SOFTWARE: Provider = Provider {
    id: "redis-enterprise",
    name: "Redis Enterprise Software",
    source: "redis/docs: operate/rs/databases/configure/oss-cluster-api.md, operate/rs/security/certificates, \
             references/compatibility/commands",
    signs: &[
        Sign::strong(Mark::Enterprise),
        Sign::weak(Mark::PortInName),
        Sign::weak(Mark::Unknown(&["ROLE", "CLUSTER MYID"])),
        Sign::weak(Mark::Port(8001)),
    ],
    cannot_configure: true,
    ports: &[
        Ports::range(10000, 19999, "databases, one port each"),
        Ports::one(8001, "the discovery service, for Sentinel clients"),
    ],
    refuses: &["CLUSTER MYID", "CONFIG SET", "ROLE", "ASKING", "READONLY", "READWRITE"],
    advice: &[
        Advice::new(
            NAMES,
            Hand::Service,
            "Let the OSS Cluster API announce names, which the cluster's certificate holds (BDB is the database, name \
             or db:ID):",
        )
        .with(&[
            "curl --cacert CA.pem -u USER -X PUT -H 'Content-Type: application/json' https://FQDN:9443/v1/bdbs/ID -d \
             '{\"oss_cluster_api_preferred_endpoint_type\":\"hostname\"}'",
        ]),
        Advice::new(
            &["node-unreachable", "announced-private"],
            Hand::Service,
            "The OSS Cluster API announces internal addresses unless told otherwise. For clients outside:",
        )
        .with(&["rladmin tune db BDB oss_cluster_api_preferred_ip_type external"]),
        Advice::new(
            NAMES,
            Hand::Certificate,
            "A certificate of your own needs four names: FQDN, *.FQDN, internal.FQDN and *.internal.FQDN, and may be \
             used by servers and by clients. The one that is made at installation lacks the internal ones.",
        ),
        Advice::new(
            CHAIN,
            Hand::Client,
            "The certificate that is made at installation signs itself: copy it from a node (proxy_cert.pem) and give \
             it to the client as its CA, or install one from your own CA.",
        )
        .with(&["rladmin cluster certificate set proxy certificate_file CERT.pem key_file KEY.pem"]),
        Advice::new(
            &["discovery-refused", "discovery-impossible", "unexpected-kind"],
            Hand::Service,
            "CLUSTER is answered only with the OSS Cluster API on, and by connections that were made after that:",
        )
        .with(&["rladmin tune db BDB oss_cluster enabled"]),
    ],
    ..Provider::CARD
};
