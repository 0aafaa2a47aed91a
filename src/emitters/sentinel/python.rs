//! redis-py and valkey-py: they have no map for Sentinels; every address that they are about to dial comes out of two
//! methods of `Sentinel`, which a subclass leads through one (`redis/sentinel.py`, `SentinelManagedConnection.connect`).

use super::{Table, Watching};
use crate::emitters::{python::entry, quote::quoted};

/// A module with `connect()`.
pub(super) fn redis_py(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    module("redis", "redis-py 5", table, watching)
}

/// The same for the fork.
pub(super) fn valkey_py(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    module("valkey", "valkey-py 6", table, watching)
}

fn module(package: &str, since: &str, table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    if let Some(name) = table.name {
        let why = format!(
            "{package}-py verifies the host that it dials and takes no other name, and the nodes verify as {name}"
        );
        return Err(format!("{why} only: announce names (sentinel announce-hostnames yes, replica-announce-ip NAME)"));
    }
    let mut lines = vec![format!("# For {since} or newer, written by redis-doctor.")];
    lines.extend(table.missing("#"));
    if watching.settings.password || watching.sentinel_password {
        lines.extend(["import os".to_owned(), String::new()]);
    }
    lines.push(format!("from {package}.sentinel import Sentinel"));
    lines.extend([String::new(), "ADDRESSES = {".to_owned()]);
    lines.extend(table.moved().map(|m| entry(&m.announced, &m.reachable)));
    lines.push("}".to_owned());
    lines.push(CLASS.to_owned());
    lines.push(String::new());
    lines.extend([String::new(), "def connect():".to_owned(), "    sentinel = MappedSentinel(".to_owned()]);
    let places: Vec<String> =
        watching.sentinels.iter().map(|place| format!("(\"{}\", {})", place.host, place.port)).collect();
    lines.push(format!("        [{}],", places.join(", ")));
    let own = options(watching, watching.sentinel_tls, watching.sentinel_password, true)?;
    lines.push(format!("        sentinel_kwargs={{{}}},", own.join(", ")));
    let servers = options(watching, watching.settings.tls, watching.settings.password, false)?;
    lines.extend(servers.iter().map(|option| format!("        {option},")));
    lines.push("    )".to_owned());
    let group = quoted(&watching.group, '"')?;
    lines.push(format!("    return sentinel.master_for({group}), sentinel.slave_for({group})\n"));
    Ok(lines.join("\n"))
}

const CLASS: &str = "

class MappedSentinel(Sentinel):
    def discover_master(self, service_name):
        announced = super().discover_master(service_name)
        return ADDRESSES.get(tuple(announced), announced)

    def discover_slaves(self, service_name):
        return [ADDRESSES.get(tuple(announced), announced) for announced in super().discover_slaves(service_name)]";

/// Keyword arguments, or the entries of a dictionary.
fn options(watching: &Watching, tls: bool, password: bool, dictionary: bool) -> Result<Vec<String>, String> {
    let settings = &watching.settings;
    let mut pairs = Vec::new();
    if let Some(user) = settings.username.as_ref().filter(|_| !dictionary) {
        pairs.push(("username", quoted(user, '"')?));
    }
    if password {
        let variable = if dictionary { "SENTINEL_PASSWORD" } else { "REDIS_PASSWORD" };
        pairs.push(("password", format!("os.environ[\"{variable}\"]")));
    }
    if tls {
        let (cert, key) = settings.client_certificate.as_ref().map(|(cert, key)| (cert, key)).unzip();
        pairs.push(("ssl", "True".to_owned()));
        for (option, file) in
            [("ssl_ca_certs", settings.ca_file.as_ref()), ("ssl_certfile", cert), ("ssl_keyfile", key)]
        {
            if let Some(file) = file {
                pairs.push((option, quoted(file, '"')?));
            }
        }
        pairs.push(("ssl_check_hostname", "True".to_owned()));
    }
    let write = |(name, value)| if dictionary { format!("\"{name}\": {value}") } else { format!("{name}={value}") };
    Ok(pairs.into_iter().map(write).collect())
}
