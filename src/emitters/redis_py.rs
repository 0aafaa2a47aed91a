//! redis-py: `address_remap`, a callable from one `(host, port)` to another. There is no server name to set in cluster mode.

use super::{
    Emitter, Settings,
    quote::quoted,
    rule::{Needed, Rule},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::Endpoint,
};

/// A module with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "redis-py", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let needed = Needed::of(map, settings)?;
    needed.refuse_names(settings, "redis-py takes no server name in cluster mode", |_| true)?;
    let mut lines = vec!["# For redis-py 4.5.5 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("#"));
    lines.extend(localhost(&needed, settings));
    if settings.password {
        lines.extend(["import os", ""].map(str::to_owned));
    }
    lines.extend(["from redis.cluster import RedisCluster", ""].map(str::to_owned));
    lines.extend(table(&needed));
    lines.extend(["", "def connect():", "    return RedisCluster("].map(str::to_owned));
    lines.extend(arguments(settings)?.into_iter().map(|argument| format!("        {argument},")));
    lines.push(
        "        # Redirects (MOVED, ASK) while slots move are not mapped: redis-py dials them as announced."
            .to_owned(),
    );
    lines.push(format!("        address_remap={},", remap(&needed)));
    lines.push("    )\n".to_owned());
    Ok(lines.join("\n"))
}

/// The one name that redis-py resolves before it verifies (`ClusterNode.__init__`).
fn localhost(needed: &Needed<'_>, settings: &Settings) -> Option<String> {
    let mut dialled = needed.entries.iter().map(|m| &m.reachable).chain([&settings.seed]);
    let resolved = settings.tls && dialled.any(|endpoint| endpoint.host.name() == Some("localhost"));
    resolved.then(|| "# redis-py resolves \"localhost\" first: the certificate has to speak for 127.0.0.1.".to_owned())
}

fn table(needed: &Needed<'_>) -> Vec<String> {
    if matches!(needed.rule, Rule::OneHost(_)) {
        return Vec::new();
    }
    let entries = needed.entries.iter().map(|mapping| entry(mapping));
    ["ADDRESSES = {".to_owned()].into_iter().chain(entries).chain(["}".to_owned(), String::new()]).collect()
}

fn entry(mapping: &Mapping) -> String {
    format!("    {}: {},", tuple(&mapping.announced), tuple(&mapping.reachable))
}

fn tuple(endpoint: &Endpoint) -> String {
    format!("(\"{}\", {})", endpoint.host, endpoint.port)
}

fn arguments(settings: &Settings) -> Result<Vec<String>, String> {
    let mut arguments = vec![format!("host=\"{}\"", settings.seed.host), format!("port={}", settings.seed.port)];
    if settings.tls {
        arguments.push("ssl=True".to_owned());
    }
    if let (true, Some(file)) = (settings.tls, &settings.ca_file) {
        arguments.push(format!("ssl_ca_certs={}", quoted(file, '"')?));
    }
    if let Some(user) = &settings.username {
        arguments.push(format!("username={}", quoted(user, '"')?));
    }
    if settings.password {
        arguments.push("password=os.environ[\"REDIS_PASSWORD\"]".to_owned());
    }
    Ok(arguments)
}

fn remap(needed: &Needed<'_>) -> String {
    match needed.rule {
        Rule::OneHost(host) => format!("lambda address: (\"{host}\", address[1])"),
        _ => "lambda address: ADDRESSES.get(address, address)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster


def connect():
    return RedisCluster(
        host="redis.example.com",
        port=10000,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects (MOVED, ASK) while slots move are not mapped: redis-py dials them as announced.
        address_remap=lambda address: ("redis.example.com", address[1]),
    )
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster

ADDRESSES = {
    ("10.0.0.4", 6379): ("n1.example.com", 6379),
    ("10.0.0.5", 6379): ("n2.example.com", 7379),
}


def connect():
    return RedisCluster(
        host="redis.example.com",
        port=10000,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects (MOVED, ASK) while slots move are not mapped: redis-py dials them as announced.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn another_server_name_cannot_be_served() {
        let why = "redis-py takes no server name in cluster mode, and 10.0.0.4:6379 verifies as redis.example.com only";
        assert_eq!(emit(&one_name(), &tls()).unwrap_err(), why);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
from redis.cluster import RedisCluster

ADDRESSES = {
    ("172.18.0.2", 6379): ("127.0.0.1", 7001),
    ("172.18.0.3", 6379): ("127.0.0.1", 7002),
}


def connect():
    return RedisCluster(
        host="127.0.0.1",
        port=7001,
        # Redirects (MOVED, ASK) while slots move are not mapped: redis-py dials them as announced.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster

ADDRESSES = {
    ("2001:db8::4", 6379): ("2001:db8::14", 6379),
    ("2001:db8::5", 6379): ("2001:db8::15", 6379),
}


def connect():
    return RedisCluster(
        host="2001:db8::1",
        port=6379,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects (MOVED, ASK) while slots move are not mapped: redis-py dials them as announced.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }
}
