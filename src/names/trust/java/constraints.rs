//! The JDK's `NameConstraintsExtension`: every kind has its own way to lie inside of another, and some cannot be compared at
//! all, which ends the handshake.

use super::{
    super::der::{Der, sequence},
    Release,
    certificate::Certificate,
    names::{GeneralName, is_dns_name, last_attribute},
};

/// Subtrees.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

/// How a name lies to a constraint (`GeneralNameInterface.constrains`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// Of another kind.
    Apart,
    /// Equal, or inside.
    Inside,
    /// Of the same kind, and not inside.
    Outside,
}

/// An exception that nothing expects.
pub(super) type Crash = &'static str;

const OUT_OF_BOUNDS: Crash = "StringIndexOutOfBoundsException";
const PAST_THE_END: Crash = "ArrayIndexOutOfBoundsException";
const UNSUPPORTED: Crash = "UnsupportedOperationException";
const NO_HOST: Crash = "NullPointerException";

impl Limits {
    pub(super) fn read(value: &[u8]) -> Result<Self, String> {
        const PERMITTED: u8 = 0xa0;
        const EXCLUDED: u8 = 0xa1;
        let mut limits = Limits { permitted: Vec::new(), excluded: Vec::new() };
        let trees = sequence(value).and_then(Der::all).ok_or("Invalid encoding for NameConstraintsExtension.")?;
        for group in trees {
            let list = match group.tag {
                PERMITTED => &mut limits.permitted,
                EXCLUDED => &mut limits.excluded,
                _ => return Err("Invalid encoding of NameConstraintsExtension.".to_owned()),
            };
            for tree in Der(group.content).all().ok_or("Too short")? {
                let base = Der(tree.content).any().ok_or("Too short")?;
                list.push(GeneralName::read(&base, true)?);
            }
        }
        Ok(limits)
    }

    /// Whether all names of a certificate are allowed: its subject, and its alternative names, or else the mail addresses of
    /// the subject; and the common name, where no alternative name is of its kind.
    pub(super) fn allow(&self, certificate: &Certificate, release: Release, budget: &mut usize) -> Result<bool, Crash> {
        const COMMON_NAME: &[u8] = &[0x55, 4, 3];
        const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
        let subject = &certificate.link.subject;
        let whole = GeneralName::Directory(certificate.subject.clone());
        if !certificate.subject.is_empty() && !self.allows(&whole, release, budget)? {
            return Ok(false);
        }
        let mut names = match &certificate.names {
            Some(names) => names.clone(),
            None => last_attribute(subject, EMAIL_ADDRESS).into_iter().map(GeneralName::Email).collect(),
        };
        names.extend(last_attribute(subject, COMMON_NAME).and_then(|name| as_host(name, &names)));
        for name in &names {
            if !self.allows(name, release, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn allows(&self, name: &GeneralName, release: Release, budget: &mut usize) -> Result<bool, Crash> {
        *budget = budget.saturating_sub(self.permitted.len() + self.excluded.len());
        if *budget == 0 {
            return Ok(false);
        }
        for limit in &self.excluded {
            if relation(limit, name, release)? == Relation::Inside {
                return Ok(false);
            }
        }
        let mut outside = false;
        for limit in &self.permitted {
            match relation(limit, name, release)? {
                Relation::Inside => return Ok(true),
                Relation::Outside => outside = true,
                Relation::Apart => {}
            }
        }
        Ok(!outside)
    }
}

/// A common name that could be a host, unless there is a name of its kind.
fn as_host(name: String, names: &[GeneralName]) -> Option<GeneralName> {
    if let Ok(ip) = name.parse::<std::net::IpAddr>() {
        let there = names.iter().any(|name| matches!(name, GeneralName::Ip(_)));
        let octets = match ip.to_canonical() {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        return (!there).then_some(GeneralName::Ip(octets));
    }
    let there = names.iter().any(|name| matches!(name, GeneralName::Dns(_)));
    (!there && is_dns_name(&name.replace('*', "z"))).then_some(GeneralName::Dns(name))
}

fn relation(limit: &GeneralName, name: &GeneralName, release: Release) -> Result<Relation, Crash> {
    use GeneralName as N;
    let inside = |inside| Ok(if inside { Relation::Inside } else { Relation::Outside });
    match (limit, name) {
        (N::Dns(limit), N::Dns(name)) => inside(dns(limit, name)?),
        (N::Email(limit), N::Email(name)) => inside(email(limit, name)),
        (N::Directory(limit), N::Directory(name)) => inside(name.is_within(limit)),
        (N::Uri(Some(limit)), N::Uri(Some(host))) => inside(uri(limit, host)?),
        (N::Uri(_), N::Uri(_)) => Err(NO_HOST),
        (N::Ip(limit), N::Ip(ip)) => inside(within(limit, ip, release)?),
        (N::Other(limit), N::Other(name)) if limit == name => Err(UNSUPPORTED),
        _ => Ok(Relation::Apart),
    }
}

/// `DNSName.constrains`: the constraint and a dot before it. An empty one is compared with a character that is not there.
fn dns(limit: &str, name: &str) -> Result<bool, Crash> {
    let (limit, name) = (limit.to_ascii_lowercase(), name.to_ascii_lowercase());
    if limit == name {
        return Ok(true);
    }
    if limit.is_empty() || name.is_empty() {
        return Err(OUT_OF_BOUNDS);
    }
    let before = name.strip_suffix(&limit);
    Ok(before.is_some_and(|before| before.ends_with('.') != limit.starts_with('.')))
}

/// `RFC822Name.constrains`: a mailbox, a host's mailboxes, or those below a domain.
fn email(limit: &str, name: &str) -> bool {
    let (limit, name) = (limit.to_ascii_lowercase(), name.to_ascii_lowercase());
    if limit == name {
        return true;
    }
    let before = name.strip_suffix(&limit).filter(|_| !limit.contains('@'));
    before.is_some_and(|before| limit.starts_with('.') || before.ends_with('@'))
}

/// `URIName.constrains`.
fn uri(limit: &str, host: &str) -> Result<bool, Crash> {
    if limit.eq_ignore_ascii_case(host) {
        return Ok(true);
    }
    // An address is no host that could be compared.
    if !is_dns_name(host) || host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(false);
    }
    match limit.strip_prefix('.') {
        Some(domain) => Ok(!domain.eq_ignore_ascii_case(host) && dns(domain, host)?),
        None => Ok(false),
    }
}

/// `IPAddressName.constrains`: the address under the mask, compared with the constraint as it is written. 17 compares IPv4 with
/// IPv6 as far as they go, and further.
fn within(limit: &[u8], ip: &[u8], release: Release) -> Result<bool, Crash> {
    let (address, mask) = limit.split_at(limit.len() / 2);
    if limit == ip || (ip.len() != address.len() && release != Release::Jdk17) {
        return Ok(limit == ip);
    }
    for (index, (address, mask)) in address.iter().zip(mask).enumerate() {
        let octet = ip.get(index).ok_or(PAST_THE_END)?;
        if octet & mask != *address {
            return Ok(false);
        }
    }
    Ok(true)
}
