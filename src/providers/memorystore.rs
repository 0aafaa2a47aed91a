//! Google Cloud Memorystore: standalone, Cluster and Valkey.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Ports, Provider, SILENT},
};

pub(super) const CLUSTER: Provider = Provider {
    id: "memorystore-cluster",
    name: "Google Cloud Memorystore for Redis Cluster or Valkey",
    source: "docs.cloud.google.com/memorystore/docs/cluster: connect-cluster-instance, about-in-transit-encryption",
    signs: &[Sign::weak(Mark::NodePorts(11000, 13047)), Sign::weak(Mark::OneHost)],
    ports: &[Ports::one(6379, "discovery"), Ports::range(11000, 13047, "the nodes")],
    refuses: &["CONFIG"],
    advice: &[
        Advice::new(
            SILENT,
            Hand::Network,
            "Allow egress to the instance's Private Service Connect addresses at 6379 and at all of 11000-13047 (TCP): \
             the nodes are behind the second.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "The addresses mean something only in the networks that the instance is connected to: run the client \
             there, or give it a tunnel for every node.",
        ),
        Advice::new(
            &["credentials-refused"],
            Hand::Client,
            "With IAM the password is an access token of an account that has the role of a database connection user; it lasts \
             an hour, and has to be renewed.",
        ),
        Advice::new(
            CHAIN,
            Hand::Client,
            "Give the client the CA of the instance (or the shared or own one that was chosen when it was made), every \
             certificate of it: gcloud prints them.",
        )
        .with(&["gcloud redis clusters get-cluster-certificate-authority INSTANCE --region=REGION"]),
    ],
    ..Provider::CLOSED
};

pub(super) const STANDALONE: Provider = Provider {
    id: "memorystore",
    name: "Google Cloud Memorystore for Redis",
    source: "cloud.google.com/memorystore/docs/redis/in-transit-encryption; StackExchange.Redis#2299; \
             envoyproxy/ratelimit#409",
    signs: &[
        Sign::strong(Mark::Issuer("Google Cloud Memorystore Redis Server CA")),
        Sign::weak(Mark::AddressAsCommonName),
        Sign::weak(Mark::Port(6378)),
    ],
    ports: &[Ports::one(6378, "TLS"), Ports::one(6379, "plaintext")],
    advice: &[
        Advice::new(
            CHAIN,
            Hand::Client,
            "Download every CA certificate of the instance and give the client all of them as one file: the CA is the \
             instance's own, and while it is rotated there are two.",
        )
        .with(&["gcloud redis instances describe INSTANCE --region=REGION --format='value(serverCaCerts[].cert)'"]),
        Advice::new(
            &["credentials-refused"],
            Hand::Client,
            "The password is the instance's AUTH string, and no user is named; it changes when AUTH is turned off and on.",
        )
        .with(&["gcloud redis instances get-auth-string INSTANCE --region=REGION"]),
        Advice::new(
            &["common-name-only", "san-mismatch"],
            Hand::Client,
            "The certificate names the address as its common name alone, which most clients do not read: keep the \
             chain verified by the instance's CA, and pin the certificate or its key in place of the name.",
        ),
        Advice::new(
            SILENT,
            Hand::Network,
            "The address means something only in the connected VPC network: run the client there (Cloud Run and \
             functions need a connector), or give it a tunnel.",
        ),
    ],
    ..Provider::CLOSED
};
