//! A layout, running: real servers, and what the application knows of them.

use std::path::PathBuf;

use super::{
    network::{v4, v6},
    support::{
        cluster::{Builder, Cluster},
        driver::Knowledge,
        pki::{Certificate, Leaf, Pki},
        server::{Server, Settings},
    },
};

/// Servers with what the application knows of them.
pub struct Scene {
    /// Primaries first.
    pub nodes: Vec<Server>,
    /// How many of them are primaries.
    pub primaries: usize,
    /// What the application knows; one seed unless the layout is about several.
    pub knows: Knowledge,
    /// The seed that is added for a client that is given several.
    pub second_seed: (String, u16),
    /// What else has to live as long: certificates, listeners.
    #[expect(dead_code, reason = "held, not read")]
    keep: Vec<Box<dyn Send + Sync>>,
}

impl Scene {
    /// Changes what the application knows.
    pub fn knowing(mut self, change: impl FnOnce(&mut Knowledge)) -> Self {
        change(&mut self.knows);
        self
    }

    /// The application is given both seeds.
    pub fn with_both_seeds(mut self) -> Self {
        self.knows.seeds.push(self.second_seed.clone());
        self
    }

    /// The same words on every node.
    pub fn commanding(self, words: &[&str]) -> Self {
        for node in &self.nodes {
            node.command(words);
        }
        self
    }
}

/// A leaf with these names and a subject that is no name at all: Java refuses a certificate without a subject.
pub fn named(sans: &[&str]) -> Leaf {
    Leaf::new(sans).common_name("redis")
}

/// A layout in the making: three primaries on addresses of their own, unless told otherwise.
pub struct Plan {
    cluster: Builder,
    settings: Settings,
    ca: Option<PathBuf>,
    hostnames: bool,
    seeds: [&'static str; 2],
    keep: Vec<Box<dyn Send + Sync>>,
}

impl Plan {
    /// TLS with one certificate for all nodes.
    pub fn tls(sans: &[&str]) -> Self {
        let pki = Pki::new();
        Plan::with(&pki.issue("node", &named(sans))).keeping(pki)
    }

    /// TLS with this certificate for all nodes.
    pub fn with(certificate: &Certificate) -> Self {
        let plan = Plan::plaintext();
        Plan { settings: plan.settings.tls(certificate), ca: Some(certificate.ca.clone()), ..plan }
    }

    /// TLS with a certificate for each node, counted from 1.
    pub fn tls_each(leaf: impl Fn(usize) -> Leaf) -> Self {
        let pki = Pki::new();
        let certificates: Vec<Certificate> = (1..=3).map(|n| pki.issue(&format!("n{n}"), &leaf(n))).collect();
        Plan::with(&certificates[0]).keeping(pki).each(move |n, settings| settings.tls(&certificates[n]))
    }

    /// Without TLS.
    pub fn plaintext() -> Self {
        let cluster = Cluster::builder().ips((0..3).map(v4).collect());
        let seeds = ["seed.lab.test", "seed2.lab.test"];
        Plan { cluster, settings: Settings::default(), ca: None, hostnames: false, seeds, keep: Vec::new() }
    }

    /// Lets something live as long as the servers.
    pub fn keeping(mut self, thing: impl Send + Sync + 'static) -> Self {
        self.keep.push(Box::new(thing));
        self
    }

    /// `cluster-preferred-endpoint-type`.
    pub fn prefer(self, kind: &str) -> Self {
        self.config("cluster-preferred-endpoint-type", kind)
    }

    /// Nodes announce n1.lab.test, n2.lab.test, …
    pub fn hostnames(mut self) -> Self {
        self.hostnames = true;
        self.each(|n, settings| settings.config("cluster-announce-hostname", &format!("n{}.lab.test", n % 3 + 1)))
    }

    /// All nodes on the seed's address.
    pub fn one_host(mut self) -> Self {
        self.cluster = self.cluster.ip(v4(0));
        self.seeds = ["seed.lab.test"; 2];
        self
    }

    /// All nodes on IPv6 addresses.
    pub fn v6(mut self) -> Self {
        self.cluster = self.cluster.ips((0..3).map(v6).collect());
        self.seeds = ["seed6.lab.test", "seed7.lab.test"];
        self
    }

    /// The application's seeds are the nodes' own names.
    pub fn seeds_by_node_names(mut self) -> Self {
        self.seeds = ["n1.lab.test", "n2.lab.test"];
        self
    }

    /// A replica for each primary.
    pub fn replicas(mut self) -> Self {
        self.cluster = self.cluster.nodes(6).replicas(1);
        self
    }

    /// A plaintext port beside each TLS port.
    pub fn plaintext_too(mut self) -> Self {
        self.cluster = self.cluster.plaintext_too();
        self
    }

    /// A line of every node's redis.conf.
    pub fn config(mut self, name: &str, value: &str) -> Self {
        self.settings = self.settings.config(name, value);
        self
    }

    /// `requirepass`.
    pub fn password(mut self, password: &str) -> Self {
        self.settings = self.settings.password(password);
        self
    }

    /// Lines of one node's redis.conf.
    pub fn each(mut self, more: impl Fn(usize, Settings) -> Settings + Send + Sync + 'static) -> Self {
        self.cluster = self.cluster.each(more);
        self
    }

    /// A standalone server in place of a cluster.
    pub fn standalone(self) -> Scene {
        let server = Server::start(&self.settings.clone().ip(v4(0)));
        self.one_host().scene(vec![server], 1)
    }

    /// Starts the cluster.
    pub fn start(mut self) -> Scene {
        let builder = std::mem::replace(&mut self.cluster, Cluster::builder());
        let cluster = builder.settings(self.settings.clone()).start();
        if self.hostnames {
            let all = cluster.nodes.len();
            cluster.wait_for_views("every node knows every name", |view| view.matches(".lab.test").count() == all);
        }
        self.scene(cluster.nodes, 3)
    }

    fn scene(self, nodes: Vec<Server>, primaries: usize) -> Scene {
        let seed = |n: usize| (self.seeds[n].to_owned(), nodes[n % primaries].address.port());
        let knows =
            Knowledge { seeds: vec![seed(0)], tls: self.ca.is_some(), ca: self.ca.clone(), ..Knowledge::default() };
        Scene { second_seed: seed(1), knows, nodes, primaries, keep: self.keep }
    }
}
