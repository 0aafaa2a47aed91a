//! fred: `TlsHostMapping` changes the name that is verified where an IP is dialled, and nothing else.

use std::{collections::BTreeMap, net::IpAddr};

use super::{
    Emitter, Settings,
    closed::{tunnelled, without_a_map},
    quote::quoted,
    rule::{Needed, Rule, names_as_announced, refuse_blank},
};
use crate::{
    address_map::{AddressMap, Key, Mapping},
    facts::{Announced, Endpoint, Host},
};

/// A file with `client()`.
pub(super) const EMITTER: Emitter = Emitter { client: "fred", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    refuse_blank(map, "fred takes it for a host name", &[Announced::Empty, Announced::QuestionMark])?;
    // An announced host name is dialled in place of an IP.
    let map = tunnelled(map, settings).keyed_by(Key::HostnameElsePreferred);
    let needed = Needed::of(&map, settings)?;
    if let Some(why) = without_a_map("fred", &needed, settings) {
        return Err(why);
    }
    let names = names(&needed, settings)?;
    refuse_another_seed_name(settings)?;
    let mut lines = vec![
        "// For fred 10 or newer, written by redis-doctor. In Cargo.toml:".to_owned(),
        "//   fred = { version = \"10\", features = [\"enable-rustls\"] }".to_owned(),
    ];
    lines.extend(needed.missing("//"));
    lines.extend(imports(settings));
    lines.extend(constructor(settings)?);
    lines.extend(connector(settings)?);
    lines.extend(mapping(&names));
    Ok(lines.join("\n"))
}

/// What `TlsHostMapping` answers.
enum Names<'a> {
    /// One name for every IP.
    One(&'a Host),
    /// A name for each of these IPs.
    Each(BTreeMap<IpAddr, &'a Host>),
}

/// Refuses what the mapping is never asked about, or cannot tell apart.
fn names<'a>(needed: &Needed<'a>, settings: &Settings) -> Result<Names<'a>, String> {
    let mut each = BTreeMap::new();
    for mapping in &needed.entries {
        let (ip, name) = renamed(mapping, settings)?;
        if each.insert(ip, name).is_some_and(|other| other != name) {
            return Err(format!(
                "TlsHostMapping of fred is told the IP alone, and nodes at {ip} verify under several names"
            ));
        }
    }
    match needed.rule {
        Rule::OneName(name) => Ok(Names::One(name)),
        _ => Ok(Names::Each(each)),
    }
}

fn renamed<'a>(mapping: &'a Mapping, settings: &Settings) -> Result<(IpAddr, &'a Host), String> {
    let announced = &mapping.announced;
    let name = names_as_announced(mapping).next().filter(|_| settings.tls);
    match (announced.host.ip(), name) {
        (Some(ip), Some(name)) => Ok((ip, name)),
        (None, Some(name)) => Err(format!(
            "fred verifies the host name that it dials, and {announced} verifies as {name} only; announce that name (cluster-announce-hostname)"
        )),
        _ => Err(format!(
            "fred has no address map: TlsHostMapping changes the verified name only, and {announced} has to be dialled at {}; announce that address, \
             or let the announced one lead there (DNS, a route, a tunnel)",
            mapping.reachable
        )),
    }
}

/// The mapping is not asked about the seed.
fn refuse_another_seed_name(settings: &Settings) -> Result<(), String> {
    match &settings.server_name {
        Some(name) if *name != settings.seed.host => {
            Err(format!("fred verifies the seed as {}: give {name} as the seed", settings.seed.host))
        }
        _ => Ok(()),
    }
}

fn imports(settings: &Settings) -> Vec<String> {
    let (ca, own) = (settings.ca_file.is_some(), settings.client_certificate.is_some());
    let mut lines = vec!["use std::{net::IpAddr, sync::Arc};".to_owned(), String::new(), "use fred::{".to_owned()];
    lines.push("    prelude::*,".to_owned());
    if ca || own {
        let key = if own { "PrivateKeyDer, " } else { "" };
        lines.push("    rustls::{".to_owned());
        lines.push("        ClientConfig, RootCertStore,".to_owned());
        lines.push(format!("        pki_types::{{CertificateDer, {key}pem::PemObject}},"));
        lines.push("    },".to_owned());
    }
    lines.extend(["    types::config::{HostMapping, TlsHostMapping},".to_owned(), "};".to_owned(), String::new()]);
    lines
}

