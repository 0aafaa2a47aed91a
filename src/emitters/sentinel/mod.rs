//! The map of what Sentinels hand out, in the languages of the libraries that look such answers up.
//!
//! One file a language. The keys are the `ip` and `port` of a Sentinel's answer, which is what each of these libraries
//! passes to its hook.

mod go;
mod java;
mod node;
mod python;

use super::Settings;
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Endpoint, Host},
};

/// What is known of the Sentinels, beside the map.
#[derive(Clone, Debug)]
pub struct Watching {
    /// The group's name.
    pub group: String,
    /// The Sentinels that the application is given.
    pub sentinels: Vec<Endpoint>,
    /// The Sentinels speak TLS.
    pub sentinel_tls: bool,
    /// They have a password of their own.
    pub sentinel_password: bool,
    /// For the servers.
    pub settings: Settings,
}

/// The configuration for this client; the error says in a sentence why there is none, and what works instead.
///
/// # Errors
/// Where no map is needed, or the client has no hook for it.
pub fn emit(client: &str, map: &AddressMap, watching: &Watching) -> Result<String, String> {
    let write = match client {
        "ioredis" => node::ioredis,
        "node-redis" => node::node_redis,
        "redis-py" => python::redis_py,
        "valkey-py" => python::valkey_py,
        "go-redis" => go::emit,
        "lettuce" => java::lettuce,
        "jedis" => java::jedis,
        "redisson" => java::redisson,
        _ => return Err(without_a_hook(client)),
    };
    write(&Table::of(map, watching)?, watching)
}

/// The clients that something is written for.
pub const WRITING: [&str; 8] =
    ["node-redis", "ioredis", "redis-py", "go-redis", "lettuce", "jedis", "redisson", "valkey-py"];

fn without_a_hook(client: &str) -> String {
    let instead = "let servers and Sentinels announce what clients reach (replica-announce-ip, sentinel announce-ip), give the \
                   Sentinels the primary's outer address, or run the client inside their network";
    let why = match client {
        "redis-cli" | "hiredis" | "libvalkey" | "valkey-glide" => "does not follow Sentinels",
        "phpredis" => "only asks Sentinels: the application dials, so it can map the answer itself",
        _ => "looks nothing up that a Sentinel answers",
    };
    format!("{client} {why}; {instead}")
}

/// What is not where Sentinels say.
struct Table<'a> {
    entries: Vec<&'a Mapping>,
    /// How many nodes no way was proved to.
    missing: usize,
    /// The name that all connections verify, where it is not the host that is dialled.
    name: Option<&'a Host>,
}

impl<'a> Table<'a> {
    fn of(map: &'a AddressMap, watching: &'a Watching) -> Result<Self, String> {
        if let Some(why) = &map.refused {
            return Err(why.clone());
        }
        let entries: Vec<&Mapping> = map.mappings.iter().filter(|m| m.is_needed()).collect();
        if entries.is_empty() {
            let lost = map.mappings.is_empty() && !map.unmapped.is_empty();
            return Err(if lost {
                "there is no map to write: no way to any node was proved".to_owned()
            } else {
                "no map is needed: every node is reachable where the Sentinels say it is".to_owned()
            });
        }
        let named = |m: &&Mapping| m.server_name != m.reachable.host;
        let tls = watching.settings.tls || watching.sentinel_tls;
        let first = entries.iter().find(|m| tls && named(m)).map(|m| &m.server_name);
        let fits = |name: &Host| map.verified_as(name).is_some();
        match first.filter(|name| !fits(name) || name.ip().is_some()) {
            Some(name) => Err(format!(
                "the nodes verify under names of their own ({name} is one of them), and no single name can be set for all: let \
                 them announce those names (sentinel announce-hostnames yes, replica-announce-ip NAME)"
            )),
            None => Ok(Table { entries, missing: map.unmapped.len(), name: first }),
        }
    }

    /// Those that have to be dialled elsewhere.
    fn moved(&self) -> impl Iterator<Item = &'a Mapping> {
        self.entries.iter().copied().filter(|m| m.announced != m.reachable)
    }

    /// A comment line on the nodes that are left out.
    fn missing(&self, mark: &str) -> Option<String> {
        (self.missing > 0)
            .then(|| format!("{mark} {} node(s) are not covered: no way to them was proved.", self.missing))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};

    fn watching(settings: Settings) -> Watching {
        let sentinels = vec!["s1.example.com:26379".parse().unwrap(), "[2001:db8::7]:26379".parse().unwrap()];
        Watching {
            group: "mymaster".to_owned(),
            sentinels,
            sentinel_tls: settings.tls,
            sentinel_password: true,
            settings,
        }
    }

    #[test]
    fn every_language() {
        for client in WRITING {
            let plain = emit(client, &fixtures::nat(), &watching(fixtures::plaintext())).unwrap();
            assert!(plain.contains("172.18.0.2") && plain.contains("127.0.0.1"), "{plain}");
            let tls = emit(client, &fixtures::table(), &watching(fixtures::tls())).unwrap();
            insta::assert_snapshot!(format!("sentinel-{client}"), format!("{plain}\n{tls}"));
        }
    }

    #[test]
    fn who_has_no_hook_is_told_what_works() {
        for client in ["redis-rs", "phpredis", "stackexchange-redis", "redis-cli"] {
            let why = emit(client, &fixtures::nat(), &watching(fixtures::plaintext())).unwrap_err();
            assert!(why.starts_with(client) && why.contains("replica-announce-ip"), "{why}");
        }
    }

    #[test]
    fn one_name_for_all_or_none() {
        let text = emit("ioredis", &fixtures::one_name(), &watching(fixtures::tls())).unwrap();
        assert!(text.contains("servername: 'redis.example.com'"), "{text}");
        assert!(
            emit("ioredis", &fixtures::names(), &watching(fixtures::tls())).unwrap_err().contains("names of their own")
        );
        let well = fixtures::map(&[("10.0.0.4:6379", "10.0.0.4:6379", "10.0.0.4")]);
        assert!(emit("jedis", &well, &watching(fixtures::plaintext())).unwrap_err().contains("no map is needed"));
    }
}
