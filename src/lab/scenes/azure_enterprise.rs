//! Azure Cache for Redis Enterprise and Azure Managed Redis with the OSS cluster policy: the nodes are announced by IP
//! with ports from 8500 on, and the certificate holds only the region's wildcard.

use crate::{
    facts::{Host, SubjectAltName},
    lab::{CertificateSpec, Plan, Scene, Seed, loopback},
};

pub(super) const SCENE: Scene = Scene {
    name: "azure-enterprise",
    about: "TLS nodes announced by IP, a certificate that holds only the service's DNS wildcard",
    least: 1,
    spoil,
};

fn spoil(plan: &mut Plan) {
    let names = ["*.westus3.redisenterprise.cache.azure.net", "localhost"];
    let certificate = CertificateSpec {
        names: names.map(|name| SubjectAltName::Dns(name.into())).to_vec(),
        ..CertificateSpec::default()
    };
    for (node, port) in plan.nodes.iter_mut().zip(8501..) {
        node.listen = loopback(port);
        node.certificate = certificate.clone();
    }
    let host = Host::Name("my-redis.westus3.redisenterprise.cache.azure.net".into());
    plan.seed = Seed { host, listen: Some(loopback(10_000)) };
}
