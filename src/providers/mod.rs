//! What each hosting service, operator and chart is known to announce, refuse and require, and how it is recognised.
//!
//! A shelf: a file a provider, named here. They are data, learnt from what their `source` names; what nothing confirms is
//! left out, and what is here colours the words of a report and never decides a verdict.

mod aiven;
mod alauda;
mod alibaba;
mod aws_name;
mod azure_cache;
mod azure_managed;
mod bitnami;
mod digitalocean;
mod elasticache;
mod heroku;
mod huawei;
mod ibm;
mod kubeblocks;
mod memorydb;
mod memorystore;
mod oci;
mod ot_container_kit;
mod pattern;
mod provider;
mod recognise;
mod redis_cloud;
mod redis_enterprise;
mod render;
mod scaleway;
mod sign;
mod spotahome;
mod tencent;
mod upstash;

#[cfg(test)]
mod tests;

pub use aws_name::{AwsEndpoint, AwsName, AwsService};
pub use provider::{Advice, Hand, Ports, Provider};
pub use recognise::{Recognised, recognise};
pub use sign::{Mark, Sign, SignKind, Signal, Strength};

/// Every provider, special ones before general ones.
pub const ALL: &[&Provider] = &[
    &azure_managed::MANAGED,
    &azure_managed::ENTERPRISE,
    &azure_cache::CACHE,
    &elasticache::SERVERLESS,
    &elasticache::NODES,
    &memorydb::MEMORYDB,
    &redis_cloud::CLOUD,
    &oci::CACHE,
    &alibaba::TAIR,
    &huawei::DCS,
    &upstash::UPSTASH,
    &aiven::AIVEN,
    &digitalocean::DIGITALOCEAN,
    &render::RENDER,
    &ibm::IBM,
    &scaleway::SCALEWAY,
    &ot_container_kit::OPSTREE,
    &spotahome::SPOTAHOME,
    &kubeblocks::KUBEBLOCKS,
    &bitnami::CLUSTER,
    &bitnami::SENTINEL,
    &alauda::ALAUDA,
    &memorystore::STANDALONE,
    &memorystore::CLUSTER,
    &heroku::HEROKU,
    &redis_enterprise::SOFTWARE,
    &tencent::TENCENT,
];

/// The provider with this id.
pub fn by_id(id: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.id == id)
}
