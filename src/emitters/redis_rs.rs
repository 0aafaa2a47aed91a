//! redis-rs: `node_address_map`, exact entries only. There is no server name to set.

use super::{
    Emitter, Settings,
    closed::{OPEN, way_out},
    quote::quoted,
    rule::{Needed, Rule, refuse_blank},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Announced, Endpoint},
};

/// A file with `client()`.
pub(super) const EMITTER: Emitter = Emitter { client: "redis-rs", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    refuse_blank(map, "redis-rs leaves the slots out", &[Announced::QuestionMark])?;
    let needed = Needed::of(map, settings)?;
    let refused = needed.refuse_names(settings, "redis-rs takes no server name", |_| true);
    refused.map_err(|why| way_out(settings, &why, ""))?;
    refuse_another_seed_name(settings)?;
    let mut lines = header(settings);
    lines.extend(needed.missing("//"));
    lines.extend(settings.closed.then(|| format!("// {OPEN}")));
    lines.extend(imports(settings));
    lines.push("pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {".to_owned());
    lines.extend(settings.password.then(password));
    if matches!(needed.rule, Rule::OneHost(_)) {
        lines.push(
            "    // Exact entries: write this again when announced ports have moved (Azure's 85xx do).".to_owned(),
        );
    }
    lines.push("    let map = HashMap::from([".to_owned());
    lines.extend(needed.entries.iter().map(|mapping| entry(mapping, settings)));
    lines.push("    ]);".to_owned());
    lines.extend(builder(&needed, settings)?);
    lines.push("}\n".to_owned());
    Ok(lines.join("\n"))
}

