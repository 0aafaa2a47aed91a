//! Go's name constraints (verify.go, `checkNameConstraints` and what it calls).

use std::net::IpAddr;

use data_encoding::HEXLOWER;

use super::{
    super::der::{Der, Element, SEQUENCE, sequence},
    domains::{domain_covers, has_valid_labels, mailbox, uri_host},
};

/// nameConstraints of the kinds that Go knows.
#[derive(Debug)]
pub(super) struct Limits {
    permitted: Vec<Limit>,
    excluded: Vec<Limit>,
}

/// One subtree.
#[derive(Debug)]
enum Limit {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask.
    Ip(Vec<u8>, Vec<u8>),
}

/// A name that is held against them.
enum Held<'a> {
    Dns(&'a str),
    /// Local part and domain.
    Email(String, &'a str),
    /// The host, with its port.
    Uri(&'a str),
    Ip(&'a [u8]),
}

impl Limits {
    /// `parseNameConstraintsExtension`; the second value is false where a kind is not handled.
    pub(super) fn read(value: &[u8]) -> Result<(Self, bool), String> {
        const PERMITTED: u8 = 0xa0;
        const EXCLUDED: u8 = 0xa1;
        let invalid = || "invalid NameConstraints extension".to_owned();
        let mut outer = Der(value);
        let mut top = Der(outer.read(SEQUENCE).filter(|_| outer.is_empty()).ok_or_else(invalid)?);
        let permitted = top.optional(PERMITTED).map_err(|_| invalid())?.unwrap_or_default();
        let excluded = top.optional(EXCLUDED).map_err(|_| invalid())?.unwrap_or_default();
        if !top.is_empty() {
            return Err(invalid());
        }
        if permitted.is_empty() && excluded.is_empty() {
            return Err("empty name constraints extension".to_owned());
        }
        let (mut limits, mut handled) = (Limits { permitted: Vec::new(), excluded: Vec::new() }, true);
        for (trees, list) in [(permitted, &mut limits.permitted), (excluded, &mut limits.excluded)] {
            for tree in Der(trees).all().ok_or_else(invalid)? {
                let base = Der(tree.content).any().filter(|_| tree.tag == SEQUENCE).ok_or_else(invalid)?;
                match Limit::read(&base)? {
                    Some(limit) => list.push(limit),
                    None => handled = false,
                }
            }
        }
        Ok((limits, handled))
    }

    /// Holds the alternative names against them: what is said of the first that is outside. `budget` is what is left of the
    /// comparisons that Go allows itself.
    pub(super) fn problem(&self, names: &[u8], budget: &mut usize) -> Option<String> {
        for name in sequence(names).and_then(Der::all).into_iter().flatten() {
            let held = match Held::of(&name) {
                Ok(Some(held)) => held,
                Ok(None) => continue,
                Err(words) => return Some(words),
            };
            if let Some(words) = self.refuses(&held, budget) {
                return Some(words);
            }
        }
        None
    }

    fn refuses(&self, name: &Held, budget: &mut usize) -> Option<String> {
        const REFUSED: &str = "a root or intermediate certificate is not authorized to sign for this name: ";
        let kind = |limit: &&Limit| {
            matches!(
                (limit, name),
                (Limit::Dns(_), Held::Dns(_))
                    | (Limit::Email(_), Held::Email(..))
                    | (Limit::Uri(_), Held::Uri(_))
                    | (Limit::Ip(..), Held::Ip(_))
            )
        };
        let mut covers = |limit: &Limit| match budget.checked_sub(1) {
            Some(left) => {
                *budget = left;
                limit.covers(name)
            }
            None => None,
        };
        if self.excluded.iter().filter(kind).any(|limit| covers(limit) != Some(false)) {
            return Some(REFUSED.to_owned());
        }
        let mut permitted = self.permitted.iter().filter(kind).peekable();
        permitted.peek()?;
        let first = permitted.map(covers).find(|covered| *covered != Some(false));
        (first != Some(Some(true))).then(|| REFUSED.to_owned())
    }
}

impl Limit {
    /// `None` for the kinds that are not handled.
    fn read(base: &Element) -> Result<Option<Self>, String> {
        let text = || {
            let text = String::from_utf8_lossy(base.content).into_owned();
            if text.is_ascii() { Ok(text) } else { Err("invalid constraint value: ".to_owned()) }
        };
        let labels = |text: &str| has_valid_labels(text.strip_prefix('.').unwrap_or(text));
        Ok(Some(match base.tag {
            0x82 => Limit::Dns(text()?).checked(labels, "failed to parse dnsName constraint")?,
            0x81 => {
                let valid = |text: &str| if text.contains('@') { mailbox(text).is_some() } else { labels(text) };
                Limit::Email(text()?).checked(valid, "failed to parse rfc822Name constraint")?
            }
            0x86 => {
                let valid = |text: &str| text.parse::<IpAddr>().is_err() && labels(text);
                Limit::Uri(text()?).checked(valid, "failed to parse URI constraint")?
            }
            0x87 => Limit::network(base.content)?,
            _ => return Ok(None),
        }))
    }

    fn checked(self, valid: impl Fn(&str) -> bool, words: &str) -> Result<Self, String> {
        let (Limit::Dns(text) | Limit::Email(text) | Limit::Uri(text)) = &self else { return Ok(self) };
        if valid(text) { Ok(self) } else { Err(format!("{words} {text:?}")) }
    }

    fn network(octets: &[u8]) -> Result<Self, String> {
        if ![8, 32].contains(&octets.len()) {
            return Err(format!("IP constraint contained value of length {}", octets.len()));
        }
        let (address, mask) = octets.split_at(octets.len() / 2);
        // A run of ones, then nothing but zeros.
        let ones = mask.iter().take_while(|octet| **octet == 0xff).count();
        let rest = mask[ones..].split_first();
        if rest.is_some_and(|(next, zeros)| {
            next.leading_ones() + next.trailing_zeros() < 8 || zeros.iter().any(|b| *b != 0)
        }) {
            return Err(format!("IP constraint contained invalid mask {}", HEXLOWER.encode(mask)));
        }
        Ok(Limit::Ip(address.to_vec(), mask.to_vec()))
    }

    /// `None` where Go fails over it, which refuses as well.
    fn covers(&self, name: &Held) -> Option<bool> {
        match (self, name) {
            (Limit::Dns(limit), Held::Dns(name)) => domain_covers(limit, name),
            (Limit::Email(limit), Held::Email(local, domain)) => match mailbox(limit).filter(|_| limit.contains('@')) {
                Some((own, own_domain)) => Some(own == *local && own_domain.eq_ignore_ascii_case(domain)),
                None => domain_covers(limit, domain),
            },
            (Limit::Uri(limit), Held::Uri(host)) => {
                let name =
                    if host.ends_with(']') { host } else { host.split_once(':').map_or(*host, |(name, _)| name) };
                let named = !name.is_empty() && !name.starts_with('[') && name.parse::<IpAddr>().is_err();
                if named { domain_covers(limit, name) } else { None }
            }
            (Limit::Ip(address, mask), Held::Ip(ip)) => {
                let inside = |((ip, address), mask): ((&u8, &u8), &u8)| ip & mask == address & mask;
                Some(ip.len() == address.len() && ip.iter().zip(address).zip(mask).all(inside))
            }
            _ => Some(false),
        }
    }
}

impl<'a> Held<'a> {
    fn of(name: &Element<'a>) -> Result<Option<Self>, String> {
        let text = std::str::from_utf8(name.content).unwrap_or("\u{fffd}");
        Ok(Some(match name.tag {
            0x81 => {
                let (local, domain) = mailbox(text).ok_or("cannot parse rfc822Name")?;
                Held::Email(local, domain)
            }
            0x82 if has_valid_labels(text) => Held::Dns(text),
            0x82 => return Err("cannot parse dnsName".to_owned()),
            0x86 => Held::Uri(uri_host(text).ok_or("internal error: URI SAN")?),
            0x87 => Held::Ip(name.content),
            _ => return Ok(None),
        }))
    }
}
