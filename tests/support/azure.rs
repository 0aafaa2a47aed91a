//! A cluster in the shape of Azure Cache for Redis Enterprise: nodes announce IPs, the certificate holds a DNS wildcard.

use std::{net::Ipv4Addr, path::PathBuf};

use tempfile::TempDir;

use super::{
    cluster::Cluster,
    pki::{Leaf, Pki},
    server::Settings,
};

/// The one name that an application is given.
pub const SEED: &str = "my-redis.westus3.redisenterprise.cache.azure.net";
/// The one name in the certificate.
pub const WILDCARD: &str = "*.westus3.redisenterprise.cache.azure.net";

/// The running cluster with its authority.
pub struct Azure {
    /// Three primaries and three replicas, TLS only, all on 127.0.0.1.
    pub cluster: Cluster,
    pki: Pki,
    files: TempDir,
}

/// Starts it.
pub fn azure_shape() -> Azure {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&[&format!("DNS:{WILDCARD}")]));
    let cluster = Cluster::builder().nodes(6).replicas(1).settings(Settings::default().tls(&certificate)).start();
    let files = TempDir::new().unwrap();
    Azure { cluster, pki, files }
}

impl Azure {
    /// The seed's port.
    pub fn port(&self) -> u16 {
        self.cluster.nodes[0].address.port()
    }

    /// What `redis-doctor` is given: the endpoint, the CA, and where the seed's name leads at each port.
    pub fn arguments(&self) -> Vec<String> {
        let mut words =
            vec![format!("rediss://{SEED}:{}", self.port()), "--cacert".into(), self.ca().display().to_string()];
        for node in &self.cluster.nodes {
            words.extend(["--resolve".into(), format!("{SEED}:{}:{}", node.address.port(), Ipv4Addr::LOCALHOST)]);
        }
        words
    }

    /// The root certificate.
    pub fn ca(&self) -> PathBuf {
        self.pki.ca()
    }

    /// A place for files of this cluster.
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The fix on the server's side: every node announces the name that verifies, and prefers it.
    pub fn announce_hostnames(&self) {
        self.cluster.config_set("cluster-announce-hostname", SEED);
        self.cluster.config_set("cluster-preferred-endpoint-type", "hostname");
        let all = self.cluster.nodes.len();
        self.cluster.wait_for_views("every node knows every name", |view| view.matches(SEED).count() == all);
    }
}
