//! What is written alike for the PHP libraries: credentials and the TLS context of PHP's streams.

use super::{
    Settings,
    quote::quoted,
    rule::{Needed, names_as_announced},
};
use crate::{
    address_map::AddressMap,
    facts::{Endpoint, Host},
};

/// The one name under which every node verifies where it says it is.
pub(super) fn peer_name<'a>(map: &'a AddressMap, settings: &Settings) -> Option<&'a Host> {
    let (first, rest) = map.mappings.split_first().filter(|_| settings.tls)?;
    names_as_announced(first).find(|name| rest.iter().all(|m| names_as_announced(m).any(|other| other == *name)))
}

/// True where an IPv6 address would be dialled: PHP finds no name in its URL, and refuses every certificate.
pub(super) fn finds_no_name(map: &AddressMap, settings: &Settings) -> bool {
    settings.tls && map.mappings.iter().any(|m| is_v6(&m.announced.host))
}

/// An IPv6 address.
pub(super) fn is_v6(host: &Host) -> bool {
    host.ip().is_some_and(|ip| ip.is_ipv6())
}

/// The fields of an `ssl` context, in order; none on plaintext.
pub(super) fn context(settings: &Settings, peer_name: Option<&Host>) -> Result<Vec<String>, String> {
    if !settings.tls {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    if let Some(file) = &settings.ca_file {
        fields.push(format!("'cafile' => {}", quoted(file, '\'')?));
    }
    if let Some((certificate, key)) = &settings.client_certificate {
        fields.push(format!("'local_cert' => {}", quoted(certificate, '\'')?));
        fields.push(format!("'local_pk' => {}", quoted(key, '\'')?));
    }
    fields.extend(peer_name.map(|name| format!("'peer_name' => '{name}'")));
    Ok(fields)
}

/// Why a library that takes only one `peer_name` cannot be served.
pub(super) fn no_map(client: &str, needed: &Needed<'_>) -> String {
    let elsewhere = needed.entries.iter().find(|m| names_as_announced(m).next().is_none());
    let Some(mapping) = elsewhere else {
        return format!(
            "{client} verifies every node under the one peer_name that it is given, and these nodes verify under several; announce those names \
             (cluster-announce-hostname, cluster-preferred-endpoint-type hostname)"
        );
    };
    let Endpoint { host, .. } = &mapping.reachable;
    let directive = if host.ip().is_some() { "cluster-announce-ip" } else { "cluster-announce-hostname" };
    format!(
        "{client} has no address map, and {} has to be dialled at {}; announce that address ({directive}), or let the announced one lead there \
         (DNS, a route, a tunnel)",
        mapping.announced, mapping.reachable
    )
}
