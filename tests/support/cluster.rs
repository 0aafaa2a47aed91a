//! A real Redis Cluster of `redis-server` processes on loopback.

use std::{
    net::{IpAddr, Ipv4Addr},
    thread,
    time::Duration,
};

use super::{
    free_port,
    server::{Server, Settings},
    wait_until,
};

/// A server waits 2 s before it calls a new cluster ok (`CLUSTER_WRITABLE_DELAY`, cluster.c); the rest is a busy machine.
const FORMATION: Duration = Duration::from_secs(60);
const SLOTS: usize = 16384;

/// What a cluster shall be.
pub struct Builder {
    nodes: usize,
    replicas: usize,
    ips: Vec<IpAddr>,
    plaintext_too: bool,
    settings: Settings,
    each: Box<Each>,
}

/// What sets one node apart from the others.
type Each = dyn Fn(usize, Settings) -> Settings + Send + Sync;

impl Builder {
    /// All nodes on this address in place of 127.0.0.1.
    pub fn ip(self, ip: IpAddr) -> Self {
        self.ips(vec![ip])
    }

    /// The nodes on these addresses in turn.
    pub fn ips(mut self, ips: Vec<IpAddr>) -> Self {
        self.ips = ips;
        self
    }

    /// So many nodes in all.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// So many replicas for each primary.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// A plaintext port beside the TLS port of every node.
    pub fn plaintext_too(mut self) -> Self {
        self.plaintext_too = true;
        self
    }

    /// TLS, passwords, lines of redis.conf: the same on every node.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// More settings for one node, counted from 0; they win over those of all.
    pub fn each(mut self, more: impl Fn(usize, Settings) -> Settings + Send + Sync + 'static) -> Self {
        let before = self.each;
        self.each = Box::new(move |n, settings| more(n, before(n, settings)));
        self
    }

    /// Node n on 127.0.77.n+1 in place of all on 127.0.0.1.
    pub fn distinct_addresses(self) -> Self {
        self.ips((1..=9).map(|n| Ipv4Addr::new(127, 0, 77, n).into()).collect())
    }

    /// Starts the servers, joins them, and waits until every node sees every other in its role.
    pub fn start(self) -> Cluster {
        let nodes: Vec<Server> = thread::scope(|scope| {
            let start = |n| {
                let settings = self.node(n);
                scope.spawn(move || Server::start(&settings))
            };
            let starting: Vec<_> = (0..self.nodes).map(start).collect();
            starting.into_iter().map(|node| node.join().unwrap()).collect()
        });
        let cluster = Cluster { nodes, primaries: self.nodes / (self.replicas + 1) };
        cluster.share_out_slots();
        cluster.meet();
        cluster.assign_replicas();
        wait_until("the cluster is whole", FORMATION, || cluster.is_whole());
        cluster
    }

    fn node(&self, n: usize) -> Settings {
        let ip = self.ips[n % self.ips.len()];
        let settings = (self.each)(n, self.settings.clone());
        let settings = if self.plaintext_too { settings.config("port", &free_port().to_string()) } else { settings };
        settings
            .ip(ip)
            .preset("cluster-enabled", "yes")
            // Gossip goes round in half of this (15 s by default).
            .preset("cluster-node-timeout", "5000")
            .preset("cluster-port", &free_port().to_string())
            .preset("cluster-announce-ip", &ip.to_string())
            // Protected mode takes only 127.0.0.1 for local, not the rest of 127.0.0.0/8.
            .preset("protected-mode", "no")
            // Else peers record the address that the kernel chose for the connection, and the join never ends.
            .preset("bind-source-addr", &ip.to_string())
    }
}

/// A running cluster; its servers end with it.
pub struct Cluster {
    /// Primaries first, then replicas.
    pub nodes: Vec<Server>,
    primaries: usize,
}

impl Cluster {
    /// Three primaries without replicas, plaintext, unless told otherwise.
    pub fn builder() -> Builder {
        Builder {
            nodes: 3,
            replicas: 0,
            ips: vec![Ipv4Addr::LOCALHOST.into()],
            plaintext_too: false,
            settings: Settings::default(),
            each: Box::new(|_, settings| settings),
        }
    }

