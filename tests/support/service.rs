//! Scripts of servers in the shapes of hosted services and proxies, which no redis-server gives.

use std::sync::Arc;

use super::fake::{HANG_UP, Script, array, bulk};

/// A node as CLUSTER SLOTS and NODES give it: id, host, port, and the slots of a primary.
#[derive(Clone)]
pub struct Node {
    pub id: String,
    pub host: String,
    pub port: u16,
    pub slots: Option<(u16, u16)>,
    pub primary: Option<String>,
}

/// What one server of a service answers.
#[derive(Clone, Default)]
pub struct Service {
    info: String,
    nodes: Vec<Node>,
    own: Option<String>,
    unknown: Vec<&'static str>,
    hangs_up: Vec<&'static str>,
    tls: bool,
}

impl Service {
    /// INFO is these lines.
    pub fn info(lines: &[&str]) -> Self {
        Service { info: lines.join("\r\n") + "\r\n", ..Service::default() }
    }

    /// A server with cluster mode off, of this version.
    pub fn standalone(version: &str) -> Self {
        let version = format!("redis_version:{version}");
        Service::info(&[
            "# Server",
            &version,
            "redis_mode:standalone",
            "run_id:5f0b1d",
            "role:master",
            "cluster_enabled:0",
        ])
    }

    /// One of a cluster, of this version: `own` is its place among the nodes.
    pub fn node(version: &str, nodes: &[Node], own: usize) -> Self {
        let version = format!("redis_version:{version}");
        let service = Service::info(&["# Server", &version, "redis_mode:cluster", "role:master", "cluster_enabled:1"]);
        Service { nodes: nodes.to_vec(), own: Some(nodes[own].id.clone()), ..service }
    }

    /// With more lines of INFO.
    pub fn says(mut self, lines: &[&str]) -> Self {
        self.info += &(lines.join("\r\n") + "\r\n");
        self
    }

    /// Commands to which it answers that it does not know them.
    pub fn without(mut self, commands: &[&'static str]) -> Self {
        self.unknown.extend(commands);
        self
    }

    /// Commands on which it closes the connection.
    pub fn hanging_up_on(mut self, commands: &[&'static str]) -> Self {
        self.hangs_up.extend(commands);
        self
    }

    /// Its ports speak TLS, as CLUSTER SHARDS tells.
    pub fn over_tls(self) -> Self {
        Service { tls: true, ..self }
    }

    /// As a script.
    pub fn script(self) -> Script {
        Arc::new(move |command| self.answer(command))
    }

    fn answer(&self, command: &str) -> String {
        let is = |known: &&str| command == *known || command.starts_with(&format!("{known} "));
        if self.hangs_up.iter().any(is) {
            return HANG_UP.to_owned();
        }
        if self.unknown.iter().any(is) {
            let first = command.split(' ').next().unwrap_or_default();
            return format!("-ERR unknown command '{first}'\r\n");
        }
        let clustered = self.own.is_some();
        match command {
            "PING" => "+PONG\r\n".to_owned(),
            "INFO" => bulk(&self.info),
            "ROLE" => array(&[bulk("master"), ":0\r\n".to_owned(), array(&[])]),
            "COMMAND COUNT" => ":200\r\n".to_owned(),
            "HELLO" => array(&[bulk("server"), bulk("redis"), bulk("proto"), ":2\r\n".to_owned()]),
            "CLUSTER MYID" if clustered => bulk(self.own.as_deref().unwrap_or_default()),
            "CLUSTER SLOTS" if clustered => self.slots(),
            "CLUSTER NODES" if clustered => self.lines(),
            "CLUSTER INFO" if clustered => bulk("cluster_state:ok\r\ncluster_slots_assigned:16384\r\n"),
            "CLUSTER SHARDS" if clustered => self.shards(),
            cluster if cluster.starts_with("CLUSTER") => {
                "-ERR This instance has cluster support disabled\r\n".to_owned()
            }
            auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
            _ => "-ERR unknown command\r\n".to_owned(),
        }
    }

    fn slots(&self) -> String {
        let told = |node: &Node| array(&[bulk(&node.host), format!(":{}\r\n", node.port), bulk(&node.id)]);
        let range = |node: &Node| {
            let (first, last) = node.slots?;
            let replicas = self.nodes.iter().filter(|other| other.primary.as_ref() == Some(&node.id));
            let all: Vec<String> = [format!(":{first}\r\n"), format!(":{last}\r\n"), told(node)]
                .into_iter()
                .chain(replicas.map(told))
                .collect();
            Some(array(&all))
        };
        array(&self.nodes.iter().filter_map(range).collect::<Vec<_>>())
    }

    fn shards(&self) -> String {
        let told = |node: &Node| {
            let role = if node.primary.is_some() { "replica" } else { "master" };
            let port = format!(":{}\r\n", node.port);
            let kind = if self.tls { "tls-port" } else { "port" };
            let fields = [("id", bulk(&node.id)), (kind, port), ("endpoint", bulk(&node.host)), ("role", bulk(role))];
            let health =
                [("ip", bulk(&node.host)), ("replication-offset", ":1\r\n".to_owned()), ("health", bulk("online"))];
            array(&fields.into_iter().chain(health).flat_map(|(key, value)| [bulk(key), value]).collect::<Vec<_>>())
        };
        let shard = |node: &Node| {
            let (first, last) = node.slots?;
            let members =
                self.nodes.iter().filter(|other| other.id == node.id || other.primary.as_ref() == Some(&node.id));
            let slots = array(&[format!(":{first}\r\n"), format!(":{last}\r\n")]);
            let nodes = array(&members.map(told).collect::<Vec<_>>());
            Some(array(&[bulk("slots"), slots, bulk("nodes"), nodes]))
        };
        array(&self.nodes.iter().filter_map(shard).collect::<Vec<_>>())
    }

    fn lines(&self) -> String {
        let line = |Node { id, host, port, slots, primary }: &Node| {
            let role = if primary.is_some() { "slave" } else { "master" };
            let myself = if self.own.as_ref() == Some(id) { "myself," } else { "" };
            let slots = slots.map(|(first, last)| format!(" {first}-{last}")).unwrap_or_default();
            let of = primary.as_deref().unwrap_or("-");
            format!("{id} {host}:{port}@1122 {myself}{role} {of} 0 1700000000000 1 connected{slots}\n")
        };
        bulk(&self.nodes.iter().map(line).collect::<String>())
    }
}

/// Primaries at these hosts and ports, with equal shares.
pub fn primaries(at: &[(&str, u16)]) -> Vec<Node> {
    let bound = |n: usize| u16::try_from(n * 16384 / at.len()).unwrap();
    let node = |(n, (host, port)): (usize, &(&str, u16))| Node {
        id: format!("{:040x}", 0xa0 + n),
        host: (*host).to_owned(),
        port: *port,
        slots: Some((bound(n), bound(n + 1) - 1)),
        primary: None,
    };
    at.iter().enumerate().map(node).collect()
}
