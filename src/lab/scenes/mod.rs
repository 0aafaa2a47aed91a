//! The scenes, one file each. To add one, write its file and name it here twice.

mod azure_enterprise;
mod docker_nat;
mod elasticache_serverless;
mod expired_certificate;
mod healthy;
mod plaintext;
mod renewed_on_disk;
mod slow_node;
mod split_view;

use super::Scene;

/// Every scene, in the order in which lists show them.
pub const SCENES: &[Scene] = &[
    healthy::SCENE,
    azure_enterprise::SCENE,
    docker_nat::SCENE,
    elasticache_serverless::SCENE,
    expired_certificate::SCENE,
    renewed_on_disk::SCENE,
    split_view::SCENE,
    plaintext::SCENE,
    slow_node::SCENE,
];