    /// The same command on every node.
    pub fn everywhere(&self, words: &[&str]) {
        for node in &self.nodes {
            node.command(words);
        }
    }

    /// CONFIG SET on every node.
    pub fn config_set(&self, name: &str, value: &str) {
        for node in &self.nodes {
            node.command(&["CONFIG", "SET", name, value]);
        }
    }

    /// The node ids, in the order of `nodes`.
    pub fn node_ids(&self) -> Vec<String> {
        self.nodes.iter().map(Server::node_id).collect()
    }

    /// Waits until every node's CLUSTER NODES satisfies the predicate: changes travel by gossip.
    pub fn wait_for_views(&self, what: &str, agreed: impl Fn(&str) -> bool) {
        wait_until(what, FORMATION, || {
            let views = self.nodes.iter().map(|node| node.command(&["CLUSTER", "NODES"]));
            views.into_iter().find(|view| !agreed(view)).map_or(Ok(()), Err)
        });
    }

    /// Waits until every node knows of every other what it announces: the same ports from every view.
    pub fn settle(&self) {
        wait_until("all announce what was set", FORMATION, || {
            let mut views = self.nodes.iter().map(|node| ports(&node.command(&["CLUSTER", "SHARDS"])));
            let first = views.next().unwrap_or_default();
            let own =
                |node: &Server| ["cluster-announce-port", "cluster-announce-tls-port"].map(|name| node.setting(name));
            let set = self.nodes.iter().flat_map(own).filter(|port| port != "0");
            let all = views.all(|view| view == first)
                && set.into_iter().all(|port| first.iter().any(|line| line.ends_with(&format!("={port}"))));
            // On a busy machine a link may be made anew just then.
            let links = self.nodes.iter().map(|node| node.command(&["CLUSTER", "NODES"]));
            let stand = links.into_iter().all(|view| !["fail", "disconnected"].iter().any(|word| view.contains(word)));
            if all && stand { Ok(()) } else { Err(first.join(" ")) }
        });
    }

    fn share_out_slots(&self) {
        for (n, node) in self.nodes.iter().enumerate() {
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(n + 1).to_string()]);
            if n < self.primaries {
                let [first, after] = [n, n + 1].map(|n| n * SLOTS / self.primaries);
                node.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(after - 1).to_string()]);
            }
        }
    }

    fn meet(&self) {
        let (first, others) = self.nodes.split_first().expect("a cluster has nodes");
        for other in others {
            let (ip, port) = (other.address.ip().to_string(), other.address.port().to_string());
            first.command(&["CLUSTER", "MEET", &ip, &port, &other.bus_port().to_string()]);
        }
        self.wait_for_views("the nodes meet", |view| {
            view.lines().count() == self.nodes.len() && !view.contains("handshake")
        });
    }

    fn assign_replicas(&self) {
        for (n, replica) in self.nodes.iter().enumerate().skip(self.primaries) {
            replica.command(&["CLUSTER", "REPLICATE", &self.nodes[n % self.primaries].node_id()]);
        }
    }

    fn is_whole(&self) -> Result<(), String> {
        let (all, replicas) = (self.nodes.len(), self.nodes.len() - self.primaries);
        for node in &self.nodes {
            let [info, nodes, shards] = ["INFO", "NODES", "SHARDS"].map(|part| node.command(&["CLUSTER", part]));
            let ok = info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384");
            // SHARDS calls a replica `loading` until its replication offset has gone round.
            let online = shards.matches("online").count() == all;
            let linked = !["fail", "handshake", "disconnected"].iter().any(|flag| nodes.contains(flag));
            if !ok || !online || nodes.matches("slave").count() != replicas || !linked {
                return Err([info, nodes, shards].concat());
            }
        }
        self.nodes[self.primaries..].iter().try_for_each(Server::replication_is_up)
    }
}

/// Every port in a reply to CLUSTER SHARDS, sorted.
fn ports(shards: &str) -> Vec<String> {
    let mut lines = shards.lines();
    let mut ports = Vec::new();
    while let Some(line) = lines.next() {
        if ["port", "tls-port"].contains(&line.trim()) {
            ports.push(format!("{line}={}", lines.next().unwrap_or_default()).trim().to_owned());
        }
    }
    ports.sort();
    ports
}
