//! Where one can dial: a host, and a host with a port.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A host name or an IP address. SNI (RFC 6066 §3) and subject alternative name rules (RFC 9525 §6) differ by
/// variant, so the enum forces the question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Host {
    /// A DNS name as written, without validation beyond the grammar of [`Host::from_str`].
    Name(String),
    /// An IPv4 or IPv6 address, never bracketed.
    Ip(IpAddr),
}

/// Why a text is not a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// Nothing there.
    Empty,
    /// Longer than 253 octets, or a label longer than 63 (RFC 1035 §2.3.4).
    TooLong,
    /// A character that no host name holds, or an empty label, or a label that starts with a hyphen.
    Grammar,
    /// The part after the last colon is not a port from 1 to 65535.
    Port,
}

impl Host {
    /// The address, when this is an IP literal.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Ip(ip) => Some(*ip),
            Host::Name(_) => None,
        }
    }

    /// The name, when this is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Host::Name(name) => Some(name),
            Host::Ip(_) => None,
        }
    }

    /// True for 127.0.0.0/8, `::1` and the name `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self {
            Host::Ip(ip) => ip.to_canonical().is_loopback(),
            Host::Name(name) => {
                let name = name.trim_end_matches('.');
                name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
            }
        }
    }

    /// True for what leads each machine to itself: loopback, and the unspecified addresses 0.0.0.0 and `::`, which are dialled
    /// as loopback (Linux `ip_route_output_key_hash_rcu`, RFC 4291 section 2.5.2 forbids them as a destination).
    pub fn is_everyones_own(&self) -> bool {
        self.is_loopback() || self.ip().is_some_and(|ip| ip.to_canonical().is_unspecified())
    }

    /// True for addresses that only mean something inside one network: RFC 1918, RFC 6598, link-local, unique local.
    pub fn is_private(&self) -> bool {
        match self.ip().map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(v4)) => {
                let [a, b, ..] = v4.octets();
                v4.is_private() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
            }
            Some(IpAddr::V6(v6)) => (v6.segments()[0] & 0xfe00) == 0xfc00 || (v6.segments()[0] & 0xffc0) == 0xfe80,
            None => false,
        }
    }
}

impl FromStr for Host {
    type Err = HostError;

    /// Accepts `name`, `1.2.3.4`, `::1` and `[::1]`.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let bare = without_brackets(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(Host::Ip(ip));
        }
        if bare.len() < text.len() {
            return Err(HostError::Grammar);
        }
        check_name(text)?;
        Ok(Host::Name(text.to_owned()))
    }
}

/// What stands in brackets, as IPv6 addresses do in URLs (RFC 3986 §3.2.2); the same where nothing does.
pub fn without_brackets(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

fn check_name(text: &str) -> Result<(), HostError> {
    let body = text.strip_suffix('.').unwrap_or(text);
    if body.is_empty() {
        return Err(HostError::Empty);
    }
    if body.len() > 253 {
        return Err(HostError::TooLong);
    }
    for label in body.split('.') {
        if label.len() > 63 {
            return Err(HostError::TooLong);
        }
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if label.is_empty() || label.starts_with('-') || !plain {
            return Err(HostError::Grammar);
        }
    }
    Ok(())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;
    fn try_from(text: String) -> Result<Self, HostError> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> String {
        host.to_string()
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HostError::Empty => "the host is empty",
            HostError::TooLong => "the host name is longer than DNS allows",
            HostError::Grammar => "not a host name or an IP address (write IPv6 as [::1])",
            HostError::Port => "the port is not a number from 1 to 65535",
        })
    }
}

impl std::error::Error for HostError {}

/// A host and a port: something one can dial.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    /// Name or address, as the client would be given it.
    pub host: Host,
    /// TCP port, never 0.
    pub port: u16,
}

impl Endpoint {
    /// Puts the two together.
    pub fn new(host: Host, port: u16) -> Self {
        Endpoint { host, port }
    }

    /// The same however it is spelled: names in lower case and without the root's dot.
    #[must_use]
    pub fn plain(&self) -> Self {
        let host = match &self.host {
            Host::Name(name) => Host::Name(name.trim_end_matches('.').to_ascii_lowercase()),
            Host::Ip(ip) => Host::Ip(*ip),
        };
        Endpoint::new(host, self.port)
    }

    /// `host:port` with the host unbracketed, the form in which cluster replies and client maps write it.
    pub fn unbracketed(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = HostError;

    /// Accepts `host:port` and `[v6]:port`; splits at the last colon, so unbracketed IPv6 as in CLUSTER NODES works too.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let (host, port) = text.rsplit_once(':').ok_or(HostError::Port)?;
        let port = port.parse().ok().filter(|p| *p != 0).ok_or(HostError::Port)?;
        Ok(Endpoint { host: host.parse()?, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(v6)) => write!(f, "[{v6}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

impl TryFrom<String> for Endpoint {
    type Error = HostError;
    fn try_from(text: String) -> Result<Self, HostError> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> String {
        endpoint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        for (text, ip) in
            [("10.0.0.5", true), ("::1", true), ("[::1]", true), ("redis_1.example.com", false), ("10.5", false)]
        {
            assert_eq!(text.parse::<Host>().unwrap().ip().is_some(), ip, "{text}");
        }
    }

    #[test]
    fn what_could_inject_is_refused() {
        for text in ["", "-oProxyCommand=x", "a b", "${POD_IP}", "a;b", "a\nb", "a\"", "[x]", "a..b", "é.example"] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn ipv6_round_trips_with_brackets() {
        let endpoint: Endpoint = "2001:db8::5:6379".parse().unwrap();
        assert_eq!(endpoint.to_string(), "[2001:db8::5]:6379");
        assert_eq!("[2001:db8::5]:6379".parse::<Endpoint>().unwrap(), endpoint);
        assert_eq!(endpoint.unbracketed(), "2001:db8::5:6379");
    }

    #[test]
    fn port_zero_is_not_an_endpoint() {
        assert_eq!("h:0".parse::<Endpoint>(), Err(HostError::Port));
        assert_eq!("h:65536".parse::<Endpoint>(), Err(HostError::Port));
    }
}