fn header(settings: &Settings) -> Vec<String> {
    let lines: &[&str] = if settings.tls {
        &[
            "// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:",
            "//   redis = { version = \"1.5\", features = [\"cluster\", \"tls-rustls\"] }",
            "//   rustls = \"0.23\"  # brings the crypto provider, which redis leaves to the application",
        ]
    } else {
        &[
            "// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:",
            "//   redis = { version = \"1.5\", features = [\"cluster\"] }",
        ]
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn refuse_another_seed_name(settings: &Settings) -> Result<(), String> {
    match settings.server_name.as_ref().filter(|name| settings.tls && **name != settings.seed.host) {
        Some(name) => Err(format!("redis-rs verifies the seed as {}: give {name} as the seed", settings.seed.host)),
        None => Ok(()),
    }
}

fn imports(settings: &Settings) -> Vec<String> {
    let mut lines = vec!["use std::collections::HashMap;".to_owned(), String::new()];
    match (&settings.ca_file, &settings.client_certificate) {
        _ if !settings.tls => {}
        (None, None) => {}
        (_, None) => lines.push("use redis::TlsCertificates;".to_owned()),
        (_, Some(_)) => lines.push("use redis::{ClientTlsConfig, TlsCertificates};".to_owned()),
    }
    lines.push("use redis::cluster::{ClusterClientBuilder, NodeAddress};".to_owned());
    lines.push(String::new());
    lines
}

fn password() -> String {
    [
        "    let password = std::env::var(\"REDIS_PASSWORD\")",
        "        .map_err(|_| (redis::ErrorKind::InvalidClientConfig, \"REDIS_PASSWORD is not set\"))?;",
    ]
    .join("\n")
}

fn entry(mapping: &Mapping, settings: &Settings) -> String {
    format!("        ({}, {}),", address(&key(mapping, settings)), address(&mapping.reachable))
}

/// 0.0.0.0 and :: count as blank, so that the host that was asked takes their place before the map is looked at.
fn key(mapping: &Mapping, settings: &Settings) -> Endpoint {
    let Endpoint { host, port } = &mapping.announced;
    match host.ip() {
        Some(ip) if ip.is_unspecified() => Endpoint::new(settings.seed.host.clone(), *port),
        _ => mapping.announced.clone(),
    }
}

fn address(endpoint: &Endpoint) -> String {
    format!("NodeAddress::new(\"{}\", {})", endpoint.host, endpoint.port)
}

fn builder(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let scheme = if settings.tls { "rediss" } else { "redis" };
    let ends = needed.ends().filter(|_| settings.closed).map(|m| &m.reachable).filter(|end| **end != settings.seed);
    let seeds: Vec<_> = [&settings.seed].into_iter().chain(ends).map(|at| format!("\"{scheme}://{at}\"")).collect();
    let mut lines = vec![format!("    ClusterClientBuilder::new([{}])", seeds.join(", "))];
    lines.extend(certificates(settings)?);
    if let Some(user) = &settings.username {
        lines.push(format!("        .username({})", quoted(user, '"')?));
    }
    if settings.password {
        lines.push("        .password(password)".to_owned());
    }
    lines.extend(["        .node_address_map(map)", "        .build()"].map(str::to_owned));
    Ok(lines)
}

fn certificates(settings: &Settings) -> Result<Vec<String>, String> {
    let ca = settings.ca_file.as_ref().map(|file| quoted(file, '"')).transpose()?;
    let root = ca.map_or_else(|| "None".to_owned(), |file| format!("Some(std::fs::read({file})?)"));
    Ok(match &settings.client_certificate {
        _ if !settings.tls => Vec::new(),
        None if settings.ca_file.is_none() => Vec::new(),
        None => vec![format!("        .certs(TlsCertificates {{ client_tls: None, root_cert: {root} }})")],
        Some((certificate, key)) => vec![
            "        .certs(TlsCertificates {".to_owned(),
            "            client_tls: Some(ClientTlsConfig {".to_owned(),
            format!("                client_cert: std::fs::read({})?,", quoted(certificate, '"')?),
            format!("                client_key: std::fs::read({})?,", quoted(key, '"')?),
            "            }),".to_owned(),
            format!("            root_cert: {root},"),
            "        })".to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:
//   redis = { version = "1.5", features = ["cluster", "tls-rustls"] }
//   rustls = "0.23"  # brings the crypto provider, which redis leaves to the application
use std::collections::HashMap;

use redis::TlsCertificates;
use redis::cluster::{ClusterClientBuilder, NodeAddress};

pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
    let password = std::env::var("REDIS_PASSWORD")
        .map_err(|_| (redis::ErrorKind::InvalidClientConfig, "REDIS_PASSWORD is not set"))?;
    // Exact entries: write this again when announced ports have moved (Azure's 85xx do).
    let map = HashMap::from([
        (NodeAddress::new("10.0.0.4", 8500), NodeAddress::new("redis.example.com", 8500)),
        (NodeAddress::new("10.0.0.5", 8501), NodeAddress::new("redis.example.com", 8501)),
    ]);
    ClusterClientBuilder::new(["rediss://redis.example.com:10000"])
        .certs(TlsCertificates { client_tls: None, root_cert: Some(std::fs::read("ca.pem")?) })
        .username("app")
        .password(password)
        .node_address_map(map)
        .build()
}
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r#"// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:
//   redis = { version = "1.5", features = ["cluster", "tls-rustls"] }
//   rustls = "0.23"  # brings the crypto provider, which redis leaves to the application
use std::collections::HashMap;

use redis::TlsCertificates;
use redis::cluster::{ClusterClientBuilder, NodeAddress};

pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
    let password = std::env::var("REDIS_PASSWORD")
        .map_err(|_| (redis::ErrorKind::InvalidClientConfig, "REDIS_PASSWORD is not set"))?;
    let map = HashMap::from([
        (NodeAddress::new("10.0.0.4", 6379), NodeAddress::new("n1.example.com", 6379)),
        (NodeAddress::new("10.0.0.5", 6379), NodeAddress::new("n2.example.com", 7379)),
    ]);
    ClusterClientBuilder::new(["rediss://redis.example.com:10000"])
        .certs(TlsCertificates { client_tls: None, root_cert: Some(std::fs::read("ca.pem")?) })
        .username("app")
        .password(password)
        .node_address_map(map)
        .build()
}
"#;
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn another_server_name_cannot_be_served() {
        let why = "redis-rs takes no server name, and 10.0.0.4:6379 verifies as redis.example.com only";
        assert_eq!(emit(&one_name(), &tls()).unwrap_err(), why);
    }

    #[test]
    fn a_client_certificate_is_shown() {
        let own = Some(("client.pem".to_owned(), "client.key".to_owned()));
        let text = emit(&one_host(), &Settings { client_certificate: own, ca_file: None, ..tls() }).unwrap();
        let certs = r#"
        .certs(TlsCertificates {
            client_tls: Some(ClientTlsConfig {
                client_cert: std::fs::read("client.pem")?,
                client_key: std::fs::read("client.key")?,
            }),
            root_cert: None,
        })
"#;
        assert!(text.contains(certs) && text.contains("use redis::{ClientTlsConfig, TlsCertificates};"), "{text}");
    }

    #[test]
    fn an_unspecified_address_is_the_host_that_was_asked() {
        let text = emit(&map(&[("0.0.0.0:7001", "n1.example.com:7001", "n1.example.com")]), &tls()).unwrap();
        let entry = r#"(NodeAddress::new("redis.example.com", 7001), NodeAddress::new("n1.example.com", 7001)),"#;
        assert!(text.contains(entry), "{text}");
    }

    #[test]
    fn a_node_that_is_left_out_cannot_be_mapped() {
        let mut map = one_host();
        map.mappings[1].preferred = Announced::QuestionMark;
        let said = emit(&map, &tls()).unwrap_err();
        assert!(said.starts_with("redis-rs leaves the slots out where a node announces ? as its host"), "{said}");
    }

    #[test]
    fn a_seed_under_another_name_cannot_be_served() {
        let settings = Settings { server_name: "other.example.com".parse().ok(), ..tls() };
        let why = "redis-rs verifies the seed as redis.example.com: give other.example.com as the seed";
        assert_eq!(emit(&one_host(), &settings).unwrap_err(), why);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r#"// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:
//   redis = { version = "1.5", features = ["cluster"] }
use std::collections::HashMap;

use redis::cluster::{ClusterClientBuilder, NodeAddress};

pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
    let map = HashMap::from([
        (NodeAddress::new("172.18.0.2", 6379), NodeAddress::new("127.0.0.1", 7001)),
        (NodeAddress::new("172.18.0.3", 6379), NodeAddress::new("127.0.0.1", 7002)),
    ]);
    ClusterClientBuilder::new(["redis://127.0.0.1:7001"])
        .node_address_map(map)
        .build()
}
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let expected = r#"// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:
//   redis = { version = "1.5", features = ["cluster", "tls-rustls"] }
//   rustls = "0.23"  # brings the crypto provider, which redis leaves to the application
use std::collections::HashMap;

use redis::TlsCertificates;
use redis::cluster::{ClusterClientBuilder, NodeAddress};

pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
    let password = std::env::var("REDIS_PASSWORD")
        .map_err(|_| (redis::ErrorKind::InvalidClientConfig, "REDIS_PASSWORD is not set"))?;
    let map = HashMap::from([
        (NodeAddress::new("2001:db8::4", 6379), NodeAddress::new("2001:db8::14", 6379)),
        (NodeAddress::new("2001:db8::5", 6379), NodeAddress::new("2001:db8::15", 6379)),
    ]);
    ClusterClientBuilder::new(["rediss://[2001:db8::1]:6379"])
        .certs(TlsCertificates { client_tls: None, root_cert: Some(std::fs::read("ca.pem")?) })
        .username("app")
        .password(password)
        .node_address_map(map)
        .build()
}
"#;
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For redis-rs 1.5 or newer, written by redis-doctor. In Cargo.toml:
//   redis = { version = "1.5", features = ["cluster"] }
// It cannot fail closed: a node that is not in the map is dialled where it announces that it is, around the tunnel.
use std::collections::HashMap;

use redis::cluster::{ClusterClientBuilder, NodeAddress};

pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
    let map = HashMap::from([
        (NodeAddress::new("10.0.0.4", 6379), NodeAddress::new("127.0.0.1", 20711)),
        (NodeAddress::new("10.0.0.5", 6379), NodeAddress::new("127.0.0.1", 20712)),
    ]);
    ClusterClientBuilder::new(["redis://127.0.0.1:20711", "redis://127.0.0.1:20712"])
        .node_address_map(map)
        .build()
}
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
