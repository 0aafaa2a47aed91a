//! An address map in a client library's own language, complete enough to paste.
//!
//! A shelf: one file a client, named here. Every host that is written has passed [`crate::facts::Host`]'s grammar, which
//! holds no quote, space or control character, so nothing announced can break out of a string.

mod closed;
mod fred;
mod go_redis;
mod ioredis;
mod java;
mod java_pem;
mod jedis;
mod json;
mod lettuce;
mod no_hook;
mod node;
mod node_redis;
mod php;
mod phpredis;
mod predis;
mod python;
mod quote;
mod redis_cluster_client;
mod redis_py;
mod redis_rb;
mod redis_rs;
mod redisson;
mod ruby;
mod rule;
pub mod sentinel;
mod stackexchange_redis;
mod valkey_glide;
mod valkey_py;

use crate::{
    address_map::AddressMap,
    facts::{Endpoint, Host},
};

/// What an emitter needs to know beside the map.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The endpoint the user gave: the client's seed.
    pub seed: Endpoint,
    /// TLS is spoken.
    pub tls: bool,
    /// The CA file, when one was given.
    pub ca_file: Option<String>,
    /// The ACL user, when one was given.
    pub username: Option<String>,
    /// A password is needed; it is read from the environment, never written.
    pub password: bool,
    /// `--server-name`: the name that the application verifies on every node, where it sets one already.
    pub server_name: Option<Host>,
    /// The client certificate and its key, as files, when they were given.
    pub client_certificate: Option<(String, String)>,
    /// The map leads through a tunnel: a key that matches nothing must not let the client dial the announced address, which
    /// is around the tunnel. Every node then has its entry, and what is reachable of the first ones is a seed, too.
    pub closed: bool,
}

/// One emitter.
pub struct Emitter {
    /// The client it writes for; `json` is the neutral form.
    pub client: &'static str,
    /// Writes the configuration, or says in a sentence why this client cannot be served.
    pub emit: fn(&AddressMap, &Settings) -> Result<String, String>,
}

/// Every emitter, in the order of the client shelf; the neutral form last.
pub const ALL: &[Emitter] = &[
    node_redis::EMITTER,
    ioredis::EMITTER,
    redis_py::EMITTER,
    go_redis::EMITTER,
    lettuce::EMITTER,
    jedis::EMITTER,
    redisson::EMITTER,
    redis_rs::EMITTER,
    fred::EMITTER,
    stackexchange_redis::EMITTER,
    valkey_glide::EMITTER,
    valkey_py::EMITTER,
    phpredis::EMITTER,
    predis::EMITTER,
    redis_cluster_client::EMITTER,
    redis_rb::EMITTER,
    no_hook::LIBVALKEY,
    no_hook::HIREDIS,
    no_hook::REDIS_CLI,
    json::EMITTER,
];

/// Those that have something to write; the others only say what works in its place.
pub fn writing() -> impl Iterator<Item = &'static Emitter> {
    ALL.iter().filter(|emitter| !no_hook::CLIENTS.contains(&emitter.client))
}

/// The emitter for a client id or `json`; `None` where nobody has written one.
pub fn by_client(id: &str) -> Option<&'static Emitter> {
    ALL.iter().find(|emitter| emitter.client == id)
}

#[cfg(test)]
mod fixtures;

#[cfg(test)]
mod tests;