fn constructor(settings: &Settings) -> Result<Vec<String>, String> {
    let Endpoint { host, port } = &settings.seed;
    let mut lines = vec!["pub fn client() -> Result<Client, Error> {".to_owned()];
    if settings.password {
        lines.push("    let password = std::env::var(\"REDIS_PASSWORD\")".to_owned());
        lines.push("        .map_err(|_| Error::new(ErrorKind::Config, \"REDIS_PASSWORD is not set\"))?;".to_owned());
    }
    lines.push("    let config = Config {".to_owned());
    lines.push(format!("        server: ServerConfig::new_clustered(vec![(\"{host}\", {port})]),"));
    if let Some(user) = &settings.username {
        lines.push(format!("        username: Some({}.to_owned()),", quoted(user, '"')?));
    }
    if settings.password {
        lines.push("        password: Some(password),".to_owned());
    }
    lines.extend(
        [
            "        tls: Some(TlsConfig {",
            "            connector: connector()?,",
            "            hostnames: TlsHostMapping::Custom(Arc::new(Names)),",
            "        }),",
            "        ..Config::default()",
            "    };",
            "    Builder::from_config(config).build()",
            "}\n",
        ]
        .map(str::to_owned),
    );
    Ok(lines)
}

fn connector(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["fn connector() -> Result<TlsConnector, Error> {".to_owned()];
    if settings.ca_file.is_none() && settings.client_certificate.is_none() {
        lines.extend(["    TlsConnector::default_rustls()".to_owned(), "}\n".to_owned()]);
        return Ok(lines);
    }
    lines.push("    let mut roots = RootCertStore::empty();".to_owned());
    match &settings.ca_file {
        Some(file) => {
            lines.push(format!("    roots.add_parsable_certificates(certificates({})?);", quoted(file, '"')?));
        }
        None => lines.push(
            "    roots.add_parsable_certificates(fred::rustls_native_certs::load_native_certs().certs);".to_owned(),
        ),
    }
    lines.push("    let config = ClientConfig::builder().with_root_certificates(roots);".to_owned());
    match &settings.client_certificate {
        Some((certificate, key)) => {
            lines.push(format!("    let own = certificates({})?;", quoted(certificate, '"')?));
            lines.push(format!(
                "    let key = PrivateKeyDer::from_pem_file({}).map_err(unreadable)?;",
                quoted(key, '"')?
            ));
            lines.push("    Ok(config.with_client_auth_cert(own, key)?.into())".to_owned());
        }
        None => lines.push("    Ok(config.with_no_client_auth().into())".to_owned()),
    }
    lines.extend(
        [
            "}\n",
            "fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Error> {",
            "    CertificateDer::pem_file_iter(file)",
            "        .and_then(Iterator::collect)",
            "        .map_err(unreadable)",
            "}\n",
            "fn unreadable(why: impl std::fmt::Display) -> Error {",
            "    Error::new(ErrorKind::Tls, why.to_string())",
            "}\n",
        ]
        .map(str::to_owned),
    );
    Ok(lines)
}

fn mapping(names: &Names<'_>) -> Vec<String> {
    let mut lines: Vec<String> = [
        "/// The name that is verified in place of an IP that is dialled; redirects while slots move (ASK) are not asked about.",
        "#[derive(Debug)]",
        "struct Names;\n",
        "impl HostMapping for Names {",
    ]
    .map(str::to_owned)
    .into();
    match names {
        Names::One(name) => {
            lines.push("    fn map(&self, _: &IpAddr, _: &str) -> Option<String> {".to_owned());
            lines.push(format!("        Some(\"{name}\".to_owned())"));
        }
        Names::Each(each) => {
            lines.push("    fn map(&self, ip: &IpAddr, _: &str) -> Option<String> {".to_owned());
            lines.push("        let name = match ip.to_string().as_str() {".to_owned());
            lines.extend(each.iter().map(|(ip, name)| format!("            \"{ip}\" => \"{name}\",")));
            lines.push("            _ => return None,".to_owned());
            lines.push("        };\n        Some(name.to_owned())".to_owned());
        }
    }
    lines.extend(["    }".to_owned(), "}\n".to_owned()]);
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, Settings, emit};

    #[test]
    fn one_name_stands_for_every_ip() {
        let text = emit(&one_name(), &tls()).unwrap();
        assert_eq!(
            text,
            r#"// For fred 10 or newer, written by redis-doctor. In Cargo.toml:
//   fred = { version = "10", features = ["enable-rustls"] }
use std::{net::IpAddr, sync::Arc};

use fred::{
    prelude::*,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, pem::PemObject},
    },
    types::config::{HostMapping, TlsHostMapping},
};

pub fn client() -> Result<Client, Error> {
    let password = std::env::var("REDIS_PASSWORD")
        .map_err(|_| Error::new(ErrorKind::Config, "REDIS_PASSWORD is not set"))?;
    let config = Config {
        server: ServerConfig::new_clustered(vec![("redis.example.com", 10000)]),
        username: Some("app".to_owned()),
        password: Some(password),
        tls: Some(TlsConfig {
            connector: connector()?,
            hostnames: TlsHostMapping::Custom(Arc::new(Names)),
        }),
        ..Config::default()
    };
    Builder::from_config(config).build()
}

fn connector() -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates("ca.pem")?);
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(config.with_no_client_auth().into())
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(unreadable)
}

fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tls, why.to_string())
}

/// The name that is verified in place of an IP that is dialled; redirects while slots move (ASK) are not asked about.
#[derive(Debug)]
struct Names;

