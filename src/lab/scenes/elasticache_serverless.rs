//! A serverless cache: one name, with a port that reads and writes and one that reads, and nothing else.

use crate::{
    facts::{Host, SlotRange, Slots, SubjectAltName},
    lab::{CertificateSpec, Plan, Preferred, Scene, Seed, loopback},
};

pub(super) const SCENE: Scene = Scene {
    name: "elasticache-serverless",
    about: "TLS, one host name for a primary on 6379 and a replica on 6380, all slots behind it",
    least: 2,
    spoil,
};

const NAME: &str = "shop-x7.serverless.use1.cache.amazonaws.com";

fn spoil(plan: &mut Plan) {
    plan.nodes.truncate(2);
    let certificate = CertificateSpec { names: vec![SubjectAltName::Dns(NAME.into())], ..CertificateSpec::default() };
    for (node, port) in plan.nodes.iter_mut().zip(6379..) {
        node.listen = loopback(port);
        node.hostname = Some(NAME.into());
        node.preferred = Preferred::Hostname;
        node.certificate = certificate.clone();
        node.slots = Slots::default();
        node.primary = (port > 6379).then_some(0);
    }
    if let Some(primary) = plan.nodes.first_mut() {
        primary.slots = Slots::new(vec![SlotRange(0, Slots::TOTAL - 1)]);
    }
    plan.seed = Seed { host: Host::Name(NAME.into()), listen: None };
}
