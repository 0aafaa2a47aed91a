//! INFO, HELLO and ROLE.

use redis_doctor::{
    facts::Limits,
    wire::{
        info, replication,
        resp::{Decoded, decode},
    },
};

/// One input.
pub fn run(bytes: &[u8]) {
    let limits = Limits { nodes: 4, text: 64, ..Limits::default() };
    let mut server = info::info(bytes, &limits);
    if let Ok(Decoded::Done(value, _)) = decode(bytes, 8, 1 << 16) {
        server = info::merge(server, info::hello(&value, &limits));
        server = info::merge(server, info::role(&value, &limits));
        server.connections = server.connections.or(info::config(&value));
        let set = info::setting(&value, &["tls-replication"]);
        assert!(set.is_none_or(|set| set.len() <= bytes.len() * 3));
    }
    assert!(server.replicas.len() <= limits.nodes);
    assert!(server.replication.unfinished.iter().all(|index| *index < server.replicas.len()));
    let seed = "seed.example.com:6379".parse().unwrap();
    assert!(replication::topology(&server, &seed, None).is_some_and(|t| !t.nodes.is_empty()));
}
