//! What is written alike for the Ruby libraries: `fixed_hostname`, one host in place of every node's.

use super::{Settings, closed::way_out, quote::quoted, rule::Needed};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Endpoint, Host},
};

/// The host that leads to every node under the port it announces, and the seed there.
pub(super) fn fixed<'a>(
    client: &str,
    map: &'a AddressMap,
    settings: &'a Settings,
) -> Result<(&'a Host, Endpoint), String> {
    let first = map.mappings.first().map(|m| m.ways.iter().map(|way| &way.endpoint.host).chain([&m.reachable.host]));
    let mut hosts = [&settings.seed.host].into_iter().chain(first.into_iter().flatten());
    let host = hosts.find(|host| map.mappings.iter().all(|m| leads_to(m, host))).ok_or_else(|| {
        let why = format!(
            "fixed_hostname of {client} stands in place of every node's host, and no host was proved to lead to all of them under the ports that \
             they announce"
        );
        let otherwise = "; announce addresses that lead to them and names that their certificates hold (cluster-announce-ip, cluster-announce-hostname)";
        way_out(settings, &why, otherwise)
    })?;
    // It replaces the seed's host, too.
    let seed = map.mappings.iter().map(|m| m.announced.port).find(|_| settings.seed.host != *host);
    Ok((host, Endpoint::new(host.clone(), seed.unwrap_or(settings.seed.port))))
}

fn leads_to(mapping: &Mapping, host: &Host) -> bool {
    let best = (&mapping.reachable, &mapping.server_name);
    let ways = mapping.ways.iter().map(|way| (&way.endpoint, &way.server_name));
    let right = |(at, name): (&Endpoint, &Host)| at.host == *host && at.port == mapping.announced.port && name == host;
    ways.chain([best]).any(right)
}

/// A comment, the library, and the start of the method.
pub(super) fn opening(versions: &str, library: &str, needed: &Needed<'_>, settings: &Settings) -> Vec<String> {
    let mut lines = vec![format!("# For {versions}, written by redis-doctor.")];
    lines.extend(needed.missing("#"));
    lines.extend(settings.client_certificate.as_ref().map(|_| "require 'openssl'".to_owned()));
    lines.extend([format!("require '{library}'"), String::new(), "def connect".to_owned()]);
    lines
}

/// The options that follow the seeds.
pub(super) fn options(host: &Host, settings: &Settings) -> Result<Vec<String>, String> {
    let mut options = vec![format!("fixed_hostname: '{host}'")];
    if settings.tls {
        let params = ssl_params(settings)?;
        if !params.is_empty() {
            options.push(format!("ssl_params: {{ {} }}", params.join(", ")));
        }
    }
    if let Some(user) = &settings.username {
        options.push(format!("username: {}", quoted(user, '\'')?));
    }
    if settings.password {
        options.push("password: ENV.fetch('REDIS_PASSWORD')".to_owned());
    }
    Ok(options)
}

fn ssl_params(settings: &Settings) -> Result<Vec<String>, String> {
    let mut params = Vec::new();
    if let Some(file) = &settings.ca_file {
        params.push(format!("ca_file: {}", quoted(file, '\'')?));
    }
    if let Some((certificate, key)) = &settings.client_certificate {
        params.push(format!("cert: OpenSSL::X509::Certificate.new(File.read({}))", quoted(certificate, '\'')?));
        params.push(format!("key: OpenSSL::PKey.read(File.read({}))", quoted(key, '\'')?));
    }
    Ok(params)
}

/// A seed: a URL cannot hold an IPv6 address here, whose brackets would be taken along.
pub(super) fn seed(seed: &Endpoint, settings: &Settings) -> String {
    let Endpoint { host, port } = seed;
    let (scheme, ssl) = if settings.tls { ("rediss", ", ssl: true") } else { ("redis", "") };
    match host {
        Host::Ip(ip) if ip.is_ipv6() => format!("{{ host: '{ip}', port: {port}{ssl} }}"),
        _ => format!("'{scheme}://{seed}'"),
    }
}
