//! Hosts that may stand in a configuration: names and addresses that every program reads in the same way.

use std::net::{IpAddr, Ipv4Addr};

use crate::facts::{Announced, Endpoint, Host, Node};

/// A node whose preferred endpoint is text that is no host, which is what clients would look it up by, or whose id holds more
/// than ids do (40 hexadecimal digits of Redis, words of services, addresses of ours).
pub(super) fn refuse_unusable(node: &Node) -> Result<(), String> {
    if !node.id.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-[]".contains(&b)) {
        return Err("its id is none of a Redis server's and is written nowhere".to_owned());
    }
    match [&node.address.preferred, &node.address.hostname, &node.address.ip].into_iter().find_map(unusable) {
        Some(text) => Err(format!("\"{text}\" is no host name or IP address and is written nowhere")),
        None => Ok(()),
    }
}

fn unusable(announced: &Announced) -> Option<String> {
    match announced {
        Announced::Unusable(text) => Some(text.escape_debug().to_string()),
        Announced::Host(host) => plain(host).err().map(|_| host.to_string()),
        _ => None,
    }
}

/// A host that every program reads in the same way: without the root's dot, in lower case (socat compares bytes), and no
/// name that some resolvers take for an IPv4 address (`127.1`, `0x7f000001`); no address that stands for many, at which an
/// end would listen everywhere.
///
/// # Errors
/// A sentence, where there is no such form.
pub fn plain(host: &Host) -> Result<Host, String> {
    let name = match host {
        Host::Ip(ip) if is_many(ip.to_canonical()) => return Err(format!("{ip} is not the address of one machine")),
        Host::Ip(_) => return Ok(host.clone()),
        Host::Name(name) => name,
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let numeric = |label: &str| label.starts_with("0x") || label.bytes().all(|b| b.is_ascii_digit());
    let legacy = name.rsplit('.').next().is_some_and(numeric) || name.split('.').any(|label| label.starts_with("0x"));
    if legacy || name.split('.').any(|label| label.ends_with('-')) {
        return Err(format!("\"{name}\" is not read as a host name everywhere"));
    }
    Ok(Host::Name(name))
}

fn is_many(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// The same for an endpoint.
pub(super) fn plain_endpoint(endpoint: &Endpoint) -> Result<Endpoint, String> {
    Ok(Endpoint::new(plain(&endpoint.host)?, endpoint.port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_that_everybody_reads_alike() {
        for (given, read) in [("N1.Example.COM.", "n1.example.com"), ("redis_1", "redis_1"), ("::1", "::1")] {
            assert_eq!(plain(&given.parse().unwrap()).unwrap().to_string(), read);
        }
        for given in [
            "127.1",
            "0x7f000001",
            "0x7f.example.com",
            "1234",
            "a-.example.com",
            "example.123",
            "0.0.0.0",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(plain(&given.parse().unwrap()).is_err(), "{given}");
        }
    }
}
