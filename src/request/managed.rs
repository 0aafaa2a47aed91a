//! Services whose certificates are the provider's, so that there is nobody to ask for another one.

use crate::facts::Snapshot;

/// A service, by the ends of its host names.
#[derive(Debug, PartialEq, Eq)]
pub struct Managed {
    /// What it is called.
    pub name: &'static str,
    /// How its host names end, as its documentation has them.
    ends: &'static [&'static str],
    /// What can be done there beside a map for the client.
    pub instead: &'static str,
}

const SERVICES: &[Managed] = &[
    Managed {
        name: "Azure Managed Redis, or Azure Cache for Redis Enterprise",
        ends: &[".redis.azure.net", ".redisenterprise.cache.azure.net"],
        instead: "or choose the Enterprise or the non-clustered policy, which send clients nowhere else",
    },
    Managed {
        name: "Azure Cache for Redis",
        ends: &[".redis.cache.windows.net", ".redis.cache.chinacloudapi.cn"],
        instead: "",
    },
    Managed {
        name: "Amazon ElastiCache or MemoryDB",
        ends: &[".cache.amazonaws.com", ".cache.amazonaws.com.cn", ".memorydb.amazonaws.com"],
        instead: "it announces host names that its certificate holds: let the client pass them on unresolved",
    },
    Managed {
        name: "Redis Cloud",
        ends: &[".redns.redis-cloud.com", ".redis-cloud.com", ".redislabs.com"],
        instead: "or let its OSS Cluster API announce external endpoints",
    },
    Managed { name: "Aiven", ends: &[".aivencloud.com"], instead: "" },
    Managed { name: "DigitalOcean", ends: &[".db.ondigitalocean.com"], instead: "" },
    Managed { name: "Upstash", ends: &[".upstash.io"], instead: "" },
    Managed {
        name: "Oracle OCI Cache",
        ends: &[".oci.oraclecloud.com"],
        instead: "or give the client its FQDN and no address",
    },
    Managed { name: "IBM Cloud Databases", ends: &[".databases.appdomain.cloud"], instead: "" },
    Managed { name: "Render", ends: &[".render.com"], instead: "" },
];

/// The service that the endpoint belongs to.
pub(super) fn of(snapshot: &Snapshot) -> Option<&'static Managed> {
    let name = snapshot.target.endpoint.host.name()?.trim_end_matches('.').to_ascii_lowercase();
    // MemoryDB has the region between its own name and Amazon's.
    let name =
        if name.ends_with(".amazonaws.com") && name.contains(".memorydb.") { ".memorydb.amazonaws.com" } else { &name };
    SERVICES.iter().find(|service| service.ends.iter().any(|end| name.ends_with(end)))
}
