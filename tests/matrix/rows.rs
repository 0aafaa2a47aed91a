//! The client libraries that are run, and which prediction is theirs.

use super::{
    scene::Scene,
    support::{
        driver::{Driver, Request},
        slots,
    },
};

/// One library in one version and form.
pub struct Row {
    /// The folder under `tests/clients`, and the client's id.
    pub client: &'static str,
    /// What `drive` is told: the version or the form.
    pub key: &'static str,
    /// What `--client` is given.
    pub version: &'static str,
    /// The form of the prediction, where a client has several.
    pub form: Option<&'static str>,
    /// How many seeds the application gives.
    pub seeds: Seeds,
}

/// How many of a layout's seeds the application gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Seeds {
    /// As many as the layout says.
    AsItIs,
    /// The first only.
    One,
    /// Two, whatever the layout says.
    Several,
}

impl Row {
    const fn new(client: &'static str, key: &'static str, version: &'static str) -> Self {
        Row { client, key, version, form: None, seeds: Seeds::AsItIs }
    }

    const fn form(mut self, form: &'static str) -> Self {
        self.form = Some(form);
        self
    }

    const fn seeds(mut self, seeds: Seeds) -> Self {
        self.seeds = seeds;
        self
    }

    /// As the tables name it.
    pub fn name(&self) -> String {
        format!("{} {}", self.client, self.key)
    }

    /// What `--client` is given.
    pub fn argument(&self) -> String {
        format!("{}@{}", self.client, self.version)
    }

    /// True if a list of clients to be run (`go-redis,redis-rs@1.8`) means it.
    pub fn is_meant(&self, asked: &str) -> bool {
        asked == self.client || asked.split_once('@') == Some((self.client, self.key))
    }

    /// What runs it.
    pub fn driver(&self) -> Driver {
        Driver::of(self.client, self.key)
    }

    /// What this row's application knows in this scene. Its keys are its own: others run at the same time.
    pub fn request(&self, scene: &Scene, part: &str) -> Request {
        let mut knows = scene.knows.clone();
        match self.seeds {
            Seeds::One => knows.seeds.truncate(1),
            // Where there is one server, the driver gives it twice: by its address, too.
            Seeds::Several if knows.seeds.len() == 1 && scene.nodes.len() > 1 => {
                knows.seeds.push(scene.second_seed.clone());
            }
            Seeds::Several | Seeds::AsItIs => {}
        }
        let keys = slots::keys(scene.primaries, &format!("{} {part}", self.name()));
        Request { knows, keys, rounds: 1, ..Request::default() }
    }
}

/// All of them.
pub const ROWS: &[Row] = &[
    Row::new("node-redis", "4", "4.7.1"),
    Row::new("node-redis", "5", "5.12.1"),
    Row::new("node-redis", "6", "6.3.1"),
    Row::new("ioredis", "5", "5.11.1"),
    Row::new("ioredis", "6", "6.0.0"),
    Row::new("redis-py", "5", "5.3.1"),
    Row::new("redis-py", "8", "8.1.0"),
    Row::new("valkey-py", "6.2", "6.2.0"),
    Row::new("valkey-glide", "2.5", "2.5"),
    Row::new("go-redis", "url", "9.22.0").form("rediss:// URL"),
    Row::new("go-redis", "struct", "9.22.0").form("tls.Config{}"),
    Row::new("redis-rs", "1.8", "1.8.1").form("blocking"),
    Row::new("redis-rs", "1.8-async", "1.8.1").form("async"),
    Row::new("fred", "10.1", "10.1.0"),
    Row::new("lettuce", "7.7", "7.7.0"),
    Row::new("jedis", "7.4", "7.4.1"),
    Row::new("jedis", "7.5", "7.5.3"),
    Row::new("redisson", "one-seed", "4.7.0").form("one host name as seed").seeds(Seeds::One),
    Row::new("redisson", "several-seeds", "4.7.0").form("several seeds or an IP").seeds(Seeds::Several),
    Row::new("phpredis", "5.3", "5.3.7"),
    Row::new("predis", "1.1", "1.1"),
    Row::new("redis-rb", "4.8", "4.8"),
    Row::new("redis-cli", "7.0", "7.0.15"),
];
