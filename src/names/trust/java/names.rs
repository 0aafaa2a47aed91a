//! Names as the JDK compares them: distinguished names in their canonical form, and general names.

use std::net::Ipv4Addr;

use super::super::der::{Der, Element, OID, SEQUENCE, SET, sequence};

/// A distinguished name: each part canonical (`X500Name.getRFC2253CanonicalName`), and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distinguished {
    parts: Vec<Vec<(Vec<u8>, String)>>,
}

/// A `GeneralName` that parses.
#[derive(Clone, Debug)]
pub(super) enum GeneralName {
    Email(String),
    Dns(String),
    Directory(Distinguished),
    /// The host, where there is one.
    Uri(Option<String>),
    /// Of an address four or sixteen octets, of a constraint twice as many.
    Ip(Vec<u8>),
    /// Of a kind that cannot be held against constraints, by its tag.
    Other(u8),
}

impl Distinguished {
    /// What cannot be read is left out: it would not have come so far.
    pub(super) fn read(der: &[u8]) -> Self {
        Self::parts(sequence(der))
    }

    fn parts(sets: Option<Der>) -> Self {
        let sets = sets.and_then(Der::all).unwrap_or_default();
        let attributes = |set: &Element| {
            let all = Der(set.content).all().unwrap_or_default();
            let mut all: Vec<_> = all.iter().filter_map(attribute).collect();
            all.sort();
            all
        };
        Distinguished { parts: sets.iter().filter(|set| set.tag == SET).map(attributes).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Begins with the other.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.parts.starts_with(&other.parts)
    }
}

/// OID and canonical text: case and repeated blanks do not count in the attributes that RFC 2253 has a name for, if they are
/// of the two common kinds of text.
fn attribute(attribute: &Element) -> Option<(Vec<u8>, String)> {
    const NAMED: [u8; 8] = [3, 6, 7, 8, 9, 10, 11, 13];
    const DOMAIN_COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
    const UTF8: u8 = 12;
    const PRINTABLE: u8 = 19;
    let mut inner = Der(attribute.content);
    let oid = inner.read(OID)?;
    let value = inner.any()?;
    let named = matches!(oid, [0x55, 4, last] if NAMED.contains(last)) || oid == DOMAIN_COMPONENT;
    let text = if named && [UTF8, PRINTABLE].contains(&value.tag) {
        let text = String::from_utf8_lossy(value.content).to_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        format!("#{:02x}{:02x?}", value.tag, value.content)
    };
    Some((oid.to_vec(), text))
}

/// The text of the last attribute of a name that has this OID.
pub(super) fn last_attribute(name: &[u8], oid: &[u8]) -> Option<String> {
    let sets = sequence(name).and_then(Der::all)?;
    let attributes = sets.iter().filter_map(|set| Der(set.content).all()).flatten();
    let mut found = attributes.filter_map(|attribute| {
        let mut inner = Der(attribute.content);
        let own = inner.read(OID)?;
        inner.any().filter(|_| own == oid)
    });
    let last = found.by_ref().last()?;
    Some(text(&last))
}

/// `DerValue.getAsString`, near enough.
fn text(value: &Element) -> String {
    const BMP: u8 = 30;
    if value.tag == BMP {
        let units: Vec<u16> =
            value.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value.content).into_owned()
}

/// `GeneralNames`, which has to have one.
pub(super) fn general_names(value: &[u8]) -> Result<Vec<GeneralName>, String> {
    let names = sequence(value).ok_or("Invalid encoding for GeneralNames.")?;
    if names.is_empty() {
        return Err("No data available in passed DER encoded value.".to_owned());
    }
    let names = names.all().ok_or("Too short")?;
    names.iter().map(|name| GeneralName::read(name, false)).collect()
}

impl GeneralName {
    /// `GeneralName`. Addresses of a constraint and of a name are both taken in both places.
    pub(super) fn read(name: &Element, of_constraint: bool) -> Result<Self, String> {
        let text = || String::from_utf8_lossy(name.content).into_owned();
        Ok(match name.tag {
            0x81 => GeneralName::Email(email(text())?),
            0x82 => GeneralName::Dns(text()),
            0x86 if of_constraint => GeneralName::Uri(Some(uri_constraint(text())?)),
            0x86 => GeneralName::Uri(uri_host(&text())?),
            0x87 => GeneralName::Ip(address(name.content)?),
            0xa4 => {
                let mut inner = Der(name.content);
                GeneralName::Directory(Distinguished::parts(inner.read(SEQUENCE).map(Der)))
            }
            0xa0 | 0xa3 | 0xa5 | 0x88 => GeneralName::Other(name.tag),
            tag => return Err(format!("Unrecognized GeneralName tag, ({})", tag & 0x1f)),
        })
    }
}

/// `RFC822Name`.
fn email(text: String) -> Result<String, String> {
    let domain = text.split_once('@').map_or(text.as_str(), |(_, domain)| domain);
    match domain {
        _ if text.is_empty() => Err("RFC822Name may not be null or empty".to_owned()),
        "" => Err("RFC822Name may not end with @".to_owned()),
        "." => Err("RFC822Name domain may not be just .".to_owned()),
        _ => Ok(text),
    }
}

/// `IPAddressName`: a mapped IPv4 address is one.
fn address(octets: &[u8]) -> Result<Vec<u8>, String> {
    const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    match octets.len() {
        4 | 8 | 32 => Ok(octets.to_vec()),
        16 => Ok(octets.strip_prefix(&MAPPED).unwrap_or(octets).to_vec()),
        _ => Err("Invalid IPAddressName".to_owned()),
    }
}

/// `URIName`: there is a scheme, and the characters are those of a URI (`java.net.URI`).
fn uri_host(text: &str) -> Result<Option<String>, String> {
    let invalid = || format!("invalid URI name:{text}");
    if text.is_empty() || !text.chars().all(is_of_uri) {
        return Err(if text.is_empty() { "URI name must include scheme:".to_owned() } else { invalid() });
    }
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| !scheme.contains(['/', '?', '#'])) else {
        return Err(format!("URI name must include scheme:{text}"));
    };
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(of_scheme) || rest.is_empty() {
        return Err(invalid());
    }
    let Some(authority) = rest.strip_prefix("//") else {
        return if rest.contains(['[', ']']) { Err(invalid()) } else { Ok(None) };
    };
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(inner) = host.strip_prefix('[') {
        let end = inner.find(']').ok_or_else(invalid)?;
        let literal = inner[..end].parse::<std::net::Ipv6Addr>();
        return literal.map(|_| Some(host.to_owned())).map_err(|_| invalid());
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    // Anything else is a registry's name, which has no host.
    Ok(Some(name.to_owned()).filter(|name| is_dns_name(name) || name.parse::<Ipv4Addr>().is_ok()))
}

fn is_of_uri(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !"\"<>\\^`{|}".contains(c) && c != '\u{fffd}'
}

/// `URIName.nameConstraint`: a host, or a dot and a domain.
fn uri_constraint(text: String) -> Result<String, String> {
    let valid = is_dns_name(text.strip_prefix('.').unwrap_or(&text));
    if valid { Ok(text) } else { Err(format!("invalid URI name constraint:{text}")) }
}

/// `DNSName`: labels of letters, digits and hyphens, no hyphen at an end.
pub(super) fn is_dns_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(plain);
    name.split('.').all(label)
}