impl HostMapping for Names {
    fn map(&self, _: &IpAddr, _: &str) -> Option<String> {
        Some("redis.example.com".to_owned())
    }
}
"#
        );
    }

    #[test]
    fn a_name_for_each_ip() {
        let own = Some(("client.pem".to_owned(), "client.key".to_owned()));
        let text = emit(&names(), &Settings { client_certificate: own, ..tls() }).unwrap();
        assert_eq!(
            text,
            r#"// For fred 10 or newer, written by redis-doctor. In Cargo.toml:
//   fred = { version = "10", features = ["enable-rustls"] }
use std::{net::IpAddr, sync::Arc};

use fred::{
    prelude::*,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    types::config::{HostMapping, TlsHostMapping},
};

pub fn client() -> Result<Client, Error> {
    let password = std::env::var("REDIS_PASSWORD")
        .map_err(|_| Error::new(ErrorKind::Config, "REDIS_PASSWORD is not set"))?;
    let config = Config {
        server: ServerConfig::new_clustered(vec![("redis.example.com", 10000)]),
        username: Some("app".to_owned()),
        password: Some(password),
        tls: Some(TlsConfig {
            connector: connector()?,
            hostnames: TlsHostMapping::Custom(Arc::new(Names)),
        }),
        ..Config::default()
    };
    Builder::from_config(config).build()
}

fn connector() -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates("ca.pem")?);
    let config = ClientConfig::builder().with_root_certificates(roots);
    let own = certificates("client.pem")?;
    let key = PrivateKeyDer::from_pem_file("client.key").map_err(unreadable)?;
    Ok(config.with_client_auth_cert(own, key)?.into())
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(unreadable)
}

fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Tls, why.to_string())
}

/// The name that is verified in place of an IP that is dialled; redirects while slots move (ASK) are not asked about.
#[derive(Debug)]
struct Names;

impl HostMapping for Names {
    fn map(&self, ip: &IpAddr, _: &str) -> Option<String> {
        let name = match ip.to_string().as_str() {
            "10.0.0.4" => "n1.example.com",
            "10.0.0.5" => "n2.example.com",
            _ => return None,
        };
        Some(name.to_owned())
    }
}
"#
        );
    }

    #[test]
    fn without_a_ca_file_the_system_is_trusted() {
        let text = emit(&one_name(), &Settings { ca_file: None, username: None, password: false, ..tls() }).unwrap();
        assert_eq!(
            text,
            r#"// For fred 10 or newer, written by redis-doctor. In Cargo.toml:
//   fred = { version = "10", features = ["enable-rustls"] }
use std::{net::IpAddr, sync::Arc};

use fred::{
    prelude::*,
    types::config::{HostMapping, TlsHostMapping},
};

pub fn client() -> Result<Client, Error> {
    let config = Config {
        server: ServerConfig::new_clustered(vec![("redis.example.com", 10000)]),
        tls: Some(TlsConfig {
            connector: connector()?,
            hostnames: TlsHostMapping::Custom(Arc::new(Names)),
        }),
        ..Config::default()
    };
    Builder::from_config(config).build()
}

fn connector() -> Result<TlsConnector, Error> {
    TlsConnector::default_rustls()
}

/// The name that is verified in place of an IP that is dialled; redirects while slots move (ASK) are not asked about.
#[derive(Debug)]
struct Names;

impl HostMapping for Names {
    fn map(&self, _: &IpAddr, _: &str) -> Option<String> {
        Some("redis.example.com".to_owned())
    }
}
"#
        );
    }

    #[test]
    fn what_it_cannot_do_is_said() {
        for (map, why) in [
            (
                one_host(),
                "fred has no address map: TlsHostMapping changes the verified name only, and 10.0.0.4:8500 has to be dialled at redis.example.com:8500",
            ),
            (
                map(&[("n1.example.com:6379", "n1.example.com:6379", "other.example.com")]),
                "fred verifies the host name that it dials, and n1.example.com:6379 verifies as other.example.com only",
            ),
            (
                map(&[("10.0.0.4:1", "10.0.0.4:1", "n1.example.com"), ("10.0.0.4:2", "10.0.0.4:2", "n2.example.com")]),
                "TlsHostMapping of fred is told the IP alone, and nodes at 10.0.0.4 verify under several names",
            ),
        ] {
            let said = emit(&map, &tls()).unwrap_err();
            assert!(said.starts_with(why), "{said}");
        }
        let mut blank = one_name();
        blank.mappings[0].preferred = Announced::QuestionMark;
        let said = emit(&blank, &tls()).unwrap_err();
        assert!(said.starts_with("fred takes it for a host name where a node announces ? as its host"), "{said}");
        let settings = Settings { server_name: "other.example.com".parse().ok(), ..tls() };
        let said = emit(&one_name(), &settings).unwrap_err();
        assert_eq!(said, "fred verifies the seed as redis.example.com: give other.example.com as the seed");
    }
}
