//! A primary with replicas, and the Sentinels that watch them.

use std::time::Duration;

use super::{
    server::{Server, Settings},
    wait_until,
};

/// What Sentinels may take to learn of each other: they say hello every 2 s.
const LEARN: Duration = Duration::from_secs(40);

/// A primary with its replicas, and Sentinels that know of each other and of all of them.
pub struct Group {
    /// The primary first.
    pub servers: Vec<Server>,
    /// The Sentinels.
    pub sentinels: Vec<Server>,
}

impl Group {
    /// Three servers and three Sentinels, each with `more` lines.
    pub fn start(data: &Settings, sentinel: &Settings, more: &[&str]) -> Self {
        let servers = servers(&[data.clone(), data.clone(), data.clone()]);
        let mut lines = vec![monitor("mymaster", &servers[0])];
        lines.extend(more.iter().map(|line| (*line).to_owned()));
        Group::of(servers, (0..3).map(|_| (sentinel.clone(), lines.clone())))
    }

    /// These servers, and Sentinels with these lines.
    pub fn of(servers: Vec<Server>, sentinels: impl IntoIterator<Item = (Settings, Vec<String>)>) -> Self {
        let sentinels = sentinels.into_iter().map(|(settings, lines)| Server::sentinel(&settings, &lines)).collect();
        let group = Group { servers, sentinels };
        group.settle();
        group
    }

    /// All alike, on loopback.
    pub fn plain() -> Self {
        Group::start(&Settings::default(), &Settings::default(), &[])
    }

    /// Waits until every Sentinel knows all of them.
    pub fn settle(&self) {
        for sentinel in &self.sentinels {
            knows(sentinel, "mymaster", self.servers.len() - 1, self.sentinels.len() - 1);
        }
    }

    /// The names under which findings go by for tests: run ids, and of Sentinels SENTINEL MYID.
    pub fn names(&self) -> Vec<(String, String)> {
        let run_id = |server: &Server| {
            let info = server.command(&["INFO", "server"]);
            info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim().to_owned()
        };
        let called = |n: usize| if n == 0 { "primary".to_owned() } else { format!("replica-{n}") };
        let servers = self.servers.iter().enumerate().map(|(n, server)| (run_id(server), called(n)));
        let id = |sentinel: &Server| sentinel.command(&["SENTINEL", "MYID"]).trim().to_owned();
        let sentinels = self.sentinels.iter().enumerate().map(|(n, s)| (id(s), format!("sentinel-{}", n + 1)));
        servers.chain(sentinels).collect()
    }
}

/// A primary and its replicas with these settings.
pub fn servers(settings: &[Settings]) -> Vec<Server> {
    let servers: Vec<Server> = settings.iter().map(Server::start).collect();
    servers[1..].iter().for_each(|replica| replica.replicate(&servers[0]));
    servers
}

/// The line that has a Sentinel watch a primary where it listens; two have to agree.
pub fn monitor(name: &str, primary: &Server) -> String {
    monitor_at(name, &primary.address.ip().to_string(), primary)
}

/// The same for a Sentinel that is alone.
pub fn monitor_alone(name: &str, primary: &Server) -> String {
    format!("monitor {name} {} {} 1", primary.address.ip(), primary.address.port())
}

/// The same, under another host.
pub fn monitor_at(name: &str, host: &str, primary: &Server) -> String {
    format!("monitor {name} {host} {} 2", primary.address.port())
}

/// Waits until a Sentinel knows so many replicas and peers. Where it can reach them, it knows the run id of each.
pub fn knows(sentinel: &Server, group: &str, replicas: usize, peers: usize) {
    wait_until("the Sentinel knows its group", LEARN, || {
        let count = |command: &str| {
            let reply = sentinel.command(&["SENTINEL", command, group]);
            let lines: Vec<&str> = reply.lines().collect();
            let out_of_reach = reply.contains("10.255.0.");
            lines.windows(2).filter(|pair| pair[0] == "runid" && (pair[1].len() == 40 || out_of_reach)).count()
        };
        let seen = (count("REPLICAS"), count("SENTINELS"));
        if seen == (replicas, peers) { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}
